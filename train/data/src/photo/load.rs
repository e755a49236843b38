//! Images by their path alone, as a saved detector is given them.

use super::{ImageFault, decode, files};
use crate::{DataError, Images};
use std::path::{Path, PathBuf};

/// The files that paths name: files as they are, of folders everything in them and below, in the byte order of the paths.
///
/// # Errors
/// A path that isn't there or can't be read.
pub fn image_files(paths: &[PathBuf]) -> Result<Vec<PathBuf>, DataError> {
    let mut found = Vec::new();
    for path in paths {
        let about = std::fs::metadata(path).map_err(|fault| DataError::Image {
            path: path.clone(),
            fault: ImageFault::Unreadable(fault.to_string()),
        })?;
        match about.is_dir() {
            true => found.extend(files::list(path)?),
            false => found.push(path.clone()),
        }
    }
    Ok(found)
}

/// One image, resized to a square of `size` pixels: the same values as an image of a task with these options.
///
/// # Errors
/// A file that is no image, or one that is damaged or too large.
pub fn load_image(path: &Path, size: usize, colour: bool) -> Result<Images, ImageFault> {
    let mut data = Vec::new();
    decode::append(path, size, colour, &mut data)?;
    Ok(Images {
        data,
        count: 1,
        channels: if colour { 3 } else { 1 },
        height: size,
        width: size,
    })
}
