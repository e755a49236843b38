//! Whole sweeps on every kind of store: the same leaderboard, a sweep that moves in the middle, a server that is killed.

use crate::support::{Host, LightWorker, SPEC, create, get, outcome, postgres::Server, reason, wide_spec};
use augur_coordinator::{
    Location, Settings,
    clock::SystemClock,
    maintenance::{self, Imported},
};
use augur_core::time::Timestamp;
use augur_proto::v1::{self, lease::Work};
use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};
use tempfile::TempDir;
use tonic::Code;

const NOW: Timestamp = Timestamp(1_700_000_000_000);

async fn host(store: &Location) -> Host {
    Host::at(store.clone(), Settings::default(), Arc::new(SystemClock::default())).await
}

/// A place for a store of each kind, as far as it can be had.
struct Places {
    stores: Vec<Location>,
    _folder: TempDir,
    _server: Option<Server>,
}

impl Places {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let server = Server::start();
        let postgres = server.iter().map(|server| server.url("postgres").parse().unwrap());
        let files = [Location::Memory, folder.path().join("a.sqlite").into()];
        Self {
            stores: files.into_iter().chain(postgres).collect(),
            _folder: folder,
            _server: server,
        }
    }
}

async fn leaderboard(host: &Host) -> v1::Leaderboard {
    let name = "sweeps/small".into();
    let request = v1::GetLeaderboardRequest { name };
    host.sweeps().await.get_leaderboard(request).await.unwrap().into_inner()
}

#[tokio::test]
async fn the_same_sweep_has_the_same_leaderboard_on_every_store() {
    let places = Places::new();
    let mut leaderboards = Vec::new();
    for store in &places.stores {
        let host = host(store).await;
        create(&mut host.sweeps().await, SPEC).await;
        let mut worker = LightWorker::register(host.workers().await, 4).await;
        worker.work_off().await;
        let sweep = get(&mut host.sweeps().await, "sweeps/small").await;
        assert_eq!(sweep.state(), v1::SweepState::Succeeded, "{store}");
        host.check().await;
        leaderboards.push(leaderboard(&host).await);
        host.coordinator.stop().await.unwrap();
    }
    assert!(!leaderboards[0].tasks.is_empty());
    for other in &leaderboards[1..] {
        assert_eq!(other, &leaderboards[0]);
    }
}

#[tokio::test]
async fn a_sweep_that_moves_from_store_to_store_ends_as_one_that_stayed() {
    let folder = tempfile::tempdir().unwrap();
    let stayed = host(&Location::Memory).await;
    create(&mut stayed.sweeps().await, SPEC).await;
    LightWorker::register(stayed.workers().await, 4).await.work_off().await;

    let mut stores: Vec<Location> = (0..3)
        .map(|i| folder.path().join(format!("{i}.sqlite")).into())
        .collect();
    let server = Server::start();
    if let Some(server) = &server {
        stores[1] = server.url("postgres").parse().unwrap();
    }
    let mut done = 0;
    for (i, store) in stores.iter().enumerate() {
        if i > 0 {
            let file = folder.path().join(format!("{i}.export"));
            maintenance::export(&stores[i - 1], "small", &file, NOW).await.unwrap();
            let imported = maintenance::import(store, &file, NOW).await.unwrap();
            assert_eq!(imported, Imported::New("small".into()));
            let imported = maintenance::import(store, &file, NOW).await.unwrap();
            assert_eq!(imported, Imported::Identical("small".into()));
        }
        let host = host(store).await;
        if i == 0 {
            create(&mut host.sweeps().await, SPEC).await;
        }
        let mut worker = LightWorker::register(host.workers().await, 4).await;
        let progress = get(&mut host.sweeps().await, "sweeps/small").await.progress.unwrap();
        assert_eq!((progress.trials_completed, progress.trials_running), (done, 0));
        if i + 1 == stores.len() {
            worker.work_off().await;
            assert_eq!(leaderboard(&host).await.tasks, leaderboard(&stayed).await.tasks);
        } else {
            // Trials only: the evaluations of the groups that they end are left to the last store, and so is a lease.
            for _ in 0..4 {
                let lease = worker.acquire(1).await.remove(0);
                if let Some(Work::Trial(_)) = lease.work {
                    worker.complete(&lease).await.unwrap();
                    done += 1;
                }
            }
            worker.acquire(1).await;
        }
        host.check().await;
        host.coordinator.stop().await.unwrap();
    }
}

