//! Size and SHA-256 of a file's bytes.

use crate::error::DepotError;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::{
    fs::File,
    io::{self, Read},
    path::Path,
};

/// What a file's bytes are known by.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stamp {
    /// Bytes.
    pub size: u64,
    /// SHA-256, hexadecimal.
    pub sha256: String,
}

impl Stamp {
    /// That of a file.
    ///
    /// # Errors
    /// A file that can't be read.
    pub async fn of(path: &Path) -> Result<Self, DepotError> {
        let owned = path.to_owned();
        let read = tokio::task::spawn_blocking(move || read(&owned)).await;
        let read = read.unwrap_or_else(|panic| Err(io::Error::other(panic)));
        read.map_err(|fault| DepotError::local("read", path, fault))
    }

    /// That of bytes.
    pub fn of_bytes(bytes: &[u8]) -> Self {
        Self {
            size: bytes.len() as u64,
            sha256: hex(Sha256::new_with_prefix(bytes)),
        }
    }
}

fn read(path: &Path) -> io::Result<Stamp> {
    let (mut file, mut hash, mut size) = (File::open(path)?, Sha256::new(), 0);
    let mut piece = vec![0; 1 << 20];
    loop {
        match file.read(&mut piece)? {
            0 => break,
            n => {
                hash.update(&piece[..n]);
                size += n as u64;
            }
        }
    }
    let sha256 = hex(hash);
    Ok(Stamp { size, sha256 })
}

pub(crate) fn hex(hash: Sha256) -> String {
    format!("{:x}", hash.finalize())
}

/// The first 16 digits of the SHA-256 of these texts: a name for a file.
pub(crate) fn name_of<'a>(texts: impl IntoIterator<Item = &'a str>) -> String {
    let mut hash = Sha256::new();
    for text in texts {
        hash.update((text.len() as u64).to_le_bytes());
        hash.update(text);
    }
    let mut name = hex(hash);
    name.truncate(16);
    name
}
