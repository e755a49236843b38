//! Each data set, in files of its true format and layout.

mod audit;
mod btad;
mod elpv;
mod mvtec_ad;
mod small;
mod visa;

use crate::fixture::load_task;
use augur_core::spec::{AnomalySpec, ClassRef, Count, DataSpec, SplitSpec, SweepSpec, TaskSpec, parse};
use augur_data::{DataError, Images, Labels, TaskImages, load_labels};
use image::{DynamicImage, GrayImage, ImageFormat, Luma, Rgb, RgbImage};
use std::{fs, path::Path};
use tempfile::TempDir;

/// A grey image of one level in one channel, or the same in three.
fn picture(level: u8, channels: u8, side: u32) -> DynamicImage {
    match channels {
        1 => GrayImage::from_pixel(side, side, Luma([level])).into(),
        _ => RgbImage::from_pixel(side, side, Rgb([level; 3])).into(),
    }
}

fn write(folder: &TempDir, path: &str, image: &DynamicImage) {
    let path = folder.path().join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let format = ImageFormat::from_path(&path).unwrap();
    image.save_with_format(path, format).unwrap();
}

fn root(folder: &TempDir) -> String {
    folder.path().to_str().unwrap().to_owned()
}

/// A data set from its YAML; `ROOT` stands for the folder.
fn data(folder: &TempDir, yaml: &str) -> DataSpec {
    sweep(folder, yaml, "{normal: a, anomaly: any}", "{}").data
}

/// A sweep on one task.
fn sweep(folder: &TempDir, data: &str, task: &str, split: &str) -> SweepSpec {
    let yaml = format!(
        "version: 1\nname: test\ndata: {data}\ntasks: [{task}]\nsplit: {split}\nfamilies: [{{rotation: {{starts: \
         [{{angle_deg: 30}}]}}}}]\nseeds: [0]\n"
    );
    let yaml = yaml.replace("ROOT", &root(folder));
    parse(&yaml).unwrap_or_else(|error| panic!("{error}\n{yaml}"))
}

fn task(normal: &str, anomaly: AnomalySpec) -> TaskSpec {
    TaskSpec {
        name: None,
        normal: ClassRef(normal.into()),
        anomaly,
    }
}

fn class(name: &str) -> AnomalySpec {
    AnomalySpec::Class(ClassRef(name.into()))
}

fn classes(names: &[&str]) -> AnomalySpec {
    AnomalySpec::Classes(names.iter().map(|name| ClassRef((*name).into())).collect())
}

fn all() -> SplitSpec {
    SplitSpec {
        held_out: Some(2),
        ..SplitSpec::default()
    }
}

fn count(n: u32) -> Option<Count> {
    Some(Count::Number(n))
}

fn load(data: &DataSpec, split: &SplitSpec, task: &TaskSpec) -> Result<(TaskImages, Labels), DataError> {
    let images = load_task(data, split, task, Path::new("."))?;
    let labels = load_labels(data, split, task, Path::new("."))?;
    Ok((images, labels.unwrap()))
}

/// What loading says, with the folder as FOLDER.
fn fault(folder: &TempDir, data: &DataSpec, split: &SplitSpec, task: &TaskSpec) -> String {
    let error = load(data, split, task).unwrap_err();
    error.to_string().replace(folder.path().to_str().unwrap(), "FOLDER")
}

/// The level of each image, in 255ths.
fn levels(images: &Images) -> Vec<u8> {
    (0..images.count)
        .map(|i| (images.image(i)[0] * 255.0).round() as u8)
        .collect()
}

/// The levels of those images whose label is `anomalous`, sorted.
fn labelled(images: &Images, labels: &[bool], anomalous: bool) -> Vec<u8> {
    let mut found: Vec<_> = levels(images)
        .into_iter()
        .zip(labels)
        .filter(|(_, label)| **label == anomalous)
        .map(|(level, _)| level)
        .collect();
    found.sort_unstable();
    found
}
