//! Any bytes as a MATLAB file, with its variables stored as they are.
#![no_main]

use augur_data::mat5::{MatFile, SvhnFile};
use libfuzzer_sys::fuzz_target;
use std::{hint::black_box, io::Cursor};

fuzz_target!(|bytes: &[u8]| {
    if let Ok(file) = SvhnFile::read(Cursor::new(bytes)) {
        assert!(file.labels().iter().all(|&label| label < 10));
        (0..file.len()).for_each(|n| _ = black_box(file.image(n)));
    }
    // Also arrays that are not SVHN's.
    if let Ok(mut file) = MatFile::new(Cursor::new(bytes))
        && let Ok(y) = file.variable("y", 1 << 20)
    {
        assert_eq!(y.numbers().count(), y.dims().iter().product::<usize>());
        y.into_bytes();
    }
});
