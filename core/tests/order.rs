//! The order of a sweep's trials: an exact cover, long ones first, no idle tail, for every shipped config.
#![allow(clippy::unwrap_used, reason = "a panic here is a failed test")]

use augur_core::{
    cost::{cost, makespan, order, ordered_costs, ranks},
    plan::Plan,
    spec::parse,
};
use std::{fs, path::Path};

/// What may be lost to an idle end.
const SLACK: f64 = 1.1;

fn shipped() -> Vec<(String, Plan)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../configs");
    let plan = |path: &Path| Plan::new(parse(&fs::read_to_string(path).unwrap()).unwrap());
    let mut configs: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    configs.sort();
    let name = |path: &Path| path.file_stem().unwrap().to_str().unwrap().to_owned();
    configs.iter().map(|path| (name(path), plan(path))).collect()
}

/// No schedule of these costs ends earlier: of the k * slots + 1 longest trials, some slot has at least k + 1.
fn unavoidable(costs: &[f64], slots: usize) -> f64 {
    let mut longest = costs.to_vec();
    longest.sort_by(|a, b| b.total_cmp(a));
    let together = |k: usize| {
        let last = k * slots + 1;
        longest[last - k - 1..last].iter().sum::<f64>()
    };
    let most = (costs.len() - 1) / slots;
    (0..=most).map(together).fold(0.0, f64::max)
}

#[test]
fn the_last_trial_of_every_shipped_config_ends_in_time() {
    let mut too_few = Vec::new();
    for (name, plan) in shipped() {
        let costs = ordered_costs(&plan);
        let total: f64 = costs.iter().sum();
        for slots in 1..=8u32 {
            let ends = makespan(&costs, slots) * f64::from(slots) / total;
            let least = unavoidable(&costs, slots as usize) * f64::from(slots) / total;
            println!(
                "{name:14} {slots} slots: {ends:.3} (no order gives less than {:.3})",
                least.max(1.0)
            );
            assert!(ends <= SLACK * least.max(1.0), "{name} on {slots} slots: {ends}");
            if ends > SLACK {
                assert!(least > 1.0, "{name} on {slots} slots: {ends}, but {least} was possible");
                too_few.push((name.clone(), slots));
            }
        }
    }
    // As many equal trials as leave slots idle in the last round, whatever the order.
    let expected =
        [("demo", 6), ("folder", 5), ("folder", 7), ("folder", 8)].map(|(name, slots)| (name.to_owned(), slots));
    assert_eq!(too_few, expected);
}

#[test]
fn every_trial_is_begun_once_and_never_a_much_longer_one_later() {
    for (name, plan) in shipped() {
        let order = order(&plan);
        let mut sorted = order.clone();
        sorted.sort_unstable();
        assert!(sorted.into_iter().eq(0..plan.trials()), "{name}");
        let ranks = ranks(&plan);
        assert!(
            (0..)
                .zip(&order)
                .all(|(rank, index): (u32, _)| ranks[*index as usize] == rank)
        );
        let costs = ordered_costs(&plan);
        let mut least = f64::INFINITY;
        for cost in costs {
            assert!(cost <= 1.3 * least, "{name}: {cost} after {least}");
            least = least.min(cost);
        }
    }
}

/// Among trials of one cost, a task is done before the next one begins.
#[test]
fn trials_of_a_task_stay_together() {
    for (name, plan) in shipped() {
        let first = cost(&plan.trial(order(&plan)[0]));
        let alike = order(&plan)
            .into_iter()
            .filter(|index| cost(&plan.trial(*index)) == first);
        let blocks: Vec<_> = alike.map(|index| plan.group(plan.group_of(index)).task_index).collect();
        assert!(blocks.is_sorted(), "{name}");
    }
}

/// The order that was there before, the plan's, leaves slots idle where the last trials are long.
#[test]
fn long_trials_last_would_cost() {
    let mut costs = vec![1.0; 20];
    costs.push(20.0);
    assert_eq!(makespan(&costs, 2), 30.0);
    costs.reverse();
    assert_eq!(makespan(&costs, 2), 20.0);
}
