//! Selectors against golden values, by what must not move them, and on a planted shift.

use super::{
    pairs::Pairs,
    testing::{moved, noise, planted},
    vector::dot,
    *,
};
use safetensors::SafeTensors;
use std::path::Path;

/// One golden case: its tensors, flattened.
struct Golden(Vec<u8>);

impl Golden {
    fn read(name: &str) -> Self {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../train/tests/data/golden");
        Self(std::fs::read(folder.join(format!("{name}.safetensors"))).unwrap())
    }

    fn rows(&self, name: &str) -> Rows {
        let tensors = SafeTensors::deserialize(&self.0).unwrap();
        let view = tensors.tensor(name).unwrap();
        let numbers = view
            .data()
            .chunks_exact(8)
            .map(|b| f64::from_le_bytes(b.try_into().unwrap()));
        Rows::new(numbers.collect(), *view.shape().last().unwrap()).unwrap()
    }

    fn value(&self, name: &str) -> f64 {
        self.rows(name).row(0)[0]
    }

    /// The training images stand for the held-out ones: the cases know only three groups.
    fn embeddings(&self) -> Embeddings {
        let [train, augmented, validation] = ["z_trn", "z_aug", "z_val"].map(|name| self.rows(name));
        Embeddings {
            held_out: train.clone(),
            augmented_train: Some(augmented.clone()),
            train,
            augmented,
            validation,
        }
    }
}

fn close(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-9 * b.abs().max(1e-3)
}

fn pairs(z: &Embeddings) -> Pairs {
    let [t, a, v] = z.normalised();
    Pairs::of(&t, &a, &v)
}

fn groups(z: &Embeddings) -> [&Rows; 3] {
    [&z.held_out, &z.augmented, &z.validation]
}

fn energy(z: &Embeddings) -> MixtureEnergy {
    mixture_energy(&pairs(z))
}

/// Every selector that reads embeddings.
fn all(z: &Embeddings) -> [f64; 7] {
    let mixture = energy(z);
    let [t, a, v] = z.normalised();
    [
        mean_distance(z),
        mixture.loss,
        mixture.share,
        mixture.explained,
        whitened_cosine(z),
        dsv(groups(z), &Pairs::of(&z.held_out, &z.augmented, &z.validation)).loss,
        mmd(&t, &a, &v),
    ]
}

fn mapped(z: &Embeddings, map: impl Fn(&[f64], &mut [f64])) -> Embeddings {
    Embeddings {
        train: z.train.map(&map),
        held_out: z.held_out.map(&map),
        augmented: z.augmented.map(&map),
        augmented_train: z.augmented_train.as_ref().map(|rows| rows.map(&map)),
        validation: z.validation.map(&map),
    }
}

#[test]
fn golden_mixture_energy() {
    for case in ["mixture_energy_0", "mixture_energy_1", "mixture_energy_2"] {
        let golden = Golden::read(case);
        let fit = energy(&golden.embeddings());
        assert!(close(fit.loss, golden.value("loss")), "{case}: {fit:?}");
        assert!(close(fit.share, golden.value("share")), "{case}: {fit:?}");
        assert!(close(fit.explained, golden.value("explained")), "{case}: {fit:?}");
    }
}

#[test]
fn golden_mean_distance() {
    for case in ["val_loss_0", "val_loss_1"] {
        let golden = Golden::read(case);
        let loss = mean_distance(&golden.embeddings());
        assert!(close(loss, golden.value("loss")), "{case}: {loss}");
    }
}

#[test]
fn shift_scale_and_rotation_of_the_embedding_do_not_matter() {
    let z = planted(1, 1);
    let expected = all(&z);
    // A reflection is a rotation of another sign: I - 2 w w'.
    let w = unit_vector(6);
    let reflected = mapped(&z, |row, out| {
        let along = 2.0 * dot(row, &w);
        for ((out, x), w) in out.iter_mut().zip(row).zip(&w) {
            *out = x - along * w;
        }
    });
    let scaled = mapped(&z, |row, out| {
        out.iter_mut().zip(row).for_each(|(out, x)| *out = 37.0 * x - 4.0)
    });
    for changed in [reflected, scaled] {
        for (a, b) in all(&changed).into_iter().zip(expected) {
            assert!(close(a, b), "{:?} are not {expected:?}", all(&changed));
        }
    }
}

