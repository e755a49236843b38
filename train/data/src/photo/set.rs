//! Files of images that are known by their place in a list.

use super::decode;
use crate::{
    DataError,
    cache::{CacheKey, KeyBuilder},
    catalogue::Pixels,
};
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};

/// The files, each at its identifier.
#[derive(Default)]
pub(crate) struct Photos(Vec<PathBuf>);

impl Photos {
    /// Adds files; their identifiers.
    pub fn add(&mut self, files: impl IntoIterator<Item = PathBuf>) -> Vec<u32> {
        let first = self.0.len();
        self.0.extend(files);
        (first..self.0.len()).map(|at| at as u32).collect()
    }

    fn path(&self, id: u32) -> &Path {
        &self.0[id as usize]
    }
}

impl Pixels for Photos {
    fn is_worth_caching(&self, _: &[u32]) -> bool {
        true
    }

    fn content(&self, ids: &[u32]) -> Result<KeyBuilder, DataError> {
        let files = ids.iter().map(|&id| self.path(id));
        CacheKey::of("photo").files(files)
    }

    fn append(&self, ids: &[u32], size: usize, colour: bool, out: &mut Vec<f32>) -> Result<(), DataError> {
        ids.iter().try_for_each(|&id| {
            let path = self.path(id);
            decode::append(path, size, colour, out).map_err(|fault| DataError::Image {
                path: path.into(),
                fault,
            })
        })
    }

    fn probe(&self, ids: &[u32]) -> Result<(), DataError> {
        ids.iter().try_for_each(|&id| {
            let path = self.path(id);
            decode::probe(path).map_err(|fault| DataError::Image {
                path: path.into(),
                fault,
            })
        })
    }

    fn audit(&self, ids: &[u32], each: &mut dyn FnMut(u32, Result<[u8; 32], DataError>)) -> Result<(), DataError> {
        for &id in ids {
            let path = self.path(id);
            let digest = self.append(&[id], 8, false, &mut Vec::new()).and_then(|()| {
                let bytes = std::fs::read(path).map_err(|fault| DataError::Unreadable {
                    path: path.into(),
                    fault: fault.to_string(),
                })?;
                Ok(Sha256::digest(bytes).into())
            });
            each(id, digest);
        }
        Ok(())
    }

    fn place(&self, id: u32) -> String {
        self.path(id).display().to_string()
    }

    fn removable(&self) -> bool {
        true
    }
}
