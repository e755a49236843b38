//! Any bytes as an IDX file.
#![no_main]

use augur_data::idx::parse;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(file) = parse(bytes) {
        assert_eq!(file.dims.iter().product::<usize>(), file.data.len());
        assert_eq!(4 + 4 * file.dims.len() + file.data.len(), bytes.len());
    }
});
