//! The data sets: what each one holds, behind one trait.

mod elpv;
mod folder;
mod inspection;
mod labelled;
mod masks;
mod place;
mod visa;

pub(crate) use folder::Folder;
pub(crate) use masks::{Mask, MaskPair, look};
pub use place::looked_in;
pub(crate) use place::{FASHION_MNIST, fashion_mnist_file, home, locate, name, remedy};

use crate::{
    DataError,
    catalogue::Drawn,
    check::DataSetSummary,
    names::{self, Name},
};
use augur_core::spec::{Cifar100Labels, DataSpec, SplitSpec, TaskSpec};
use std::path::Path;

/// A data set that was found.
pub(crate) trait DataSet {
    /// What there is of it, without reading more than is needed.
    fn summary(&self) -> Result<DataSetSummary, DataError>;

    /// Who gets which image.
    fn draw(&self, split: &SplitSpec, task: &TaskSpec) -> Result<Drawn<'_>, DataError>;

    /// The images of defects in a category with their masks, where the data set has masks.
    fn masks(&self, _category: &str) -> Result<Vec<MaskPair>, DataError> {
        Ok(vec![])
    }
}

/// The data set of a spec. Relative paths start at `base`.
pub(crate) fn open<'a>(data: &'a DataSpec, base: &Path) -> Result<Box<dyn DataSet + 'a>, DataError> {
    let (size, sizes) = (data.size_px(), data.sizes_px());
    if !sizes.contains(&size) {
        return Err(DataError::Size {
            key: data.key(),
            size,
            most: *sizes.end(),
        });
    }
    if let DataSpec::Folder(folder) = data {
        return Ok(Box::new(Folder::open(folder, base)?));
    }
    let root = locate(data, base)?;
    Ok(match data {
        DataSpec::MvtecAd(_) | DataSpec::Btad(_) => Box::new(inspection::Inspection::open(data, root)),
        DataSpec::Visa(_) => visa::open(data, root)?,
        DataSpec::Elpv(_) => Box::new(elpv::Elpv::open(data, root)?),
        _ => Box::new(labelled::LabelledSet::open(data, root)?),
    })
}

/// Finds the classes of a task that are wrong whatever the files hold.
pub(crate) fn check_classes(data: &DataSpec, task: &TaskSpec) -> Result<(), DataError> {
    let Some((normal, anomalous)) = known_classes(data) else {
        return Ok(());
    };
    let of_task = |names: &[Name], class: &str| names::of_task(names, class, task, name(data));
    let at = of_task(&normal, &task.normal.0)?;
    for class in task.anomaly.classes() {
        if of_task(&anomalous, &class.0)? == at && anomalous == normal {
            return Err(DataError::SameClass {
                task: task.name(),
                normal: task.normal.0.clone(),
                anomaly: class.0.clone(),
            });
        }
    }
    Ok(())
}

/// The normal and the anomalous classes, where they are known without the files.
fn known_classes(data: &DataSpec) -> Option<(Vec<Name>, Vec<Name>)> {
    let names = match data {
        DataSpec::FashionMnist(_) => Name::numbered(&labelled::FASHION),
        DataSpec::Svhn(_) => Name::numbers(10),
        DataSpec::Cifar10(_) => Name::numbered(crate::cifar::Cifar::Ten.standard_names()),
        DataSpec::Cifar100(data) if data.labels == Cifar100Labels::Fine => {
            Name::numbered(crate::cifar::Cifar::Hundred.standard_names())
        }
        DataSpec::Elpv(_) => return Some((elpv::cells(), elpv::probabilities())),
        _ => return None,
    };
    Some((names.clone(), names))
}
