//! Any bytes as an entry of the cache: as they are, and with the checksums put right, which a fuzzer doesn't guess.
#![no_main]

use augur_data::cache::{CacheKey, EntryHeader};
use libfuzzer_sys::fuzz_target;

// Where the header has the key, the checksum of the values and its own; and its length.
const KEY: usize = 8;
const VALUES: usize = 72;
const HEADER: usize = 124;
const END: usize = 128;

fuzz_target!(|input: &[u8]| {
    let key = CacheKey::of("fuzz").finish();
    check(input, &key);
    if input.len() >= END {
        let mut mended = input.to_vec();
        mended[..KEY].copy_from_slice(b"augurim1");
        mended[KEY..KEY + 32].copy_from_slice(&key.to_bytes());
        let sum = crc32fast::hash(&mended[END..]);
        mended[VALUES..VALUES + 4].copy_from_slice(&sum.to_ne_bytes());
        let sum = crc32fast::hash(&mended[..HEADER]);
        mended[HEADER..END].copy_from_slice(&sum.to_ne_bytes());
        check(&mended, &key);
    }
});

fn check(file: &[u8], key: &CacheKey) {
    if let Some((header, values)) = EntryHeader::parse(file, key) {
        assert_eq!(header.dims.iter().product::<usize>(), values.len());
        assert_eq!(END + 4 * values.len(), file.len());
    }
}
