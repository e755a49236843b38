//! Images that lie in a mapped file of the cache, or in memory where the cache didn't work: the same to who reads them.

use super::entry::{BYTES, EntryHeader};
use crate::Images;
use memmap2::Mmap;

/// Images of one size, as [`Images`] has them.
#[derive(Debug)]
pub struct CachedImages {
    dims: [usize; 4],
    values: Values,
}

#[derive(Debug)]
enum Values {
    Mapped(Mmap),
    Owned(Vec<f32>),
}

impl CachedImages {
    pub(super) fn owned(images: Images) -> Self {
        Self {
            dims: [images.count, images.channels, images.height, images.width],
            values: Values::Owned(images.data),
        }
    }

    /// A file that was found whole, with its header.
    pub(super) fn mapped(header: &EntryHeader, file: Mmap) -> Self {
        Self {
            dims: header.dims,
            values: Values::Mapped(file),
        }
    }

    /// Number of images.
    pub fn len(&self) -> usize {
        self.dims[0]
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Values in [0, 1], row-major over \[count, channels, height, width\].
    pub fn data(&self) -> &[f32] {
        match &self.values {
            // Maps begin at a page, so that the values are aligned: parsing found them so.
            Values::Mapped(file) => bytemuck::cast_slice(&file[BYTES..]),
            Values::Owned(values) => values,
        }
    }

    /// The values of image `index`, below `len`: \[channels, height, width\].
    pub fn image(&self, index: usize) -> &[f32] {
        let [_, channels, height, width] = self.dims;
        let stride = channels * height * width;
        &self.data()[index * stride..][..stride]
    }

    /// Copies of the images at these places, each below `len`, in this order.
    pub fn select(&self, indices: impl IntoIterator<Item = usize>) -> Images {
        let [_, channels, height, width] = self.dims;
        let mut images = Images {
            data: Vec::new(),
            count: 0,
            channels,
            height,
            width,
        };
        for index in indices {
            images.data.extend_from_slice(self.image(index));
            images.count += 1;
        }
        images
    }

    /// All images; copies them where they lie in the cache.
    pub fn into_images(self) -> Images {
        let [count, channels, height, width] = self.dims;
        Images {
            data: match self.values {
                Values::Owned(values) => values,
                Values::Mapped(_) => self.data().to_vec(),
            },
            count,
            channels,
            height,
            width,
        }
    }
}
