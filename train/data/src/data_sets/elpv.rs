//! ELPV (Buerhop-Lutz et al. 2018): 2,624 electroluminescence images of solar cells, each with the probability of a
//! defect, by experts, and the kind of cell. Normal are cells of probability 0 of the kind that a task names.

use super::{DataSet, name};
use crate::{
    DataError,
    catalogue::{Catalogue, Class, Drawn, Members},
    check::{ClassCount, DataSetSummary},
    elpv_labels::{self, Cell, DefectProbability, ElpvRow},
    names::{self, Name},
    photo::Photos,
};
use augur_core::spec::{DataSpec, SplitSpec, TaskSpec};
use std::path::PathBuf;

/// The list of images.
const LIST: &str = "labels.csv";
/// The probabilities that make classes of anomalies.
const DEFECTIVE: [DefectProbability; 3] = [
    DefectProbability::OneThird,
    DefectProbability::TwoThirds,
    DefectProbability::One,
];

/// The kinds of cells that a task can name.
pub(super) fn cells() -> Vec<Name> {
    ["mono", "poly", "all"].map(Name::new).to_vec()
}

/// The classes of anomalies, by probability of a defect.
pub(super) fn probabilities() -> Vec<Name> {
    [("p1/3", "1/3"), ("p2/3", "2/3"), ("p1", "1")]
        .map(|(name, alias)| Name::or(name, alias))
        .to_vec()
}

/// The data set that was found.
pub(crate) struct Elpv<'a> {
    data: &'a DataSpec,
    root: PathBuf,
    rows: Vec<ElpvRow>,
}

impl<'a> Elpv<'a> {
    /// Reads the list.
    pub fn open(data: &'a DataSpec, root: PathBuf) -> Result<Self, DataError> {
        let path = root.join(LIST);
        if !path.is_file() {
            return Err(DataError::NoFile {
                folder: root,
                wanted: format!("no {LIST}"),
                data_set: name(data),
            });
        }
        let rows = elpv_labels::read(&path).map_err(|fault| DataError::File {
            path,
            fault: fault.to_string(),
        })?;
        Ok(Self { data, root, rows })
    }

    /// The cells of a kind (any, without one) and probability, in the list's order.
    fn members(&self, cell: Option<Cell>, probability: DefectProbability) -> Vec<u32> {
        let of = |row: &ElpvRow| row.probability == probability && cell.is_none_or(|cell| row.cell == cell);
        let rows = (0..).zip(&self.rows).filter(|(_, row)| of(row));
        rows.map(|(id, _)| id).collect()
    }
}

impl DataSet for Elpv<'_> {
    fn summary(&self) -> Result<DataSetSummary, DataError> {
        let count = |cell, probability| self.members(Some(cell), probability).len();
        let mut classes = Vec::new();
        for (cell, kind) in [(Cell::Mono, "mono"), (Cell::Poly, "poly")] {
            let good = ("p0".to_owned(), DefectProbability::Zero);
            let defective = probabilities().into_iter().map(|name| name.name).zip(DEFECTIVE);
            for (name, probability) in std::iter::once(good).chain(defective) {
                classes.push(ClassCount {
                    name: format!("{kind} {name}"),
                    images: count(cell, probability),
                });
            }
        }
        Ok(DataSetSummary {
            name: name(self.data),
            root: self.root.clone(),
            images: self.rows.len(),
            classes,
            unusable: vec![],
        })
    }

    fn draw(&self, split: &SplitSpec, task: &TaskSpec) -> Result<Drawn<'_>, DataError> {
        let cells = cells();
        let at = names::of_task(&cells, &task.normal.0, task, name(self.data))?;
        let cell = [Some(Cell::Mono), Some(Cell::Poly), None][at];
        let mut photos = Photos::default();
        photos.add(self.rows.iter().map(|row| self.root.join(&row.path)));
        let other = |(name, probability): (Name, _)| Class {
            key: name.name.clone(),
            members: Members::Whole(self.members(cell, probability)),
            name,
        };
        let catalogue = Catalogue {
            data_set: name(self.data),
            key: format!("{}/{}", self.data.key(), cells[at].name),
            normal: Class {
                key: cells[at].name.clone(),
                name: cells[at].clone(),
                members: Members::Whole(self.members(cell, DefectProbability::Zero)),
            },
            others: probabilities().into_iter().zip(DEFECTIVE).map(other).collect(),
            pixels: Box::new(photos),
        };
        catalogue.draw(split, &split.counts(self.data), task)
    }
}
