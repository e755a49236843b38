//! Data sets of small images in few files, each image with one label: the MNIST family, SVHN, CIFAR. An image's
//! identifier is its place in the first half, or so many more in the second. Fashion-MNIST pools both halves; of the
//! others the first trains, the second validates and tests.

mod cifar;
mod fashion_mnist;
mod mnist;
mod svhn;

pub(crate) use fashion_mnist::CLASSES as FASHION;

use super::{DataSet, name};
use crate::{
    DataError,
    cache::KeyBuilder,
    catalogue::{Catalogue, Class, Drawn, Members, Pixels, key_of_files},
    check::{ClassCount, DataSetSummary},
    names::{self, Name},
    photo::planes,
};
use augur_core::spec::{Counts, DataSpec, SplitSpec, TaskSpec};
use sha2::{Digest, Sha256};
use std::{
    borrow::Cow,
    path::{Path, PathBuf},
};

/// The files of a data set, opened as far as the labels.
trait Files {
    /// Finds out what can be found out of the images without reading them.
    fn probe(&self) -> Result<(), DataError>;

    /// Reads the images of these halves.
    fn read(&self, halves: [bool; 2]) -> Result<Box<dyn Stored + '_>, DataError>;

    /// The files of these halves whose content decides over the images; none where a cache would save nothing.
    fn cached(&self, halves: [bool; 2]) -> Option<Vec<&Path>>;
}

/// Images as their files have them.
trait Stored {
    /// The image at place `at` of a half that was read.
    fn image(&self, half: usize, at: usize) -> Bytes<'_>;
}

/// One image: row-major, the channels of a pixel side by side.
struct Bytes<'a> {
    bytes: Cow<'a, [u8]>,
    channels: usize,
    width: usize,
    height: usize,
}

/// What the files say without their images.
struct Opened {
    names: Vec<Name>,
    /// The labels of both halves.
    labels: [Vec<u8>; 2],
    files: Box<dyn Files>,
}

/// A data set of this kind.
pub(crate) struct LabelledSet {
    data_set: &'static str,
    key: &'static str,
    /// Whether each half has its use.
    parts: bool,
    root: PathBuf,
    names: Vec<Name>,
    labels: Vec<u8>,
    /// Number of images in the first half.
    first: usize,
    files: Box<dyn Files>,
    spec: DataSpec,
}

impl LabelledSet {
    /// Reads the labels.
    pub fn open(data: &DataSpec, root: PathBuf) -> Result<Self, DataError> {
        let opened = match data {
            DataSpec::Svhn(_) => svhn::open(&root)?,
            DataSpec::Cifar10(_) | DataSpec::Cifar100(_) => cifar::open(data, &root)?,
            DataSpec::Mnist(_) => mnist::open(&root)?,
            _ => fashion_mnist::open(&root)?,
        };
        let [first, second] = opened.labels;
        Ok(Self {
            data_set: name(data),
            key: data.key(),
            parts: data.has_parts(),
            root,
            names: opened.names,
            first: first.len(),
            labels: [first, second].concat(),
            files: opened.files,
            spec: data.clone(),
        })
    }

    /// The images of a class.
    fn members(&self, class: usize) -> Members {
        let all = (0..)
            .zip(&self.labels)
            .filter(|(_, label)| usize::from(**label) == class);
        let all = all.map(|(image, _)| image);
        match self.parts {
            false => Members::Whole(all.collect()),
            true => {
                let (train, test) = all.partition(|&image: &u32| (image as usize) < self.first);
                Members::Parts { train, test }
            }
        }
    }

    fn class(&self, class: usize) -> Class {
        Class {
            key: class.to_string(),
            name: self.names[class].clone(),
            members: self.members(class),
        }
    }

    /// The half of an image and its place there.
    fn half(&self, id: u32) -> (usize, usize) {
        let id = id as usize;
        if id < self.first { (0, id) } else { (1, id - self.first) }
    }

    fn halves(&self, ids: &[u32]) -> [bool; 2] {
        [0, 1].map(|half| ids.iter().any(|&id| self.half(id).0 == half))
    }

    fn each(&self, ids: &[u32], mut visit: impl FnMut(u32, Bytes<'_>)) -> Result<(), DataError> {
        let stored = self.files.read(self.halves(ids))?;
        for &id in ids {
            let (half, at) = self.half(id);
            visit(id, stored.image(half, at));
        }
        Ok(())
    }
}

impl DataSet for LabelledSet {
    fn summary(&self) -> Result<DataSetSummary, DataError> {
        self.files.probe()?;
        let mut counts = vec![0; self.names.len()];
        self.labels.iter().for_each(|&label| counts[usize::from(label)] += 1);
        let classes = self.names.iter().zip(counts).map(|(name, images)| ClassCount {
            name: name.name.clone(),
            images,
        });
        Ok(DataSetSummary {
            name: self.data_set,
            root: self.root.clone(),
            images: self.labels.len(),
            classes: classes.collect(),
            unusable: vec![],
        })
    }

    fn draw(&self, split: &SplitSpec, task: &TaskSpec) -> Result<Drawn<'_>, DataError> {
        let find = |class: &str| names::of_task(&self.names, class, task, self.data_set);
        let normal = find(&task.normal.0)?;
        // Here, where all classes can be listed.
        task.anomaly
            .classes()
            .iter()
            .try_for_each(|class| find(&class.0).map(drop))?;
        let others = (0..self.names.len()).filter(|&class| class != normal);
        let catalogue = Catalogue {
            data_set: self.data_set,
            key: format!("{}/{normal}", self.key),
            normal: self.class(normal),
            others: others.map(|class| self.class(class)).collect(),
            pixels: Box::new(self),
        };
        let counts: Counts = split.counts(&self.spec);
        catalogue.draw(split, &counts, task)
    }
}

impl Pixels for &LabelledSet {
    fn is_worth_caching(&self, ids: &[u32]) -> bool {
        self.files.cached(self.halves(ids)).is_some()
    }

    fn content(&self, ids: &[u32]) -> Result<KeyBuilder, DataError> {
        let files = self.files.cached(self.halves(ids));
        key_of_files(self.key, files.unwrap_or_default(), ids)
    }

    fn append(&self, ids: &[u32], size: usize, colour: bool, out: &mut Vec<f32>) -> Result<(), DataError> {
        self.each(ids, |_, image| {
            planes(
                &image.bytes,
                image.channels,
                (image.width, image.height),
                size,
                colour,
                out,
            );
        })
    }

    fn probe(&self, _: &[u32]) -> Result<(), DataError> {
        self.files.probe()
    }

    fn audit(&self, ids: &[u32], each: &mut dyn FnMut(u32, Result<[u8; 32], DataError>)) -> Result<(), DataError> {
        self.each(ids, |id, image| each(id, Ok(Sha256::digest(&image.bytes).into())))
    }

    fn place(&self, id: u32) -> String {
        let (half, at) = self.half(id);
        format!("image {at} of the {} half", ["first", "second"][half])
    }

    fn removable(&self) -> bool {
        false
    }
}
