//! One lease, from its arrival to the report of what came of it.

mod report;
mod restore;

use crate::{
    artifacts,
    coordinator::Coordinator,
    evaluate::evaluate,
    leases::Held,
    packing::Packing,
    reporter::Reporter,
    slot::{
        Slot,
        protocol::{Computed, Done, Earlier, Run},
    },
};
use augur_core::{
    id::TrialId,
    plan::TrialSpec,
    state::{Cause, CauseKind},
};
use augur_proto::v1::{self, lease::Work};
use std::{path::PathBuf, time::Duration};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

/// How long a trial that is no longer wanted may take to end its epoch; then its process is killed. Starting another one takes
/// as long.
const LAST_EPOCH: Duration = Duration::from_secs(5);

/// What every job of a worker uses.
#[derive(Clone)]
pub(crate) struct Bench {
    pub coordinator: Coordinator,
    pub reporter: Reporter,
    pub base_dir: PathBuf,
    /// The folder for what trials leave behind, if that is kept.
    pub artifacts: Option<PathBuf>,
    /// Which trials may run side by side.
    pub packing: Packing,
    /// Fires when the worker stops: work in progress is dropped, finished work may still be handed in.
    pub stopping: CancellationToken,
}

/// Why work is dropped that was cancelled, was stopped early, or went to another worker.
const UNWANTED: &str = "the coordinator wants it no more";

/// What came of the work.
enum End {
    Trial(Box<Done>),
    Evaluation(Vec<v1::TrialAgreement>),
    Failed(Cause),
    /// Nobody wants it any more.
    Dropped(&'static str),
}

impl Bench {
    /// Does the work of a lease in `slot`, and reports.
    pub async fn work(&self, held: Held, work: Option<Work>, slot: &mut Slot) {
        let (what, name) = match &work {
            Some(Work::Trial(work)) => ("trial", work.trial.clone()),
            Some(Work::Evaluation(work)) => ("evaluation", format!("{}, group {}", work.sweep, work.group)),
            None => ("lease", held.token.to_string()),
        };
        info!("{what} begins in slot {}: {name}", slot.index);
        let end = tokio::select! {
            end = self.do_work(&held, work, slot) => end,
            () = unwanted(&held.dropped) => End::Dropped(UNWANTED),
            () = held.recalled.cancelled() => given_back(),
            () = self.stopping.cancelled() => End::Dropped("the worker stops"),
        };
        self.report(&held, what, &name, end).await;
    }

    async fn do_work(&self, held: &Held, work: Option<Work>, slot: &mut Slot) -> End {
        match work {
            Some(Work::Trial(work)) => {
                self.run_trial(held, work, slot)
                    .await
                    .map_or_else(End::Failed, |done| match done {
                        Some(done) => End::Trial(Box::new(done)),
                        None => End::Dropped(UNWANTED),
                    })
            }
            Some(Work::Evaluation(work)) => self
                .evaluate(held, work, slot)
                .await
                .map_or_else(End::Failed, End::Evaluation),
            None => End::Failed(bad_data("the lease holds no work that this worker knows".into())),
        }
    }

    async fn run_trial(&self, held: &Held, work: v1::TrialWork, slot: &mut Slot) -> Result<Option<Done>, Cause> {
        let spec = trial_spec(&work.trial, &work.trial_spec_json)?;
        let earlier = work.earlier.into_iter().map(|earlier| Earlier {
            artifacts: self.of_trial(&earlier.trial, &spec),
            trial: earlier.trial,
            fingerprint: earlier.fingerprint,
        });
        let run = Run {
            earlier: earlier.collect(),
            rungs: work.rungs,
            ..self.run_of(&work.trial, spec)
        };
        let permit = held.waiting(self.packing.admit(&run.spec)).await;
        if held.dropped.is_cancelled() {
            return Ok(None);
        }
        let ended = slot
            .run_until(run, &held.dropped, |measurement| {
                self.reporter.add(held.token, measurement)
            })
            .await;
        match ended {
            Ok(None) => Ok(None),
            Ok(Some(done)) => {
                // A trial that was reused took nothing.
                if let (Computed::Now(_), Some(bytes)) = (&done.result, done.peak_bytes) {
                    permit.measured(bytes);
                }
                Ok(Some(done))
            }
            Err(cause) if cause.kind == CauseKind::OutOfMemory => Err(out_of_memory(cause, permit.ran_out())),
            Err(cause) => Err(cause),
        }
    }

    async fn evaluate(
        &self,
        held: &Held,
        work: v1::EvaluationWork,
        slot: &mut Slot,
    ) -> Result<Vec<v1::TrialAgreement>, Cause> {
        let spec = parse_spec(&work.trial_spec_json)?;
        if let Some(selected) = work.trials.first().filter(|_| work.detector_missing) {
            self.restore(held, &work.sweep, &spec, selected, slot).await?;
        }
        let (base_dir, kept) = (self.base_dir.clone(), self.of_sweep(&work.sweep));
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
            evaluate(&spec, work.trials, &base_dir)
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
    /// What a slot's child is told to run, with nothing to reuse. `name` is the trial's, sweeps/{sweep}/trials/{trial}.
    fn run_of(&self, name: &str, spec: TrialSpec) -> Run {
        Run {
            artifacts: self.of_trial(name, &spec),
            sweep: name.split('/').nth(1).unwrap_or_default().to_owned(),
            spec,
            base_dir: self.base_dir.clone(),
            earlier: Vec::new(),
            rungs: Vec::new(),
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

/// What becomes of work whose lease the coordinator wants back: its sweep is paused, or the worker is drained.
fn given_back() -> End {
    End::Failed(Cause {
        kind: CauseKind::Preempted,
        detail: "the coordinator asked for it back".into(),
    })
}

/// Returns some time after the coordinator has said that it wants the work no more.
async fn unwanted(dropped: &CancellationToken) {
    dropped.cancelled().await;
    tokio::time::sleep(LAST_EPOCH).await;
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
