//! Measures against their definitions, spelled out the slow way, and against what must not move them.

use proptest::prelude::*;
use rand::{Rng, SeedableRng};

use super::*;

/// Scores with many ties, and labels of both classes.
fn ranking() -> impl Strategy<Value = (Vec<f64>, Vec<bool>)> {
    let entries = prop::collection::vec((-8i32..8, any::<bool>()), 0..40);
    entries.prop_map(|mut entries| {
        entries.extend([(3, true), (-1, false)]);
        entries
            .into_iter()
            .map(|(score, label)| (f64::from(score) / 2.0, label))
            .unzip()
    })
}

fn pairs() -> impl Strategy<Value = Vec<(f64, f64)>> {
    prop::collection::vec((-6i32..6, -6i32..6), 3..11)
        .prop_map(|pairs| pairs.into_iter().map(|(a, b)| (f64::from(a), f64::from(b))).collect())
}

proptest! {
    #[test]
    fn auroc_counts_the_pairs_that_are_in_order((scores, labels) in ranking()) {
        let of = |class: bool| scores.iter().zip(&labels).filter(move |(_, l)| **l == class).map(|(s, _)| *s);
        let (mut won, mut all) = (0.0, 0.0);
        for anomaly in of(true) {
            for normal in of(false) {
                all += 1.0;
                won += if anomaly > normal { 1.0 } else if anomaly == normal { 0.5 } else { 0.0 };
            }
        }
        prop_assert!((auroc(&scores, &labels).unwrap() - won / all).abs() < 1e-12);
    }

    #[test]
    fn a_monotone_map_leaves_ranking_measures_alone((scores, labels) in ranking()) {
        let mapped: Vec<f64> = scores.iter().map(|s| (s / 3.0).exp() - 5.0).collect();
        prop_assert_eq!(auroc(&scores, &labels), auroc(&mapped, &labels));
        prop_assert_eq!(average_precision(&scores, &labels), average_precision(&mapped, &labels));
        prop_assert_eq!(f1_max(&scores, &labels), f1_max(&mapped, &labels));
    }

    #[test]
    fn opposite_scores_give_the_complement((scores, labels) in ranking()) {
        let opposite: Vec<f64> = scores.iter().map(|s| -s).collect();
        let sum = auroc(&scores, &labels).unwrap() + auroc(&opposite, &labels).unwrap();
        prop_assert!((sum - 1.0).abs() < 1e-12);
    }

    #[test]
    fn average_precision_sums_over_thresholds((scores, labels) in ranking()) {
        let mut thresholds = scores.clone();
        thresholds.sort_by(|a, b| b.total_cmp(a));
        thresholds.dedup();
        let positives = labels.iter().filter(|l| **l).count() as f64;
        let (mut want, mut recall) = (0.0, 0.0);
        for threshold in thresholds {
            let above = scores.iter().zip(&labels).filter(|(s, _)| **s >= threshold);
            let (hits, all) = above.fold((0.0, 0.0), |(h, n), (_, l)| (h + f64::from(u8::from(*l)), n + 1.0));
            want += (hits / positives - recall) * hits / all;
            recall = hits / positives;
        }
        prop_assert!((average_precision(&scores, &labels).unwrap() - want).abs() < 1e-12);
    }

    #[test]
    fn f1_max_is_the_best_of_all_thresholds((scores, labels) in ranking()) {
        let mut want = 0.0_f64;
        for threshold in &scores {
            let called: Vec<bool> = scores.iter().map(|s| s >= threshold).collect();
            let count = |f: &dyn Fn(bool, bool) -> bool| {
                called.iter().zip(&labels).filter(|(c, l)| f(**c, **l)).count() as f64
            };
            let (hits, called, anomalies) = (count(&|c, l| c && l), count(&|c, _| c), count(&|_, l| l));
            let (precision, recall) = (hits / called, hits / anomalies);
            if hits > 0.0 {
                want = want.max(2.0 * precision * recall / (precision + recall));
            }
        }
        prop_assert!((f1_max(&scores, &labels).unwrap() - want).abs() < 1e-12);
    }

    #[test]
    fn spearman_is_symmetric_and_changes_sign_with_the_order(pairs in pairs()) {
        let (a, b): (Vec<f64>, Vec<f64>) = pairs.into_iter().unzip();
        let Ok(rho) = spearman(&a, &b) else { return Ok(()) };
        let opposite: Vec<f64> = b.iter().map(|v| -v).collect();
        prop_assert_eq!(spearman(&b, &a), Ok(rho));
        prop_assert!((spearman(&a, &opposite).unwrap() + rho).abs() < 1e-12);
        prop_assert!((spearman(&a, &a).unwrap() - 1.0).abs() < 1e-12);
    }

    #[test]
    fn kendall_counts_the_pairs_that_agree(pairs in pairs()) {
        let (a, b): (Vec<f64>, Vec<f64>) = pairs.into_iter().unzip();
        let order = |x: f64, y: f64| f64::from(u8::from(x > y)) - f64::from(u8::from(x < y));
        let (mut sum, mut in_a, mut in_b) = (0.0, 0.0, 0.0);
        for i in 0..a.len() {
            for j in 0..i {
                let (of_a, of_b) = (order(a[i], a[j]), order(b[i], b[j]));
                sum += of_a * of_b;
                in_a += of_a * of_a;
                in_b += of_b * of_b;
            }
        }
        match kendall(&a, &b) {
            Ok(tau) => prop_assert!((tau - sum / (in_a * in_b).sqrt()).abs() < 1e-12),
            Err(error) => {
                prop_assert_eq!(error, MeasureError::Constant);
                prop_assert!(in_a * in_b == 0.0);
            }
        }
    }

    #[test]
    fn no_choice_has_a_negative_regret(pairs in pairs(), at in 0usize..3) {
        let values: Vec<f64> = pairs.into_iter().map(|pair| pair.0).collect();
        let regret = Regret::of(&values, at).unwrap();
        prop_assert!(regret.regret() >= 0.0 && regret.regret() + regret.gain() >= -1e-12);
        prop_assert!(regret.wins.is_some_and(|wins| (0.0..=1.0).contains(&wins)));
        prop_assert_eq!(regret.regret() == 0.0, values.iter().all(|value| *value <= values[at]));
    }

    #[test]
    fn wilcoxon_counts_all_signs(pairs in pairs()) {
        let (a, b): (Vec<f64>, Vec<f64>) = pairs.into_iter().unzip();
        let differences: Vec<f64> = a.iter().zip(&b).map(|(a, b)| a - b).filter(|d| *d != 0.0).collect();
        if differences.is_empty() {
            prop_assert_eq!(wilcoxon(&a, &b, Alternative::Greater), Err(MeasureError::NoDifference));
            return Ok(());
        }
        let ranks = average_ranks(&differences.iter().map(|d| d.abs()).collect::<Vec<_>>());
        let sum = |taken: &dyn Fn(usize) -> bool| {
            ranks.iter().enumerate().filter(|(i, _)| taken(*i)).map(|(_, rank)| rank).sum::<f64>()
        };
        let observed = sum(&|i| differences[i] > 0.0);
        let signs = 1u32 << ranks.len();
        let (mut above, mut below) = (0, 0);
        for bits in 0..signs {
            let statistic = sum(&|i| bits >> i & 1 == 1);
            above += u32::from(statistic >= observed);
            below += u32::from(statistic <= observed);
        }
        let [above, below] = [above, below].map(|n| f64::from(n) / f64::from(signs));
        let test = |alternative| wilcoxon(&a, &b, alternative).unwrap();
        prop_assert!((test(Alternative::Greater).p - above).abs() < 1e-12);
        prop_assert!((test(Alternative::Less).p - below).abs() < 1e-12);
        prop_assert!((test(Alternative::TwoSided).p - (2.0 * above.min(below)).min(1.0)).abs() < 1e-12);
        prop_assert_eq!(test(Alternative::Greater).statistic, observed);
    }
}

