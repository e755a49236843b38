//! The plan is an exact cover of the spec in a fixed order, and its identifiers depend on content alone.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use augur_core::{plan::Plan, spec::parse};
use proptest::prelude::*;
use std::collections::BTreeSet;

fn plan(tasks: usize, rotations: usize, patches: usize, seeds: usize) -> Plan {
    let mut yaml = String::from("version: 1\nname: cover\ndata: {fashion_mnist: {size_px: 12}}\ntasks:\n");
    for task in 0..tasks {
        yaml += &format!(
            "  - {{normal: 7, anomaly: {{planted: {{rotate_deg: {}}}}}}}\n",
            10 + task
        );
    }
    yaml += "families:\n  - rotation:\n      starts:\n";
    for start in 0..rotations {
        yaml += &format!("        - {{angle_deg: {}}}\n", 5 * start);
    }
    if patches > 0 {
        yaml += "  - cutdiff:\n      starts:\n";
    }
    for start in 0..patches {
        yaml += &format!("        - {{area: 0.1, aspect: 1, angle_deg: {start}}}\n");
    }
    yaml += &format!("seeds: {:?}\n", (0..seeds).collect::<Vec<_>>());
    Plan::new(parse(&yaml).unwrap())
}

proptest! {
    #[test]
    fn every_combination_stands_exactly_once(tasks in 1..4usize, rotations in 1..5usize, patches in 0..4usize, seeds in 1..4usize) {
        let plan = plan(tasks, rotations, patches, seeds);
        prop_assert_eq!(plan.trials() as usize, tasks * seeds * (rotations + patches));
        prop_assert_eq!(plan.groups() as usize, tasks * seeds);
        let mut combinations = BTreeSet::new();
        let mut ids = BTreeSet::new();
        for index in 0..plan.trials() {
            let trial = plan.trial(index);
            let group = plan.group(plan.group_of(index));
            prop_assert_eq!(&trial.task.name(), &group.task);
            prop_assert_eq!(trial.seed, group.seed);
            prop_assert!(trial.family.starts().is_empty());
            let start = format!("{:?}", trial.initial);
            prop_assert!(combinations.insert((group.task, trial.seed, trial.family.name(), start)));
            prop_assert!(ids.insert(trial.id()));
        }
    }
}

#[test]
fn adding_a_task_or_a_seed_leaves_the_other_trials_identifiers_alone() {
    let ids = |plan: &Plan| (0..plan.trials()).map(|i| plan.trial(i).id()).collect::<BTreeSet<_>>();
    let small = ids(&plan(2, 3, 1, 2));
    assert!(small.is_subset(&ids(&plan(3, 3, 1, 2))));
    assert!(small.is_subset(&ids(&plan(2, 4, 2, 3))));
}

#[test]
fn an_identifier_ignores_names_and_folders_and_nothing_else() {
    let trial = plan(1, 1, 0, 1).trial(0);
    let mut renamed = trial.clone();
    renamed.task.name = Some("another".into());
    let augur_core::spec::DataSpec::FashionMnist(data) = &mut renamed.data else {
        panic!("{:?}", renamed.data)
    };
    data.root = Some("elsewhere".into());
    assert_eq!(trial.id(), renamed.id());
    let mut changed = trial.clone();
    changed.tuning.inner_lr *= 2.0;
    assert_ne!(trial.id(), changed.id());
    // Pinned: a change of this value breaks the reuse of earlier results.
    assert_eq!(trial.id().to_string(), "9f6bd2eb-ffbb-5347-a582-3a4c5baafc20");
}
