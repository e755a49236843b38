//! Image data sets and their splits. Labels leave this crate through [`load_labels`] only, which nothing but the
//! evaluation may call: what a trial sees, [`TaskImages`], carries none.

mod audit;
pub mod cache;
mod catalogue;
mod check;
pub mod cifar;
mod data_sets;
pub mod elpv_labels;
mod error;
pub mod fetch;
pub mod idx;
mod images;
pub mod mat5;
mod names;
mod photo;
mod plant;
mod resize;
mod split;
mod task;

pub use audit::{Audit, TaskCounts, audit};
pub use check::{ClassCount, DataSetSummary, DataSummary, TaskSummary, check, inspect};
pub use data_sets::looked_in;
pub use error::DataError;
pub use images::{Images, Labels, TaskImages};
pub use photo::{ImageFault, image_files, load_image};
pub use plant::{blurred, noisy, patched, rotate_zeros};
pub use task::{load_labels, load_task, load_task_with};
