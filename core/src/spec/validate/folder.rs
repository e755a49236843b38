//! What a spec on a folder of one's own images must satisfy, and what keeps the other data sets apart from it.

use super::Faults;
use crate::spec::{AnomalySpec, DataSpec, FolderSpec, SplitSpec, TaskSpec};

pub(super) fn data(data: &FolderSpec, faults: &mut Faults) {
    faults.check(!data.root.is_empty(), "data.folder.root", || {
        "name the folder that holds the images".into()
    });
    faults.check((8..=1024).contains(&data.size_px), "data.folder.size_px", || {
        format!("{} is out of range; images can be 8 to 1024 pixels wide", data.size_px)
    });
}

/// The files decide how many images there are: a number that would be ignored is refused.
pub(super) fn split(split: &SplitSpec, faults: &mut Faults) {
    let default = SplitSpec::default();
    let ignored = [
        ("split.train", split.train, default.train, "train"),
        (
            "split.validation_normal",
            split.validation_normal,
            default.validation_normal,
            "validation",
        ),
        (
            "split.validation_anomalous",
            split.validation_anomalous,
            default.validation_anomalous,
            "validation",
        ),
    ];
    for (path, value, default, folder) in ignored {
        faults.check(value == default, path, || {
            format!("all images in the folder's `{folder}` are used, so that {value} has no meaning; remove this key")
        });
    }
    faults.check(split.held_out.is_none_or(|n| n >= 2), "split.held_out", || {
        "1 image or none is too few; hold out at least 2, or remove this key for a tenth".into()
    });
}

/// Whether a task's anomalies are of a kind that the data set has.
pub(super) fn task(data: &DataSpec, task: &TaskSpec, path: &str, faults: &mut Faults) {
    let unlabelled = task.anomaly == AnomalySpec::Unlabelled;
    match data {
        DataSpec::FashionMnist(_) => faults.check(!unlabelled, format!("{path}.anomaly"), || {
            "fashion_mnist has labels; write `{class: NAME}` or `{planted: {rotate_deg: ANGLE}}`".into()
        }),
        DataSpec::Folder(_) => {
            faults.check(unlabelled, format!("{path}.anomaly"), || {
                "a folder's images have no labels; write `unlabelled`".into()
            });
            faults.check(task.normal.is_folder_name(), format!("{path}.normal"), || {
                format!(
                    "{:?} is no folder's name; name a folder in `data.folder.root`, without `/`",
                    task.normal.0
                )
            });
        }
    }
}
