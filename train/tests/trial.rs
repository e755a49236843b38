//! A whole trial on made-up images: it repeats bit for bit, judges the planted augmentation best, stops when told, and
//! fails with a reason.

#![allow(clippy::unwrap_used)]

use std::path::Path;

use augur_core::draws::{Purpose, shared_stream};
use augur_core::outcome::{Measurement, Outcome};
use augur_core::plan::{Plan, TrialSpec};
use augur_core::select::Criterion;
use augur_core::spec;
use augur_data::{Images, TaskImages};
use augur_train::trial::{Control, Ended, TrialError, run, run_judged};
use tch::{Device, Kind, Tensor};

const SIDE: usize = 12;

/// A bright wedge at a place and of a size that vary with `index`, turned by `quarters` quarter turns.
fn wedge(index: usize, quarters: usize) -> Vec<f32> {
    let noise = |k: usize| ((((index * 7 + k) * 2_654_435_761) >> 7) % 1000) as f32 / 1000.0;
    let (top, left, height) = (
        1 + (noise(1) * 3.0) as usize,
        1 + (noise(2) * 3.0) as usize,
        5 + (noise(3) * 3.0) as usize,
    );
    let mut pixels = vec![0.0; SIDE * SIDE];
    for row in 0..height {
        for column in 0..=row {
            let (mut r, mut c) = (top + row, left + column);
            for _ in 0..quarters {
                (r, c) = (SIDE - 1 - c, r);
            }
            pixels[r * SIDE + c] = 0.6 + 0.4 * noise(4 + row);
        }
    }
    pixels
}

fn images(wedges: impl IntoIterator<Item = (usize, usize)>) -> Images {
    let data: Vec<f32> = wedges
        .into_iter()
        .flat_map(|(index, quarters)| wedge(index, quarters))
        .collect();
    Images {
        count: data.len() / (SIDE * SIDE),
        data,
        channels: 1,
        height: SIDE,
        width: SIDE,
    }
}

/// Normal wedges, and 40 percent of the validation images turned by 90 degrees.
fn task() -> TaskImages {
    TaskImages {
        train: images((0..97).map(|i| (i, 0))),
        held_out: images((100..120).map(|i| (i, 0))),
        validation: images((200..260).map(|i| (i, usize::from(i % 5 < 2)))),
        test: images((300..310).map(|i| (i, usize::from(i % 5 < 2)))),
    }
}

fn trial_spec(family: &str) -> TrialSpec {
    let yaml = format!(
        "version: 1
name: test
data: {{fashion_mnist: {{}}}}
tasks: [{{normal: 0, anomaly: {{class: 1}}}}]
families: [{family}]
seeds: [0]
detector: {{tiny: {{width: 4}}}}
training: {{epochs: 4, batch: 32, optimiser: {{adam: {{lr: 0.01}}}}}}
tuning: {{warmup_epochs: 1, inner_lr: 0.01, optimiser: {{adam: {{lr: 0.05}}}}, validation_batch: 24}}
resources: {{threads: 1, device: cpu}}
"
    );
    Plan::new(spec::parse(&yaml).unwrap()).trial(0)
}

fn rotation(degrees: u32) -> TrialSpec {
    trial_spec(&format!("{{rotation: {{starts: [{{angle_deg: {degrees}}}]}}}}"))
}

fn cutdiff() -> TrialSpec {
    trial_spec("{cutdiff: {starts: [{area: 0.05, aspect: 1, angle_deg: 0}]}}")
}

/// Runs to the end; measurements and outcome with the seconds taken out.
fn complete(spec: &TrialSpec) -> (Vec<Measurement>, Outcome) {
    let mut measurements = Vec::new();
    let mut report = |mut m: Measurement| {
        m.seconds = 0.0;
        measurements.push(m);
        Control::Continue
    };
    let Ended::Completed(mut outcome, _) = run(spec, &task(), Path::new("."), &mut report).unwrap() else {
        panic!("was stopped")
    };
    outcome.seconds = 0.0;
    (measurements, outcome)
}

#[test]
fn repeats_bit_for_bit() {
    let mut spec = cutdiff();
    spec.detector = spec::DetectorSpec::Resnet(spec::ResNetSpec {
        width: 4,
        head: 8,
        ..Default::default()
    });
    let (measurements, outcome) = complete(&spec);
    assert_eq!((measurements, outcome.clone()), complete(&spec));
    spec.seed = 1;
    assert_ne!(outcome.scores, complete(&spec).1.scores, "the seed changes nothing");
}

