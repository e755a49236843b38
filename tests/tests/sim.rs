//! A short form of `make sim`: sweeps on a network that fails come to their end, and a seed gives one run.
#![allow(clippy::unwrap_used, reason = "a panic here is a failed test")]

use augur_tests::sim::{Kind, Report, each};
use std::{path::Path, process::Command, time::Instant};

/// Enough for every kind of fault to strike some times.
const SEEDS: u64 = 60;

#[test]
fn sweeps_on_a_network_that_fails_come_to_the_same_end() {
    let begin = Instant::now();
    let mut report = Report::default();
    let sim = Path::new(env!("CARGO_BIN_EXE_sim"));
    each(sim, 0..SEEDS, 2, |run| report.add(run));
    let text = report.text(begin.elapsed());
    println!("{text}");
    assert!(report.failures().is_empty(), "{text}");
    for kind in Kind::ALL {
        assert!(report.struck(kind) > 0, "no {kind:?} in\n{text}");
    }
}

/// What `sim --seed` says of a run: the hash of its trace, its messages, how long it lasted.
fn replay(seed: u64) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_sim"))
        .args(["--seed", &seed.to_string()])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    let text = String::from_utf8(output.stdout).unwrap();
    let trace = text.lines().find(|line| line.starts_with("trace "));
    trace.unwrap().to_owned()
}

#[test]
fn a_seed_that_is_run_again_gives_the_same_run() {
    for seed in 0..8 {
        assert_eq!(replay(seed), replay(seed), "seed {seed}");
    }
    assert_ne!(replay(0), replay(2));
}
