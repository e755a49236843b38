//! Each baseline on made-up images with anomalies that nobody could miss: it finds them, repeats bit for bit, and stops
//! or fails with a reason.

#![allow(clippy::unwrap_used)]

use std::path::Path;

use augur_core::draws::{Purpose, shared_stream};
use augur_core::measure::auroc;
use augur_core::outcome::{Measurement, Outcome};
use augur_core::plan::{Method, Plan, TrialSpec};
use augur_core::spec;
use augur_data::{Images, TaskImages};
use augur_train::network::Network;
use augur_train::normalisation::Normalisation;
use augur_train::score::Scorer;
use augur_train::trial::{Control, Ended, TrialError, run};
use tch::{Device, Kind, Tensor};

/// Odd, so that the autoencoder's halves don't come out even.
const SIDE: usize = 13;

/// A bright ramp from corner to corner whose slope and noise vary with `index`; an anomaly has a dark square.
fn image(index: usize, anomalous: bool) -> Vec<f32> {
    let noise = |k: usize| ((((index * 7919 + k) * 2_654_435_761) >> 9) % 1000) as f32 / 1000.0;
    let slope = 0.3 + 0.1 * noise(0);
    let (top, left) = ((noise(1) * 7.0) as usize, (noise(2) * 7.0) as usize);
    let pixel = |i: usize| {
        let (row, column) = (i / SIDE, i % SIDE);
        let dark = (top..top + 6).contains(&row) && (left..left + 6).contains(&column);
        let ramp = 0.5 + slope * (row + column) as f32 / (2 * SIDE) as f32 + 0.02 * noise(3 + i);
        if anomalous && dark { 0.05 } else { ramp }
    };
    (0..SIDE * SIDE).map(pixel).collect()
}

fn images(each: impl IntoIterator<Item = (usize, bool)>) -> Images {
    let data: Vec<f32> = each
        .into_iter()
        .flat_map(|(i, anomalous)| image(i, anomalous))
        .collect();
    Images {
        count: data.len() / (SIDE * SIDE),
        data,
        channels: 1,
        height: SIDE,
        width: SIDE,
    }
}

fn anomalous(i: usize) -> bool {
    i.is_multiple_of(3)
}

fn task() -> TaskImages {
    TaskImages {
        train: images((0..120).map(|i| (i, false))),
        held_out: images((200..210).map(|i| (i, false))),
        validation: images((300..345).map(|i| (i, anomalous(i)))),
        test: images((400..418).map(|i| (i, anomalous(i)))),
    }
}

/// The trial of a variant that is this baseline.
fn baseline(yaml: &str) -> TrialSpec {
    let yaml = format!(
        "version: 1
name: test
data: {{fashion_mnist: {{}}}}
tasks: [{{normal: 0, anomaly: {{class: 1}}}}]
families: [{{rotation: {{starts: [{{angle_deg: 30}}]}}}}]
seeds: [0]
detector: {{resnet: {{width: 4, head: 8}}}}
resources: {{threads: 1, device: cpu}}
variants: [{{name: other, baseline: {{{yaml}}}}}]
"
    );
    let plan = Plan::new(spec::parse(&yaml).unwrap());
    let mut trials = (0..plan.trials()).map(|index| plan.trial(index));
    trials
        .find(|trial| matches!(trial.method, Method::Baseline(_)))
        .unwrap()
}

const AUTOENCODER: &str = "autoencoder: {latent: 4, width: 4, epochs: 30, lr: 0.003}";
const DEEP_SVDD: &str = "deep_svdd: {latent: 8, width: 4, pretrain_epochs: 5, epochs: 5}";
const ALL: [&str; 5] = [
    AUTOENCODER,
    DEEP_SVDD,
    "mean_intensity: {direction: darker}",
    "pixel_pca: {components: 3}",
    "untrained: {}",
];

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

fn fails(spec: &TrialSpec) -> TrialError {
    run(spec, &task(), Path::new("."), &mut |_| Control::Continue).unwrap_err()
}

#[test]
fn obvious_anomalies_score_higher() {
    let labels = |from: usize, count| (from..from + count).map(anomalous).collect::<Vec<_>>();
    for yaml in ALL {
        let (_, outcome) = complete(&baseline(yaml));
        let validation = auroc(&outcome.scores, &labels(300, 45)).unwrap();
        let test = auroc(&outcome.test_scores, &labels(400, 18)).unwrap();
        assert!(validation > 0.97 && test > 0.97, "{yaml}: {validation} and {test}");
        assert_eq!((&outcome.validation, &outcome.diagnostics), (&None, &None));
        assert!(outcome.tuned.is_empty());
    }
}

