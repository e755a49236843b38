//! Any bytes as the content of compressed elements, which a fuzzer doesn't come upon by changing zlib data.
//! The first byte chooses the byte order, the second and third where the second element begins.
#![no_main]

use augur_data::mat5::SvhnFile;
use flate2::{Compression, write::ZlibEncoder};
use libfuzzer_sys::fuzz_target;
use std::{
    hint::black_box,
    io::{Cursor, Write},
};

fuzz_target!(|input: &[u8]| {
    let [order, high, low, content @ ..] = input else {
        return;
    };
    let big = order & 1 == 1;
    let (y, x) = content.split_at(content.len().min(usize::from(*high) << 8 | usize::from(*low)));
    let mut file = vec![b' '; 124];
    file.extend(if big { b"\x01\x00MI" } else { b"\x00\x01IM" });
    for content in [y, x] {
        let packed = packed(content);
        for number in [15, packed.len() as u32] {
            file.extend(if big {
                number.to_be_bytes()
            } else {
                number.to_le_bytes()
            });
        }
        file.extend(packed);
    }
    if let Ok(file) = SvhnFile::read(Cursor::new(file)) {
        assert!(file.labels().iter().all(|&label| label < 10));
        (0..file.len()).for_each(|n| _ = black_box(file.image(n)));
    }
});

fn packed(content: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::none());
    // Writing to memory doesn't fail.
    let _ = encoder.write_all(content);
    encoder.finish().unwrap_or_default()
}
