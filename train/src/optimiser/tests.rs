//! Update rules by hand and against PyTorch's own; saving and going on.

use super::*;
use crate::testing::{difference, noise};

/// The parameters after each of the given gradients, from (1, -2).
fn path(optimiser: &mut Optimiser, gradients: &[[f64; 2]]) -> Vec<f64> {
    let params = [Tensor::from_slice(&[1.0]), Tensor::from_slice(&[-2.0])];
    let mut path = Vec::new();
    for [a, b] in gradients {
        optimiser.step(&params, &[Tensor::from_slice(&[*a]), Tensor::from_slice(&[*b])]);
        path.extend(params.iter().map(|p| p.double_value(&[0])));
    }
    path
}

fn new(spec: &spec::Optimiser) -> Optimiser {
    let param = Tensor::from_slice(&[0.0]);
    Optimiser::new(spec, [("a", &param), ("b", &param)])
}

fn assert_close(got: &[f64], want: &[f64]) {
    assert_eq!(got.len(), want.len());
    for (g, w) in got.iter().zip(want) {
        assert!((g - w).abs() < 1e-12, "{got:?} is not {want:?}");
    }
}

#[test]
fn sgd_with_momentum_by_hand() {
    let mut sgd = new(&spec::Optimiser::sgd(0.1, 0.5));
    // Buffers: (2, -4), then 0.5 * (2, -4) + (1, 1) = (2, -1).
    assert_close(&path(&mut sgd, &[[2.0, -4.0], [1.0, 1.0]]), &[0.8, -1.6, 0.6, -1.5]);
}

#[test]
fn adam_by_hand() {
    let mut adam = new(&spec::Optimiser::adam(0.1));
    let by_hand = |p: f64, g: [f64; 2]| {
        let (m1, v1) = (0.1 * g[0], 0.001 * g[0] * g[0]);
        let p1 = p - 0.1 * (m1 / 0.1) / ((v1 / 0.001).sqrt() + 1e-8);
        let (m2, v2) = (0.9 * m1 + 0.1 * g[1], 0.999 * v1 + 0.001 * g[1] * g[1]);
        let p2 = p1 - 0.1 * (m2 / (1.0 - 0.81)) / ((v2 / (1.0 - 0.999f64.powi(2))).sqrt() + 1e-8);
        [p1, p2]
    };
    let [a1, a2] = by_hand(1.0, [2.0, 1.0]);
    let [b1, b2] = by_hand(-2.0, [-4.0, 1.0]);
    assert_close(&path(&mut adam, &[[2.0, -4.0], [1.0, 1.0]]), &[a1, b1, a2, b2]);
}

#[test]
fn goes_on_from_a_saved_state() {
    let gradients = [[2.0, -4.0], [1.0, 1.0], [0.5, -3.0]];
    for spec in [spec::Optimiser::adam(0.1), spec::Optimiser::sgd(0.1, 0.9)] {
        let mut whole = new(&spec);
        path(&mut whole, &gradients[..2]);
        let saved = whole.state();
        let mut resumed = new(&spec);
        let find = |name: &str| saved.iter().find(|(n, _)| n == name).map(|(_, t)| t.shallow_clone());
        resumed.load_state(find).unwrap();
        assert_eq!(path(&mut whole, &gradients[2..]), path(&mut resumed, &gradients[2..]));
    }
}

#[test]
fn refuses_the_state_of_another_optimiser() {
    let saved = new(&spec::Optimiser::sgd(0.1, 0.9)).state();
    let mut adam = new(&spec::Optimiser::adam(0.1));
    let find = |name: &str| saved.iter().find(|(n, _)| n == name).map(|(_, t)| t.shallow_clone());
    assert_eq!(
        adam.load_state(find),
        Err(StateError::Missing {
            name: "a.second".to_owned()
        })
    );
}

/// One case of optimisers.json: the parameters after each step of PyTorch's own.
#[derive(serde::Deserialize)]
struct Torch {
    spec: spec::Optimiser,
    clip_norm: Option<f64>,
    path: Vec<f64>,
}

#[test]
fn every_option_does_what_pytorch_does() {
    let cases: Vec<Torch> = serde_json::from_str(include_str!("../../tests/data/torch/optimisers.json")).unwrap();
    for case in cases {
        let params = [noise(&[3], 1.0), noise(&[2, 2], 2.0)];
        let named = ["a", "b"].into_iter().zip(&params);
        let mut optimiser = Optimiser::new(&case.spec, named).with_clip_norm(case.clip_norm);
        let mut path = Vec::new();
        for step in 0..6 {
            let gradient = |i: usize| (noise(&params[i].size(), 3.0 + step as f64 + 10.0 * i as f64) - 0.5) * 4.0;
            optimiser.step(&params, &[gradient(0), gradient(1)]);
            path.push(Tensor::cat(&params.each_ref().map(|p| p.flatten(0, -1)), 0).copy());
        }
        let apart = difference(&Tensor::cat(&path, 0), &Tensor::from_slice(&case.path));
        assert!(apart < 1e-9, "{:?} is off by {apart:e}", case.spec);
    }
}

#[test]
fn a_factor_scales_the_step() {
    for spec in [
        spec::Optimiser::sgd(0.1, 0.9),
        spec::Optimiser::Adamw {
            lr: 0.1,
            weight_decay: 0.5,
        },
    ] {
        let moved = |factor: f64| {
            let mut optimiser = new(&spec);
            optimiser.set_factor(factor);
            let path = path(&mut optimiser, &[[2.0, -4.0]]);
            [path[0] - 1.0, path[1] + 2.0]
        };
        assert_close(&moved(0.5), &moved(1.0).map(|x| x / 2.0));
        assert_close(&moved(0.0), &[0.0, 0.0]);
    }
}

#[test]
fn without_parameters_there_is_nothing_to_do() {
    let mut optimiser = Optimiser::new(&spec::Optimiser::adam(0.1), []);
    optimiser.step(&[], &[]);
    assert_eq!(optimiser.state().len(), 1, "the number of steps alone");
}
