//! Merging what fits, and refusing by name what doesn't.

use super::merge;
use crate::report::{ReportInput, sample};
use augur_core::spec::parse;

/// The sample sweep with these seeds; its groups are those seeds' alone.
fn of_seeds(name: &str, seeds: &[u64]) -> ReportInput {
    let mut input = sample::input();
    input.leaderboard.tasks.retain(|result| seeds.contains(&result.seed));
    input.groups.retain(|group| seeds.contains(&group.seed));
    input.spec.seeds = seeds.to_vec();
    rename(&mut input, name);
    input
}

fn rename(input: &mut ReportInput, name: &str) {
    input.spec.name = name.into();
    let sweep = &mut input.leaderboard.sweep;
    (sweep.name, sweep.spec_sha256, sweep.id) = (name.into(), input.spec.sha256(), input.spec.id());
}

fn refusal(a: ReportInput, b: ReportInput) -> String {
    merge(vec![a, b], None).unwrap_err().to_string()
}

#[test]
fn other_seeds_come_together_in_the_plans_order() {
    let whole = sample::input();
    // Seed 1 is in both, and taken once.
    let merged = merge(vec![of_seeds("later", &[1, 2]), of_seeds("early", &[0, 1])], None).unwrap();
    assert_eq!(merged.leaderboard.tasks, whole.leaderboard.tasks);
    assert_eq!(merged.groups, whole.groups);
    assert_eq!(merged.spec.seeds, [0, 1, 2]);
    assert_eq!(merged.spec.name, "later-merged");
    let sources: Vec<&str> = merged
        .leaderboard
        .merged
        .iter()
        .map(|sweep| sweep.name.as_str())
        .collect();
    assert_eq!(sources, ["later", "early"]);
    // The merged config says what the merged leaderboard is of, and every seal still holds.
    assert_eq!(merged.spec.sha256(), merged.leaderboard.sweep.spec_sha256);
    let yaml = serde_yaml::to_string(&merged.spec).unwrap();
    assert_eq!(parse(&yaml).unwrap(), merged.spec);
    assert_eq!(crate::results::verify(&merged.leaderboard, Some(&merged.spec)), [""; 0]);
    // A merged one merges again, and one alone stays what it is.
    let again = merge(vec![merged, of_seeds("more", &[2])], Some("all")).unwrap();
    assert_eq!((again.spec.name.as_str(), again.leaderboard.merged.len()), ("all", 3));
    assert_eq!(merge(vec![whole.clone()], None).unwrap(), whole);
}

#[test]
fn other_variants_and_tasks_come_together() {
    let whole = sample::with_variants();
    let mut method = sample::input();
    rename(&mut method, "method");
    // Intervals and test images are of the sample with variants alone.
    let both = whole.leaderboard.tasks.iter();
    method.leaderboard.tasks = both.filter(|result| result.variant == "st-ssad").cloned().collect();
    let mut others = whole.clone();
    others
        .leaderboard
        .tasks
        .retain(|result| result.variant != "st-ssad" && result.task != "sneaker-vs-bag");
    let merged = merge(vec![method, others], None).unwrap();
    let fewer = whole.leaderboard.tasks.iter();
    let fewer = fewer.filter(|result| result.variant == "st-ssad" || result.task != "sneaker-vs-bag");
    assert_eq!(merged.leaderboard.tasks, fewer.cloned().collect::<Vec<_>>());
    assert_eq!(merged.spec.variants.len(), 5);
}

#[test]
fn what_cannot_be_compared_is_named() {
    let changed = |change: &dyn Fn(&mut ReportInput)| {
        let mut other = of_seeds("other", &[1]);
        change(&mut other);
        refusal(of_seeds("one", &[0]), other)
    };
    let yaml = |from: &'static str, to: &'static str| {
        move |input: &mut ReportInput| {
            let text = serde_yaml::to_string(&input.spec).unwrap();
            assert!(text.contains(from), "{from} is not in {text}");
            input.spec = parse(&text.replace(from, to)).unwrap();
        }
    };
    let said = [
        changed(&yaml("size_px: 16", "size_px: 20")),
        changed(&yaml("criterion: aligned_explained", "criterion: dsv")),
        changed(&|input| input.spec.split = parse(&split()).unwrap().split),
        changed(&|input| input.spec.training.epochs = 7),
        changed(&|input| input.spec.detector = parse(&detector()).unwrap().detector),
        changed(&|input| {
            input.spec.families.pop();
        }),
        changed(&|input| input.leaderboard.sweep.augur = "0.2.0".into()),
    ];
    insta::assert_snapshot!(said.join("\n"));
}

fn split() -> String {
    sample::SPEC.replace("\nfamilies:", "\nsplit: {train: 77}\nfamilies:")
}

fn detector() -> String {
    sample::SPEC.replace("\nfamilies:", "\ndetector: {tiny: {width: 3}}\nfamilies:")
}

#[test]
fn trials_that_came_to_something_else_are_named() {
    let changed = |change: &dyn Fn(&mut ReportInput)| {
        let mut other = of_seeds("other", &[0, 1]);
        change(&mut other);
        refusal(of_seeds("one", &[0, 1]), other)
    };
    let said = [
        changed(&|input| input.leaderboard.tasks[0].candidates[2].auroc = Some(0.5)),
        changed(&|input| input.leaderboard.tasks[0].candidates[1].val_loss = Some(-0.5)),
        changed(&|input| {
            input.leaderboard.tasks[1].candidates.pop();
        }),
        changed(&|input| input.leaderboard.tasks[0].seal = "another".into()),
    ];
    insta::assert_snapshot!(said.join("\n"));
    // Time is no difference, and neither is who computed it.
    let mut other = of_seeds("other", &[0, 1]);
    other.leaderboard.tasks[0].candidates[0].seconds = 99.0;
    other.leaderboard.tasks[0].candidates[0].fingerprint = Some("another machine".into());
    assert!(merge(vec![of_seeds("one", &[0]), other], None).is_ok());
}

#[test]
fn a_name_that_is_none_is_refused() {
    let failure = merge(vec![of_seeds("one", &[0]), of_seeds("two", &[1])], Some("No Name")).unwrap_err();
    assert!(
        failure.to_string().contains("choose another name with --name"),
        "{failure}"
    );
}
