//! What a spec on a folder of one's own images must satisfy beyond what all must.

use super::Faults;
use crate::spec::{AnomalySpec, Count, DataSpec, SplitSpec, TaskSpec};

/// The files decide how many images there are: a number that would be ignored is refused.
pub(super) fn split(split: &SplitSpec, faults: &mut Faults) {
    let ignored = [
        ("split.train", split.train, "train"),
        ("split.validation_normal", split.validation_normal, "validation"),
        ("split.validation_anomalous", split.validation_anomalous, "validation"),
        ("split.test_normal", split.test_normal, "test"),
        ("split.test_anomalous", split.test_anomalous, "test"),
    ];
    for (path, count, folder) in ignored {
        if let Some(Count::Number(n)) = count {
            faults.check(false, path, || {
                format!("all images in the folder's `{folder}` are used, so that {n} has no meaning; remove this key")
            });
        }
    }
    faults.check(split.anomaly_share.is_none(), "split.anomaly_share", || {
        "nobody knows the labels of a folder's `validation`, so that no share can be kept; remove this key".into()
    });
    faults.check(split.held_out.is_none_or(|n| n >= 2), "split.held_out", || {
        "1 image or none is too few; hold out at least 2, or remove this key for a tenth".into()
    });
}

/// Whether a task is one that a folder can have.
pub(super) fn task(data: &DataSpec, task: &TaskSpec, path: &str, faults: &mut Faults) {
    let DataSpec::Folder(_) = data else { return };
    faults.check(
        task.anomaly == AnomalySpec::Unlabelled,
        format!("{path}.anomaly"),
        || {
            "a folder's images have no labels; write `unlabelled`, or lay them out as MVTec AD does and write \
             `data: {mvtec_ad: {root: FOLDER}}`"
                .into()
        },
    );
    faults.check(task.normal.is_folder_name(), format!("{path}.normal"), || {
        format!(
            "{:?} is no folder's name; name a folder in `data.folder.root`, without `/`",
            task.normal.0
        )
    });
}
