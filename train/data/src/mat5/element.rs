//! The elements that a MATLAB v5 file is made of: a tag (type, length in bytes), the data, padding to 8 bytes. Data of
//! at most four bytes may share the 8 bytes of the tag: a small element.

use super::Mat5Error;
use std::io::Read;

/// Compressed element: zlib data that hold one other element.
pub(super) const COMPRESSED: u32 = 15;
/// Array element: flags, dimensions, name and numbers, each an element.
pub(super) const MATRIX: u32 = 14;

/// The order of the bytes of a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    Little,
    Big,
}

impl Order {
    /// The unsigned number of up to 8 bytes.
    pub fn number(self, bytes: &[u8]) -> u64 {
        let push = |number: u64, &byte: &u8| number << 8 | u64::from(byte);
        match self {
            Self::Little => bytes.iter().rev().fold(0, push),
            Self::Big => bytes.iter().fold(0, push),
        }
    }
}

/// The beginning of an element.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tag {
    /// What the data are.
    pub kind: u32,
    /// How many bytes of data there are.
    pub bytes: u32,
    /// The data of a small element.
    small: Option<[u8; 4]>,
}

impl Tag {
    /// The next tag; none at the end.
    pub fn read(source: &mut dyn Read, order: Order) -> Result<Option<Self>, Mat5Error> {
        let mut raw = Vec::with_capacity(8);
        (&mut *source).take(8).read_to_end(&mut raw).map_err(fault)?;
        let [a, b, c, d, ref data @ ..] = raw[..] else {
            return match raw.is_empty() {
                true => Ok(None),
                false => Err(truncated()),
            };
        };
        let data = <[u8; 4]>::try_from(data).map_err(|_| truncated())?;
        let first = order.number(&[a, b, c, d]) as u32;
        Ok(Some(match first >> 16 {
            0 => Self {
                kind: first,
                bytes: order.number(&data) as u32,
                small: None,
            },
            // A small element has its length in the upper half.
            bytes @ 1..=4 => Self {
                kind: first & 0xffff,
                bytes,
                small: Some(data),
            },
            bytes => return Err(Mat5Error::Damaged(format!("a small element of {bytes} bytes"))),
        }))
    }

    /// The element's data; more than `most` bytes of them are not read.
    pub fn data(self, source: &mut dyn Read, most: u64) -> Result<Vec<u8>, Mat5Error> {
        let bytes = u64::from(self.bytes);
        if bytes > most {
            return Err(Mat5Error::Damaged(format!(
                "an element of {bytes} bytes where at most {most} belong"
            )));
        }
        if let Some(data) = self.small {
            return Ok(data[..bytes as usize].to_vec());
        }
        // Memory grows with what is there, not with what the tag claims.
        let mut data = Vec::new();
        (&mut *source).take(bytes).read_to_end(&mut data).map_err(fault)?;
        let mut padding = Vec::with_capacity(8);
        let expected = bytes.next_multiple_of(8) - bytes;
        (&mut *source).take(expected).read_to_end(&mut padding).map_err(fault)?;
        match data.len() as u64 == bytes && padding.len() as u64 == expected {
            true => Ok(data),
            false => Err(truncated()),
        }
    }
}

/// The data of the next element, of type `kind`.
pub(super) fn expect(source: &mut dyn Read, order: Order, kind: u32, most: u64) -> Result<Vec<u8>, Mat5Error> {
    let tag = Tag::read(source, order)?.ok_or_else(truncated)?;
    match tag.kind == kind {
        true => tag.data(source, most),
        false => Err(Mat5Error::Damaged(format!(
            "an element of type {} where one of type {kind} belongs",
            tag.kind
        ))),
    }
}

pub(super) fn truncated() -> Mat5Error {
    Mat5Error::Damaged("it ends too early".into())
}

/// A broken compression is a fault of the file; what the system says is not.
pub(super) fn fault(error: std::io::Error) -> Mat5Error {
    match error.raw_os_error() {
        Some(_) => Mat5Error::Unreadable(error.to_string()),
        None => Mat5Error::Damaged(error.to_string()),
    }
}
