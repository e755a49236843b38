//! Any bytes as a file of CIFAR-10, of CIFAR-100 and as a list of names. The first byte shortens what has to be found
//! out: it is the number of records, all zero, that stand in front.
#![no_main]

use augur_data::cifar::{Cifar, CifarFile};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let Some((&records, bytes)) = input.split_first() else {
        return;
    };
    for (kind, record, classes) in [(Cifar::Ten, 3073, 10), (Cifar::Hundred, 3074, 100)] {
        let mut file = vec![0; record * usize::from(records % 4)];
        file.extend(bytes);
        if let Ok(file) = CifarFile::from_bytes(file, kind) {
            assert!(file.labels().all(|label| label < classes));
            (0..file.len()).for_each(|n| assert_eq!(file.image(n).len(), 3072));
        }
        if let Ok(names) = kind.parse_names(bytes) {
            assert_eq!(names.len(), usize::from(classes));
        }
    }
});
