//! The one thing by which the benchmark fails: a result that was acknowledged has to be there, once.

use std::{collections::HashSet, path::Path, process::Command};

use anyhow::{Result, ensure};
use augur_proto::v1;

use super::{load::Done, submit::api};

/// Every acknowledged completion is another trial, and the coordinator counts as many.
pub(super) async fn settle(url: &str, sweep: &str, before: u32, done: &[Done]) -> Result<u32> {
    let acknowledged: Vec<&String> = done.iter().flat_map(|done| &done.trials).collect();
    let distinct: HashSet<_> = acknowledged.iter().collect();
    ensure!(
        distinct.len() == acknowledged.len(),
        "{} trials were completed twice",
        acknowledged.len() - distinct.len()
    );
    let request = v1::GetSweepRequest { name: sweep.to_owned() };
    let sweep = api(url).await?.get_sweep(request).await?.into_inner();
    let progress = sweep.progress.unwrap_or_default();
    let completed = progress.trials_completed - before;
    ensure!(
        completed as usize == distinct.len(),
        "{} completions were acknowledged, and the store has {completed}",
        distinct.len()
    );
    ensure!(
        progress.trials_running == 0,
        "{} leases are left over",
        progress.trials_running
    );
    Ok(progress.trials_completed)
}

/// Has the coordinator's program check everything in a store.
pub(super) fn check(coordinator: &Path, store: &str) -> Result<()> {
    let answer = Command::new(coordinator)
        .args(["store", "check", "--store", store])
        .output()?;
    let text = String::from_utf8_lossy(&answer.stdout);
    ensure!(
        answer.status.success(),
        "the check of the store says: {text}{}",
        String::from_utf8_lossy(&answer.stderr)
    );
    eprintln!("  store check: {}", text.trim());
    Ok(())
}