#[test]
fn ties_share_their_average_rank() {
    assert_eq!(average_ranks(&[2.0, 1.0, 2.0, 5.0, 2.0]), [3.0, 1.0, 3.0, 5.0, 3.0]);
}

#[test]
fn scores_that_say_nothing_are_chance() {
    let labels = [true, false, false, true, false];
    assert_eq!(auroc(&[1.0; 5], &labels), Ok(0.5));
    assert_eq!(average_precision(&[1.0; 5], &labels), Ok(0.4));
    // Everything is called an anomaly: precision 0.4, recall 1.
    assert_eq!(f1_max(&[1.0; 5], &labels), Ok(2.0 * 2.0 / 7.0));
}

#[test]
fn perfect_scores_give_one() {
    let (scores, labels) = ([0.1, 0.2, 0.8, 0.9], [false, false, true, true]);
    assert_eq!(auroc(&scores, &labels), Ok(1.0));
    assert_eq!(average_precision(&scores, &labels), Ok(1.0));
    assert_eq!(f1_max(&scores, &labels), Ok(1.0));
}

#[test]
fn input_without_a_measure_is_refused() {
    assert_eq!(auroc(&[], &[]), Err(MeasureError::TooFew { found: 0, needed: 2 }));
    assert_eq!(auroc(&[1.0, 2.0], &[true, true]), Err(MeasureError::OneClass));
    assert_eq!(
        average_precision(&[1.0, 2.0], &[false, false]),
        Err(MeasureError::OneClass)
    );
    assert_eq!(
        auroc(&[1.0], &[true, false]),
        Err(MeasureError::Lengths { left: 1, right: 2 })
    );
    assert_eq!(
        auroc(&[1.0, f64::NAN], &[true, false]),
        Err(MeasureError::NotANumber { index: 1 })
    );
    assert_eq!(
        spearman(&[1.0], &[2.0]),
        Err(MeasureError::TooFew { found: 1, needed: 2 })
    );
    assert_eq!(spearman(&[1.0, 2.0], &[3.0, 3.0]), Err(MeasureError::Constant));
    assert_eq!(
        wilcoxon(&[], &[], Alternative::TwoSided),
        Err(MeasureError::TooFew { found: 0, needed: 1 })
    );
    assert_eq!(
        wilcoxon(&[1.0], &[1.0], Alternative::TwoSided),
        Err(MeasureError::NoDifference)
    );
}

