//! VisA (Zou et al. 2022), as published with its list `split_csv/1cls.csv`, or converted to MVTec AD's layout; told by
//! what is there. A task's draws are the same on both.

use super::{
    DataSet, MaskPair,
    inspection::{Inspection, counted},
    name,
};
use crate::{
    DataError,
    catalogue::{Catalogue, Class, Drawn, Members},
    check::DataSetSummary,
    names::{self, Name},
    photo::Photos,
};
use augur_core::spec::{DataSpec, SplitSpec, TaskSpec};
use std::{
    collections::{BTreeMap, HashMap},
    path::{Component, Path, PathBuf},
};

/// The list, relative to the data set's folder.
const LIST: &str = "split_csv/1cls.csv";
/// The columns that count, as the list's header calls them.
const COLUMNS: [&str; 5] = ["object", "split", "label", "image", "mask"];

/// Reads the list, where there is one.
pub(super) fn open<'a>(data: &'a DataSpec, root: PathBuf) -> Result<Box<dyn DataSet + 'a>, DataError> {
    match root.join(LIST).is_file() {
        true => Ok(Box::new(Listed {
            categories: read(&root)?,
            root,
            data,
        })),
        false => Ok(Box::new(Inspection::open(data, root))),
    }
}

/// The files of a category, sorted.
#[derive(Default)]
struct Category {
    train: Vec<PathBuf>,
    good: Vec<PathBuf>,
    bad: Vec<PathBuf>,
    /// The mask of each of the bad ones, in the list's order.
    masks: Vec<(PathBuf, Option<PathBuf>)>,
}

/// VisA as published.
struct Listed<'a> {
    data: &'a DataSpec,
    root: PathBuf,
    categories: BTreeMap<String, Category>,
}

fn read(root: &Path) -> Result<BTreeMap<String, Category>, DataError> {
    let path = root.join(LIST);
    let wrong = |fault: String| DataError::File {
        path: path.clone(),
        fault: format!("{fault}; get the file anew"),
    };
    let mut list = csv::Reader::from_path(&path).map_err(|fault| wrong(format!("can't be read: {fault}")))?;
    let header = list
        .headers()
        .map_err(|fault| wrong(format!("can't be read: {fault}")))?;
    let column = |name: &str| {
        let place = header.iter().position(|column| column.trim() == name);
        place.ok_or_else(|| {
            wrong(format!(
                "has no column `{name}` (its columns must be {})",
                COLUMNS.join(", ")
            ))
        })
    };
    let [object, split, label, image, mask] = COLUMNS.map(column);
    let (object, split, label, image, mask) = (object?, split?, label?, image?, mask?);
    let mut categories: BTreeMap<String, Category> = BTreeMap::new();
    let mut lines = HashMap::new();
    for record in list.records() {
        let record = record.map_err(|fault| wrong(format!("can't be read: {fault}")))?;
        let line = record.position().map_or(0, csv::Position::line);
        let field = |at: usize| record.get(at).unwrap_or_default().trim();
        let (place, masked) = (Path::new(field(image)), Path::new(field(mask)));
        if field(image).is_empty() || !is_below(place) || !is_below(masked) {
            return Err(wrong(format!(
                "has a path in line {line} that isn't one below the data set's folder"
            )));
        }
        if let Some(first) = lines.insert(place.to_owned(), line) {
            return Err(wrong(format!(
                "lists {} in line {first} and in line {line}, and an image stands in one group only",
                place.display()
            )));
        }
        let category = categories.entry(field(object).to_owned()).or_default();
        if field(label) == "anomaly" {
            let mask = (!field(mask).is_empty()).then(|| root.join(masked));
            category.masks.push((root.join(place), mask));
        }
        let group = match (field(split), field(label)) {
            ("train", "normal") => &mut category.train,
            ("test", "normal") => &mut category.good,
            ("test", "anomaly") => &mut category.bad,
            (split, label) => {
                return Err(wrong(format!(
                    "has `{split}`, `{label}` in line {line}, and only train or test, normal or anomaly belong there"
                )));
            }
        };
        group.push(root.join(place));
    }
    for category in categories.values_mut() {
        [&mut category.train, &mut category.good, &mut category.bad]
            .into_iter()
            .for_each(|group| group.sort());
    }
    Ok(categories)
}

fn is_below(path: &Path) -> bool {
    path.components().all(|part| matches!(part, Component::Normal(_)))
}

impl Listed<'_> {
    fn catalogue(&self, name: &str, category: &Category) -> Catalogue<'static> {
        let mut photos = Photos::default();
        let train = photos.add(category.train.iter().cloned());
        let test = photos.add(category.good.iter().cloned());
        let bad = photos.add(category.bad.iter().cloned());
        Catalogue {
            data_set: super::name(self.data),
            key: format!("{}/{name}", self.data.key()),
            normal: Class {
                key: "good".into(),
                name: Name::or("good", "normal"),
                members: Members::Parts { train, test },
            },
            others: vec![Class {
                key: "bad".into(),
                name: Name::or("bad", "anomaly"),
                members: Members::Parts {
                    train: vec![],
                    test: bad,
                },
            }],
            pixels: Box::new(photos),
        }
    }
}

impl DataSet for Listed<'_> {
    fn summary(&self) -> Result<DataSetSummary, DataError> {
        let count = |(name, category): (&String, &Category)| counted(name, &self.catalogue(name, category));
        let classes: Vec<_> = self.categories.iter().map(count).collect();
        Ok(DataSetSummary {
            name: name(self.data),
            root: self.root.clone(),
            images: classes.iter().map(|class| class.images).sum(),
            classes,
            unusable: vec![],
        })
    }

    fn draw(&self, split: &SplitSpec, task: &TaskSpec) -> Result<Drawn<'_>, DataError> {
        let categories: Vec<_> = self.categories.keys().map(Name::new).collect();
        let at = names::of_task(&categories, &task.normal.0, task, name(self.data))?;
        let name = &categories[at].name;
        let catalogue = self.catalogue(name, &self.categories[name]);
        catalogue.draw(split, &split.counts(self.data), task)
    }

    fn masks(&self, category: &str) -> Result<Vec<MaskPair>, DataError> {
        let masks = self
            .categories
            .get(category)
            .map_or(&[][..], |category| &category.masks);
        let pair = |(image, mask): &(PathBuf, Option<PathBuf>)| MaskPair {
            image: Some(image.clone()),
            mask: mask.clone().filter(|mask| mask.exists()),
        };
        Ok(masks.iter().map(pair).collect())
    }
}
