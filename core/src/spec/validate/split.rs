//! How many images go where.

use super::Faults;
use crate::spec::{AnomalySpec, Count, DataSpec, SplitSpec, SweepSpec, TaskSpec};

pub(super) fn split(split: &SplitSpec, data: &DataSpec, faults: &mut Faults) {
    let counts = split.counts(data);
    let held_out = match counts.train {
        Count::Number(train) => Count::Number(split.held_out(train)),
        Count::All => split.held_out.map_or(Count::All, Count::Number),
    };
    let needs = [
        ("split.train", counts.train, 2),
        ("split.held_out", held_out, 2),
        ("split.validation_normal", counts.validation_normal, 1),
        ("split.validation_anomalous", counts.validation_anomalous, 1),
    ];
    for (path, count, least) in needs {
        let enough = !matches!(count, Count::Number(n) if n < least);
        faults.check(enough, path, || format!("{count} images are too few; at least {least}"));
    }
    let (normal, anomalous) = (counts.test_normal, counts.test_anomalous);
    let none = Count::Number(0);
    for (path, one, other) in [
        ("split.test_normal", normal, anomalous),
        ("split.test_anomalous", anomalous, normal),
    ] {
        faults.check(one != none || other == none, path, || {
            "a test set needs images of both kinds, or none at all; give a number above 0".into()
        });
    }
    let share = split.anomaly_share;
    faults.check(share.is_none_or(|s| s > 0.0 && s < 1.0), "split.anomaly_share", || {
        format!("{} must lie between 0 and 1, both excluded", share.unwrap_or_default())
    });
}

/// Groups that are drawn from the same images can't all have all of them.
pub(super) fn all_at_once(spec: &SweepSpec, task: &TaskSpec, faults: &mut Faults) {
    if matches!(spec.data, DataSpec::Folder(_)) {
        return;
    }
    let counts = spec.split.counts(&spec.data);
    let train = ("train", counts.train);
    let normal = [
        ("validation_normal", counts.validation_normal),
        ("test_normal", counts.test_normal),
    ];
    let anomalous = [
        ("validation_anomalous", counts.validation_anomalous),
        ("test_anomalous", counts.test_anomalous),
    ];
    let mut pools = vec![normal.to_vec()];
    match task.anomaly {
        AnomalySpec::Planted(_) => pools[0].extend(anomalous),
        _ => pools.push(anomalous.to_vec()),
    }
    if !spec.data.has_parts() {
        pools[0].push(train);
    }
    for pool in pools {
        let all: Vec<_> = pool
            .iter()
            .filter(|(_, count)| *count == Count::All)
            .map(|(name, _)| format!("`{name}`"))
            .collect();
        let message = format!(
            "{} are drawn from the same images of {}, and only one of them can be `all`; give numbers for the others",
            all.join(" and "),
            spec.data.key()
        );
        // Once, however many tasks have it.
        let told = faults.0.iter().any(|fault| fault.message == message);
        faults.check(all.len() <= 1 || told, "split", || message);
    }
}
