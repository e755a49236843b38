//! IDX files, the format of the MNIST family: big-endian, a magic number (two zero bytes, the type, the number of
//! dimensions), one u32 a dimension, then the values, the last dimension fastest.

mod file;
mod half;

pub use file::{ReadError, probe, read};
pub use half::{Half, HalfError, LabelledImages};

use thiserror::Error;

/// The code of unsigned bytes, the only type of the MNIST family.
const UNSIGNED_BYTE: u8 = 0x08;
/// No file of the family comes near it; a header that promises more is not believed.
const MOST_BYTES: u64 = 1 << 30;

/// The content of an IDX file of unsigned bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Idx<'a> {
    /// Length of each dimension, at least one dimension.
    pub dims: Vec<usize>,
    /// The values; their number is the product of `dims`.
    pub data: &'a [u8],
}

/// Why bytes are not the IDX file that was expected.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum IdxError {
    /// It doesn't begin as an IDX file.
    #[error("expected an IDX file (00 00 08 and the number of dimensions), found the bytes {found}")]
    Magic {
        /// The first bytes in hexadecimal.
        found: String,
    },
    /// It ends within the header or the values.
    #[error("truncated: expected {expected} bytes, found {found}")]
    Truncated {
        /// Bytes that the header promises, header included.
        expected: u64,
        /// Bytes that are there.
        found: u64,
    },
    /// It goes on after the values.
    #[error("too long: expected {expected} bytes, found at least {found}")]
    Oversized {
        /// Bytes that the header promises, header included.
        expected: u64,
        /// Bytes that were seen.
        found: u64,
    },
    /// Its header promises more than any file of the family has.
    #[error("expected at most {MOST_BYTES} bytes, found a header that promises more ({dims:?})")]
    TooLarge {
        /// The dimensions in the header.
        dims: Vec<u32>,
    },
    /// The compression is broken.
    #[error("expected whole gz data, found a fault after {found} bytes: {fault}")]
    Compression {
        /// Bytes that could be decompressed.
        found: u64,
        /// What the decoder says.
        fault: String,
    },
    /// The file is a good IDX file of something else.
    #[error("expected {expected}, found {found}")]
    Content {
        /// What should be there.
        expected: String,
        /// What is there.
        found: String,
    },
}

/// Reads the whole of an IDX file's bytes, decompressed.
///
/// # Errors
/// [`IdxError`] for bytes that are not exactly one IDX file, by size and header.
pub fn parse(bytes: &[u8]) -> Result<Idx<'_>, IdxError> {
    let header = Header::parse(bytes)?;
    let (expected, found) = (header.file_bytes(), bytes.len() as u64);
    if found < expected {
        return Err(IdxError::Truncated { expected, found });
    }
    if found > expected {
        return Err(IdxError::Oversized { expected, found });
    }
    Ok(Idx {
        data: &bytes[header.bytes()..],
        dims: header.dims.iter().map(|&n| n as usize).collect(),
    })
}

struct Header {
    dims: Vec<u32>,
}

impl Header {
    /// The longest header: 255 dimensions.
    const MOST_BYTES: u64 = 4 + 4 * 255;

    fn parse(bytes: &[u8]) -> Result<Self, IdxError> {
        let dimensions = match bytes {
            [0, 0, UNSIGNED_BYTE, dimensions @ 1..=255, ..] => usize::from(*dimensions),
            _ => {
                let found: Vec<_> = bytes.iter().take(4).map(|byte| format!("{byte:02x}")).collect();
                return Err(IdxError::Magic {
                    found: if found.is_empty() {
                        "(none)".into()
                    } else {
                        found.join(" ")
                    },
                });
            }
        };
        let Some(lengths) = bytes.get(4..4 + 4 * dimensions) else {
            let expected = 4 + 4 * dimensions as u64;
            return Err(IdxError::Truncated {
                expected,
                found: bytes.len() as u64,
            });
        };
        let dims = lengths
            .chunks_exact(4)
            .map(|n| u32::from_be_bytes([n[0], n[1], n[2], n[3]]))
            .collect();
        let header = Self { dims };
        match header.values() {
            Some(values) if values <= MOST_BYTES => Ok(header),
            _ => Err(IdxError::TooLarge { dims: header.dims }),
        }
    }

    fn values(&self) -> Option<u64> {
        self.dims
            .iter()
            .try_fold(1_u64, |values, &n| values.checked_mul(n.into()))
    }

    fn bytes(&self) -> usize {
        4 + 4 * self.dims.len()
    }

    fn file_bytes(&self) -> u64 {
        self.bytes() as u64 + self.values().unwrap_or(u64::MAX / 2)
    }
}
