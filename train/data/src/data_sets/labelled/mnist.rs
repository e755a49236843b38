//! Any data set of the MNIST family: four IDX files, classes called by their numbers.

use super::{Bytes, Files, Opened, Stored};
use crate::{
    DataError,
    idx::{Half, LabelledImages},
    names::Name,
};
use std::{borrow::Cow, path::Path};

/// Both halves.
struct Mnist([LabelledImages; 2]);

/// Reads all four files.
pub(super) fn open(root: &Path) -> Result<Opened, DataError> {
    let half = |half| {
        LabelledImages::open(root, half).map_err(|(path, fault)| DataError::File {
            path,
            fault: fault.to_string(),
        })
    };
    let halves = [half(Half::Train)?, half(Half::Test)?];
    let labels = [halves[0].labels().to_vec(), halves[1].labels().to_vec()];
    let most = labels.iter().flatten().max().copied().unwrap_or_default();
    Ok(Opened {
        names: Name::numbers(usize::from(most) + 1),
        labels,
        files: Box::new(Mnist(halves)),
    })
}

impl Files for Mnist {
    fn probe(&self) -> Result<(), DataError> {
        Ok(())
    }

    fn read(&self, _: [bool; 2]) -> Result<Box<dyn Stored + '_>, DataError> {
        Ok(Box::new(&self.0))
    }

    fn cached(&self, _: [bool; 2]) -> Option<Vec<&Path>> {
        None
    }
}

impl Stored for &[LabelledImages; 2] {
    fn image(&self, half: usize, at: usize) -> Bytes<'_> {
        let half = &self[half];
        Bytes {
            bytes: Cow::Borrowed(half.image(at)),
            channels: 1,
            width: half.width,
            height: half.height,
        }
    }
}
