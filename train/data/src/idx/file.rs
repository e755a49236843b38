//! IDX files on disk, plain or gz: told by their content, not by their name.

use super::{Header, IdxError, parse};
use flate2::read::MultiGzDecoder;
use std::{
    fs::File,
    io::{self, BufRead, BufReader, Read, Seek, SeekFrom},
    path::Path,
};
use thiserror::Error;

/// The first bytes of every gz file.
const GZ_MAGIC: [u8; 2] = [0x1f, 0x8b];

/// Why an IDX file can't be had.
#[derive(Debug, Error)]
pub enum ReadError {
    /// The system doesn't give it.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// It is not what it should be.
    #[error(transparent)]
    Idx(#[from] IdxError),
}

/// The decompressed bytes of the IDX file at `path`, of the size that its header promises.
///
/// # Errors
/// What [`parse`] finds wrong, a broken compression, a file that can't be read. Memory follows what the file holds,
/// never what its header claims.
pub fn read(path: &Path) -> Result<Vec<u8>, ReadError> {
    let (mut content, gz) = open(path)?;
    let mut bytes = Vec::new();
    read_some(&mut content, Header::MOST_BYTES, gz, &mut bytes)?;
    let expected = Header::parse(&bytes)?.file_bytes();
    // One byte more than promised shows that there is more, and is enough.
    let left = (expected + 1).saturating_sub(bytes.len() as u64);
    read_some(&mut content, left, gz, &mut bytes)?;
    parse(&bytes)?;
    Ok(bytes)
}

/// The dimensions of the IDX file at `path`, whose size is checked. Decompresses the header alone where gz's own
/// record of the size agrees with it; a full [`read`] judges the rest.
///
/// # Errors
/// As [`read`].
pub fn probe(path: &Path) -> Result<Vec<usize>, ReadError> {
    let (mut content, gz) = open(path)?;
    let mut bytes = Vec::new();
    read_some(&mut content, Header::MOST_BYTES, gz, &mut bytes)?;
    let header = Header::parse(&bytes)?;
    let size = if gz {
        gz_size(path)?
    } else {
        std::fs::metadata(path)?.len()
    };
    if size != header.file_bytes() {
        read(path)?;
    }
    Ok(header.dims.iter().map(|&n| n as usize).collect())
}

/// The decompressed size that gz records in the last four bytes of a file of one member.
fn gz_size(path: &Path) -> io::Result<u64> {
    let mut file = File::open(path)?;
    file.seek(SeekFrom::End(-4))?;
    let mut size = [0; 4];
    file.read_exact(&mut size)?;
    Ok(u32::from_le_bytes(size).into())
}

/// The decompressed content of a file, and whether it was gz.
fn open(path: &Path) -> io::Result<(Box<dyn Read>, bool)> {
    let mut file = BufReader::with_capacity(1 << 16, File::open(path)?);
    Ok(match file.fill_buf()?.starts_with(&GZ_MAGIC) {
        true => (Box::new(MultiGzDecoder::new(file)), true),
        false => (Box::new(file), false),
    })
}

/// Appends up to `most` bytes. The decoder's faults are faults of the file, not of the system.
fn read_some(content: &mut dyn Read, most: u64, gz: bool, bytes: &mut Vec<u8>) -> Result<(), ReadError> {
    match content.take(most).read_to_end(bytes) {
        Ok(_) => Ok(()),
        Err(fault) if gz && fault.raw_os_error().is_none() => Err(IdxError::Compression {
            found: bytes.len() as u64,
            fault: fault.to_string(),
        }
        .into()),
        Err(fault) => Err(fault.into()),
    }
}
