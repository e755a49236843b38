//! Scorers: nearest neighbours by hand, saving and loading, independence of companions.

use augur_core::spec::KnnSpec;

use super::*;
use crate::testing::{difference, noise};

const ALL: [Score; 3] = [Score::Gde, Score::Logit, Score::Knn(KnnSpec { k: 5 })];

fn output(images: i64, seed: f64) -> Output {
    Output {
        z: noise(&[images, 33], seed).to_kind(Kind::Float),
        logit: noise(&[images], seed + 10.0).to_kind(Kind::Float),
    }
}

#[test]
fn logits_are_scores_in_order() {
    let logits = noise(&[5, 1], 1.0).to_kind(Kind::Float);
    assert_eq!(logit(&logits), logits.to_kind(Kind::Double).view([-1]));
}

#[test]
fn nearest_neighbours_by_hand() {
    // On the unit circle, at 0, 90 and 180 degrees.
    let trn = Tensor::from_slice(&[3.0, 0.0, 0.0, 2.0, -5.0, 0.0]).view([3, 2]);
    let z = Tensor::from_slice(&[0.1, 0.0]).view([1, 2]);
    let score = |k| Knn::fit(k, &trn).unwrap().score(&z).unwrap().double_value(&[0]);
    let chords = [0.0, 2.0f64.sqrt(), 2.0];
    assert!((score(1) - chords[0]).abs() < 1e-12);
    assert!((score(2) - (chords[0] + chords[1]) / 2.0).abs() < 1e-12);
    let all = chords.iter().sum::<f64>() / 3.0;
    assert!((score(3) - all).abs() < 1e-12 && (score(9) - all).abs() < 1e-12);
}

#[test]
fn a_training_image_is_not_its_own_neighbour() {
    let Output { z, logit } = output(12, 1.0);
    for k in [1, 5, 11, 99] {
        let score = Score::Knn(KnnSpec { k });
        let together = Scorer::fit(score, &z).unwrap();
        let scores = together
            .score_training(&Output {
                z: z.shallow_clone(),
                logit: logit.shallow_clone(),
            })
            .unwrap();
        for i in 0..12 {
            let others: Vec<i64> = (0..12).filter(|other| *other != i).collect();
            let without = Scorer::fit(score, &z.index_select(0, &Tensor::from_slice(&others))).unwrap();
            let one = Output {
                z: z.narrow(0, i, 1),
                logit: logit.narrow(0, i, 1),
            };
            let want = without.score(&one).unwrap();
            assert!(difference(&want, &scores.narrow(0, i, 1)) < 1e-12, "k {k}, image {i}");
        }
    }
}

#[test]
fn a_scorer_comes_back_from_its_tensors_to_the_last_bit() {
    for spec in ALL {
        let scorer = Scorer::fit(spec, &output(40, 1.0).z).unwrap();
        let saved = scorer.tensors();
        let find = |name: &str| saved.iter().find(|(n, _)| *n == name).map(|(_, t)| t.copy());
        let loaded = Scorer::from_tensors(spec, find).unwrap();
        let z = output(7, 2.0);
        assert_eq!(loaded.score(&z).unwrap(), scorer.score(&z).unwrap());
        if spec != Score::Logit {
            assert!(matches!(
                Scorer::from_tensors(spec, |_| None),
                Err(ScoreError::Missing(_))
            ));
        }
    }
}

#[test]
fn companions_change_no_bit_of_a_score() {
    for spec in ALL {
        let scorer = Scorer::fit(spec, &output(40, 1.0).z).unwrap();
        let all = output(21, 2.0);
        let together = scorer.score(&all).unwrap();
        for i in 0..21 {
            let alone = Output {
                z: all.z.narrow(0, i, 1),
                logit: all.logit.narrow(0, i, 1),
            };
            assert_eq!(scorer.score(&alone).unwrap(), together.narrow(0, i, 1), "{spec:?}");
        }
    }
}

#[test]
fn length_of_embeddings_does_not_matter_to_neighbours() {
    let (trn, z) = (noise(&[30, 5], 1.0), noise(&[8, 5], 2.0));
    let knn = |trn: &Tensor, z: &Tensor| Knn::fit(4, trn).unwrap().score(z).unwrap();
    assert!(difference(&knn(&(&trn * 7.0), &(&z * 0.1)), &knn(&trn, &z)) < 1e-12);
}
