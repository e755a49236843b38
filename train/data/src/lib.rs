//! Image data sets and their splits. Labels leave this crate through [`load_labels`] only, which nothing but the
//! evaluation may call: what a trial sees, [`TaskImages`], carries none.

pub mod cache;
mod check;
pub mod cifar;
pub mod elpv_labels;
mod error;
mod fashion_mnist;
pub mod fetch;
mod folder;
pub mod idx;
mod images;
pub mod mat5;
mod plant;
mod resize;
mod split;
mod task;

pub use check::{ClassCount, DataSetSummary, DataSummary, TaskSummary, check, inspect};
pub use error::DataError;
pub use folder::ImageFault;
pub use images::{Images, TaskImages};
pub use plant::rotate_zeros;
pub use task::{load_labels, load_task};
