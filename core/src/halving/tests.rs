//! The decisions don't depend on the order in which values arrive, and who is stopped early changes nobody else's fate.

use super::*;
use proptest::prelude::*;
use rand::Rng;

const RUNGS: [u32; 2] = [4, 12];
const REDUCTION: u32 = 3;

/// All values that a trial would have, and whether it fails after the last of them.
fn course() -> impl Strategy<Value = Course> {
    let value = prop_oneof![4 => (0..6u8).prop_map(f64::from), 1 => Just(f64::INFINITY)];
    (prop::collection::vec(value, 0..=RUNGS.len())).prop_map(|values| Course {
        is_over: values.len() < RUNGS.len(),
        values,
    })
}

/// Every trial reveals one more value, or its end, each time that its number comes up; one that is stopped is silent.
/// Gives the fates as they stood when nobody had anything more to say.
fn online(whole: &[Course], arrivals: &[usize]) -> Result<Vec<Fate>, TestCaseError> {
    let mut known = vec![Course::default(); whole.len()];
    let mut before = fates(REDUCTION, &RUNGS, &known);
    let rest = (0..whole.len()).cycle().take(whole.len() * (RUNGS.len() + 1));
    for at in arrivals.iter().copied().chain(rest) {
        if matches!(before[at], Fate::Stopped(_)) {
            continue;
        }
        match whole[at].values.get(known[at].values.len()) {
            Some(value) => known[at].values.push(*value),
            None => known[at].is_over = whole[at].is_over,
        }
        let now = fates(REDUCTION, &RUNGS, &known);
        for (before, now) in before.iter().zip(&now) {
            prop_assert!(*before == Fate::Undecided || before == now, "{before:?} became {now:?}");
        }
        before = now;
    }
    Ok(before)
}

proptest! {
    #[test]
    fn fates_are_a_function_of_the_values(
        (whole, arrivals) in prop::collection::vec(course(), 1..12).prop_flat_map(|whole| {
            let count = whole.len();
            (Just(whole), prop::collection::vec(0..count, 0..60))
        })
    ) {
        let at_once = fates(REDUCTION, &RUNGS, &whole);
        prop_assert!(!at_once.contains(&Fate::Undecided));
        prop_assert_eq!(at_once[0], Fate::GoesOn, "the first goes on");
        prop_assert_eq!(online(&whole, &arrivals)?, at_once);
    }

    #[test]
    fn those_who_go_on_are_among_the_best_of_those_before(whole in prop::collection::vec(course(), 1..20)) {
        let fates = fates(REDUCTION, &RUNGS, &whole);
        for (at, fate) in fates.iter().enumerate() {
            for (rung, epoch) in RUNGS.iter().enumerate() {
                let reached = |other: &usize| match fates[*other] {
                    Fate::Stopped(stop) if stop.epoch < *epoch => None,
                    _ => whole[*other].values.get(rung).copied(),
                };
                let Some(own) = reached(&at) else { continue };
                let before: Vec<f64> = (0..at).filter_map(|other| reached(&other)).collect();
                let rank = 1 + before.iter().filter(|value| **value < own).count();
                let goes_on = rank <= (before.len() + 1).div_ceil(REDUCTION as usize);
                let stopped_here = matches!(fate, Fate::Stopped(stop) if stop.epoch == *epoch);
                prop_assert_eq!(goes_on, !stopped_here);
            }
        }
    }
}

fn courses(values: &[f64]) -> Vec<Course> {
    let course = |value: &f64| Course {
        values: vec![*value],
        is_over: false,
    };
    values.iter().map(course).collect()
}

#[test]
fn one_in_three_goes_on_and_ties_are_in_favour() {
    let stopped = |rank, among, kept| {
        Fate::Stopped(Stop {
            epoch: 4,
            rank,
            among,
            kept,
        })
    };
    let all = fates(3, &[4], &courses(&[5.0, 6.0, 5.0, 5.5, 1.0, 9.0]));
    assert_eq!(
        all,
        [
            Fate::GoesOn,
            stopped(2, 2, 1),
            Fate::GoesOn,
            stopped(3, 4, 2),
            Fate::GoesOn,
            stopped(6, 6, 2),
        ]
    );
    let Fate::Stopped(stop) = all[3] else { panic!("{all:?}") };
    assert_eq!(
        stop.to_string(),
        "stopped: after epoch 4 it ranked 3 of 4, where the first 2 went on"
    );
    let none = courses(&[f64::INFINITY, f64::INFINITY, 1.0, f64::INFINITY]);
    assert_eq!(
        fates(3, &[4], &none)[..3],
        [Fate::GoesOn; 3],
        "nobody is better than nothing"
    );
}

#[test]
fn a_decision_waits_for_those_before_and_for_nobody_else() {
    let mut known = courses(&[2.0, 3.0, 1.0]);
    known[1].values.clear();
    assert_eq!(fates(3, &[4], &known), [Fate::GoesOn, Fate::Undecided, Fate::Undecided]);
    known[1].is_over = true;
    assert_eq!(fates(3, &[4], &known), [Fate::GoesOn; 3]);
    // The one after it is nobody's business.
    known[2].values.clear();
    known[1] = known[0].clone();
    assert_eq!(fates(3, &[4], &known)[..2], [Fate::GoesOn; 2]);
}

#[test]
fn the_order_is_a_shuffle_that_others_do_not_disturb() {
    let trials: Vec<TrialId> = (0..30).map(|n: u32| TrialId::of(&n.to_string())).collect();
    let all = order(7, &trials);
    let mut sorted = all.clone();
    sorted.sort_unstable();
    assert!(sorted.into_iter().eq(0..30));
    assert!(!all.is_sorted());
    assert_ne!(all, order(8, &trials));
    let fewer = order(7, &trials[..20]);
    let without: Vec<usize> = all.into_iter().filter(|at| *at < 20).collect();
    assert_eq!(fewer, without);
    let audited = trials.iter().filter(|trial| is_audited(7, trial, 0.5)).count();
    assert!((5..25).contains(&audited), "{audited} of 30");
    assert!(!trials.iter().any(|trial| is_audited(7, trial, 0.0)));
    assert!(trials.iter().all(|trial| is_audited(7, trial, 1.0)));
}

/// The forecast is that of many groups whose values are drawn at random.
#[test]
fn the_expected_share_is_that_of_random_values() {
    let rules = Rules {
        reduction: REDUCTION,
        rungs: RUNGS.to_vec(),
        audit: 0.0,
    };
    let (trials, epochs, groups) = (14u32, 30u32, 2000);
    let mut draws = crate::draws::shared_stream(0, "share", Purpose::Halving, 0);
    let mut run = 0u32;
    for _ in 0..groups {
        let mut course = |_| Course {
            values: RUNGS.iter().map(|_| draws.random()).collect(),
            is_over: false,
        };
        let whole: Vec<Course> = (0..trials).map(&mut course).collect();
        run += fates(REDUCTION, &RUNGS, &whole)
            .iter()
            .map(|fate| match fate {
                Fate::Stopped(stop) => stop.epoch,
                Fate::GoesOn | Fate::Undecided => epochs,
            })
            .sum::<u32>();
    }
    let share = f64::from(run) / f64::from(trials * epochs * groups);
    let expected = expected_share(trials, &rules, epochs);
    assert!((share - expected).abs() < 0.02, "{share}, not {expected}");
    let audit = Rules { audit: 1.0, ..rules };
    assert!(
        (expected_share(trials, &audit, epochs) - 1.0).abs() < 1e-12,
        "all run on"
    );
}
