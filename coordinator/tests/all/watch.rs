//! WatchSweep: snapshot, deltas, resumption, the end, and readers that don't read.

use crate::support::{Host, LightWorker, SPEC, Sweeps, create, eventually, get, reason, wide_spec};
use augur_coordinator::{Settings, clock::SystemClock};
use augur_proto::v1::{self, watch_sweep_response::Event};
use std::{sync::Arc, time::Duration};
use tonic::{Code, Streaming, transport::Channel};

async fn watch(sweeps: &mut Sweeps, name: &str, resume: u64) -> Streaming<v1::WatchSweepResponse> {
    let request = v1::WatchSweepRequest {
        name: name.into(),
        resume_revision: resume,
    };
    sweeps.watch_sweep(request).await.unwrap().into_inner()
}

/// All events until the stream ends, bookmarks left out.
async fn rest(mut stream: Streaming<v1::WatchSweepResponse>) -> Vec<(u64, Event)> {
    let mut events = Vec::new();
    while let Some(response) = stream.message().await.unwrap() {
        match response.event.unwrap() {
            Event::Bookmark(_) => {}
            event => events.push((response.revision, event)),
        }
    }
    events
}

#[tokio::test]
async fn a_snapshot_then_every_change_then_the_end() {
    let host = Host::start().await;
    let mut sweeps = host.sweeps().await;
    create(&mut sweeps, SPEC).await;
    let mut worker = LightWorker::register(host.workers().await, 1).await;
    let lease = worker.acquire(1).await.remove(0);
    worker.complete(&lease).await.unwrap();

    let mut stream = watch(&mut sweeps, "sweeps/small", 0).await;
    let first = stream.message().await.unwrap().unwrap();
    let Some(Event::Snapshot(snapshot)) = first.event else {
        panic!("{first:?}")
    };
    assert_eq!(snapshot.sweep.unwrap(), get(&mut sweeps, "sweeps/small").await);
    assert_eq!(snapshot.groups.len(), 4);
    assert_eq!(snapshot.groups[0].trials_completed, 1);
    assert_eq!(snapshot.groups[0].best_val_loss, Some(-1.0 / 121.0));

    worker.work_off().await;
    let events = rest(stream).await;
    let revisions: Vec<_> = events.iter().map(|(revision, _)| *revision).collect();
    assert!(revisions[0] > first.revision && revisions.is_sorted(), "{revisions:?}");
    let completed = events
        .iter()
        .filter(|(_, event)| matches!(event, Event::Trial(trial) if trial.state() == v1::TrialState::Completed));
    assert_eq!(completed.count(), 11);
    let outcomes = events
        .iter()
        .filter(|(_, event)| matches!(event, Event::Trial(trial) if trial.outcome.is_some()));
    assert_eq!(outcomes.count(), 11);
    let done = events
        .iter()
        .filter(|(_, event)| matches!(event, Event::Group(group) if group.state() == v1::GroupState::Done));
    assert_eq!(done.count(), 4);
    let Event::Sweep(last) = &events.last().unwrap().1 else {
        panic!("{events:?}")
    };
    assert_eq!(last.state(), v1::SweepState::Succeeded);
    assert_eq!(last.progress, get(&mut sweeps, "sweeps/small").await.progress);
}

#[tokio::test]
async fn resuming_anywhere_gives_the_rest_and_no_more() {
    let host = Host::start().await;
    let mut sweeps = host.sweeps().await;
    create(&mut sweeps, SPEC).await;
    // Another sweep in between: its changes are not shown.
    create(&mut sweeps, &wide_spec("other", 2)).await;
    LightWorker::register(host.workers().await, 1).await.work_off().await;
    let all = rest(watch(&mut sweeps, "sweeps/small", 1).await).await;
    // 12 trials twice, each time its group; 4 seals come with the last trials, 4 ends, the sweep.
    assert_eq!(all.len(), 12 * 2 + 12 + 4 + 1);
    for (i, (revision, _)) in all.iter().enumerate().step_by(7) {
        let rest = rest(watch(&mut sweeps, "sweeps/small", *revision).await).await;
        assert_eq!(rest, all[i + 1..]);
    }
    // After the end one is told of the end.
    let after = rest(watch(&mut sweeps, "sweeps/small", all.last().unwrap().0).await).await;
    assert!(matches!(&after[..], [(_, Event::Sweep(sweep))] if sweep.state() == v1::SweepState::Succeeded));
    let snapshot = rest(watch(&mut sweeps, "sweeps/small", 0).await).await;
    assert!(matches!(&snapshot[..], [(_, Event::Snapshot(_))]));
}

