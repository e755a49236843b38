//! Runs of many seeds, each in a process of its own: libraries keep counts for the life of a process, which would make a run
//! depend on those before it.

use super::run::{Failure, Run};
use std::{
    ops::Range,
    path::Path,
    process::Command,
    sync::{
        atomic::{AtomicU64, Ordering::Relaxed},
        mpsc,
    },
    thread,
};

/// Runs every seed with the program `sim`, so many side by side, and gives each result as it comes.
pub fn each(sim: &Path, seeds: Range<u64>, jobs: usize, mut take: impl FnMut(Result<Run, Failure>)) {
    let next = AtomicU64::new(seeds.start);
    thread::scope(|scope| {
        let (done, results) = mpsc::channel();
        for _ in 0..jobs {
            let (done, next, end) = (done.clone(), &next, seeds.end);
            scope.spawn(move || {
                loop {
                    let seed = next.fetch_add(1, Relaxed);
                    if seed >= end || done.send(one(sim, seed)).is_err() {
                        return;
                    }
                }
            });
        }
        drop(done);
        results.into_iter().for_each(&mut take);
    });
}

fn one(sim: &Path, seed: u64) -> Result<Run, Failure> {
    let failure = |what: String| Failure { seed, what };
    let output = Command::new(sim)
        .args(["--json", "--seed", &seed.to_string()])
        .output()
        .map_err(|error| failure(format!("{} could not be started: {error}", sim.display())))?;
    let said = serde_json::from_slice(&output.stdout).map_err(|_| {
        let words = String::from_utf8_lossy(&output.stderr);
        failure(format!("the process ended with {}: {}", output.status, words.trim()))
    });
    said?
}
