//! GDE: what its definition implies.

use super::*;
use crate::testing::{difference, noise};

fn scores(trn: &Tensor, z: &Tensor) -> Tensor {
    Gde::fit(trn).unwrap().score(z).unwrap()
}

#[test]
fn training_scores_average_to_the_dimension_without_shrinkage() {
    // One dimension is not shrunk; its L2-normalised values are signs.
    let trn = noise(&[40, 1], 1.0) - 0.4;
    assert_eq!(Gde::fit(&trn).unwrap().shrinkage(), 0.0);
    assert!((scores(&trn, &trn).mean(Kind::Double).double_value(&[]) - 1.0).abs() < 1e-9);
}

#[test]
fn whitening_inverts_the_covariance() {
    let rows = noise(&[30, 5], 1.0);
    let (covariance, shrinkage) = ledoit_wolf(&(&rows - rows.mean_dim(0, true, None)));
    assert!(shrinkage > 0.0 && shrinkage < 1.0);
    let w = whitening(&covariance).unwrap();
    assert!(
        difference(
            &w.matmul(&w.tr()).matmul(&covariance),
            &Tensor::eye(5, (Kind::Double, Device::Cpu))
        ) < 1e-9
    );
}

#[test]
fn length_and_orientation_of_embeddings_do_not_matter() {
    let (trn, z) = (noise(&[30, 5], 1.0), noise(&[8, 5], 2.0));
    let (turn, _) = Tensor::linalg_qr(&noise(&[5, 5], 3.0), "reduced");
    let want = scores(&trn, &z);
    assert!(difference(&scores(&(&trn * 7.0), &(&z * 0.1)), &want) < 1e-9);
    assert!(difference(&scores(&trn.matmul(&turn), &z.matmul(&turn)), &want) < 1e-9);
}

#[test]
fn a_stranger_scores_highest() {
    let trn = noise(&[50, 6], 1.0) * 0.1 + 1.0;
    let z = Tensor::cat(&[&(noise(&[9, 6], 2.0) * 0.1 + 1.0), &noise(&[1, 6], 4.0)], 0);
    assert_eq!(scores(&trn, &z).argmax(None, false).int64_value(&[]), 9);
}

#[test]
fn degenerate_embeddings_still_get_finite_scores() {
    let constant = noise(&[1, 4], 1.0).expand([10, 4], false);
    let dead = noise(&[10, 4], 1.0) * Tensor::from_slice(&[1.0, 0.0, 1.0, 0.0]);
    for trn in [
        constant,
        dead,
        noise(&[3, 20], 1.0),
        noise(&[1, 4], 1.0),
        noise(&[10, 4], 1.0) * 0.0,
    ] {
        let z = noise(&[6, trn.size()[1]], 2.0);
        assert!(scores(&trn, &z).isfinite().all().int64_value(&[]) == 1, "{trn}");
    }
}

#[test]
fn embeddings_without_a_gaussian_are_refused() {
    assert!(matches!(Gde::fit(&noise(&[0, 4], 1.0)), Err(ScoreError::Shape(shape)) if shape == [0, 4]));
    assert!(matches!(
        Gde::fit(&(noise(&[5, 4], 1.0) / 0.0)),
        Err(ScoreError::NotFinite)
    ));
}