fn unit_vector(n: usize) -> Vec<f64> {
    let v: Vec<f64> = (1..=n).map(|i| i as f64).collect();
    let length = dot(&v, &v).sqrt();
    v.into_iter().map(|x| x / length).collect()
}

/// The augmentation that moves embeddings as the anomalies are moved has a lower value than one that moves them
/// elsewhere, whatever the selector.
#[test]
fn the_planted_direction_wins_under_every_selector() {
    for seed in 0..5 {
        let (right, wrong) = (planted(0, seed), planted(1, seed));
        let value = |z: &Embeddings| {
            let [mean, mixture, _, explained, cosine, dsv, mmd] = all(z);
            [
                mean,
                mixture,
                -explained,
                cosine,
                dsv,
                mmd,
                aligned_energy(mixture, cosine),
                aligned_explained(explained, cosine),
            ]
        };
        for (right, wrong) in value(&right).into_iter().zip(value(&wrong)) {
            assert!(right < wrong, "seed {seed}: {right} is not below {wrong}");
        }
    }
}

#[test]
fn the_share_of_anomalies_is_estimated() {
    let share = energy(&planted(0, 3)).share;
    assert!((share - 1.0 / 3.0).abs() < 0.05, "{share}");
}

#[test]
fn an_exact_mixture_is_explained_in_full() {
    let (t, a) = (noise(12, 5, 1), moved(&noise(12, 5, 2), 0, 0.5));
    let validation = t.followed_by(&t).followed_by(&t).followed_by(&a);
    let fit = energy(&of(t, a, validation));
    assert!((fit.share - 0.25).abs() < 1e-9, "{fit:?}");
    assert!((fit.explained - 1.0).abs() < 1e-9, "{fit:?}");
}

#[test]
fn an_explained_share_counts_as_far_as_the_shifts_are_aligned() {
    assert_eq!(aligned_explained(0.8, -0.5), -0.4);
    assert_eq!(aligned_explained(0.8, 0.5).to_bits(), 0.0f64.to_bits());
    assert_eq!(aligned_explained(0.0, -1.0).to_bits(), 0.0f64.to_bits());
}

#[test]
fn without_a_shift_there_is_nothing_to_explain() {
    let (t, a) = (noise(10, 4, 1), noise(10, 4, 2));
    let fit = energy(&of(t.clone(), a, t.clone()));
    assert!(fit.share < 1e-9 && fit.loss.abs() < 1e-9, "{fit:?}");
    // An augmentation that changes nothing explains nothing.
    let none = of(t.clone(), t, noise(10, 4, 3));
    assert!(energy(&none).loss.abs() < 1e-9);
    assert_eq!(whitened_cosine(&none), 0.0);
}

#[test]
fn an_augmentation_on_the_far_side_is_left_out() {
    let at = |x: f64, seed| moved(&noise(10, 4, seed), 0, x);
    let z = of(at(0.0, 1), at(-9.0, 2), at(5.0, 3));
    assert_eq!(
        energy(&z),
        MixtureEnergy {
            loss: 0.0,
            share: 0.0,
            explained: 0.0
        }
    );
    assert!(whitened_cosine(&z) > 0.9);
    // +0 to the last bit: the leaderboard's order tells it from -0.
    assert_eq!(aligned_energy(-0.3, whitened_cosine(&z)).to_bits(), 0.0f64.to_bits());
}

#[test]
fn embeddings_without_any_spread_give_numbers() {
    let point = |n: usize| Rows::new(vec![2.0; n * 3], 3).unwrap();
    let z = of(point(4), point(4), point(6));
    assert!(all(&z).iter().all(|x| x.is_finite()), "{:?}", all(&z));
}

