//! Trials that go on where they were: after an order to leave, after the death of a worker, on another worker; and that begin
//! afresh where no checkpoint can be kept.

#![allow(clippy::unwrap_used, reason = "a test ends where it can not go on")]

mod support;

use augur_core::outcome::{Measurement, Outcome};
use augur_proto::v1;
use augur_worker::slot::{
    Ended, Heard, Orders, Slot,
    protocol::{Checkpointing, Computed, Done, Run},
};
use rustix::process::Signal;
use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};
use support::{Coordinator, Running, children, plan, program, signal, spec, wait_for, workspace};
use tempfile::TempDir;

/// Long enough to be caught in the act, short enough to wait for.
const EPOCHS: u32 = 200;
/// A worker that was told to leave is gone by then.
const LEAVING: Duration = Duration::from_secs(20);

fn run(epochs: u32, checkpoints: Option<Checkpointing>) -> Run {
    Run {
        spec: plan(epochs).trial(0),
        base_dir: workspace(),
        artifacts: None,
        sweep: "one".into(),
        earlier: vec![],
        rungs: vec![],
        checkpoints,
    }
}

fn outcome(done: &Done) -> Outcome {
    match &done.result {
        Computed::Now(outcome) => Outcome {
            seconds: 0.0,
            ..outcome.clone()
        },
        Computed::Before { trial, .. } => panic!("reused from {trial}"),
    }
}

fn without_time(mut measurements: Vec<Measurement>) -> Vec<Measurement> {
    measurements
        .iter_mut()
        .for_each(|measurement| measurement.seconds = 0.0);
    measurements
}

#[tokio::test]
async fn a_trial_that_left_goes_on_in_another_process_and_reports_every_epoch() {
    let folder = tempfile::tempdir().unwrap();
    let kept = run(
        EPOCHS,
        Some(Checkpointing {
            folder: folder.path().join("checkpoints"),
            seconds: None,
        }),
    );
    let (mut calm, mut measured) = (vec![], vec![]);
    let undisturbed = Slot::new(0, program(), None)
        .run(run(EPOCHS, None), |m| calm.push(m))
        .await
        .unwrap();

    let mut slot = Slot::new(0, program(), None);
    let orders = Orders::default();
    let leave_soon = |heard| {
        if matches!(&heard, Heard::Measurement(m) if m.epoch == 5) {
            orders.leave.cancel();
        }
    };
    let Ended::Left(place) = slot.run_until(kept.clone(), &orders, leave_soon).await.unwrap() else {
        panic!("it was told to leave")
    };
    assert!(place.is_saved && (5..EPOCHS).contains(&place.epoch), "{place:?}");
    drop(slot);
    let mut other = Slot::new(1, program(), None);
    let done = other.run(kept, |m| measured.push(m)).await.unwrap();
    assert_eq!(outcome(&done), outcome(&undisturbed), "bit for bit");
    assert_eq!(without_time(measured), without_time(calm));
}

/// A program that is a slot's and can write no file above a kilobyte, as on a full disk.
fn short_of_room(folder: &Path) -> PathBuf {
    let script = folder.join("slot.sh");
    let text = format!(
        "#!/bin/sh\ntrap '' XFSZ\nulimit -f 1\nexec '{}' \"$@\"\n",
        program().display()
    );
    fs::write(&script, text).unwrap();
    fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).unwrap();
    script
}

#[tokio::test]
async fn without_room_for_a_checkpoint_a_trial_ends_as_it_should_and_leaves_no_half_of_one() {
    let folder = tempfile::tempdir().unwrap();
    let checkpoints = folder.path().join("checkpoints");
    let kept = run(
        20,
        Some(Checkpointing {
            folder: checkpoints.clone(),
            seconds: Some(0.01),
        }),
    );
    let undisturbed = Slot::new(0, program(), None).run(run(20, None), |_| ()).await.unwrap();
    let mut slot = Slot::new(0, short_of_room(folder.path()), None);
    let done = slot.run(kept.clone(), |_| ()).await.unwrap();
    assert_eq!(outcome(&done), outcome(&undisturbed));
    assert_eq!(fs::read_dir(&checkpoints).unwrap().count(), 0, "it tried");

    // With room the same leaves some.
    Slot::new(0, program(), None).run(kept, |_| ()).await.unwrap();
    assert_eq!(fs::read_dir(&checkpoints).unwrap().count(), 2);
}

