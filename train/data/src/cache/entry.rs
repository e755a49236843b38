//! The file of an entry: a header of 128 bytes, then the values as float32, in the byte order of the machine. Header
//! and values are covered by a checksum; whatever doesn't fit exactly isn't an entry.

use super::CacheKey;
use crate::Images;

/// How an entry begins. Its byte order is the machine's: a file from another kind of machine doesn't match.
const MAGIC: u64 = u64::from_le_bytes(*b"augurim1");
/// Bytes of a header: a multiple of the values' alignment.
pub(super) const BYTES: usize = 128;
/// Where the parts stand.
const KEY: usize = 8;
const DIMS: usize = 40;
const VALUES_SUM: usize = 72;
/// The last part: a checksum of all before it.
const HEADER_SUM: usize = 124;

/// What the header of an entry says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntryHeader {
    /// Number of images, channels, height, width.
    pub dims: [usize; 4],
    values_sum: u32,
}

impl EntryHeader {
    /// The header for these images.
    pub(super) fn new(images: &Images) -> Self {
        Self {
            dims: [images.count, images.channels, images.height, images.width],
            values_sum: sum(bytemuck::cast_slice(&images.data)),
        }
    }

    pub(super) fn to_bytes(&self, key: &CacheKey) -> [u8; BYTES] {
        let mut bytes = [0; BYTES];
        bytes[..KEY].copy_from_slice(&MAGIC.to_ne_bytes());
        bytes[KEY..DIMS].copy_from_slice(&key.to_bytes());
        for (part, dim) in bytes[DIMS..VALUES_SUM].chunks_exact_mut(8).zip(self.dims) {
            part.copy_from_slice(&(dim as u64).to_ne_bytes());
        }
        bytes[VALUES_SUM..][..4].copy_from_slice(&self.values_sum.to_ne_bytes());
        let header_sum = sum(&bytes[..HEADER_SUM]);
        bytes[HEADER_SUM..].copy_from_slice(&header_sum.to_ne_bytes());
        bytes
    }

    /// The header and the values of an entry's file, if the file is whole and that of `key`.
    pub fn parse<'a>(file: &'a [u8], key: &CacheKey) -> Option<(Self, &'a [f32])> {
        let (header, values) = file.split_at_checked(BYTES)?;
        let number = |at: usize| u32::from_ne_bytes([header[at], header[at + 1], header[at + 2], header[at + 3]]);
        if header[..KEY] != MAGIC.to_ne_bytes()
            || header[KEY..DIMS] != key.to_bytes()
            || number(HEADER_SUM) != sum(&header[..HEADER_SUM])
        {
            return None;
        }
        let mut dims = [0; 4];
        for (dim, part) in dims.iter_mut().zip(header[DIMS..VALUES_SUM].chunks_exact(8)) {
            *dim = usize::try_from(u64::from_ne_bytes(part.try_into().ok()?)).ok()?;
        }
        let count = dims.iter().try_fold(1_usize, |n, &dim| n.checked_mul(dim))?;
        let values_sum = number(VALUES_SUM);
        let whole = count.checked_mul(4)? == values.len() && values_sum == sum(values);
        let values = bytemuck::try_cast_slice(values).ok().filter(|_| whole)?;
        Some((Self { dims, values_sum }, values))
    }
}

fn sum(bytes: &[u8]) -> u32 {
    crc32fast::hash(bytes)
}
