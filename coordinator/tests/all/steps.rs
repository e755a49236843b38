//! An observer of persistence steps has one fail, or its answer lost: the first changes nothing, the second makes the client call
//! twice. `make crash-matrix` does it with every step.

use crate::support::{LightWorker, SPEC, Sweeps, Workers, config, reason, try_create};
use augur_coordinator::{Coordinator, Fate, FaultKind, Observer, Settings, Step, clock::ManualClock};
use augur_core::time::Timestamp;
use augur_proto::v1;
use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

/// Disturbs the next COMMIT, once it is armed.
struct Next {
    fate: Fate,
    armed: AtomicBool,
}

impl Observer for Next {
    fn before(&self, step: &Step<'_>) -> Fate {
        match step.name == "COMMIT" && self.armed.swap(false, Ordering::SeqCst) {
            true => self.fate,
            false => Fate::Done,
        }
    }

    fn after(&self, _: &Step<'_>) {}
}

/// Registers a worker, creates a sweep and leases a trial, with a COMMIT disturbed at each of the last two; the trial's attempts
/// and the sweeps that there were right after the first disturbance.
async fn disturbed(fate: Fate) -> (u32, usize) {
    let folder = tempfile::tempdir().unwrap();
    let clock = Arc::new(ManualClock::new(Timestamp(1_700_000_000_000)));
    let next = Arc::new(Next {
        fate,
        armed: AtomicBool::new(false),
    });
    let config = config(folder.path(), Settings::default());
    let coordinator = Coordinator::start_observed(config, clock, next.clone()).await.unwrap();
    let url = format!("http://{}", coordinator.address());
    let mut sweeps = Sweeps::connect(url.clone()).await.unwrap();
    let mut worker = LightWorker::register(Workers::connect(url).await.unwrap(), 1).await;

    next.armed.store(true, Ordering::SeqCst);
    let refused = try_create(&mut sweeps, SPEC).await.unwrap_err();
    assert_eq!(reason(&refused), "STORE_FAILED");
    let list = sweeps.list_sweeps(v1::ListSweepsRequest::default()).await.unwrap();
    try_create(&mut sweeps, SPEC).await.unwrap();

    next.armed.store(true, Ordering::SeqCst);
    assert_eq!(reason(&worker.try_acquire(1).await.unwrap_err()), "STORE_FAILED");
    let lease = worker.acquire(1).await.remove(0);
    worker.complete(&lease).await.unwrap();
    assert!(coordinator.handle().check().await.unwrap().is_empty());
    let running = v1::ListTrialsRequest {
        parent: "sweeps/small".into(),
        state: v1::TrialState::Running.into(),
        ..Default::default()
    };
    let running = sweeps.list_trials(running).await.unwrap().into_inner().trials;
    assert!(running.is_empty(), "a lease was given that nobody knows of");
    (lease.attempt, list.into_inner().sweeps.len())
}

#[tokio::test]
async fn trouble_is_over_once_the_store_can_be_written_though_nobody_writes() {
    let folder = tempfile::tempdir().unwrap();
    let clock = Arc::new(ManualClock::new(Timestamp(1_700_000_000_000)));
    let next = Arc::new(Next {
        fate: Fate::AnswerLost(FaultKind::Disk),
        armed: AtomicBool::new(false),
    });
    let config = config(folder.path(), Settings::default());
    let coordinator = Coordinator::start_observed(config, clock.clone(), next.clone())
        .await
        .unwrap();
    let url = format!("http://{}", coordinator.address());
    let mut sweeps = Sweeps::connect(url.clone()).await.unwrap();
    // What a start has to write is written then.
    LightWorker::register(Workers::connect(url).await.unwrap(), 1).await;
    next.armed.store(true, Ordering::SeqCst);
    try_create(&mut sweeps, SPEC).await.unwrap_err();
    // It is there already: nothing is written.
    let sweep = try_create(&mut sweeps, SPEC).await.unwrap();
    assert!(sweep.progress.unwrap().trouble.contains("fails to read or to write"));
    let request = v1::WatchSweepRequest {
        name: sweep.name,
        resume_revision: 0,
    };
    let mut events = sweeps.watch_sweep(request).await.unwrap().into_inner();
    loop {
        clock.advance(std::time::Duration::from_secs(1));
        let event = events.message().await.unwrap().unwrap().event;
        if let Some(v1::watch_sweep_response::Event::Bookmark(progress)) = event
            && progress.trouble.is_empty()
        {
            return;
        }
    }
}

#[tokio::test]
async fn a_commit_that_fails_changes_nothing() {
    assert_eq!(disturbed(Fate::Fails(FaultKind::Full)).await, (1, 0));
}

#[tokio::test]
async fn a_commit_whose_answer_is_lost_has_happened_once() {
    assert_eq!(disturbed(Fate::AnswerLost(FaultKind::Disk)).await, (1, 1));
}