/// A sweep of two trials of which neither may fail once.
struct Bench {
    coordinator: Coordinator,
    artifacts: TempDir,
    sweep: String,
}

impl Bench {
    async fn start(name: &str, arguments: &[&str], epochs: u32, attempts: u32) -> Self {
        let coordinator = Coordinator::start(arguments).await;
        let yaml = spec(name, epochs) + &format!("retry: {{max_attempts: {attempts}}}\n");
        let sweep = coordinator.submit(yaml).await.name;
        Self {
            coordinator,
            artifacts: tempfile::tempdir().unwrap(),
            sweep,
        }
    }

    fn worker(&self, log: &str, seconds: &str) -> Running {
        let artifacts = self.artifacts.path().to_str().unwrap();
        let arguments = ["--artifacts", artifacts, "--checkpoint-seconds", seconds];
        self.coordinator.worker_with_log(&self.log_path(log), "1", &arguments)
    }

    fn log_path(&self, log: &str) -> PathBuf {
        self.coordinator.folder.path().join(log)
    }

    fn log(&self, log: &str) -> String {
        fs::read_to_string(self.log_path(log)).unwrap()
    }

    /// The files of checkpoints that there are.
    fn checkpoints(&self) -> Vec<PathBuf> {
        let inside = |path: &Path| {
            fs::read_dir(path)
                .into_iter()
                .flatten()
                .flatten()
                .map(|entry| entry.path())
        };
        let trials = inside(self.artifacts.path()).flat_map(|sweep| inside(&sweep).collect::<Vec<_>>());
        trials
            .flat_map(|trial| inside(&trial.join("checkpoints")).collect::<Vec<_>>())
            .collect()
    }

    async fn logged(&self, log: &str, words: &str) {
        wait_for(words, async || self.log(log).contains(words).then_some(())).await;
    }

    async fn measured(&self, epochs: usize) {
        let measured = async || {
            self.coordinator
                .epochs(&self.sweep)
                .await
                .iter()
                .any(|n| *n >= epochs)
                .then_some(())
        };
        wait_for("measurements", measured).await;
    }

    async fn saved(&self) {
        wait_for("a checkpoint", async || (!self.checkpoints().is_empty()).then_some(())).await;
    }

    /// Waits until the sweep has ended; it must be as one that nobody disturbed, which is computed here, and nothing of
    /// checkpoints may be left.
    async fn check_end(&self) {
        let progress = self.coordinator.end_of(&self.sweep).await.progress.unwrap();
        assert_eq!((progress.trials_completed, progress.trials_failed), (2, 0));
        assert_eq!(self.coordinator.epochs(&self.sweep).await, [EPOCHS as usize; 2]);
        let gone = async || self.checkpoints().is_empty().then_some(());
        wait_for("the end of the checkpoints", gone).await;
        let request = v1::CreateSweepRequest {
            spec_yaml: spec("undisturbed", EPOCHS),
            no_reuse: true,
            ..Default::default()
        };
        let calm = self.coordinator.client.clone().create_sweep(request).await.unwrap();
        let calm = calm.into_inner().name;
        let _worker = self.worker("calm.log", "0");
        self.coordinator.end_of(&calm).await;
        let (found, expected) = (self.tasks(&self.sweep).await, self.tasks(&calm).await);
        assert_eq!(found, expected);
    }

    /// The results of a sweep without times.
    async fn tasks(&self, sweep: &str) -> Vec<v1::TaskResult> {
        let mut tasks = self.coordinator.leaderboard(sweep).await.tasks;
        for task in &mut tasks {
            task.candidates
                .iter_mut()
                .chain(&mut task.selected)
                .for_each(|candidate| candidate.seconds = 0.0);
        }
        tasks
    }

    async fn attempts(&self) -> Vec<u32> {
        let trials = self.coordinator.trials(&self.sweep).await;
        let mut attempts: Vec<u32> = trials.iter().map(|trial| trial.attempts).collect();
        attempts.sort_unstable();
        attempts
    }
}

