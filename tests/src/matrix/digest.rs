//! What a store holds in the end, without times: to be equal, line for line, however the script was disturbed.

use super::{
    calls::Calls,
    script::{SWEEPS, read},
};
use anyhow::{Context, Result};
use augur_proto::v1::{self, TrialState, watch_sweep_response::Event};
use std::{collections::BTreeMap, fmt::Debug, time::Duration};
use tokio::time::timeout;

/// How long a history may take to be read.
const PATIENCE: Duration = Duration::from_secs(30);

/// The final state, a line for each thing, with every number in full.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Digest {
    /// The lines.
    pub lines: Vec<String>,
    /// What became of each trial, by its name.
    trials: BTreeMap<String, Fact>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Fact {
    /// State, outcome, cause.
    end: String,
    attempts: u32,
    /// How often it came to an end.
    ends: u32,
}

impl Digest {
    /// Reads it.
    ///
    /// # Errors
    /// A sweep that isn't over, or a coordinator that's away.
    pub async fn read(calls: &mut Calls) -> Result<Self> {
        let mut digest = Self::default();
        for sweep in SWEEPS {
            digest.sweep(calls, sweep).await.context(sweep)?;
        }
        let workers = read(calls, |mut api| async move {
            api.sweeps.list_workers(v1::ListWorkersRequest::default()).await
        });
        for worker in workers.await?.workers {
            digest.line(&v1::Worker {
                last_heartbeat_time: None,
                ..worker
            });
        }
        Ok(digest)
    }

    fn line(&mut self, thing: &impl Debug) {
        self.lines.push(format!("{thing:?}"));
    }

    async fn sweep(&mut self, calls: &mut Calls, name: &'static str) -> Result<()> {
        let sweep = read(calls, |mut api| async move {
            let name = name.to_owned();
            api.sweeps.get_sweep(v1::GetSweepRequest { name }).await
        });
        let sweep = without_times(sweep.await?);
        let parent = sweep.name.clone();
        self.line(&sweep);
        let groups = read(calls, |mut api| {
            let parent = parent.clone();
            let request = v1::ListGroupsRequest {
                parent,
                ..Default::default()
            };
            async move { api.sweeps.list_groups(request).await }
        });
        for group in groups.await?.groups {
            self.line(&group);
            let pictures = read(calls, |mut api| {
                let request = v1::ListPicturesRequest {
                    parent: parent.clone(),
                    group: group.index,
                };
                async move { api.sweeps.list_pictures(request).await }
            });
            self.line(&pictures.await?);
        }
        let trials = read(calls, |mut api| {
            let parent = parent.clone();
            let request = v1::ListTrialsRequest {
                parent,
                ..Default::default()
            };
            async move { api.sweeps.list_trials(request).await }
        });
        for trial in trials.await?.trials {
            self.trial(calls, trial.name).await?;
        }
        let board = read(calls, |mut api| async move {
            let name = name.to_owned();
            api.sweeps.get_leaderboard(v1::GetLeaderboardRequest { name }).await
        });
        self.line(&board.await?);
        self.history(calls, name).await
    }

    async fn trial(&mut self, calls: &mut Calls, name: String) -> Result<()> {
        let trial = read(calls, |mut api| {
            let name = name.clone();
            async move { api.sweeps.get_trial(v1::GetTrialRequest { name }).await }
        });
        let mut trial = trial.await?;
        trial.update_time = None;
        self.line(&trial);
        let fact = self.trials.entry(name.clone()).or_default();
        fact.attempts = trial.attempts;
        fact.end = format!("{:?} {:?} {:?}", trial.state(), trial.outcome, trial.cause);
        let measured = read(calls, |mut api| {
            let parent = name.clone();
            let request = v1::ListMeasurementsRequest { parent, group: None };
            async move { api.sweeps.list_measurements(request).await }
        });
        self.line(&measured.await?);
        for attempt in 1..=trial.attempts {
            let log = read(calls, |mut api| {
                let request = v1::ListLogLinesRequest {
                    parent: name.clone(),
                    attempt,
                    after_sequence: 0,
                };
                async move { api.sweeps.list_log_lines(request).await }
            });
            self.line(&log.await?);
        }
        Ok(())
    }

    /// Every state that the sweep, its groups and its trials went through, in order.
    async fn history(&mut self, calls: &mut Calls, name: &'static str) -> Result<()> {
        let channel = calls.host.channel().await?;
        let mut api = v1::sweep_service_client::SweepServiceClient::new(channel);
        let request = v1::WatchSweepRequest {
            name: name.to_owned(),
            resume_revision: 1,
        };
        let mut events = api.watch_sweep(request).await?.into_inner();
        loop {
            let next = timeout(PATIENCE, events.message()).await;
            let Some(next) = next.context("the sweep is not over")?? else {
                return Ok(());
            };
            match next.event {
                Some(Event::Trial(trial)) => {
                    if is_end(trial.state()) {
                        self.trials.entry(trial.name.clone()).or_default().ends += 1;
                    }
                    // Outcomes and the state of now are above.
                    let (state, cause) = (trial.state(), &trial.cause);
                    self.line(&(trial.index, state, trial.attempts, &trial.worker, cause));
                }
                Some(Event::Group(group)) => self.line(&group),
                // The first of them, which created the sweep, may be the revision before the first event.
                Some(Event::Sweep(sweep)) if sweep.state() != v1::SweepState::Running => self.line(&sweep.state()),
                _ => {}
            }
        }
    }

    /// Trials of `calm` that did not come to the same end here.
    pub fn lost(&self, calm: &Self) -> usize {
        let same = |(name, fact): &(&String, &Fact)| self.trials.get(*name).is_some_and(|own| own.end == fact.end);
        calm.trials.iter().filter(|trial| !same(trial)).count()
    }

    /// Trials that came to an end, or were begun, more often than in `calm`.
    pub fn repeated(&self, calm: &Self) -> usize {
        let more = |(name, fact): &(&String, &Fact)| {
            let known = calm.trials.get(*name);
            known.is_none_or(|known| fact.ends > known.ends || fact.attempts > known.attempts)
        };
        self.trials.iter().filter(more).count()
    }

    /// The first line that is another one in `calm`.
    pub fn difference(&self, calm: &Self) -> Option<String> {
        let lines = self.lines.len().max(calm.lines.len());
        let at = (0..lines).find(|at| self.lines.get(*at) != calm.lines.get(*at))?;
        let shown = |lines: &[String]| lines.get(at).cloned().unwrap_or_else(|| "nothing".into());
        Some(format!(
            "line {at} is\n  {}\ninstead of\n  {}",
            shown(&self.lines),
            shown(&calm.lines)
        ))
    }
}

fn is_end(state: TrialState) -> bool {
    match state {
        TrialState::Completed | TrialState::Failed | TrialState::Cancelled | TrialState::Stopped => true,
        TrialState::Pending | TrialState::Running | TrialState::Unspecified => false,
    }
}

fn without_times(sweep: v1::Sweep) -> v1::Sweep {
    v1::Sweep {
        create_time: None,
        end_time: None,
        progress: sweep.progress.map(|progress| v1::Progress {
            workers_connected: 0,
            ..progress
        }),
        ..sweep
    }
}
