//! Measures of rankings against scikit-learn, which tests/python/measures.py asks.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use augur_core::measure::{auroc, average_precision, f1_max};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::{Value, json};
use std::{
    io::Write,
    path::Path,
    process::{Command, Stdio},
};

/// Scores with and without ties, and labels of both classes, rare and common.
fn rankings() -> Vec<(Vec<f64>, Vec<bool>)> {
    let mut rng = ChaCha8Rng::seed_from_u64(5);
    let mut ranking = |n: usize, levels: u32, share: f64| {
        let labels: Vec<bool> = (0..n).map(|i| i == 0 || (i > 1 && rng.random_bool(share))).collect();
        let scores = labels.iter().map(|&label| {
            let noise = f64::from(rng.random_range(0..levels)) / f64::from(levels);
            noise + 0.3 * f64::from(label)
        });
        (scores.collect(), labels)
    };
    vec![
        ranking(2, 1000, 0.5),
        ranking(50, 4, 0.5),
        ranking(400, 1_000_000, 0.3),
        ranking(400, 10, 0.05),
        ranking(1000, 100, 0.9),
    ]
}

#[test]
fn measures_are_those_of_scikit_learn() {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    let python = package.join("../.venv/bin/python");
    assert!(
        python.exists(),
        "{} is missing; run `make setup-test`",
        python.display()
    );
    let cases = rankings();
    let input: Vec<_> = cases
        .iter()
        .map(|(scores, labels)| json!({"scores": scores, "labels": labels}))
        .collect();
    let mut program = Command::new(python)
        .arg(package.join("tests/python/measures.py"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = program.stdin.take().unwrap();
    stdin.write_all(Value::from(input).to_string().as_bytes()).unwrap();
    drop(stdin);
    let output = program.wait_with_output().unwrap();
    assert!(output.status.success());
    let expected: Vec<Value> = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(expected.len(), cases.len());
    for ((scores, labels), expected) in cases.iter().zip(&expected) {
        for (name, value) in [
            ("auroc", auroc(scores, labels)),
            ("average_precision", average_precision(scores, labels)),
            ("f1_max", f1_max(scores, labels)),
        ] {
            let (value, expected) = (value.unwrap(), expected[name].as_f64().unwrap());
            assert!((value - expected).abs() < 1e-12, "{name}: {value}, not {expected}");
        }
    }
}