#[tokio::test]
async fn a_trial_of_a_worker_that_was_killed_is_resumed_and_the_results_are_the_same() {
    let bench = Bench::start("killed", &["--lease-seconds", "5"], EPOCHS, 2).await;
    let worker = bench.worker("killed.log", "0.05");
    bench.measured(10).await;
    bench.saved().await;
    signal(worker.pid(), Signal::KILL);
    drop(worker);
    assert!(!bench.checkpoints().is_empty());
    let _worker = bench.worker("again.log", "0.05");
    bench.check_end().await;
    let log = bench.log("again.log");
    assert_eq!(log.matches("resumes after epoch").count(), 1, "{log}");
    assert_eq!(bench.attempts().await, [1, 2]);
}

#[tokio::test]
async fn a_worker_that_is_told_to_leave_gives_the_trial_back_with_a_checkpoint() {
    // A single failure would end a trial.
    let bench = Bench::start("left", &[], EPOCHS, 1).await;
    for (round, told) in [Signal::TERM, Signal::USR1].into_iter().enumerate() {
        let log = format!("leaves-{round}.log");
        let mut worker = bench.worker(&log, "0");
        match round {
            0 => bench.measured(10).await,
            _ => bench.logged(&log, "resumes after epoch").await,
        }
        let begin = Instant::now();
        // As service managers do: all processes at once.
        for child in children(worker.pid()) {
            signal(child, told);
        }
        signal(worker.pid(), told);
        assert!(worker.0.wait().unwrap().success());
        assert!(begin.elapsed() < LEAVING, "{:?}", begin.elapsed());
        let trials = bench.coordinator.trials(&bench.sweep).await;
        let given_back = trials.iter().filter(|trial| trial.state() == v1::TrialState::Pending);
        let cause = given_back.filter_map(|trial| trial.cause.clone()).next().unwrap();
        assert_eq!(cause.kind(), v1::CauseKind::Preempted);
        assert!(
            cause.detail.contains("given back") && cause.detail.contains("a checkpoint is kept"),
            "{cause:?}"
        );
        assert!(!bench.checkpoints().is_empty(), "{cause:?}");
    }
    let _worker = bench.worker("last.log", "0");
    bench.check_end().await;
    for log in ["leaves-1.log", "last.log"] {
        let log = bench.log(log);
        assert_eq!(log.matches("resumes after epoch").count(), 1, "{log}");
    }
    assert_eq!(bench.attempts().await, [1, 3]);
}

#[tokio::test]
async fn a_worker_that_comes_back_to_a_trial_that_another_one_resumed_does_no_harm() {
    let bench = Bench::start("away", &["--lease-seconds", "5"], EPOCHS, 3).await;
    let mut away = bench.worker("away.log", "0.05");
    bench.measured(10).await;
    bench.saved().await;
    let stopped: Vec<u32> = children(away.pid()).into_iter().chain([away.pid()]).collect();
    stopped.iter().for_each(|pid| signal(*pid, Signal::STOP));
    let _other = bench.worker("other.log", "0.05");
    bench.logged("other.log", "resumes after epoch").await;
    stopped.iter().for_each(|pid| signal(*pid, Signal::CONT));
    bench.logged("away.log", "trial dropped").await;
    bench.check_end().await;
    assert!(away.0.try_wait().unwrap().is_none(), "the worker still runs");
}

#[tokio::test]
async fn checkpoints_of_a_sweep_that_was_cancelled_are_removed_by_the_next_worker_too() {
    let bench = Bench::start("cancelled", &[], 1_000_000, 1).await;
    let worker = bench.worker("cancelled.log", "0.05");
    bench.saved().await;
    signal(worker.pid(), Signal::KILL);
    drop(worker);
    let request = v1::CancelSweepRequest {
        name: bench.sweep.clone(),
        ..Default::default()
    };
    bench.coordinator.client.clone().cancel_sweep(request).await.unwrap();
    assert!(!bench.checkpoints().is_empty());
    let _worker = bench.worker("next.log", "0.05");
    wait_for("the end of the checkpoints", async || {
        bench.checkpoints().is_empty().then_some(())
    })
    .await;

    // And by the worker that hears of it.
    let sweep = bench.coordinator.submit(spec("again", 1_000_000)).await.name;
    bench.saved().await;
    let request = v1::CancelSweepRequest {
        name: sweep,
        ..Default::default()
    };
    bench.coordinator.client.clone().cancel_sweep(request).await.unwrap();
    wait_for("the end of the checkpoints", async || {
        bench.checkpoints().is_empty().then_some(())
    })
    .await;
}
