//! A whole MATLAB v5 file: its header, and the search for a variable. What isn't asked for is passed over unread.

use super::{
    Mat5Error, Variable,
    array::Header,
    element::{COMPRESSED, MATRIX, Order, Tag, fault, truncated},
};
use flate2::read::ZlibDecoder;
use std::io::{Read, Seek, SeekFrom};

/// Bytes of the header: text, version, byte order.
const HEADER: usize = 128;
/// How every HDF5 file begins, at byte 0 or, after MATLAB's own header, at 512.
const HDF5: &[u8] = b"\x89HDF\r\n\x1a\n";
/// How the text of a v7.3 file begins.
const V73: &[u8] = b"MATLAB 7.3";

/// A MATLAB v5 file that can be searched for variables.
#[derive(Debug)]
pub struct MatFile<R> {
    source: R,
    order: Order,
}

impl<R: Read + Seek> MatFile<R> {
    /// Reads the header.
    ///
    /// # Errors
    /// A file that can't be read, is of v7.3 (HDF5), or isn't of MATLAB at all.
    pub fn new(mut source: R) -> Result<Self, Mat5Error> {
        source.rewind().map_err(fault)?;
        let mut header = Vec::new();
        (&mut source)
            .take(HEADER as u64)
            .read_to_end(&mut header)
            .map_err(fault)?;
        if header.starts_with(HDF5) || header.starts_with(V73) {
            return Err(Mat5Error::Hdf5);
        }
        let order = match header.get(124..) {
            Some(b"\x00\x01IM") => Order::Little,
            Some(b"\x01\x00MI") => Order::Big,
            Some(b"\x00\x02IM" | b"\x02\x00MI") => return Err(Mat5Error::Hdf5),
            _ => return Err(Mat5Error::Format),
        };
        Ok(Self { source, order })
    }

    /// The first variable of this name, of at most `most_values` numbers.
    ///
    /// # Errors
    /// No such variable, one that isn't an array of real numbers or is larger, a damaged file. Memory follows what the
    /// file holds up to `most_values`, never what it claims.
    pub fn variable(&mut self, name: &str, most_values: u64) -> Result<Variable, Mat5Error> {
        self.find(name, |header, order, source| {
            Variable::read(header, source, order, most_values)
        })
    }

    /// The dimensions of the first variable of this name, without its numbers.
    ///
    /// # Errors
    /// As [`MatFile::variable`], as far as the array's header tells.
    pub fn dims(&mut self, name: &str) -> Result<Vec<usize>, Mat5Error> {
        self.find(name, |header, _, _| Ok(header.dims))
    }

    fn find<T>(
        &mut self,
        name: &str,
        found: impl FnOnce(Header, Order, &mut dyn Read) -> Result<T, Mat5Error>,
    ) -> Result<T, Mat5Error> {
        let order = self.order;
        let mut others = Vec::new();
        let mut at = HEADER as u64;
        loop {
            self.source.seek(SeekFrom::Start(at)).map_err(fault)?;
            let Some(tag) = Tag::read(&mut self.source, order)? else {
                return Err(Mat5Error::NoVariable {
                    name: name.into(),
                    found: others,
                });
            };
            at += 8 + u64::from(tag.bytes);
            let element = (&mut self.source).take(tag.bytes.into());
            let mut array: Box<dyn Read + '_> = match tag.kind {
                MATRIX => Box::new(element),
                COMPRESSED => Box::new(inflated(element, order)?),
                // Elements of other kinds have no name by which they could be asked for.
                _ => continue,
            };
            let header = Header::read(&mut array, order)?;
            if header.name == name {
                return found(header, order, &mut array);
            }
            others.push(header.name);
        }
    }
}

/// The array in a compressed element, behind its tag.
fn inflated(element: impl Read, order: Order) -> Result<impl Read, Mat5Error> {
    let mut content = ZlibDecoder::new(element);
    let tag = Tag::read(&mut content, order)?.ok_or_else(truncated)?;
    match tag.kind {
        MATRIX => Ok(content),
        kind => Err(Mat5Error::Damaged(format!("a compressed element of type {kind}"))),
    }
}
