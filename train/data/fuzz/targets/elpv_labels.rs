//! Any bytes as ELPV's list of labels.
#![no_main]

use augur_data::elpv_labels::parse;
use libfuzzer_sys::fuzz_target;
use std::path::{Component, Path};

fuzz_target!(|bytes: &[u8]| {
    if let Ok(rows) = parse(bytes) {
        assert!(!rows.is_empty());
        for row in rows {
            let below = |part| matches!(part, Component::Normal(_));
            assert!(Path::new(&row.path).components().all(below), "{:?}", row.path);
        }
    }
});
