//! A numeric array: its class and dimensions, and its numbers, which may be stored in a smaller type than the class.

use super::{
    Mat5Error,
    element::{Order, Tag, expect, fault, truncated},
};
use std::io::Read;

/// Types of elements, as far as they are named here.
const INT8: u32 = 1;
const INT32: u32 = 5;
const UINT32: u32 = 6;
/// More dimensions than any array has.
const MOST_DIMS: u64 = 64;
/// Longer than MATLAB allows (63), for others that write.
const MOST_NAME: u64 = 1024;
/// The classes of numeric arrays.
const CLASSES: [(u64, &str); 10] = [
    (6, "double"),
    (7, "single"),
    (8, "int8"),
    (9, "uint8"),
    (10, "int16"),
    (11, "uint16"),
    (12, "int32"),
    (13, "uint32"),
    (14, "int64"),
    (15, "uint64"),
];

/// What an array's header says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Header {
    pub name: String,
    pub dims: Vec<usize>,
    class: u64,
    complex: bool,
}

impl Header {
    /// Reads flags, dimensions and name.
    pub fn read(source: &mut dyn Read, order: Order) -> Result<Self, Mat5Error> {
        let flags = expect(source, order, UINT32, 8)?;
        let flags = order.number(flags.get(..4).ok_or_else(truncated)?);
        let dims = expect(source, order, INT32, 4 * MOST_DIMS)?;
        let name = expect(source, order, INT8, MOST_NAME)?;
        let dims = dims.chunks(4).map(|dim| order.number(dim) as u32 as i32);
        let dims: Result<Vec<usize>, _> = dims.map(usize::try_from).collect();
        Ok(Self {
            name: String::from_utf8_lossy(&name).into_owned(),
            dims: dims.map_err(|_| Mat5Error::Damaged("a dimension below zero".into()))?,
            class: flags & 0xff,
            complex: flags & 0x800 != 0,
        })
    }

    /// The class and the dimensions, for messages.
    pub fn describe(&self) -> String {
        let class = CLASSES.iter().find(|(class, _)| *class == self.class);
        let dims: Vec<_> = self.dims.iter().map(ToString::to_string).collect();
        format!(
            "{}{} [{}]",
            if self.complex { "complex " } else { "" },
            class.map_or("something other than numbers", |(_, name)| name),
            dims.join(", ")
        )
    }

    /// Number of values; none where it overflows.
    fn count(&self) -> Option<u64> {
        self.dims.iter().try_fold(1_u64, |n, &dim| n.checked_mul(dim as u64))
    }

    fn is_real_numbers(&self) -> bool {
        !self.complex && CLASSES.iter().any(|(class, _)| *class == self.class)
    }
}

/// A numeric array of a MATLAB file.
#[derive(Clone, Debug, PartialEq)]
pub struct Variable {
    header: Header,
    stored: Stored,
    order: Order,
    bytes: Vec<u8>,
}

/// The type in which numbers are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stored {
    Signed(usize),
    Unsigned(usize),
    Single,
    Double,
}

impl Stored {
    fn from_tag(kind: u32) -> Option<Self> {
        Some(match kind {
            1 => Self::Signed(1),
            2 => Self::Unsigned(1),
            3 => Self::Signed(2),
            4 => Self::Unsigned(2),
            5 => Self::Signed(4),
            6 => Self::Unsigned(4),
            7 => Self::Single,
            9 => Self::Double,
            12 => Self::Signed(8),
            13 => Self::Unsigned(8),
            _ => return None,
        })
    }

    fn bytes(self) -> usize {
        match self {
            Self::Signed(bytes) | Self::Unsigned(bytes) => bytes,
            Self::Single => 4,
            Self::Double => 8,
        }
    }
}

impl Variable {
    /// Reads the numbers that follow a header, at most `most_values` of them.
    pub(super) fn read(
        header: Header,
        source: &mut dyn Read,
        order: Order,
        most_values: u64,
    ) -> Result<Self, Mat5Error> {
        let content = |expected: &str| Mat5Error::Content {
            name: header.name.clone(),
            expected: expected.into(),
            found: header.describe(),
        };
        if !header.is_real_numbers() {
            return Err(content("an array of real numbers"));
        }
        let count = header.count().filter(|&count| count <= most_values);
        let count = count.ok_or_else(|| content(&format!("an array of at most {most_values} numbers")))?;
        let tag = Tag::read(source, order)?.ok_or_else(truncated)?;
        let stored = Stored::from_tag(tag.kind)
            .ok_or_else(|| Mat5Error::Damaged(format!("numbers of the unknown type {}", tag.kind)))?;
        let expected = count.saturating_mul(stored.bytes() as u64);
        if u64::from(tag.bytes) != expected {
            return Err(Mat5Error::Damaged(format!(
                "`{}` has {} bytes of numbers where {expected} belong",
                header.name, tag.bytes
            )));
        }
        let bytes = tag.data(source, expected)?;
        // Nothing may follow; the look behind the end also makes zlib compare its checksum.
        match source.read(&mut [0]).map_err(fault)? {
            0 => Ok(Self {
                header,
                stored,
                order,
                bytes,
            }),
            _ => Err(Mat5Error::Damaged("an array goes on after its numbers".into())),
        }
    }

    /// The variable's name.
    pub fn name(&self) -> &str {
        &self.header.name
    }

    /// Its dimensions; the first varies fastest in its numbers.
    pub fn dims(&self) -> &[usize] {
        &self.header.dims
    }

    /// Its class and dimensions in words.
    pub fn describe(&self) -> String {
        self.header.describe()
    }

    /// Its numbers, the first dimension fastest. Whole numbers of 64 bits beyond 2^53 are rounded.
    pub fn numbers(&self) -> impl Iterator<Item = f64> {
        let size = self.stored.bytes();
        self.bytes.chunks_exact(size).map(move |bytes| {
            let raw = self.order.number(bytes);
            match self.stored {
                Stored::Unsigned(_) => raw as f64,
                Stored::Signed(size) => {
                    let above = 64 - 8 * size as u32;
                    ((raw << above) as i64 >> above) as f64
                }
                Stored::Single => f32::from_bits(raw as u32).into(),
                Stored::Double => f64::from_bits(raw),
            }
        })
    }

    /// Its numbers as bytes, if each is a whole number from 0 to 255. Where they are stored so, nothing is copied.
    pub fn into_bytes(self) -> Option<Vec<u8>> {
        if self.stored == Stored::Unsigned(1) {
            return Some(self.bytes);
        }
        let byte = |number: f64| (f64::from(number as u8) == number).then_some(number as u8);
        self.numbers().map(byte).collect()
    }
}
