//! One run of a sweep, with the faults that are to strike it.

use super::{Fault, Setting, Variant, strike::Crew, tally::Tally};
use crate::{bin::augur, crew, sweep::without_times};
use anyhow::{Context, Result, bail, ensure};
use augur_proto::v1;
use serde::Serialize;
use serde_json::Value;
use std::{
    fs,
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::{task::JoinSet, time::sleep};

/// How often the sweep is looked at.
const GLANCE: Duration = Duration::from_millis(100);
/// A sweep of which nothing is heard for so long hangs; the longest faults take some seconds.
const HANGS: Duration = Duration::from_secs(180);

/// What came of a run.
#[derive(Clone, Debug, Serialize)]
pub struct Run {
    /// From the submission to the sweep's end, seconds.
    pub seconds: f64,
    /// What became of its trials.
    pub tally: Tally,
    /// Faults that found something to strike.
    pub struck: Vec<Fault>,
    /// Invariants of the store that do not hold.
    pub violations: Vec<String>,
    /// The leaderboard without its times.
    #[serde(skip)]
    pub leaderboard: Value,
}

/// Runs a sweep in `folder`, which is emptied first; `faults` are in the order in which they strike.
///
/// # Errors
/// A process that can't be started or does not end as it should, or a sweep that hangs.
pub async fn run(variant: Variant, spec: &str, faults: &[Fault], setting: Setting, folder: &Path) -> Result<Run> {
    if folder.exists() {
        fs::remove_dir_all(folder)?;
    }
    fs::create_dir_all(folder)?;
    let store = folder.join("store.sqlite");
    let crew = Arc::new(Crew::start(&store, folder, setting).await?);
    let begin = Instant::now();
    let name = crew.api().submit(spec).await?;
    let mut sweep = Sweep::new(&crew, &name, begin);
    let struck = sweep.disturb(faults).await?;
    sweep.end().await?;
    let seconds = begin.elapsed().as_secs_f64();
    let trials = crew.api().trials(&name).await?;
    let history = crew.api().history(&name).await?;
    let leaderboard = leaderboard(variant, &crew.api().url())?;
    fs::write(
        folder.join("leaderboard.json"),
        serde_json::to_vec_pretty(&leaderboard)?,
    )?;
    crew.stop().await?;
    Ok(Run {
        seconds,
        tally: Tally::of(&trials, &history),
        struck,
        violations: crew::violations(&store).await?,
        leaderboard: without_times(leaderboard),
    })
}

/// The leaderboard as users get it.
fn leaderboard(variant: Variant, url: &str) -> Result<Value> {
    let output = augur()
        .args(["leaderboard", variant.name(), "--format", "json", "--coordinator", url])
        .output()?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Ok(serde_json::from_slice(&output.stdout)?)
}

/// A sweep that runs.
struct Sweep<'a> {
    crew: &'a Arc<Crew>,
    name: &'a str,
    begin: Instant,
    seen: (v1::Progress, Instant),
}

impl<'a> Sweep<'a> {
    fn new(crew: &'a Arc<Crew>, name: &'a str, begin: Instant) -> Self {
        let seen = (v1::Progress::default(), begin);
        Self {
            crew,
            name,
            begin,
            seen,
        }
    }

    /// Lets each fault strike when its moment has come; returns once all of them are undone.
    async fn disturb(&mut self, faults: &[Fault]) -> Result<Vec<Fault>> {
        let mut striking = JoinSet::new();
        for (number, fault) in faults.iter().enumerate() {
            self.until(|progress| share(progress) >= fault.after).await?;
            let (crew, fault, begin) = (Arc::clone(self.crew), fault.clone(), self.begin);
            let over = over(&self.seen.0);
            let told = format!("fault {} of {}, {over} trials over", number + 1, faults.len());
            striking.spawn(async move {
                sleep(fault.delay()).await;
                let at = begin.elapsed().as_secs_f64();
                let struck = crew.strike(&fault).await.with_context(|| format!("{fault:?}"));
                let struck = struck.inspect_err(|error| eprintln!("  {at:6.1} s, {told} failed: {error:#}"))?;
                let kind = fault.kind.name();
                let missed = if struck { "" } else { ", which found nothing" };
                eprintln!(
                    "  {at:6.1} s, {told}: {kind}, worker {}, {:.1} s{missed}",
                    fault.worker, fault.lasts_s
                );
                Ok::<_, anyhow::Error>(struck.then_some(fault))
            });
        }
        let mut struck = Vec::new();
        while let Some(fault) = striking.join_next().await {
            struck.extend(fault??);
        }
        Ok(struck)
    }

    async fn end(&mut self) -> Result<()> {
        self.until(|progress| progress.groups_total > 0 && progress.groups_done == progress.groups_total)
            .await
    }

    /// Looks at the sweep again and again until `holds`; a coordinator that is away is no reason to give up.
    async fn until(&mut self, holds: impl Fn(&v1::Progress) -> bool) -> Result<()> {
        loop {
            let now = self.crew.api().sweep(self.name).await;
            if let Some(progress) = now.ok().and_then(|sweep| sweep.progress) {
                if holds(&progress) {
                    self.seen.0 = progress;
                    return Ok(());
                }
                if over(&progress) + progress.groups_done > over(&self.seen.0) + self.seen.0.groups_done {
                    self.seen = (progress, Instant::now());
                }
            }
            if self.seen.1.elapsed() > HANGS {
                bail!("no trial has ended for {HANGS:?}: {:?}", self.seen.0);
            }
            sleep(GLANCE).await;
        }
    }
}

/// Trials that are over, whatever became of them.
fn over(progress: &v1::Progress) -> u32 {
    progress.trials_completed + progress.trials_stopped + progress.trials_failed
}

fn share(progress: &v1::Progress) -> f64 {
    f64::from(over(progress)) / f64::from(progress.trials_total.max(1))
}
