//! Losses and scores against POT, SciPy and scikit-learn, which tests/python/losses.py asks.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use augur_core::draws::{Purpose, shared_stream};
use augur_core::spec::{KnnSpec, Score, ValidationLoss};
use augur_train::detector::Output;
use augur_train::loss::normalise;
use augur_train::score::Scorer;
use rand::Rng;
use rand_distr::StandardNormal;
use serde_json::Value;
use tch::{Kind, Tensor};

const DIMENSIONS: usize = 6;

/// Rows [n, 6] around `centre` in every dimension, for one seed.
fn rows(n: usize, centre: f64, seed: u64) -> Tensor {
    let mut rng = shared_stream(seed, "independent", Purpose::Weights, 0);
    let normal = |_| centre + rng.sample::<f64, _>(StandardNormal);
    let values: Vec<f64> = (0..n * DIMENSIONS).map(normal).collect();
    Tensor::from_slice(&values).view([n as i64, DIMENSIONS as i64])
}

fn list(z: &Tensor) -> Vec<Vec<f64>> {
    Vec::try_from(z).unwrap()
}

/// The program's answer about three groups of embeddings.
fn ask([trn, aug, val]: [&Tensor; 3]) -> Value {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    let python = package.join("../.venv/bin/python");
    assert!(
        python.exists(),
        "{} is missing; run `make setup-test`",
        python.display()
    );
    let mut program = Command::new(python)
        .arg(package.join("tests/python/losses.py"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let groups = serde_json::json!({"trn": list(trn), "aug": list(aug), "val": list(val)});
    let mut stdin = program.stdin.take().unwrap();
    stdin.write_all(groups.to_string().as_bytes()).unwrap();
    drop(stdin);
    let output = program.wait_with_output().unwrap();
    assert!(output.status.success(), "losses.py failed; run `make setup-test`");
    serde_json::from_slice(&output.stdout).unwrap()
}

fn close(got: f64, want: f64, tolerance: f64, what: &str) {
    let apart = (got - want).abs() / want.abs();
    println!("{what}: {got:.9}, off by {apart:.1e} relative");
    assert!(apart < tolerance, "{what} is {got} where {want} is right");
}

#[test]
fn losses_and_scores_are_those_of_other_libraries() {
    for seed in 0..3 {
        let val = Tensor::cat(&[rows(25, 0.0, seed + 10), rows(12, 1.2, seed + 20)], 0);
        let (trn, aug) = (rows(30, 0.0, seed + 30), rows(30, 1.0, seed + 40));
        let answer = ask([&trn, &aug, &val]);
        let number = |name: &str| answer[name].as_f64().unwrap();

        let normalised = normalise(&trn, &aug, &val);
        let loss = |which| normalised.loss(which).double_value(&[]);
        close(
            loss(ValidationLoss::MeanDistance),
            number("mean_distance"),
            1e-12,
            "mean distance",
        );
        close(loss(ValidationLoss::Mmd), number("mmd"), 1e-11, "MMD");
        // Ours makes a fixed number of iterations.
        close(loss(ValidationLoss::Sinkhorn), number("sinkhorn"), 1e-6, "Sinkhorn");
        // There the share is the best of a grid.
        close(
            loss(ValidationLoss::MixtureEnergy),
            number("mixture_energy"),
            1e-6,
            "mixture energy",
        );

        let output = Output {
            z: val.copy(),
            logit: Tensor::zeros([37], (Kind::Double, val.device())),
        };
        for (name, spec) in [("gde", Score::Gde), ("knn", Score::Knn(KnnSpec { k: 4 }))] {
            let scores = Scorer::fit(spec, &trn).unwrap().score(&output).unwrap();
            let wanted = answer[name].as_array().unwrap();
            assert_eq!(wanted.len(), 37);
            for (i, want) in wanted.iter().enumerate() {
                close(scores.double_value(&[i as i64]), want.as_f64().unwrap(), 1e-9, name);
            }
        }
    }
}
