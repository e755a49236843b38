//! Data, split and tasks.

use super::{Faults, folder, planted, split::all_at_once};
use crate::spec::{AnomalySpec, DataSpec, SweepSpec, TaskSpec, canonical_json};
use std::collections::BTreeSet;

pub(super) fn data(data: &DataSpec, faults: &mut Faults) {
    let (size, sizes, key) = (data.size_px(), data.sizes_px(), data.key());
    faults.check(sizes.contains(&size), format!("data.{key}.size_px"), || {
        format!(
            "{size} is out of range; images can be {} to {} pixels wide",
            sizes.start(),
            sizes.end()
        )
    });
    faults.check(data.root() != Some(""), format!("data.{key}.root"), || {
        "name the folder that holds the images".into()
    });
}

pub(super) fn tasks(spec: &SweepSpec, faults: &mut Faults) {
    faults.check(!spec.tasks.is_empty(), "tasks", || {
        "the search is empty: list at least one task".into()
    });
    let mut names = BTreeSet::new();
    let mut contents = BTreeSet::new();
    for (i, task) in spec.tasks.iter().enumerate() {
        let path = format!("tasks[{i}]");
        let name = task.name();
        let named = !name.is_empty() && name.len() <= 100;
        let remedy = match task.name {
            Some(_) => "",
            None => "; give it a short `name`",
        };
        faults.check(named, format!("{path}.name"), || {
            format!("a task's name has 1 to 100 characters{remedy}")
        });
        let fresh = names.insert(name.clone());
        faults.check(fresh, &path, || {
            format!("a second task is called {name:?}; give it a `name` of its own or remove it")
        });
        // Its trials would be the same trials twice.
        let content = canonical_json(&(&task.normal, &task.anomaly));
        faults.check(contents.insert(content) || !fresh, &path, || {
            "this task stands twice under different names; remove one".into()
        });
        anomaly(task, &path, faults);
        labelled(&spec.data, task, &path, faults);
        folder::task(&spec.data, task, &path, faults);
        all_at_once(spec, task, faults);
    }
}

fn anomaly(task: &TaskSpec, path: &str, faults: &mut Faults) {
    let place = |i: usize| match &task.anomaly {
        AnomalySpec::Classes(_) => format!("{path}.anomaly.classes[{i}]"),
        _ => format!("{path}.anomaly.class"),
    };
    let mut seen = BTreeSet::new();
    for (i, class) in task.anomaly.classes().iter().enumerate() {
        faults.check(*class != task.normal, place(i), || {
            format!("{class} is the normal class; name another one")
        });
        faults.check(seen.insert(&class.0), place(i), || {
            format!("{class} stands twice; remove one")
        });
    }
    match &task.anomaly {
        AnomalySpec::Classes(classes) => faults.check(!classes.is_empty(), format!("{path}.anomaly.classes"), || {
            "list at least one class, or write `any` for all".into()
        }),
        AnomalySpec::Planted(change) => planted::planted(change, &format!("{path}.anomaly.planted"), faults),
        AnomalySpec::Class(_) | AnomalySpec::Any | AnomalySpec::Unlabelled => {}
    }
}

/// Only a folder has images without labels.
fn labelled(data: &DataSpec, task: &TaskSpec, path: &str, faults: &mut Faults) {
    let fits = matches!(data, DataSpec::Folder(_)) || task.anomaly != AnomalySpec::Unlabelled;
    faults.check(fits, format!("{path}.anomaly"), || {
        format!(
            "{} has labels; write `{{class: NAME}}`, `any` or `{{planted: {{rotate_deg: ANGLE}}}}`",
            data.key()
        )
    });
}
