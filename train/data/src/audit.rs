//! A thorough look at a sweep's data: every image that a task uses is decoded, and no two groups may share one.

use crate::{
    DataError, DataSetSummary,
    catalogue::Drawn,
    data_sets::{self, DataSet, Mask, look},
};
use augur_core::spec::{SweepSpec, TaskSpec};
use std::{
    collections::{HashMap, HashSet},
    path::Path,
};

/// What was found.
#[derive(Clone, Debug, PartialEq)]
pub struct Audit {
    /// The data set.
    pub data_set: DataSetSummary,
    /// What each task takes, in the spec's order; those that can't be had are left out.
    pub tasks: Vec<TaskCounts>,
    /// What is wrong, each a sentence that says what, where, and what to do.
    pub faults: Vec<String>,
    /// What is worth knowing and not wrong.
    pub notes: Vec<String>,
}

/// The images of a task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaskCounts {
    /// The task's name.
    pub name: String,
    /// The group (`train`, `held_out`, `validation` or `test`), the class, the number of its images there; without
    /// those that have none.
    pub counts: Vec<(&'static str, String, usize)>,
}

/// Looks at every image that the tasks of a sweep use, at their masks, and for images that stand in two groups of a
/// task. `base` is the folder at which relative paths start; `progress` is told how many images were looked at, and
/// how many there are in all.
///
/// # Errors
/// A data set that can't be found or read at all.
pub fn audit(spec: &SweepSpec, base: &Path, progress: &mut dyn FnMut(usize, usize)) -> Result<Audit, DataError> {
    let data_set = data_sets::open(&spec.data, base)?;
    let mut audit = Audit {
        data_set: data_set.summary()?,
        tasks: vec![],
        faults: vec![],
        notes: vec![],
    };
    let (mut drawn, mut total) = (Vec::new(), 0);
    for task in &spec.tasks {
        match data_set.draw(&spec.split, task) {
            Ok(found) => {
                total += groups(&found).iter().map(|(_, ids)| ids.len()).sum::<usize>();
                drawn.push((task, found));
            }
            Err(fault) => audit.faults.push(fault.to_string()),
        }
    }
    let mut seen = HashMap::new();
    let mut done = 0;
    for (task, drawn) in &drawn {
        audit.tasks.push(TaskCounts {
            name: task.name(),
            counts: counts(drawn),
        });
        let mut tick = || {
            done += 1;
            progress(done, total);
        };
        let twins = match images(drawn, &mut seen, &mut audit.faults, &mut tick) {
            Ok(twins) => twins,
            Err(fault) => {
                audit.faults.push(fault.to_string());
                continue;
            }
        };
        report(task, drawn, &twins, &mut audit);
    }
    masks(&*data_set, spec, &mut audit);
    // What a task uses is among the faults already.
    let unused = audit.data_set.unusable.iter().map(ToString::to_string);
    let unused: Vec<_> = unused.filter(|fault| !audit.faults.contains(fault)).collect();
    audit.notes.extend(unused);
    Ok(audit)
}

/// The groups of a task.
fn groups(drawn: &Drawn<'_>) -> [(&'static str, Vec<u32>); 4] {
    let mixed = |ids: &[(u32, bool)]| ids.iter().map(|(id, _)| *id).collect();
    [
        ("train", drawn.split.train.clone()),
        ("held_out", drawn.split.held_out.clone()),
        ("validation", mixed(&drawn.split.validation)),
        ("test", mixed(&drawn.split.test)),
    ]
}