#[tokio::test]
async fn bookmarks_come_while_nothing_happens() {
    let host = Host::start().await;
    let mut sweeps = host.sweeps().await;
    create(&mut sweeps, SPEC).await;
    let mut worker = LightWorker::register(host.workers().await, 1).await;
    let lease = worker.acquire(1).await.remove(0);
    worker.report(&lease.token, 1..=2).await;
    let mut stream = watch(&mut sweeps, "sweeps/small", 0).await;
    let snapshot = stream.message().await.unwrap().unwrap();
    let bookmark = stream.message().await.unwrap().unwrap();
    let Some(Event::Bookmark(progress)) = bookmark.event else {
        panic!("{bookmark:?}")
    };
    assert_eq!(bookmark.revision, snapshot.revision);
    assert_eq!(
        (
            progress.trials_running,
            progress.running_epochs,
            progress.workers_connected
        ),
        (1, 2, 1)
    );
}

#[tokio::test]
async fn a_revision_that_is_not_there_yet_is_out_of_range() {
    let host = Host::start().await;
    let mut sweeps = host.sweeps().await;
    create(&mut sweeps, SPEC).await;
    for resume_revision in [2, u64::MAX] {
        let request = v1::WatchSweepRequest {
            name: "sweeps/small".into(),
            resume_revision,
        };
        let refused = sweeps.watch_sweep(request).await.unwrap_err();
        assert_eq!(
            (refused.code(), reason(&refused).as_str()),
            (Code::OutOfRange, "REVISION_UNKNOWN")
        );
    }
}

#[tokio::test]
async fn who_reads_nothing_is_told_so_and_can_go_on() {
    let settings = Settings {
        patience: Duration::from_secs(2),
        ..Settings::default()
    };
    let host = Host::with(settings, Arc::new(SystemClock::default())).await;
    let mut sweeps = host.sweeps().await;
    create(&mut sweeps, &wide_spec("wide", 5000)).await;
    // A client that takes in little ahead of its reader.
    let endpoint = Channel::from_shared(host.url()).unwrap();
    let endpoint = endpoint
        .initial_stream_window_size(65_535)
        .initial_connection_window_size(65_535);
    let mut narrow = Sweeps::new(endpoint.connect().await.unwrap());
    let stream = watch(&mut narrow, "sweeps/wide", 0).await;
    let cancel = v1::CancelSweepRequest {
        name: "sweeps/wide".into(),
        request_id: String::new(),
    };
    // 5000 changes of some hundred bytes: more than all buffers on the way take.
    sweeps.cancel_sweep(cancel).await.unwrap();
    // Nothing is read until the coordinator has given up.
    eventually(|| host.coordinator.handle().counters().watchers() == 0).await;
    let (refused, last) = to_the_error(stream).await;
    assert_eq!(
        (refused.code(), reason(&refused).as_str()),
        (Code::ResourceExhausted, "SLOW_READER")
    );
    let left = rest(watch(&mut sweeps, "sweeps/wide", last).await).await;
    assert!(matches!(left.last(), Some((_, Event::Sweep(sweep))) if sweep.state() == v1::SweepState::Cancelled));
    assert_eq!(left.first().unwrap().0, last + 1);
}

/// The error that ends a stream, and the last revision before it.
async fn to_the_error(mut stream: Streaming<v1::WatchSweepResponse>) -> (tonic::Status, u64) {
    let mut last = 0;
    loop {
        match stream.message().await {
            Ok(Some(response)) => last = response.revision,
            Ok(None) => panic!("it ended in order"),
            Err(status) => return (status, last),
        }
    }
}
