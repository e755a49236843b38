//! What can be wrong with one file of images.

use super::decode::{MOST_BYTES, MOST_PX};
use thiserror::Error;

/// Why a file gives no image. Its text goes on after the file's path.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ImageFault {
    /// The system doesn't give it.
    #[error("can't be read: {0}; mend its permissions or move it out of the folder")]
    Unreadable(String),
    /// Its content begins as no known format does.
    #[error("is no PNG, JPEG, BMP, TIFF or WebP image; convert it to one or move it out of the folder")]
    Format,
    /// Of a known format, but of a variant that can't be decoded.
    #[error("is of a kind that can't be decoded ({0}); convert it to PNG with 8 or 16 bits a channel")]
    Unsupported(String),
    /// Of a known format, but broken.
    #[error("is damaged ({0}); replace it or move it out of the folder")]
    Damaged(String),
    /// It would take too much memory.
    #[error(
        "is too large: an image may have {MOST_PX} pixels a side and take {} MiB of memory; scale it down or move it \
         out of the folder",
        MOST_BYTES >> 20
    )]
    TooLarge,
}
