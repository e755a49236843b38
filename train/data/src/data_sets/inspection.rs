//! Photographs by category, as MVTec AD lays them out (Bergmann et al. 2019): `CATEGORY/train/good` to train on,
//! `CATEGORY/test/good` and `CATEGORY/test/DEFECT` to validate and to test. BTAD (Mishra et al. 2021) and VisA as
//! converted have the same tree with other names.

use super::{DataSet, MaskPair, masks, name};
use crate::{
    DataError,
    catalogue::{Catalogue, Class, Drawn, Members},
    check::{ClassCount, DataSetSummary},
    names::{self, Name},
    photo::{self, Photos},
};
use augur_core::spec::{DataSpec, SplitSpec, TaskSpec};
use std::path::PathBuf;

/// A data set of this layout that was found.
pub(crate) struct Inspection<'a> {
    data: &'a DataSpec,
    root: PathBuf,
    /// The folder of normal images.
    good: &'static str,
}

impl<'a> Inspection<'a> {
    /// Opens no file.
    pub fn open(data: &'a DataSpec, root: PathBuf) -> Self {
        let good = match data {
            DataSpec::Btad(_) => "ok",
            _ => "good",
        };
        Self { data, root, good }
    }

    /// The folders that have a part for training, by name.
    pub fn categories(&self) -> Result<Vec<Name>, DataError> {
        let mut folders = photo::folders(&self.root)?;
        folders.retain(|folder| self.root.join(folder).join("train").is_dir());
        let name = |folder: String| match folder.trim_start_matches('0') {
            // YAML reads BTAD's `01` as the number 1.
            number if number.len() < folder.len() && number.parse::<u32>().is_ok() => Name::or(folder.clone(), number),
            _ => Name::new(folder),
        };
        match folders.is_empty() {
            true => Err(self.missing("no folder CATEGORY/train".into())),
            false => Ok(folders.into_iter().map(name).collect()),
        }
    }

    fn missing(&self, wanted: String) -> DataError {
        DataError::NoFile {
            folder: self.root.clone(),
            wanted,
            data_set: name(self.data),
        }
    }

    /// The files of a folder that must be there, such as `cable/train/good`.
    fn files(&self, category: &str, part: &str, class: &str) -> Result<Vec<PathBuf>, DataError> {
        let folder = self.root.join(category).join(part).join(class);
        match folder.is_dir() {
            true => photo::list(&folder),
            false => Err(self.missing(format!("no folder {category}/{part}/{class}"))),
        }
    }

    fn catalogue(&self, category: &str) -> Result<Catalogue<'static>, DataError> {
        let mut photos = Photos::default();
        let train = photos.add(self.files(category, "train", self.good)?);
        let test = photos.add(self.files(category, "test", self.good)?);
        let mut others = Vec::new();
        for class in photo::folders(&self.root.join(category).join("test"))? {
            if class != self.good {
                let test = photos.add(self.files(category, "test", &class)?);
                others.push(Class {
                    key: class.clone(),
                    name: self.defect(class),
                    members: Members::Parts { train: vec![], test },
                });
            }
        }
        Ok(Catalogue {
            data_set: name(self.data),
            key: format!("{}/{category}", self.data.key()),
            normal: Class {
                key: self.good.into(),
                name: Name::new(self.good),
                members: Members::Parts { train, test },
            },
            others,
            pixels: Box::new(photos),
        })
    }

    /// VisA's list calls `anomaly` what its converted folders call `bad`.
    fn defect(&self, class: String) -> Name {
        match (self.data, class.as_str()) {
            (DataSpec::Visa(_), "bad") => Name::or(class, "anomaly"),
            _ => Name::new(class),
        }
    }
}

impl DataSet for Inspection<'_> {
    fn summary(&self) -> Result<DataSetSummary, DataError> {
        let (mut classes, mut unusable) = (Vec::new(), Vec::new());
        for category in self.categories()? {
            match self.catalogue(&category.name) {
                Ok(catalogue) => classes.push(counted(&category.name, &catalogue)),
                Err(fault) => unusable.push(fault),
            }
        }
        Ok(DataSetSummary {
            name: name(self.data),
            root: self.root.clone(),
            images: classes.iter().map(|class| class.images).sum(),
            classes,
            unusable,
        })
    }

    fn draw(&self, split: &SplitSpec, task: &TaskSpec) -> Result<Drawn<'_>, DataError> {
        let categories = self.categories()?;
        let at = names::of_task(&categories, &task.normal.0, task, name(self.data))?;
        let catalogue = self.catalogue(&categories[at].name)?;
        catalogue.draw(split, &split.counts(self.data), task)
    }

    fn masks(&self, category: &str) -> Result<Vec<MaskPair>, DataError> {
        let Some(at) = names::find(&self.categories()?, category) else {
            return Ok(vec![]);
        };
        let category = self.root.join(&self.categories()?[at].name);
        let (test, masks) = (category.join("test"), category.join("ground_truth"));
        let mut pairs = Vec::new();
        if masks.is_dir() {
            for class in photo::folders(&test)?.into_iter().filter(|class| class != self.good) {
                pairs.extend(masks::pairs(&test.join(&class), &masks.join(&class))?);
            }
        }
        Ok(pairs)
    }
}

/// The number of images of a category.
pub(super) fn counted(category: &str, catalogue: &Catalogue<'_>) -> ClassCount {
    let classes = catalogue.others.iter().chain([&catalogue.normal]);
    let images = classes.map(|class| match &class.members {
        Members::Whole(images) => images.len(),
        Members::Parts { train, test } => train.len() + test.len(),
    });
    ClassCount {
        name: category.into(),
        images: images.sum(),
    }
}
