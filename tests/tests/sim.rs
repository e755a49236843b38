//! A short form of `make sim`: sweeps on a network that fails come to their end, and a seed gives one run.

use augur_tests::sim::{Kind, Report, Runs};
use std::time::Instant;

/// Enough for every kind of fault to strike some times.
const SEEDS: u64 = 60;

#[test]
fn sweeps_on_a_network_that_fails_come_to_the_same_end() {
    let (begin, runs) = (Instant::now(), Runs::default());
    let mut report = Report::default();
    for seed in 0..SEEDS {
        report.add(runs.run(seed));
    }
    let text = report.text(begin.elapsed());
    println!("{text}");
    assert!(report.failures().is_empty(), "{text}");
    for kind in Kind::ALL {
        assert!(report.struck(kind) > 0, "no {kind:?} in\n{text}");
    }
}

#[test]
fn a_seed_that_is_run_again_gives_the_same_run() {
    for seed in 0..8 {
        let trace = || Runs::default().run(seed).map(|run| (run.trace, run.lasted, run.struck));
        let (first, again) = (trace().unwrap(), trace().unwrap());
        assert_eq!(first, again, "seed {seed}");
    }
    let traces: Vec<String> = [0, 2].map(|seed| Runs::default().run(seed).unwrap().trace).into();
    assert_ne!(traces[0], traces[1]);
}