fn counts(drawn: &Drawn<'_>) -> Vec<(&'static str, String, usize)> {
    let mut counts = Vec::new();
    for (group, ids) in groups(drawn) {
        if group == "validation" && !drawn.labelled {
            counts.push((group, "unlabelled".to_owned(), ids.len()));
            continue;
        }
        let labelled = match group {
            "validation" => &drawn.split.validation[..],
            "test" => &drawn.split.test,
            _ => &[],
        };
        let anomalous: Vec<_> = labelled.iter().filter(|(_, label)| *label).map(|(id, _)| *id).collect();
        counts.push((group, drawn.normal.clone(), ids.len() - anomalous.len()));
        for (class, members) in &drawn.anomalies {
            let members: HashSet<_> = members.iter().collect();
            let count = anomalous.iter().filter(|id| members.contains(id)).count();
            counts.push((group, class.clone(), count));
        }
        if drawn.anomalies.is_empty() {
            counts.push((group, "planted".to_owned(), anomalous.len()));
        }
    }
    counts.retain(|(_, _, count)| *count > 0);
    counts
}

/// Two images of one content, each with its group.
type Twins = [(&'static str, u32); 2];

/// Decodes the images of a task, each once in all tasks; `seen` holds the digest of each by its place, none of those
/// that can't be decoded. Gives those that stand in two groups.
fn images(
    drawn: &Drawn<'_>,
    seen: &mut HashMap<String, Option<[u8; 32]>>,
    faults: &mut Vec<String>,
    tick: &mut dyn FnMut(),
) -> Result<Vec<Twins>, DataError> {
    let place = |id| drawn.pixels.place(id);
    let mut first: HashMap<[u8; 32], (&str, u32)> = HashMap::new();
    let mut twins = Vec::new();
    for (group, ids) in groups(drawn) {
        let (old, new): (Vec<_>, Vec<_>) = ids.iter().copied().partition(|id| seen.contains_key(&place(*id)));
        old.iter().for_each(|_| tick());
        drawn.pixels.audit(&new, &mut |id, digest| {
            tick();
            let digest = digest.map_err(|fault| faults.push(fault.to_string()));
            seen.insert(place(id), digest.ok());
        })?;
        for id in ids {
            let Some(digest) = seen.get(&place(id)).copied().flatten() else {
                continue;
            };
            let (other, twin) = *first.entry(digest).or_insert((group, id));
            if other != group {
                twins.push([(other, twin), (group, id)]);
            }
        }
    }
    Ok(twins)
}

/// Twins among files are faults; those in a published file of many images nobody can remove, so that they are counted.
fn report(task: &TaskSpec, drawn: &Drawn<'_>, twins: &[Twins], audit: &mut Audit) {
    let pair = |[(group, id), (other, twin)]: &Twins| {
        let place = |id| drawn.pixels.place(id);
        format!("{} ({group}) and {} ({other})", place(*id), place(*twin))
    };
    let task = task.name();
    if drawn.pixels.removable() {
        let fault = |twins| format!("task `{task}`: {} are the same image; remove one of them", pair(twins));
        audit.faults.extend(twins.iter().map(fault));
    } else if let Some(first) = twins.first() {
        audit.notes.push(format!(
            "task `{task}`: images that stand in two splits: {}, such as {}; the data set was published so",
            twins.len(),
            pair(first)
        ));
    }
}

/// Looks at the masks of each category once.
fn masks(data_set: &dyn DataSet, spec: &SweepSpec, audit: &mut Audit) {
    let mut categories: Vec<_> = spec.tasks.iter().map(|task| task.normal.0.as_str()).collect();
    categories.sort_unstable();
    categories.dedup();
    let size = spec.data.size_px() as usize;
    for category in categories {
        let mut vanished = 0;
        let pairs = data_set.masks(category).unwrap_or_else(|fault| {
            audit.faults.push(fault.to_string());
            vec![]
        });
        for pair in pairs {
            match look(&pair, size) {
                Mask::Good => {}
                Mask::Vanishes => vanished += 1,
                Mask::Wrong(fault) => audit.faults.push(format!("{fault}; get the file anew")),
            }
        }
        if vanished > 0 {
            audit.notes.push(format!(
                "{category}: masks that mark nothing at {size} x {size} pixels: {vanished}; a larger `size_px` may keep those defects"
            ));
        }
    }
}
