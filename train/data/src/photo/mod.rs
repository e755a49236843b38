//! Files of images: PNG, JPEG, BMP, TIFF or WebP, each told by its content; and folders of them.

mod decode;
mod fault;
mod files;
mod jpeg;
mod load;
mod set;

pub(crate) use decode::{dimensions, mask, planes};
pub use fault::ImageFault;
pub(crate) use files::{folders, list};
pub use load::{image_files, load_image};
pub(crate) use set::Photos;
