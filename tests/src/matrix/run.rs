//! One run of the script on a store of its own, and what came of it.

use super::{Digest, Fault, Mode, Stores, calls::Calls, host::Host, script};
use anyhow::{Context, Result, ensure};
use serde::Serialize;
use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};
use tokio::time::timeout;

/// A run that takes longer hangs.
const HANGS: Duration = Duration::from_secs(120);

/// The undisturbed run.
pub struct Calm {
    /// What is in the store in the end.
    pub digest: Digest,
    /// The name of each persistence step, in order.
    pub steps: Vec<String>,
    /// By call: what its second delivery gave, where each call was delivered twice.
    pub seconds: BTreeMap<&'static str, Vec<String>>,
}

/// What came of a disturbed run.
#[derive(Clone, Debug, Serialize)]
pub struct Run {
    /// What was done to it.
    pub fault: Fault,
    /// How often the coordinator was started again.
    pub restarts: u32,
    /// Trials that did not come to the end that they should.
    pub lost: usize,
    /// Trials that were begun or came to an end more often than they should.
    pub repeated: usize,
    /// What is wrong; none, if nothing is.
    pub wrong: Option<String>,
    /// How long it took, seconds.
    pub seconds: f64,
}

/// Plays the script undisturbed, each call once or twice.
///
/// # Errors
/// A run that does not come to its end, or breaks an invariant.
pub async fn calm(stores: &Stores, twice: bool) -> Result<Calm> {
    let played = timeout(HANGS, play(stores, None, twice, true)).await;
    let (calm, restarts, violations) = played.context("it hangs")??;
    ensure!(restarts == 0, "the coordinator died by itself");
    ensure!(violations.is_empty(), "{}", violations.join("; "));
    Ok(calm)
}

/// Plays it with one fault, and compares; `verbose` shows what the coordinator says.
pub async fn disturbed(stores: &Stores, fault: Fault, calm: &Calm, verbose: bool) -> Run {
    let begin = Instant::now();
    let played = timeout(HANGS, play(stores, Some(fault), false, verbose)).await;
    let played = played.context("it hangs").flatten();
    let mut run = Run {
        fault,
        restarts: 0,
        lost: 0,
        repeated: 0,
        wrong: None,
        seconds: begin.elapsed().as_secs_f64(),
    };
    match played {
        Ok((end, restarts, violations)) => {
            run.restarts = restarts;
            run.lost = end.digest.lost(&calm.digest);
            run.repeated = end.digest.repeated(&calm.digest);
            let struck = match fault.mode {
                Mode::StopBefore | Mode::StopAfter => restarts > 0,
                Mode::Fails | Mode::AnswerLost => end.steps.len() as u64 >= fault.step,
            };
            run.wrong = match (violations.is_empty(), struck) {
                (false, _) => Some(violations.join("; ")),
                (true, false) => Some("the fault did not strike".into()),
                (true, true) => end.digest.difference(&calm.digest),
            };
        }
        Err(error) => run.wrong = Some(format!("{error:#}")),
    }
    run
}

/// What is in the store in the end, restarts, and what the check of the store found.
async fn play(stores: &Stores, fault: Option<Fault>, twice: bool, verbose: bool) -> Result<(Calm, u32, Vec<String>)> {
    let place = stores.place().await?;
    let place = if verbose { place.with_log() } else { place };
    let mut calls = Calls {
        host: Host::new(place, fault),
        twice,
        seconds: BTreeMap::new(),
    };
    let played = to_the_end(&mut calls).await;
    let restarts = calls.host.restarts;
    let place = calls.host.end().await?;
    let played = match played {
        Ok((digest, steps)) => {
            let violations = place.check().await?;
            let seconds = calls.seconds;
            Ok((Calm { digest, steps, seconds }, restarts, violations))
        }
        Err(error) => Err(match place.complaints() {
            said if said.is_empty() => error,
            said => error.context(said),
        }),
    };
    place.remove().await?;
    played
}

async fn to_the_end(calls: &mut Calls) -> Result<(Digest, Vec<String>)> {
    script::play(calls).await.context("the script")?;
    calls.twice = false;
    let steps = calls.host.steps().await?;
    let digest = Digest::read(calls).await.context("the end")?;
    Ok((digest, steps))
}