#[test]
fn reports_every_epoch() {
    let (measurements, outcome) = complete(&cutdiff());
    assert_eq!(measurements.iter().map(|m| m.epoch).collect::<Vec<_>>(), [1, 2, 3, 4]);
    assert_eq!(
        measurements[0].hypergradient_norm, None,
        "a warm-up epoch has no hypergradient"
    );
    assert!(measurements[1..].iter().all(|m| m.hypergradient_norm.unwrap() > 0.0));
    assert_eq!(
        measurements[0].hyperparameters["area"],
        measurements[0].hyperparameters["area"].clamp(0.0499, 0.0501)
    );
    assert_ne!(
        measurements[0].hyperparameters, measurements[1].hyperparameters,
        "tuning moves nothing"
    );
    let last = &measurements[3];
    assert_eq!(last.hyperparameters, outcome.tuned);
    // The outcome's is computed in double precision.
    let apart = last.validation_loss.unwrap() - outcome.validation.unwrap().mean_distance;
    assert!(apart.abs() < 1e-5, "{apart:e}");
    assert_eq!(last.training_loss, outcome.diagnostics.unwrap().training_loss);
    assert_eq!((outcome.scores.len(), outcome.test_scores.len()), (60, 10));
}

#[test]
fn a_fixed_augmentation_stays() {
    let mut spec = rotation(30);
    spec.tuning.hypergradient = spec::Hypergradient::None;
    let (measurements, outcome) = complete(&spec);
    assert!((outcome.tuned["angle_deg"] - 30.0).abs() < 1e-4, "{:?}", outcome.tuned);
    assert!(measurements.iter().all(|m| m.hypergradient_norm.is_none()));
}

/// Where tuning ends on so few images is a matter of luck; which fixed angle is judged best is not.
#[test]
fn both_validation_losses_are_lowest_at_the_planted_angle() {
    let judged = [30, 90, 150, 210, 270, 330].map(|angle| {
        let mut spec = rotation(angle);
        spec.detector = spec::DetectorSpec::Resnet(spec::ResNetSpec {
            width: 4,
            head: 16,
            ..Default::default()
        });
        spec.training = spec::TrainingSpec {
            epochs: 10,
            batch: 32,
            optimiser: spec::Optimiser::adam(2e-3),
            ..Default::default()
        };
        spec.tuning.hypergradient = spec::Hypergradient::None;
        (angle, complete(&spec).1.validation.unwrap())
    });
    for criterion in [Criterion::MeanDistance, Criterion::MixtureEnergy] {
        let losses = judged.map(|(angle, validation)| (criterion.loss(&validation).unwrap(), angle));
        let best = losses.into_iter().min_by(|a, b| a.0.total_cmp(&b.0)).unwrap();
        assert_eq!(best.1, 90, "{criterion:?}: {losses:?}");
    }
}

#[test]
fn every_option_at_once_repeats_and_differs_from_the_default() {
    let mut spec = cutdiff();
    spec.training.optimiser = spec::Optimiser::Adamw {
        lr: 0.01,
        weight_decay: 0.01,
    };
    spec.training.schedule = spec::Schedule::Cosine(spec::CosineSpec {
        warmup_epochs: 1,
        floor: 0.1,
    });
    spec.training.clip_norm = Some(1.0);
    spec.training.normalisation = spec::ImageNormalisation::Pixel;
    spec.training.augmentation = spec::TrainingAugmentation {
        flip_horizontal: true,
        flip_vertical: true,
        crop_padding_px: 1,
    };
    spec.tuning.every = 2;
    spec.tuning.clip_norm = Some(0.1);
    spec.score = spec::Score::Knn(spec::KnnSpec { k: 3 });
    let mut tuned = vec![complete(&cutdiff()).1.tuned];
    for loss in [
        spec::ValidationLoss::MeanDistance,
        spec::ValidationLoss::Mmd,
        spec::ValidationLoss::Sinkhorn,
        spec::ValidationLoss::MixtureEnergy,
    ] {
        spec.tuning.loss = loss;
        let once = complete(&spec);
        assert_eq!(once, complete(&spec), "{loss:?}");
        assert!(!tuned.contains(&once.1.tuned), "{loss:?} changes nothing");
        tuned.push(once.1.tuned);
    }
}

/// Tuning every few steps leaves the weights' steps alone: with as many steps as there are it happens once an epoch.
#[test]
fn the_augmentation_moves_as_often_as_asked() {
    let mut spec = rotation(30);
    spec.tuning.warmup_epochs = 0;
    // Adam's first step is its learning rate in radians whatever the gradient; an epoch has 3 steps, 97 = 32 + 32 + 33.
    spec.tuning.every = 3;
    spec.tuning.optimiser = spec::Optimiser::adam(0.05);
    let (measurements, _) = complete(&spec);
    let moved = (measurements[0].hyperparameters["angle_deg"] - 30.0).to_radians().abs();
    assert!((moved - 0.05).abs() < 1e-4, "{moved}");
}

