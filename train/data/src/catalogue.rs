//! What a data set offers to a task: its normal class, the classes that may be anomalies, and the images of both.

use crate::{
    DataError, Images,
    cache::{Cache, CacheKey, KeyBuilder},
    names::{self, Name},
    split::{self, Anomalies, Split},
};
use augur_core::spec::{AnomalySpec, Counts, SplitSpec, TaskSpec};

/// The images among which a task chooses.
pub(crate) struct Catalogue<'a> {
    /// The data set's name in commands.
    pub data_set: &'static str,
    /// Begins the names of the streams of draws: the data set's key and the normal class, such as `fashion_mnist/7`.
    pub key: String,
    /// The images that are normal.
    pub normal: Class,
    /// The images that may be anomalies.
    pub others: Vec<Class>,
    /// The pixels of all of them.
    pub pixels: Box<dyn Pixels + 'a>,
}

/// A class of images.
pub(crate) struct Class {
    /// What it is called in streams of draws; never changes.
    pub key: String,
    /// What it is called in specs.
    pub name: Name,
    /// Its images.
    pub members: Members,
}

/// The images of a class, by identifier.
pub(crate) enum Members {
    /// Any of them may train, validate or test.
    Whole(Vec<u32>),
    /// Some are there to train, others to validate and to test.
    Parts { train: Vec<u32>, test: Vec<u32> },
}

impl Members {
    /// The images that may validate and test.
    pub fn test(&self) -> &[u32] {
        match self {
            Self::Whole(images) => images,
            Self::Parts { test, .. } => test,
        }
    }
}

/// Pixels of images that are known by identifier.
pub(crate) trait Pixels {
    /// Whether reading these images takes longer than finding them in a cache.
    fn is_worth_caching(&self, ids: &[u32]) -> bool;

    /// Begins the key under which these images are cached: their content as it is now, and what reads them.
    fn content(&self, ids: &[u32]) -> Result<KeyBuilder, DataError>;

    /// Appends the images in this order, each as `size` x `size` values in [0, 1]: one plane, or three with `colour`.
    fn append(&self, ids: &[u32], size: usize, colour: bool, out: &mut Vec<f32>) -> Result<(), DataError>;

    /// Finds out what can be found out of these images without decoding them.
    fn probe(&self, ids: &[u32]) -> Result<(), DataError>;

    /// Decodes each of these images, and gives a digest of its content.
    fn audit(&self, ids: &[u32], each: &mut dyn FnMut(u32, Result<[u8; 32], DataError>)) -> Result<(), DataError>;

    /// Where an image stands, for people.
    fn place(&self, id: u32) -> String;

    /// Whether each image is a file of its own, which people can remove.
    fn removable(&self) -> bool;
}

/// The images of a task, each in one place, with the labels that only the evaluation gets.
pub(crate) struct Drawn<'a> {
    /// What the normal class is called.
    pub normal: String,
    /// The classes of the anomalies with all their images; none where they are planted or unknown.
    pub anomalies: Vec<(String, Vec<u32>)>,
    /// Which images go where.
    pub split: Split,
    /// Whether the labels of the validation images are known.
    pub labelled: bool,
    /// Their pixels.
    pub pixels: Box<dyn Pixels + 'a>,
}

impl<'a> Catalogue<'a> {
    /// Draws the split of a task.
    pub fn draw(self, split: &SplitSpec, counts: &Counts, task: &TaskSpec) -> Result<Drawn<'a>, DataError> {
        let anomalous = self.anomalous(task)?;
        let classes: Vec<_> = anomalous.iter().map(|&at| &self.others[at]).collect();
        let called: Vec<_> = classes.iter().map(|class| class.name.name.as_str()).collect();
        let anomalies = match task.anomaly {
            AnomalySpec::Planted(_) => Anomalies::Planted,
            _ => Anomalies::Classes(&classes),
        };
        let drawn = split::draw(&self.key, split, counts, &self.normal.members, anomalies);
        let drawn = drawn.map_err(|few| DataError::TooFewImages {
            task: task.name(),
            class: match (few.normal_class, called.len()) {
                (true, _) | (_, 0) => self.normal.name.name.clone(),
                _ => called.join("+"),
            },
            part: few.part,
            has: few.has,
            asked: few.asked,
            uses: few.uses,
        })?;
        Ok(Drawn {
            anomalies: classes
                .iter()
                .map(|class| (class.name.name.clone(), class.members.test().to_vec()))
                .collect(),
            normal: self.normal.name.name,
            split: drawn,
            labelled: true,
            pixels: self.pixels,
        })
    }

    /// The places of the anomalous classes, in the catalogue's order, which doesn't depend on how a spec lists them.
    fn anomalous(&self, task: &TaskSpec) -> Result<Vec<usize>, DataError> {
        if task.anomaly == AnomalySpec::Unlabelled {
            return Err(DataError::Anomaly {
                task: task.name(),
                data_set: self.data_set,
                kinds: "`class`, `classes`, `any` or `planted`",
            });
        }
        if task.anomaly == AnomalySpec::Any {
            return Ok((0..self.others.len()).collect());
        }
        let names: Vec<_> = self.others.iter().map(|class| class.name.clone()).collect();
        let mut places = Vec::new();
        for class in task.anomaly.classes() {
            if names::find(std::slice::from_ref(&self.normal.name), &class.0).is_some() {
                return Err(DataError::SameClass {
                    task: task.name(),
                    normal: task.normal.0.clone(),
                    anomaly: class.0.clone(),
                });
            }
            places.push(names::of_task(&names, &class.0, task, self.data_set)?);
        }
        places.sort_unstable();
        places.dedup();
        Ok(places)
    }
}

/// These images, from the cache where they are there.
pub(crate) fn images(
    cache: &Cache,
    pixels: &dyn Pixels,
    ids: &[u32],
    size: usize,
    colour: bool,
) -> Result<Images, DataError> {
    let channels = if colour { 3 } else { 1 };
    let build = || {
        let mut images = Images {
            data: Vec::with_capacity(ids.len() * channels * size * size),
            count: ids.len(),
            channels,
            height: size,
            width: size,
        };
        pixels.append(ids, size, colour, &mut images.data)?;
        Ok(images)
    };
    if ids.is_empty() {
        return build();
    }
    if !pixels.is_worth_caching(ids) {
        return build();
    }
    let key = || {
        let key = pixels.content(ids)?;
        Ok(key.with("size_px", size).with("colour", colour).finish())
    };
    Ok(cache.images_of(key, build)?.into_images())
}

/// The key of images that come from whole files: their content and which of it was taken.
pub(crate) fn key_of_files<'p>(
    decoder: &str,
    files: impl IntoIterator<Item = &'p std::path::Path>,
    ids: &[u32],
) -> Result<KeyBuilder, DataError> {
    let key = ids.iter().fold(CacheKey::of(decoder), |key, id| key.with("image", id));
    key.files(files)
}