#[test]
fn repeats_bit_for_bit_and_follows_the_seed_where_something_is_drawn() {
    for yaml in ALL {
        let mut spec = baseline(yaml);
        let first = complete(&spec);
        assert_eq!(first, complete(&spec), "{yaml}");
        spec.seed = 1;
        let drawn = !yaml.starts_with("mean_intensity") && !yaml.starts_with("pixel_pca");
        assert_eq!(first.1.scores != complete(&spec).1.scores, drawn, "{yaml}");
    }
}

#[test]
fn a_test_set_may_be_empty() {
    let spec = baseline("pixel_pca: {components: 3}");
    let images = TaskImages {
        test: Images::default(),
        ..task()
    };
    let ended = run(&spec, &images, Path::new("."), &mut |_| Control::Continue).unwrap();
    let Ended::Completed(outcome, _) = ended else {
        panic!("was stopped")
    };
    assert_eq!((outcome.scores.len(), outcome.test_scores.len()), (45, 0));
}

#[test]
fn training_is_reported_epoch_by_epoch_and_gets_somewhere() {
    let (measurements, _) = complete(&baseline(AUTOENCODER));
    let epochs: Vec<u32> = measurements.iter().map(|m| m.epoch).collect();
    assert_eq!(epochs, (1..=30).collect::<Vec<_>>());
    assert!(measurements[29].training_loss < 0.1 * measurements[0].training_loss);
    assert!(measurements.iter().all(|m| m.validation_loss.is_none()));

    // Five epochs as an autoencoder, then five as a one-class network: another loss.
    let (measurements, _) = complete(&baseline(DEEP_SVDD));
    assert_eq!(measurements.len(), 10);
    assert!(measurements[4].training_loss < measurements[0].training_loss);
    assert!(measurements[9].training_loss < measurements[5].training_loss);
}

#[test]
fn stops_when_told() {
    let mut report = |m: Measurement| if m.epoch == 2 { Control::Stop } else { Control::Continue };
    for yaml in [AUTOENCODER, DEEP_SVDD] {
        let ended = run(&baseline(yaml), &task(), Path::new("."), &mut report).unwrap();
        assert!(matches!(ended, Ended::Stopped { epoch: 2 }), "{ended:?}");
    }
}

#[test]
fn a_step_too_large_is_a_numerical_failure() {
    let error = fails(&baseline("deep_svdd: {pretrain_epochs: 0, epochs: 40, lr: 1e9}"));
    assert!(matches!(error, TrialError::NotFinite { .. }), "{error}");
}

#[test]
fn pretrained_weights_are_those_of_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let spec = baseline("pretrained: {weights: net.safetensors, normalisation: none}");
    let run = || run(&spec, &task(), folder.path(), &mut |_| Control::Continue);
    let missing = run().unwrap_err().to_string();
    assert!(missing.contains("net.safetensors"), "{missing}");

    let saved = network(&spec, 7);
    let tensors = saved.params.iter().chain(saved.stats.iter());
    let tensors: Vec<_> = tensors
        .map(|(name, tensor)| (name, tensor.detach().contiguous()))
        .collect();
    Tensor::write_safetensors(&tensors, folder.path().join("net.safetensors")).unwrap();
    let Ended::Completed(outcome, _) = run().unwrap() else {
        panic!("was stopped")
    };
    let [z_trn, z_val] = [task().train, task().validation].map(|images| saved.outputs(&tensor(&images)));
    let scorer = Scorer::fit(spec.score, &z_trn.z).unwrap();
    let wanted = Vec::<f64>::try_from(scorer.score(&z_val).unwrap()).unwrap();
    assert_eq!(outcome.scores, wanted);
}

/// The trial's detector with weights drawn from `seed`.
fn network(spec: &TrialSpec, seed: u64) -> Network {
    let mut rng = shared_stream(seed, "saved", Purpose::Weights, 0);
    let none = Normalisation::new(&[0.0], &[1.0], Kind::Float, Device::Cpu);
    let place = (Kind::Float, Device::Cpu);
    Network::new(&spec.detector, 1, none, Path::new("."), &mut rng, place).unwrap()
}

fn tensor(images: &Images) -> Tensor {
    let size = [images.count, images.channels, images.height, images.width].map(|n| n as i64);
    Tensor::from_slice(&images.data).view(size)
}
