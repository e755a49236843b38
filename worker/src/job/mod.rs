//! The work of one lease: a trial in a slot's child process, or an evaluation.

mod aside;
mod leave;
mod pictures;
mod restore;
mod stored;

use crate::{
    artifacts,
    evaluate::evaluate,
    packing::Packing,
    roots::Roots,
    slot::{
        Ended, Heard, Orders, Slot,
        protocol::{Checkpointing, Computed, Done, Earlier, Run},
    },
    stores::Base,
};
use augur_core::{
    id::TrialId,
    plan::TrialSpec,
    state::{Cause, CauseKind},
};
use augur_depot::Mirror;
use augur_link::{CHECKPOINT, Coordinator, End, Held, Reporter, Work};
use augur_proto::v1::{self, lease};
use std::{
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};
use tokio_util::sync::CancellationToken;
use tracing::warn;

/// What every job of a worker uses.
#[derive(Clone)]
pub(crate) struct Bench {
    pub coordinator: Coordinator,
    pub reporter: Reporter,
    pub base: Base,
    /// Where specs may lead.
    pub roots: Roots,
    /// The folder for what trials leave behind, if that is kept.
    pub artifacts: Option<PathBuf>,
    /// The store that keeps what is in that folder, if there is one.
    pub mirror: Option<Mirror>,
    /// Which trials may run side by side.
    pub packing: Packing,
    /// The least time between two checkpoints of a trial; none where there is one only when the worker leaves.
    pub checkpoint_every: Option<Duration>,
    /// Fires when the worker leaves: trials take a checkpoint and are given back, finished work may still be handed in.
    pub stopping: CancellationToken,
}

impl Work for Bench {
    type Slot = Slot;

    async fn work(&self, held: &Held, work: Option<lease::Work>, slot: &mut Slot) -> End {
        match work {
            Some(lease::Work::Trial(work)) => self.run_trial(held, work, slot).await.unwrap_or_else(End::Failed),
            Some(lease::Work::Evaluation(work)) => self.evaluate(held, work, slot).await.unwrap_or_else(End::Failed),
            None => End::Failed(bad_data("the lease holds no work that this worker knows".into())),
        }
    }

    fn patience(&self, is_trial: bool) -> Duration {
        match self.artifacts {
            Some(_) if is_trial => CHECKPOINT,
            // Nothing of it would be kept.
            _ => Duration::ZERO,
        }
    }

    async fn trial_over(&self, name: &str, is_completed: bool) {
        self.tidy(name, is_completed).await;
    }
}

impl Bench {
    async fn run_trial(&self, held: &Held, work: v1::TrialWork, slot: &mut Slot) -> Result<End, Cause> {
        let spec = trial_spec(&work.trial, &work.trial_spec_json)?;
        let earlier = work.earlier.into_iter().map(|earlier| Earlier {
            artifacts: self.of_trial(&earlier.trial, &spec),
            trial: earlier.trial,
            fingerprint: earlier.fingerprint,
        });
        let earlier: Vec<_> = earlier.collect();
        let data = match self.data(held, &spec).await {
            Ok(data) => data,
            Err(end) => return Ok(end),
        };
        let mut run = Run {
            earlier,
            rungs: work.rungs,
            ..self.run_of(&work.trial, spec, data.root())
        };
        // There until the job ends.
        let _fetched = match self.fetch_before(held, &mut run).await {
            Ok(fetched) => fetched,
            Err(end) => return Ok(end),
        };
        let permit = tokio::select! {
            permit = held.waiting(self.packing.admit(&run.spec)) => permit,
            () = held.recalled.cancelled() => return Ok(leave::left(held, None)),
        };
        let orders = Orders {
            stop: held.dropped.clone(),
            leave: held.recalled.clone(),
        };
        if orders.stop.is_cancelled() {
            return Ok(End::Dropped);
        }
        let mut sequence = 0;
        let hear = |heard| match heard {
            Heard::Measurement(measurement) => self.reporter.add(held.token, measurement),
            Heard::Line(text) => {
                sequence += 1;
                self.reporter.add_line(held.token, log_line(sequence, text));
            }
        };
        let folder = run.artifacts.clone();
        let running = slot.run_until(run, &orders, hear);
        let ended = match (&self.mirror, &folder) {
            (Some(mirror), Some(folder)) => {
                mirror
                    .beside(folder, running, |end| matches!(end, Ok(Ended::Left(_))))
                    .await
            }
            _ => running.await,
        };
        match ended {
            Ok(Ended::Stopped) => Ok(End::Dropped),
            Ok(Ended::Left(place)) => Ok(leave::left(held, Some(place))),
            Ok(Ended::Done(done)) => {
                // A trial that was reused took nothing.
                if let (Computed::Now(_), Some(bytes)) = (&done.result, done.peak_bytes) {
                    permit.measured(bytes);
                }
                // It waits for a store from here on, which takes no memory.
                drop(permit);
                self.keep(held, folder.as_deref()).await?;
                Ok(end_of(*done))
            }
            Err(cause) if cause.kind == CauseKind::OutOfMemory => Err(out_of_memory(cause, permit.ran_out())),
            Err(cause) => Err(cause),
        }
    }