#[test]
fn regret_of_a_choice() {
    let regret = Regret::of(&[0.9, 0.7, 0.8, 0.7], 2).unwrap();
    assert_eq!((regret.selected, regret.oracle), (0.8, 0.9));
    assert!((regret.regret() - 0.1).abs() < 1e-12 && (regret.mean - 0.775).abs() < 1e-12);
    // Of the three others it beats two.
    assert_eq!(regret.wins, Some(2.0 / 3.0));
    assert_eq!(Regret::of(&[0.5], 0).unwrap().wins, None);
    assert_eq!(Regret::of(&[0.5, 0.5], 0).unwrap().wins, Some(0.5));
    assert!(Regret::of(&[], 0).is_err() && Regret::of(&[f64::NAN], 0).is_err());
}

#[test]
fn correlations_are_taken_within_groups() {
    let pairs = |a: &[f64], b: &[f64]| Pairs {
        a: a.to_vec(),
        b: b.to_vec(),
    };
    let rising = pairs(&[1.0, 2.0, 3.0, 4.0, 5.0], &[0.1, 0.2, 0.3, 0.4, 0.5]);
    // Far above in both: thrown together with the first they would rise, within they fall.
    let falling = pairs(&[11.0, 12.0, 13.0, 14.0, 15.0], &[1.5, 1.4, 1.3, 1.2, 1.1]);
    let rng = || rand_chacha::ChaCha8Rng::seed_from_u64(1);
    let of = |groups: &[Pairs]| Correlation::with_intervals(groups, &mut rng());
    let one = of(std::slice::from_ref(&rising)).unwrap();
    assert_eq!((one.spearman.value, one.spearman.interval), (1.0, Some([1.0, 1.0])));
    let both = of(&[rising.clone(), falling]).unwrap();
    assert_eq!((both.spearman.value, both.kendall.value), (0.0, 0.0));
    // A group in which nothing differs says nothing, and too few pairs have no interval.
    let constant = pairs(&[1.0, 1.0, 1.0], &[0.1, 0.2, 0.3]);
    let with = of(&[rising, constant.clone()]).unwrap();
    assert_eq!((with.spearman.value, with.spearman.interval), (1.0, None));
    assert_eq!(of(&[constant]), Err(MeasureError::Constant));
    assert_eq!(of(&[]), Err(MeasureError::TooFew { found: 0, needed: 1 }));
}

