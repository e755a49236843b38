//! All losses: gradients by finite differences, what each says of equal and of separate sets.

use augur_core::selectors::{mixture_energy, pairs::Pairs};
use augur_core::spec::ValidationLoss::{self, MeanDistance, MixtureEnergy, Mmd, Sinkhorn};

use super::*;
use crate::selection::rows;
use crate::testing::{difference, noise};

const ALL: [ValidationLoss; 4] = [MeanDistance, Mmd, Sinkhorn, MixtureEnergy];

/// Normal, augmented and validation embeddings; a third of the last lies where the augmented ones do.
fn groups() -> [Tensor; 3] {
    let val = Tensor::cat(&[noise(&[8, 3], 3.0), noise(&[4, 3], 4.0) + 0.9], 0);
    [noise(&[9, 3], 1.0), noise(&[7, 3], 2.0) + 0.8, val]
}

fn loss(which: ValidationLoss, z: &[Tensor; 3]) -> Tensor {
    normalise(&z[0], &z[1], &z[2]).loss(which)
}

/// The loss with its constant held: sigma is one by definition, while p* and transport's plan are so by the envelope theorem.
fn held(which: ValidationLoss, z: &[Tensor; 3], sigma: &Tensor) -> Tensor {
    match which {
        Mmd => mmd::mmd_at(&normalise(&z[0], &z[1], &z[2]), sigma),
        _ => loss(which, z),
    }
}

#[test]
fn gradients_agree_with_finite_differences() {
    const STEP: f64 = 1e-6;
    for which in ALL {
        let z = groups().map(|z| z.set_requires_grad(true));
        let gradients = Tensor::run_backward(&[loss(which, &z)], &z, false, false);
        let sigma = mmd::bandwidth(&normalise(&z[0], &z[1], &z[2]));
        for (group, gradient) in gradients.iter().enumerate() {
            let numeric = gradient.zeros_like();
            for i in 0..gradient.numel() as i64 {
                let at = |step: f64| {
                    let moved = groups();
                    let _ = moved[group].view([-1]).narrow(0, i, 1).g_add_scalar_(step);
                    held(which, &moved, &sigma).double_value(&[])
                };
                let slope = (at(STEP) - at(-STEP)) / (2.0 * STEP);
                let _ = numeric.view([-1]).narrow(0, i, 1).fill_(slope);
            }
            let apart = difference(gradient, &numeric) / gradient.abs().max().double_value(&[]);
            assert!(apart < 1e-5, "{which:?}, group {group}: off by {apart:e} relative");
        }
    }
}

/// Mixture energy has its own: an exact mixture is explained in full.
#[test]
fn distances_between_sets_are_zero_where_the_sets_are_equal() {
    let [trn, aug, _] = groups();
    for which in [Mmd, Sinkhorn] {
        let mixed = Tensor::cat(&[&trn, &aug], 0);
        assert!(
            loss(which, &[trn.copy(), aug.copy(), mixed]).double_value(&[]).abs() < 1e-6,
            "{which:?}"
        );
        assert!(loss(which, &groups()).double_value(&[]) > 1e-3, "{which:?}");
    }
}

#[test]
fn an_augmentation_that_meets_the_anomalies_has_the_lowest_loss() {
    let near = |place: f64, seed: f64, n: i64| noise(&[n, 3], seed) * 0.2 + Tensor::from_slice(&[place, 0.0, 0.0]);
    let val = || Tensor::cat(&[near(0.0, 1.0, 20), near(3.0, 2.0, 20)], 0);
    for which in ALL {
        let at = |place: f64| loss(which, &[near(0.0, 3.0, 20), near(place, 4.0, 20), val()]).double_value(&[]);
        assert!(
            at(3.0) < at(2.0) && at(3.0) < at(4.5) && at(3.0) < at(-3.0),
            "{which:?}"
        );
    }
}

#[test]
fn the_mixture_energy_that_tunes_is_the_one_that_selects() {
    let z = groups();
    let normalised = normalise(&z[0], &z[1], &z[2]);
    let [trn, aug, val] = [&normalised.trn, &normalised.aug, &normalised.val].map(|z| rows(z).unwrap());
    let fit = mixture_energy(&Pairs::of(&trn, &aug, &val));
    assert!(fit.share > 0.0 && fit.share < 1.0);
    assert!((normalised.loss(MixtureEnergy).double_value(&[]) - fit.loss).abs() < 1e-12);
    let far = [
        noise(&[9, 3], 1.0),
        noise(&[7, 3], 2.0) - 3.0,
        noise(&[8, 3], 3.0) + 1.0,
    ];
    assert_eq!(loss(MixtureEnergy, &far).double_value(&[]), 0.0);
}

/// A collapsed embedding is excluded by its scale; until then its losses must stay numbers.
#[test]
fn a_collapse_stays_finite() {
    for which in ALL {
        let z = [3, 4, 5].map(|n| noise(&[1, 4], 1.0).expand([n, 4], false).copy().set_requires_grad(true));
        let value = loss(which, &z);
        assert!(value.double_value(&[]).is_finite(), "{which:?}");
        for gradient in Tensor::run_backward(&[value], &z, false, false) {
            assert!(gradient.isfinite().all().int64_value(&[]) == 1, "{which:?}: {gradient}");
        }
    }
}