/// L_dis and L_sep by their definitions, all pairs one by one.
#[test]
fn dsv_is_its_definition() {
    let z = planted(1, 2);
    let normal = z.held_out.mean();
    let distance = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(x, y)| (x - y).powi(2)).sum::<f64>().sqrt();
    let mean = |values: Vec<f64>| values.iter().sum::<f64>() / values.len() as f64;
    let spread = mean(
        z.held_out
            .iter()
            .flat_map(|t| z.augmented.iter().map(move |a| distance(t, a)))
            .collect(),
    );
    let both = z.held_out.followed_by(&z.augmented);
    let discordance = mean(
        both.iter()
            .flat_map(|x| z.validation.iter().map(move |v| distance(x, v)))
            .collect(),
    ) / spread;
    let mut along = Vec::new();
    for v in z.validation.iter() {
        for a in z.augmented.iter() {
            let length = distance(a, &normal);
            along.push(
                (0..6)
                    .map(|i| (v[i] - normal[i]) * (a[i] - normal[i]) / length)
                    .sum::<f64>(),
            );
        }
    }
    let centre = mean(along.clone());
    let deviation = mean(along.iter().map(|x| (x - centre).powi(2)).collect()).sqrt();
    let separability = (deviation / (spread / 2.0)).min(0.5);
    let got = dsv(groups(&z), &Pairs::of(&z.held_out, &z.augmented, &z.validation));
    assert!(close(got.discordance, discordance), "{got:?}, not {discordance}");
    assert!(close(got.separability, separability), "{got:?}, not {separability}");
    assert!(close(got.loss, discordance - separability / discordance));
}

#[test]
fn mmd_of_the_same_rows_is_nothing_and_of_far_ones_is_two() {
    let (t, a) = (noise(20, 3, 1), noise(20, 3, 2));
    assert!(mmd(&t, &a, &t.followed_by(&a)) < 1e-12);
    let far = Rows::new([vec![1e3; 3 * 40], vec![1.1e3; 3 * 40]].concat(), 3).unwrap();
    let value = mmd(&t, &a, &far);
    assert!(value > 0.5 && value <= 2.0, "{value}");
}

#[test]
fn groups_of_another_width_are_refused() {
    let z = Embeddings {
        augmented: noise(3, 5, 1),
        ..planted(0, 1)
    };
    let error = SelectorError::Width {
        group: "augmented",
        found: 5,
        expected: 6,
    };
    assert_eq!(z.checked(), Err(error));
}

#[test]
fn score_variance_is_that_of_all_scores() {
    assert_eq!(score_variance(&[1.0, 3.0]), 1.0);
    assert_eq!(score_variance(&[]), 0.0);
}

fn of(held_out: Rows, augmented: Rows, validation: Rows) -> Embeddings {
    Embeddings {
        train: held_out.clone(),
        augmented_train: Some(augmented.clone()),
        held_out,
        augmented,
        validation,
    }
}

#[test]
fn all_at_once_are_those_one_by_one() {
    use rand::SeedableRng;
    let z = planted(0, 1);
    let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(0);
    let validation = validate(&z, &[1.0, 3.0], &mut rng);
    let [mean, mixture, share, explained, cosine, dsv, mmd] = all(&z);
    assert_eq!((validation.mean_distance, validation.score_variance), (mean, 1.0));
    assert_eq!((validation.mixture_energy, validation.anomaly_share), (mixture, share));
    assert_eq!(validation.explained, explained);
    assert_eq!((validation.whitened_cosine, validation.mmd), (Some(cosine), Some(mmd)));
    assert!(close(validation.dsv.unwrap(), dsv));
    assert_eq!(validation.shift_p_value, Some(0.001));
}

/// A task as large as they come takes well under the time of its training.
#[test]
fn a_thousand_images_take_seconds_at_most() {
    use rand::SeedableRng;
    let begin = std::time::Instant::now();
    let z = of(noise(100, 512, 1), noise(100, 512, 2), noise(1000, 512, 3));
    let validation = validate(&z, &[0.0], &mut rand_chacha::ChaCha8Rng::seed_from_u64(0));
    assert!(validation.values().all(f64::is_finite));
    let seconds = begin.elapsed().as_secs_f64();
    println!("{seconds:.3} s");
    assert!(seconds < 20.0, "{seconds} s");
}