/// The scores of eight candidates under three seeds, with components set before: the estimates come near them.
#[test]
fn components_of_variance_are_found_again() {
    let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(2);
    // The sum of twelve uniform draws has variance 1.
    let mut normal = |sd: f64| sd * ((0..12).map(|_| rng.random_range(0.0..1.0)).sum::<f64>() - 6.0);
    let tasks: Vec<Vec<Vec<f64>>> = (0..400)
        .map(|_| {
            let (task, seeds) = (normal(5.0), [0; 3].map(|_| normal(0.5)));
            let start = |_| {
                let start = normal(1.0);
                seeds.iter().map(|seed| task + start + seed + normal(0.25)).collect()
            };
            (0..8).map(start).collect()
        })
        .collect();
    let found = Components::crossed(&tasks).unwrap();
    let near = |got: f64, want: f64| assert!((got / want - 1.0).abs() < 0.12, "{found:?}");
    near(found.start, 1.0);
    near(found.seed, 0.25);
    near(found.rest.unwrap(), 0.0625);
    near(found.total(), 1.3125);

    let unequal: Vec<Vec<Vec<f64>>> = (0..400)
        .map(|_| {
            let task = normal(5.0);
            let seed = |starts| {
                let seed = normal(0.5);
                (0..starts).map(|_| task + seed + normal(1.0)).collect()
            };
            [2, 5, 9].map(seed).into()
        })
        .collect();
    let found = Components::nested(&unequal).unwrap();
    assert!(
        (found.start - 1.0).abs() < 0.1 && (found.seed - 0.25).abs() < 0.1,
        "{found:?}"
    );
    assert_eq!(found.rest, None);
}

#[test]
fn components_need_two_of_each() {
    let too_few = Err(MeasureError::TooFew { found: 1, needed: 2 });
    assert_eq!(Components::crossed(&[vec![vec![0.5, 0.6]]]), too_few);
    assert_eq!(Components::crossed(&[]), too_few);
    assert_eq!(Components::nested(&[vec![vec![0.5, 0.6]]]), too_few);
    assert_eq!(Components::nested(&[vec![vec![0.5], vec![0.6]]]), too_few);
    assert_eq!(
        Components::crossed(&[vec![vec![0.5, 0.6], vec![0.5]]]),
        Err(MeasureError::Lengths { left: 2, right: 1 })
    );
    // A worked example by hand: rows 1 2 and 3 6; mean squares 9, 4 and 1.
    let table = vec![vec![1.0, 2.0], vec![3.0, 6.0]];
    let found = Components::crossed(&[table]).unwrap();
    assert_eq!((found.start, found.seed, found.rest), (4.0, 1.5, Some(1.0)));
}
