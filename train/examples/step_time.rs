//! How long one step takes: `cargo run --release -p augur-train --example step_time`.
//!
//! ResNet of width 8, one block a stage, small stem, grey 16x16 images, 64 training and 64 validation images, float32,
//! one thread, rotation; milliseconds of processor time.

use augur_core::draws::{Purpose, shared_stream};
use augur_core::spec::{self, RotationSpec};
use augur_train::augment::{Augmentation, Draw};
use augur_train::detector::{Detector, Embedding, Mode, ResNetConfig, Stem};
use augur_train::hypergradient::{Hypergradient, HypergradientOrder};
use augur_train::loss::normalise;
use augur_train::normalisation::Normalisation;
use augur_train::optimiser::Optimiser;
use augur_train::{device, init};
use tch::{Device, Kind, Tensor, no_grad};

const STEPS: u32 = 100;

fn main() {
    device::prepare(1);
    let options = (Kind::Float, Device::Cpu);
    let detector = Detector::resnet(&ResNetConfig {
        channels: 1,
        stem: Stem::Small,
        width: 8,
        blocks: vec![1; 4],
        head: 64,
        embedding: Embedding::Last,
    });
    let mut draws = shared_stream(0, "step_time", Purpose::Weights, 0);
    let (params, mut stats) = init::draw(&detector, &mut draws, options.0, options.1);
    let mut optimiser = Optimiser::new(&spec::Optimiser::adam(1e-3), params.iter());
    let normalisation = Normalisation::new(&[0.3], &[0.3], options.0, options.1);
    let (x_trn, x_val) = (
        Tensor::rand([64, 1, 16, 16], options),
        Tensor::rand([64, 1, 16, 16], options),
    );
    let raw = Tensor::from_slice(&[1.0f32]);
    let draw = Draw::default();

    let mut plain = || {
        let x_aug = no_grad(|| normalisation.apply(&RotationSpec::default().apply(&raw, &x_trn, &draw)));
        let loss = detector.training_loss(&params, &normalisation.apply(&x_trn), &x_aug, &Mode::Track(&mut stats));
        let gradients = Tensor::run_backward(&[loss], params.tensors(), false, false);
        optimiser.step(params.tensors(), &gradients);
    };
    time("theta step", &mut plain);
    for order in [HypergradientOrder::FirstOrder, HypergradientOrder::Exact] {
        let hypergradient = Hypergradient {
            detector: &detector,
            augmentation: &RotationSpec::default(),
            normalisation: &normalisation,
            loss: &|t, a, v| normalise(t, a, v).mean_distance(),
            inner_lr: 1e-2,
            order,
        };
        let mut step = || drop(hypergradient.compute(&params, &raw, &x_trn, &x_val, &draw));
        time(&format!("hypergradient, {order:?}"), &mut step);
    }
}

fn time(what: &str, step: &mut dyn FnMut()) {
    (0..10).for_each(|_| step());
    let mut times: Vec<f64> = (0..STEPS)
        .map(|_| {
            let start = cpu_seconds();
            step();
            (cpu_seconds() - start) * 1e3
        })
        .collect();
    times.sort_by(f64::total_cmp);
    println!(
        "{what}: median {:.2} ms, least {:.2} ms",
        times[times.len() / 2],
        times[0]
    );
}

/// Processor time of this process, which other work on the machine hardly moves.
fn cpu_seconds() -> f64 {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the pointer is to a timespec of this frame.
    unsafe { libc::clock_gettime(libc::CLOCK_PROCESS_CPUTIME_ID, &mut time) };
    time.tv_sec as f64 + time.tv_nsec as f64 * 1e-9
}
