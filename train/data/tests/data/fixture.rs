//! A small data set of the true format, for the tests.

use augur_core::spec::{AnomalySpec, ClassRef, Count, DataSpec, FashionMnistSpec, Planted, SplitSpec, TaskSpec};
use augur_data::{DataError, TaskImages, cache::Cache, load_task_with};
use flate2::{Compression, write::GzEncoder};
use std::{fs, io::Write, path::Path};

/// As everybody loads, with a new cache each time: tests neither read nor fill the cache of who runs them.
pub fn load_task(data: &DataSpec, split: &SplitSpec, task: &TaskSpec, base: &Path) -> Result<TaskImages, DataError> {
    let folder = tempfile::TempDir::new().unwrap();
    load_task_with(&Cache::at(folder.path()), data, split, task, base)
}

/// An IDX file of bytes.
pub fn idx(dims: &[u32], data: &[u8]) -> Vec<u8> {
    let mut file = vec![0, 0, 8, dims.len() as u8];
    dims.iter().for_each(|n| file.extend(n.to_be_bytes()));
    file.extend(data);
    file
}

/// The same as gz.
pub fn gz(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// The pixels of image `id`: all different, so that an image tells which one it is.
pub fn pixels(id: u32) -> Vec<u8> {
    (0..28 * 28)
        .map(|at| {
            if at < 3 {
                (id >> (8 * at)) as u8
            } else {
                (at * 7 + id * 13) as u8
            }
        })
        .collect()
}

/// Writes both halves into `folder`: `train` and `t10k` images, of class (id modulo 10); the second half as gz.
pub fn write(folder: &Path, train: u32, t10k: u32) {
    fs::create_dir_all(folder).unwrap();
    for (half, ids) in [("train", 0..train), ("t10k", train..train + t10k)] {
        let count = ids.len() as u32;
        let images = idx(&[count, 28, 28], &ids.clone().flat_map(pixels).collect::<Vec<_>>());
        let labels = idx(&[count], &ids.map(|id| (id % 10) as u8).collect::<Vec<_>>());
        for (name, file) in [("images-idx3", images), ("labels-idx1", labels)] {
            let path = folder.join(format!("{half}-{name}-ubyte"));
            match half {
                "t10k" => fs::write(path.with_extension("gz"), gz(&file)).unwrap(),
                _ => fs::write(path, file).unwrap(),
            }
        }
    }
}

/// The data set in `folder` at full size.
pub fn data(folder: &Path) -> DataSpec {
    DataSpec::FashionMnist(FashionMnistSpec {
        root: Some(folder.to_str().unwrap().into()),
        size_px: 28,
    })
}

/// 14 normal and 3 anomalous images.
pub fn small_split() -> SplitSpec {
    let count = |n| Some(Count::Number(n));
    SplitSpec {
        train: count(6),
        held_out: Some(3),
        validation_normal: count(5),
        validation_anomalous: count(3),
        ..SplitSpec::default()
    }
}

/// One class against another.
pub fn against(normal: &str, anomaly: &str) -> TaskSpec {
    let anomaly = AnomalySpec::Class(ClassRef(anomaly.into()));
    TaskSpec {
        name: None,
        normal: ClassRef(normal.into()),
        anomaly,
    }
}

/// A class against turned images of itself.
pub fn rotated(normal: &str, degrees: f64) -> TaskSpec {
    let anomaly = AnomalySpec::Planted(Planted::RotateDeg(degrees));
    TaskSpec {
        name: None,
        normal: ClassRef(normal.into()),
        anomaly,
    }
}

/// The identifier that [`pixels`] wrote into an image of full size.
pub fn id(image: &[f32]) -> u32 {
    (0..3).map(|at| ((image[at] * 255.0).round() as u32) << (8 * at)).sum()
}
