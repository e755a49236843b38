//! Comparisons of made-up leaderboards, with what they must give.

use super::*;
use augur_core::leaderboard::TaskResult;

/// A leaderboard with the AUROC of each (task, variant, seed); none for nothing selected.
fn board(aurocs: &[(&str, &str, &[Option<f64>])]) -> Leaderboard {
    let mut board = crate::results::fixture::leaderboard();
    let model = board.tasks[0].clone();
    let seeds = |(task, variant, seeds): &(&str, &str, &[Option<f64>])| {
        let result = |(seed, auroc): (u64, &Option<f64>)| {
            let mut selected = model.selected.clone().filter(|_| auroc.is_some());
            selected.iter_mut().for_each(|candidate| candidate.auroc = *auroc);
            TaskResult {
                task: (*task).into(),
                variant: (*variant).into(),
                seed,
                selected,
                ..model.clone()
            }
        };
        (0..).zip(*seeds).map(result).collect::<Vec<_>>()
    };
    board.tasks = aurocs.iter().flat_map(seeds).collect();
    board
}

#[test]
fn nothing_to_compare_without_variants_or_without_labels() {
    assert_eq!(compare(&crate::results::fixture::leaderboard()), None);
    assert_eq!(compare(&board(&[("a", METHOD, &[None]), ("a", "pca", &[None])])), None);
}

#[test]
fn means_ranks_and_tests_over_tasks() {
    let tasks = ["a", "b", "c", "d", "e", "f"];
    // Better on all by different amounts; worse, equal and better ones; and one variant without task f.
    let rows: Vec<(&str, &str, Vec<Option<f64>>)> = (0u32..)
        .zip(tasks)
        .flat_map(|(i, task)| {
            let method = 0.9 - 0.01 * f64::from(i);
            let mixed = method + [-0.02, 0.0, 0.03, -0.04, -0.05, 0.0][i as usize];
            [
                (task, METHOD, vec![Some(method - 0.005), Some(method + 0.005)]),
                (task, "worse", vec![Some(method - 0.1 - 0.01 * f64::from(i)); 2]),
                (task, "mixed", vec![Some(mixed - 0.005), Some(mixed + 0.005)]),
                (task, "partial", vec![Some(0.5).filter(|_| i < 5), None]),
            ]
        })
        .collect();
    let rows: Vec<_> = rows
        .iter()
        .map(|(task, variant, seeds)| (*task, *variant, &seeds[..]))
        .collect();
    let comparison = compare(&board(&rows)).unwrap();
    assert_eq!(comparison.common, 5);
    let [method, worse, mixed, partial] = &comparison.variants[..] else {
        panic!("{comparison:?}")
    };
    assert!((method.auroc.unwrap() - 0.875).abs() < 1e-12, "{method:?}");
    assert_eq!((method.against, partial.tasks), (None, 5));
    // Over a to e: first or shared first but once; a tie shares 1 and 2.
    assert_eq!(method.rank, Some((1.0 + 1.5 + 2.0 + 1.0 + 1.0) / 5.0));
    assert_eq!(partial.rank, Some(4.0));
    let against = |variant: &Variant| variant.against.unwrap();
    assert_eq!(against(worse).tally(), "6-0-0");
    assert_eq!((against(worse).p, against(worse).least_p()), (1.0 / 32.0, 1.0 / 32.0));
    assert_eq!(against(mixed).tally(), "3-2-1");
    // Ranks 1, 3 and 4 of 4 speak for the method, 2 against: of 16 signs 3 are as extreme, on either side.
    assert_eq!(against(mixed).p, 0.375);
    // Holm: 3 x 1/32, 2 x 1/16, 1 x 0.375; the second isn't below the first.
    assert_eq!(against(partial).p, 1.0 / 16.0);
    let adjusted = [worse, partial, mixed].map(|variant| against(variant).p_holm);
    assert_eq!(adjusted, [3.0 / 32.0, 2.0 / 16.0, 0.375]);
}

#[test]
fn equal_everywhere_is_no_difference() {
    let rows: [(&str, &str, &[Option<f64>]); 2] = [("a", METHOD, &[Some(0.8)]), ("a", "twin", &[Some(0.8)])];
    let against = compare(&board(&rows)).unwrap().variants[1].against.unwrap();
    assert_eq!(
        (against.tally().as_str(), against.p, against.p_holm),
        ("0-1-0", 1.0, 1.0)
    );
}
