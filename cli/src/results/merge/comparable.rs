//! Whether the results of two sweeps may stand in one leaderboard.

use crate::{
    failure::{Exit, Failure},
    report::ReportInput,
    text,
};
use augur_core::spec::{SweepSpec, differences, sha256_of};

/// More differences between two sweeps are counted, not listed.
const SHOWN: usize = 5;

/// Whether everything that a result depends on is the same, apart from tasks, seeds, variants, and the machine's resources.
///
/// # Errors
/// The first kind of difference, by name.
pub fn check(a: &ReportInput, b: &ReportInput) -> Result<(), Failure> {
    let (sweep, other) = (&a.leaderboard.sweep, &b.leaderboard.sweep);
    let refuse = |why: String| {
        let text = format!("sweeps {} and {} can't be compared: {why}", sweep.name, other.name);
        let help =
            "what is to be merged has to differ in seeds, tasks or variants alone; report on the sweeps one by one";
        Err(Failure::new(Exit::OtherSweep, text).help(help))
    };
    let found = differences(&comparable(&a.spec), &comparable(&b.spec));
    if !found.is_empty() {
        return refuse(text::first(&found, SHOWN));
    }
    for task in &a.spec.tasks {
        let same_name = b.spec.tasks.iter().find(|other| other.name() == task.name());
        if same_name.is_some_and(|other| sha256_of(other) != sha256_of(task)) {
            return refuse(format!("task {} is another one in each", task.name()));
        }
    }
    for variant in &a.spec.variants {
        let same_name = b.spec.variants.iter().find(|other| other.name == variant.name);
        if same_name.is_some_and(|other| sha256_of(other) != sha256_of(variant)) {
            return refuse(format!("variant {} is another one in each", variant.name));
        }
    }
    if a.leaderboard.criterion != b.leaderboard.criterion {
        return refuse(format!(
            "the criterion is {} and {}",
            a.leaderboard.criterion.name(),
            b.leaderboard.criterion.name()
        ));
    }
    if sweep.augur != other.augur {
        return refuse(format!("they were run by augur {} and {}", sweep.augur, other.augur));
    }
    Ok(())
}

/// What has to be the same: all but the names, tasks, seeds, variants, and how the work was done.
fn comparable(spec: &SweepSpec) -> SweepSpec {
    SweepSpec {
        name: String::new(),
        description: None,
        data: spec.data.identity(),
        tasks: vec![],
        variants: vec![],
        seeds: vec![],
        resources: Default::default(),
        retry: Default::default(),
        report: Default::default(),
        ..spec.clone()
    }
}
