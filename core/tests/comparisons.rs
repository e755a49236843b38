//! Rank correlations, Wilcoxon's test, components of variance and intervals of means on random inputs, against SciPy and NumPy,
//! which tests/python/comparisons.py asks.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use augur_core::measure::{Alternative, Components, Estimate, kendall, spearman, wilcoxon};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::{Value, json};
use std::{
    io::Write,
    path::Path,
    process::{Command, Stdio},
};

/// What the program says of `input`.
fn ask(input: &Value) -> Value {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    let python = package.join("../.venv/bin/python");
    assert!(
        python.exists(),
        "{} is missing; run `make setup-test`",
        python.display()
    );
    let mut program = Command::new(python)
        .arg(package.join("tests/python/comparisons.py"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = program.stdin.take().unwrap();
    stdin.write_all(input.to_string().as_bytes()).unwrap();
    drop(stdin);
    let output = program.wait_with_output().unwrap();
    assert!(output.status.success(), "comparisons.py failed; run `make setup-test`");
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Lists of `n` numbers of so many levels, the second leaning on the first.
fn pairs(rng: &mut ChaCha8Rng, n: usize, levels: u32) -> (Vec<f64>, Vec<f64>) {
    let mut number = || f64::from(rng.random_range(0..levels)) / f64::from(levels);
    (0..n)
        .map(|_| {
            let a = number();
            (a, ((a + number()) * f64::from(levels)).floor() / f64::from(levels))
        })
        .unzip()
}

fn close(what: &str, got: f64, want: &Value, tolerance: f64) {
    let want = want.as_f64().unwrap();
    assert!((got - want).abs() < tolerance, "{what}: {got}, not {want}");
}

#[test]
fn comparisons_are_those_of_scipy() {
    let mut rng = ChaCha8Rng::seed_from_u64(11);
    let sizes = [(3, 1000), (8, 1000), (12, 4), (11, 3), (12, 1_000_000)];
    let lists: Vec<_> = sizes.iter().map(|&(n, levels)| pairs(&mut rng, n, levels)).collect();
    let tables: Vec<Vec<Vec<f64>>> = [(2, 2), (8, 3), (5, 10)]
        .map(|(starts, seeds)| {
            let of_seeds: Vec<f64> = (0..seeds).map(|_| rng.random_range(0.0..0.3)).collect();
            let row = |_| {
                let start = rng.random_range(0.0..0.5);
                of_seeds
                    .iter()
                    .map(|seed| start + seed + rng.random_range(0.0..0.2))
                    .collect()
            };
            (0..starts).map(row).collect()
        })
        .into();
    let means: Vec<Vec<f64>> = vec![(0..41).map(|_| rng.random_range(0.0..1.0)).collect()];
    let input = lists.iter().map(|(a, b)| json!({"a": a, "b": b}));
    let answer = ask(&json!({"pairs": input.collect::<Vec<_>>(), "tables": tables, "means": means}));

    for ((a, b), expected) in lists.iter().zip(answer["pairs"].as_array().unwrap()) {
        close("spearman", spearman(a, b).unwrap(), &expected["spearman"], 1e-12);
        close("kendall", kendall(a, b).unwrap(), &expected["kendall"], 1e-12);
        let test = wilcoxon(a, b, Alternative::TwoSided).unwrap();
        close("wilcoxon", test.p, &expected["wilcoxon"], 1e-12);
    }
    for (table, expected) in tables.iter().zip(answer["tables"].as_array().unwrap()) {
        let crossed = Components::crossed(std::slice::from_ref(table)).unwrap();
        close("start", crossed.start, &expected["start"], 1e-12);
        close("seed", crossed.seed, &expected["seed"], 1e-12);
        close("rest", crossed.rest.unwrap(), &expected["rest"], 1e-12);
        let by_seed: Vec<Vec<f64>> = (0..table[0].len())
            .map(|j| table.iter().map(|row| row[j]).collect())
            .collect();
        let nested = Components::nested(&[by_seed]).unwrap();
        close("nested start", nested.start, &expected["nested_start"], 1e-12);
        close("nested seed", nested.seed, &expected["nested_seed"], 1e-12);
    }
    // Other draws: as close as so many of them allow.
    for (values, expected) in means.iter().zip(answer["means"].as_array().unwrap()) {
        let [low, high] = Estimate::mean(values, &mut rng).unwrap().interval.unwrap();
        close("low", low, &expected["low"], 0.015);
        close("high", high, &expected["high"], 0.015);
    }
}