#[test]
fn weights_from_a_file_and_frozen_parts() {
    let folder = tempfile::tempdir().unwrap();
    let mut spec = cutdiff();
    let resnet = spec::ResNetSpec {
        width: 4,
        head: 8,
        embedding: spec::Embedding::Stages,
        weights: Some("weights.safetensors".to_owned()),
        frozen_stages: 5,
        ..Default::default()
    };
    spec.detector = spec::DetectorSpec::Resnet(resnet);
    let mut quiet = |_| Control::Continue;
    let error = run(&spec, &task(), folder.path(), &mut quiet).unwrap_err();
    assert!(matches!(error, TrialError::Weights(_)), "{error}");

    let detector = augur_train::network::detector_of(&spec.detector, 1);
    let mut rng = shared_stream(7, "weights", Purpose::Weights, 0);
    let (params, stats) = augur_train::init::draw(&detector, &mut rng, Kind::Float, Device::Cpu);
    let tensors = params.iter().chain(stats.iter());
    let tensors: Vec<_> = tensors.map(|(name, tensor)| (name, tensor.contiguous())).collect();
    Tensor::write_safetensors(&tensors, folder.path().join("weights.safetensors")).unwrap();
    // With all parts frozen embeddings are those of the file, and so are their scores, whatever the seed.
    let mut scores = |seed| {
        spec.seed = seed;
        match run(&spec, &task(), folder.path(), &mut quiet).unwrap() {
            Ended::Completed(outcome, _) => outcome.scores,
            Ended::Stopped { .. } | Ended::Left(_) => panic!("was stopped"),
        }
    };
    assert_eq!(scores(0), scores(1));
}

#[test]
fn stops_when_told() {
    let mut reports = 0;
    let mut report = |_| {
        reports += 1;
        if reports == 2 { Control::Stop } else { Control::Continue }
    };
    let ended = run(&cutdiff(), &task(), Path::new("."), &mut report).unwrap();
    assert!(matches!(ended, Ended::Stopped { epoch: 2 }));
    assert_eq!(reports, 2);
}

#[test]
fn divergence_is_an_error() {
    let mut spec = cutdiff();
    spec.training.optimiser = spec::Optimiser::sgd(1e30, 0.0);
    let error = run(&spec, &task(), Path::new("."), &mut |_| Control::Continue).unwrap_err();
    assert!(matches!(error, TrialError::NotFinite { epoch: 1, .. }), "{error}");
}

#[test]
fn images_that_do_not_fit_are_refused() {
    let refuse = |images: &TaskImages| {
        run(&cutdiff(), images, Path::new("."), &mut |_| Control::Continue)
            .unwrap_err()
            .to_string()
    };
    let mut one = task();
    one.train = images([(0, 0)]);
    assert_eq!(
        refuse(&one),
        "the training group has 1 images, at least 2 are needed; change `split` in the spec"
    );
    let mut colour = task();
    colour.validation.channels = 3;
    colour.validation.count /= 3;
    assert!(refuse(&colour).contains("validation"), "{}", refuse(&colour));
}

#[test]
fn a_judgement_on_the_way_changes_no_bit_and_is_that_of_the_end() {
    let spec = trial_spec("{rotation: {starts: [{angle_deg: 60}]}}");
    let judged_at = |spec: &TrialSpec, rungs: &[u32]| {
        let mut measured = vec![];
        let mut report = |m: Measurement| {
            measured.push(m);
            Control::Continue
        };
        let Ended::Completed(mut outcome, _) = run_judged(spec, rungs, &task(), Path::new("."), &mut report).unwrap()
        else {
            panic!("was stopped")
        };
        outcome.seconds = 0.0;
        (outcome, measured)
    };
    let (plain, _) = judged_at(&spec, &[]);
    let (outcome, measured) = judged_at(&spec, &[2, 3]);
    assert_eq!(outcome, plain);
    let with: Vec<u32> = measured
        .iter()
        .filter(|m| m.validation.is_some())
        .map(|m| m.epoch)
        .collect();
    assert_eq!(with, [2, 3]);
    // A trial of fewer epochs has other draws; at the last epoch, both are the same judgement.
    let (_, last) = judged_at(&spec, &[spec.training.epochs]);
    let last = last.last().unwrap();
    assert_eq!(
        (last.validation, last.diagnostics),
        (plain.validation, plain.diagnostics)
    );
}
