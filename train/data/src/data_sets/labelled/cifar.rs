//! CIFAR-10 and CIFAR-100 in their binary versions (Krizhevsky 2009): 50,000 and 10,000 colour images of 32 x 32
//! pixels.

use super::{Bytes, Files, Opened, Stored};
use crate::{
    DataError,
    cifar::{Cifar, CifarError, CifarFile},
    data_sets,
    names::Name,
};
use augur_core::spec::{Cifar100Labels, DataSpec};
use std::{borrow::Cow, path::Path};

/// The files of both halves, in the order of the images.
struct CifarFiles([Vec<CifarFile>; 2]);

/// Reads all files: labels stand between the images.
pub(super) fn open(data: &DataSpec, root: &Path) -> Result<Opened, DataError> {
    let (kind, unpacked) = match data {
        DataSpec::Cifar100(_) => (Cifar::Hundred, "cifar-100-binary"),
        _ => (Cifar::Ten, "cifar-10-batches-bin"),
    };
    let coarse = matches!(data, DataSpec::Cifar100(data) if data.labels == Cifar100Labels::Coarse);
    // The archives unpack to a folder of their own.
    let within = root.join(unpacked);
    let folder = if within.is_dir() { within } else { root.to_path_buf() };
    let mut halves = [vec![], vec![]];
    for name in kind.files() {
        let path = folder.join(name);
        if !path.is_file() {
            return Err(DataError::NoFile {
                folder,
                wanted: format!("no {name}"),
                data_set: data_sets::name(data),
            });
        }
        let half = usize::from(name.starts_with("test"));
        halves[half].push(CifarFile::open(&path, kind).map_err(|fault| self::fault(&path, &fault))?);
    }
    let label = |file: &CifarFile, at| if coarse { file.coarse_label(at) } else { file.label(at) };
    let labels = [0, 1].map(|half: usize| {
        let files = halves[half].iter();
        files
            .flat_map(|file| (0..file.len()).map(|at| label(file, at)))
            .collect()
    });
    let names = match coarse {
        true => kind.coarse_names(&folder),
        false => kind.names(&folder),
    };
    let names = names.map_err(|(name, fault)| self::fault(&folder.join(name), &fault))?;
    Ok(Opened {
        names: Name::numbered(&names),
        labels,
        files: Box::new(CifarFiles(halves)),
    })
}

fn fault(path: &Path, fault: &CifarError) -> DataError {
    DataError::File {
        path: path.into(),
        fault: fault.to_string(),
    }
}

impl Files for CifarFiles {
    fn probe(&self) -> Result<(), DataError> {
        Ok(())
    }

    fn read(&self, _: [bool; 2]) -> Result<Box<dyn Stored + '_>, DataError> {
        Ok(Box::new(self))
    }

    fn cached(&self, _: [bool; 2]) -> Option<Vec<&Path>> {
        // For the labels' sake they were all read, and nothing is compressed.
        None
    }
}

impl Stored for &CifarFiles {
    fn image(&self, half: usize, mut at: usize) -> Bytes<'_> {
        let mut planes: &[u8] = &[];
        for file in &self.0[half] {
            if at < file.len() {
                planes = file.image(at);
                break;
            }
            at -= file.len();
        }
        const PLANE: usize = CifarFile::SIDE * CifarFile::SIDE;
        let pixels = (0..planes.len()).map(|at| planes[at % 3 * PLANE + at / 3]);
        Bytes {
            bytes: Cow::Owned(pixels.collect()),
            channels: 3,
            width: CifarFile::SIDE,
            height: CifarFile::SIDE,
        }
    }
}
