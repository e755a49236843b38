//! Whether a leaderboard's choices are those that were sealed before any label was read.

use augur_core::{
    id::TrialId,
    leaderboard::{Leaderboard, TaskResult},
    plan::Plan,
    spec::{METHOD, SweepSpec},
};
use std::collections::BTreeSet;

/// Everything that is not as it was sealed, a sentence for each; nothing where all is.
///
/// The seal is the SHA-256 of the choice's canonical JSON: criterion, ranking with validation losses, excluded trials with
/// reasons. Beyond it: the selected trial is the first of the ranking, each validation loss is what the criterion makes of the
/// trial's own values, and, with the spec, the trials are those that it asks for; identifiers of trials are hashes of all that
/// their results depend on.
pub fn verify(board: &Leaderboard, spec: Option<&SweepSpec>) -> Vec<String> {
    let mut faults = Vec::new();
    if let Some(spec) = spec
        && spec.sha256() != board.sweep.spec_sha256
    {
        faults.push(format!(
            "the config has the SHA-256 {}, that of the leaderboard is {}",
            spec.sha256(),
            board.sweep.spec_sha256
        ));
    }
    for result in &board.tasks {
        let found = group(board, result);
        faults.extend(found.into_iter().map(|fault| format!("{}: {fault}", place(result))));
    }
    if let Some(spec) = spec {
        faults.extend(against_plan(board, spec));
    }
    faults
}

/// The seals that are another in each copy, and the choices that one copy lacks.
pub fn compare_seals(board: &Leaderboard, other: &Leaderboard) -> Vec<String> {
    let key = |result: &TaskResult| (result.task.clone(), result.seed, result.variant.clone());
    let find = |board: &'_ Leaderboard, result: &TaskResult| {
        let found = board.tasks.iter().find(|own| key(own) == key(result));
        found.map(|found| found.seal.clone())
    };
    let here = board.tasks.iter().filter_map(|result| match find(other, result) {
        None => Some(format!("{}: the other copy lacks it", place(result))),
        Some(seal) if seal != result.seal => Some(format!(
            "{}: the seal is {}, in the other copy {seal}",
            place(result),
            result.seal
        )),
        Some(_) => None,
    });
    let there = other.tasks.iter().filter(|result| find(board, result).is_none());
    here.chain(there.map(|result| format!("{}: it stands in the other copy only", place(result))))
        .collect()
}

fn place(result: &TaskResult) -> String {
    match result.variant.as_str() {
        METHOD => format!("{}, seed {}", result.task, result.seed),
        variant => format!("{}, seed {}, {variant}", result.task, result.seed),
    }
}

fn group(board: &Leaderboard, result: &TaskResult) -> Vec<String> {
    let mut faults = Vec::new();
    for candidate in &result.candidates {
        let own = candidate
            .validation
            .as_ref()
            .and_then(|validation| board.criterion.loss(validation));
        // Bit for bit: this is how it was made.
        if own.map(f64::to_bits) != candidate.val_loss.map(f64::to_bits) {
            faults.push(format!(
                "trial {} has the validation loss {}, but {} of its values is {}",
                candidate.trial,
                shown(candidate.val_loss),
                board.criterion.name(),
                shown(own)
            ));
        }
    }
    if result.selected.as_ref() != result.candidates.first() {
        faults.push("the selected trial is not the first of the ranking".into());
    }
    let seal = result.choice(board.criterion).seal();
    if seal != result.seal {
        faults.push(format!(
            "its choice (criterion, ranking, validation losses, excluded trials) is not the one that was sealed: it hashes to \
             {seal}, the seal is {}",
            result.seal
        ));
    }
    faults
}

fn shown(loss: Option<f64>) -> String {
    loss.map_or("none".into(), |loss| loss.to_string())
}

/// The groups whose trials are not those of the spec; a group that is missing is no fault: it may not be done.
fn against_plan(board: &Leaderboard, spec: &SweepSpec) -> Vec<String> {
    let plan = Plan::new(spec.clone());
    let mut faults = Vec::new();
    let mut planned = BTreeSet::new();
    for index in 0..plan.groups() {
        let group = plan.group(index);
        let is_it = |result: &&TaskResult| {
            (&result.task, result.seed, &result.variant) == (&group.task, group.seed, &group.variant)
        };
        let Some(result) = board.tasks.iter().find(is_it) else {
            continue;
        };
        planned.insert(place(result));
        // Merged sweeps may have used the resources of other machines, which belong to a trial's identity.
        if !board.merged.is_empty() {
            continue;
        }
        let asked: BTreeSet<TrialId> = plan.members(index).map(|trial| plan.trial(trial).id()).collect();
        let ranked = result.candidates.iter().map(|candidate| candidate.trial);
        let has: BTreeSet<TrialId> = ranked
            .chain(result.excluded.iter().map(|excluded| excluded.trial))
            .collect();
        for trial in asked.difference(&has) {
            faults.push(format!(
                "{}: trial {trial}, which the config asks for, is missing",
                place(result)
            ));
        }
        for trial in has.difference(&asked) {
            faults.push(format!("{}: the config asks for no trial {trial}", place(result)));
        }
    }
    let unknown = board.tasks.iter().map(place).filter(|place| !planned.contains(place));
    faults.extend(unknown.map(|place| format!("{place}: the config asks for no such choice")));
    faults
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    #[test]
    fn what_was_sealed_is_as_it_was() {
        for input in [sample::input(), sample::with_variants()] {
            assert_eq!(verify(&input.leaderboard, Some(&input.spec)), [""; 0]);
            assert_eq!(verify(&input.leaderboard, None), [""; 0]);
        }
    }

    /// One bit of a loss, one place in the ranking, one letter of a reason: each is found, and its choice is named.
    #[test]
    fn every_change_is_found_and_named() {
        let found = |change: &dyn Fn(&mut Leaderboard)| {
            let mut input = sample::input();
            change(&mut input.leaderboard);
            verify(&input.leaderboard, Some(&input.spec)).join("\n")
        };
        let one_bit = |board: &mut Leaderboard| {
            let loss = board.tasks[0].candidates[3].val_loss.as_mut().unwrap();
            *loss = f64::from_bits(loss.to_bits() ^ 1);
        };
        let said = [
            found(&one_bit),
            found(&|board| board.tasks[1].candidates.swap(0, 1)),
            found(&|board| board.tasks[4].excluded[0].reason.push('.')),
            found(&|board| board.tasks[2].selected = board.tasks[2].candidates.get(1).cloned()),
            found(&|board| {
                board.tasks[3].candidates.pop();
            }),
            found(&|board| board.tasks[5].seal = "0".repeat(64)),
            found(&|board| board.sweep.spec_sha256 = "0".repeat(64)),
            found(&|board| board.tasks[6].seed = 9),
        ];
        insta::assert_snapshot!(said.join("\n\n"));
    }

    #[test]
    fn two_copies_are_compared_by_their_seals() {
        let board = sample::input().leaderboard;
        assert_eq!(compare_seals(&board, &board), [""; 0]);
        let mut other = board.clone();
        other.tasks[0].seal = "another".into();
        other.tasks.pop();
        let said = compare_seals(&board, &other);
        assert_eq!(said.len(), 2);
        assert!(said[0].contains("in the other copy another") && said[1].ends_with("the other copy lacks it"));
        assert!(compare_seals(&other, &board)[1].ends_with("it stands in the other copy only"));
    }
}
