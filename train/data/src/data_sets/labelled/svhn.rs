//! SVHN, cropped digits (Netzer et al. 2011): `train_32x32.mat` and `test_32x32.mat`, 73,257 and 26,032 colour images
//! of 32 x 32 pixels.

use super::{Bytes, Files, Opened, Stored};
use crate::{
    DataError,
    mat5::{Mat5Error, SvhnFile},
    names::Name,
};
use std::{
    borrow::Cow,
    path::{Path, PathBuf},
};

const FILES: [&str; 2] = ["train_32x32.mat", "test_32x32.mat"];

/// Both files.
struct Svhn([PathBuf; 2]);

/// Reads the labels.
pub(super) fn open(root: &Path) -> Result<Opened, DataError> {
    let paths = FILES.map(|file| root.join(file));
    let mut labels = [vec![], vec![]];
    for ((path, file), labels) in paths.iter().zip(FILES).zip(&mut labels) {
        if !path.is_file() {
            return Err(DataError::NoFile {
                folder: root.into(),
                wanted: format!("no {file}"),
                data_set: "svhn",
            });
        }
        *labels = SvhnFile::probe(path).map_err(|fault| self::fault(path, &fault))?;
    }
    Ok(Opened {
        names: Name::numbers(10),
        labels,
        files: Box::new(Svhn(paths)),
    })
}

fn fault(path: &Path, fault: &Mat5Error) -> DataError {
    DataError::File {
        path: path.into(),
        fault: fault.to_string(),
    }
}

impl Files for Svhn {
    fn probe(&self) -> Result<(), DataError> {
        // Opening found both files' sizes to agree with their labels.
        Ok(())
    }

    fn read(&self, halves: [bool; 2]) -> Result<Box<dyn Stored + '_>, DataError> {
        let read = |half: usize| {
            let open = |path: &PathBuf| SvhnFile::open(path).map_err(|fault| self::fault(path, &fault));
            halves[half].then(|| open(&self.0[half])).transpose()
        };
        Ok(Box::new(Images([read(0)?, read(1)?])))
    }

    fn cached(&self, halves: [bool; 2]) -> Option<Vec<&Path>> {
        let paths = self.0.iter().zip(halves).filter(|(_, wanted)| *wanted);
        Some(paths.map(|(path, _)| path.as_path()).collect())
    }
}

/// The files that were read.
struct Images([Option<SvhnFile>; 2]);

impl Stored for Images {
    fn image(&self, half: usize, at: usize) -> Bytes<'_> {
        let image = self.0[half].as_ref().map(|file| file.image(at).to_vec());
        Bytes {
            bytes: Cow::Owned(image.unwrap_or_default()),
            channels: 3,
            width: SvhnFile::SIDE,
            height: SvhnFile::SIDE,
        }
    }
}
