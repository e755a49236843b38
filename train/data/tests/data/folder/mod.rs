//! A folder of one's own images, in real files.

mod faults;
mod formats;
mod groups;
mod test;

use crate::fixture::load_task;
use augur_core::spec::{AnomalySpec, ClassRef, DataSpec, FolderSpec, SplitSpec, TaskSpec};
use augur_data::{DataError, TaskImages};
use image::{DynamicImage, GrayImage, ImageFormat, Luma};
use std::{fs, path::Path};
use tempfile::TempDir;

/// The folder `screws`: the data set at 8 x 8 pixels.
fn data(folder: &TempDir, colour: bool) -> DataSpec {
    DataSpec::Folder(FolderSpec {
        root: folder.path().to_str().unwrap().into(),
        size_px: 8,
        colour,
    })
}

fn task(normal: &str) -> TaskSpec {
    TaskSpec {
        name: None,
        normal: ClassRef(normal.into()),
        anomaly: AnomalySpec::Unlabelled,
    }
}

fn load(folder: &TempDir, colour: bool) -> Result<TaskImages, DataError> {
    let data = data(folder, colour);
    load_task(&data, &SplitSpec::default(), &task("screws"), Path::new("."))
}

fn png(image: &DynamicImage) -> Vec<u8> {
    encoded(image, ImageFormat::Png)
}

fn encoded(image: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    image.write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

/// A grey image of one level, which tells which one it is.
fn level(level: u8) -> Vec<u8> {
    png(&GrayImage::from_pixel(8, 8, Luma([level])).into())
}

fn write(folder: &TempDir, path: &str, bytes: &[u8]) {
    let path = folder.path().join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, bytes).unwrap();
}

/// Task `screws` with images of the levels 0 to `train` to train on and two of level 255 to judge.
fn screws(train: u8) -> TempDir {
    let folder = TempDir::new().unwrap();
    for n in 0..train {
        write(&folder, &format!("screws/train/{n:03}.png"), &level(n));
    }
    for name in ["y", "z"] {
        write(&folder, &format!("screws/validation/{name}.png"), &level(255));
    }
    folder
}