/// Completes trials as long as there are any, whatever becomes of the store; each that was acknowledged is counted and kept.
async fn persist(mut worker: LightWorker, told: Arc<AtomicUsize>, failed: Arc<AtomicUsize>) -> Vec<String> {
    let mut acknowledged = Vec::new();
    loop {
        let leases = match worker.try_acquire(2).await {
            Ok(leases) if leases.is_empty() => return acknowledged,
            Ok(leases) => leases,
            Err(status) => {
                assert_eq!(
                    (status.code(), reason(&status).as_str()),
                    (Code::Unavailable, "STORE_FAILED")
                );
                failed.fetch_add(1, Ordering::SeqCst);
                continue;
            }
        };
        for lease in leases {
            let Some(Work::Trial(work)) = &lease.work else { continue };
            let result = outcome(&serde_json::from_str(&work.trial_spec_json).unwrap());
            // The same report again and again until it is answered.
            while let Err(status) = worker.complete_trial(&lease.token, result.clone()).await {
                assert_eq!(
                    (status.code(), reason(&status).as_str()),
                    (Code::Unavailable, "STORE_FAILED")
                );
                failed.fetch_add(1, Ordering::SeqCst);
            }
            acknowledged.push(work.trial.clone());
            told.fetch_add(1, Ordering::SeqCst);
        }
    }
}

/// So many that some are left when the server is killed for the last time.
const TRIALS: u32 = 1000;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_is_killed_beneath_a_running_sweep_costs_nothing_acknowledged() {
    let Some(mut server) = Server::start() else { return };
    let host = host(&server.url("postgres").parse().unwrap()).await;
    create(&mut host.sweeps().await, &wide_spec("wide", TRIALS as usize)).await;
    let (told, failed) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let mut workers = tokio::task::JoinSet::new();
    for _ in 0..4 {
        let worker = LightWorker::register(host.workers().await, 2).await;
        workers.spawn(persist(worker, Arc::clone(&told), Arc::clone(&failed)));
    }
    for round in 1..=3 {
        let now = told.load(Ordering::SeqCst);
        crate::support::eventually(|| told.load(Ordering::SeqCst) >= now + 30).await;
        let before = failed.load(Ordering::SeqCst);
        server.kill();
        // The sweep notices before the server is back.
        crate::support::eventually(|| failed.load(Ordering::SeqCst) > before).await;
        server.launch();
        assert!(
            told.load(Ordering::SeqCst) < TRIALS as usize,
            "round {round} came too late"
        );
    }
    let acknowledged: Vec<String> = workers.join_all().await.into_iter().flatten().collect();
    let mut sweeps = host.sweeps().await;
    for name in &acknowledged {
        let request = v1::GetTrialRequest { name: name.clone() };
        let trial = sweeps.get_trial(request).await.unwrap().into_inner();
        assert_eq!(trial.state(), v1::TrialState::Completed);
        assert_eq!(trial.outcome.unwrap().scores.len(), 4);
    }
    host.check().await;
    // Leases that were granted by a commit whose answer was cut off are still held; all others are done.
    let progress = get(&mut sweeps, "sweeps/wide").await.progress.unwrap();
    assert_eq!(progress.trials_completed as usize, acknowledged.len());
    assert_eq!(progress.trials_completed + progress.trials_running, TRIALS);
    assert_eq!(progress.trials_failed, 0);
}

#[tokio::test]
async fn without_a_server_it_does_not_start_and_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let nowhere = format!("postgres://augur@localhost/x?host={}", folder.path().display());
    let refused = maintenance::check(&nowhere.parse().unwrap())
        .await
        .unwrap_err()
        .to_string();
    let told = refused.replace(&folder.path().display().to_string(), "DIR");
    assert_eq!(
        told,
        "no PostgreSQL server answers for the store postgres://DIR/x; start it, or check host and port"
    );
}