    async fn evaluate(&self, held: &Held, work: v1::EvaluationWork, slot: &mut Slot) -> Result<End, Cause> {
        let spec = parse_spec(&work.trial_spec_json)?;
        let data = match self.data(held, &spec).await {
            Ok(data) => data,
            Err(end) => return Ok(end),
        };
        if let Some(selected) = work.trials.first().filter(|_| work.detector_missing) {
            self.restore(held, &work.sweep, (&spec, data.root()), selected, slot)
                .await?;
        }
        let mut pictures = self.pictures(&work, (&spec, data.root()), slot).await;
        let lost: Vec<_> = work.trials.iter().skip(1).map(|trial| trial.trial.clone()).collect();
        held.waiting(self.discard_stored(&work.sweep, &lost, &work.stopped))
            .await;
        let kept = self.of_sweep(&work.sweep);
        let evaluation = tokio::task::spawn_blocking(move || {
            if let Some(kept) = kept {
                // Best first: the others' detectors have lost.
                let lost = work.trials.iter().skip(1).map(|trial| trial.trial.as_str());
                if let Err(fault) = artifacts::discard_models(&kept, lost) {
                    warn!("detectors that were not selected stay in {}: {fault}", kept.display());
                }
                if let Err(fault) = artifacts::discard_all(&kept, work.stopped.iter().map(String::as_str)) {
                    warn!(
                        "what trials left that were stopped early stays in {}: {fault}",
                        kept.display()
                    );
                }
            }
            let trials = evaluate(&spec, work.trials, &mut pictures, data.root())?;
            Ok(End::Evaluated { trials, pictures })
        });
        evaluation.await.unwrap_or_else(|panic| {
            Err(Cause {
                kind: CauseKind::Crashed,
                detail: format!("the evaluation ended early: {panic}"),
            })
        })
    }
}

impl Bench {
    /// What a slot's child is told to run, with nothing to reuse. `name` is the trial's, sweeps/{sweep}/trials/{trial}; relative
    /// data folders start at `base_dir`.
    fn run_of(&self, name: &str, spec: TrialSpec, base_dir: &Path) -> Run {
        let artifacts = self.of_trial(name, &spec);
        Run {
            sweep: name.split('/').nth(1).unwrap_or_default().to_owned(),
            spec,
            base_dir: base_dir.to_owned(),
            earlier: Vec::new(),
            rungs: Vec::new(),
            checkpoints: artifacts.as_deref().map(|trial| Checkpointing {
                folder: artifacts::checkpoints(trial),
                seconds: self.checkpoint_every.map(|every| every.as_secs_f64()),
            }),
            artifacts,
        }
    }

    /// The folder for what the trial `spec` leaves behind in the sweep of `name`, if that is kept.
    fn of_trial(&self, name: &str, spec: &TrialSpec) -> Option<PathBuf> {
        let sweep = self.of_sweep(name)?;
        Some(artifacts::of_trial(&sweep, &spec.id().to_string()))
    }

    /// The folder for what the trials of a sweep leave behind, if that is kept.
    fn of_sweep(&self, name: &str) -> Option<PathBuf> {
        artifacts::of_sweep(self.artifacts.as_deref()?, name)
    }
}

/// A line of now.
fn log_line(sequence: u32, text: String) -> v1::LogLine {
    v1::LogLine {
        sequence,
        time: Some(SystemTime::now().into()),
        text,
    }
}

/// How a trial ends that has a result.
fn end_of(done: Done) -> End {
    let fingerprint = done.fingerprint;
    match done.result {
        Computed::Now(outcome) => End::Computed {
            fingerprint,
            outcome: Box::new(outcome),
        },
        Computed::Before {
            trial,
            detector_missing,
        } => End::Reused {
            fingerprint,
            trial,
            detector_missing,
        },
    }
}

/// The spec of the trial called `name` (sweeps/{sweep}/trials/{trial}), which must be the trial that the spec makes.
fn trial_spec(name: &str, json: &str) -> Result<TrialSpec, Cause> {
    let spec = parse_spec(json)?;
    let (named, made): (Option<TrialId>, _) = (name.rsplit('/').next().and_then(|id| id.parse().ok()), spec.id());
    if named == Some(made) {
        Ok(spec)
    } else {
        Err(bad_data(format!(
            "{name} came with the spec of trial {made}; use one version of augur everywhere"
        )))
    }
}

fn parse_spec(json: &str) -> Result<TrialSpec, Cause> {
    serde_json::from_str(json).map_err(|fault| {
        bad_data(format!(
            "the trial's spec can't be read by this worker ({fault}); use one version of augur everywhere"
        ))
    })
}

/// Memory ran out. Where others ran beside it, at most `fewer` will run at once from now on, and the lease is given back
/// uncharged; one that does not fit alone fails.
fn out_of_memory(cause: Cause, fewer: Option<usize>) -> Cause {
    match fewer {
        Some(fewer) => Cause {
            kind: CauseKind::Preempted,
            detail: format!(
                "memory ran out beside other trials, so at most {fewer} of this shape will run at once here: {}",
                cause.detail
            ),
        },
        None => Cause {
            kind: CauseKind::OutOfMemory,
            detail: format!(
                "it does not fit in this machine's memory even alone; lower `training.batch`, \
                 `tuning.validation_batch`, the images' `size_px` or the detector's `width`, or use a machine with more \
                 memory: {}",
                cause.detail
            ),
        },
    }
}

fn bad_data(detail: String) -> Cause {
    Cause {
        kind: CauseKind::BadData,
        detail,
    }
}
