//! Coordinators that take turns on one PostgreSQL store: one leads, the others wait, and nobody writes but the leader.

use crate::{
    page::web::Web,
    support::{Host, LightWorker, SPEC, Sweeps, Workers, create, get, postgres::Server, reason, wide_spec},
};
use augur_coordinator::{
    Config, EndError, Location, Settings, Standby,
    clock::{Clock, ManualClock, SystemClock},
};
use augur_core::time::Timestamp;
use augur_proto::v1::{self, watch_sweep_response::Event};
use axum::http::StatusCode;
use sqlx::{Connection, PgConnection};
use std::{process::Command, sync::Arc, time::Duration};
use tokio::time::timeout;
use tonic::{Code, transport::Channel};
use tonic_health::pb::{HealthCheckRequest, health_check_response::ServingStatus, health_client::HealthClient};

/// A standby takes over well within this.
const SOON: Duration = Duration::from_secs(30);

fn store(server: &Server) -> Location {
    server.url("postgres").parse().unwrap()
}

async fn standby(store: &Location, clock: Arc<dyn Clock>) -> Standby {
    let config = Config {
        listen: ([127, 0, 0, 1], 0).into(),
        store: store.clone(),
        safety: Default::default(),
        settings: Settings::default(),
    };
    Standby::start(config, clock).await.unwrap()
}

async fn real(store: &Location) -> Standby {
    standby(store, Arc::new(SystemClock::default())).await
}

async fn channel(standby: &Standby) -> Channel {
    let url = format!("http://{}", standby.address());
    Channel::from_shared(url).unwrap().connect().await.unwrap()
}

async fn health(channel: &Channel, service: &str) -> ServingStatus {
    let service = service.to_owned();
    let answer = HealthClient::new(channel.clone())
        .check(HealthCheckRequest { service })
        .await;
    answer.unwrap().into_inner().status()
}

/// Ends when the coordinator behind `channel` leads.
async fn leads(channel: &Channel) {
    let request = HealthCheckRequest { service: String::new() };
    let watch = HealthClient::new(channel.clone()).watch(request).await;
    let mut statuses = watch.unwrap().into_inner();
    let wait = async { while statuses.message().await.unwrap().unwrap().status() != ServingStatus::Serving {} };
    timeout(SOON, wait).await.expect("it does not come to lead");
}

async fn admin(server: &Server) -> PgConnection {
    PgConnection::connect(&server.url("postgres")).await.unwrap()
}

/// Ends the session that holds the store, whoever's it is.
async fn end_session(admin: &mut PgConnection) {
    let end = "SELECT pid, backend_start::text, pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE application_name = 'augur leader'";
    let told: Vec<(i32, String, bool)> = sqlx::query_as(end).fetch_all(&mut *admin).await.unwrap();
    let [(pid, begun, true)] = &told[..] else {
        panic!("one session holds the store: {told:?}")
    };
    // So far it has only been sent a signal.
    let gone = async {
        loop {
            let left = "SELECT count(*) FROM pg_stat_activity WHERE pid = $1 AND backend_start::text = $2";
            let left = sqlx::query_scalar(left).bind(*pid).bind(begun.as_str());
            let left: i64 = left.fetch_one(&mut *admin).await.unwrap();
            if left == 0 {
                return;
            }
            tokio::task::yield_now().await;
        }
    };
    timeout(SOON, gone).await.expect("the session does not end");
}

/// How often the store has changed its leader.
async fn term(admin: &mut PgConnection) -> i64 {
    let term = sqlx::query_scalar("SELECT term FROM augur_leader");
    term.fetch_one(admin).await.unwrap()
}

async fn status_of(sweeps: &mut Sweeps) -> (Code, String) {
    let refused = sweeps.list_sweeps(v1::ListSweepsRequest::default()).await.unwrap_err();
    (refused.code(), reason(&refused))
}

fn not_leader() -> (Code, String) {
    (Code::Unavailable, "NOT_LEADER".to_owned())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_one_that_waits_takes_over_and_everything_goes_on() {
    let Some(server) = Server::start() else { return };
    let store = store(&server);
    let first = real(&store).await;
    let to_first = channel(&first).await;
    leads(&to_first).await;
    let second = real(&store).await;
    let to_second = channel(&second).await;
    for service in ["", "augur.v1.SweepService", "augur.v1.WorkerService"] {
        assert_eq!(
            health(&to_second, service).await,
            ServingStatus::NotServing,
            "{service}"
        );
        assert_eq!(health(&to_first, service).await, ServingStatus::Serving, "{service}");
    }
    let mut sweeps = Sweeps::new(to_second.clone());
    assert_eq!(status_of(&mut sweeps).await, not_leader());

    let mut before = Sweeps::new(to_first.clone());
    let request = v1::CreateSweepRequest {
        spec_yaml: wide_spec("wide", 30),
        request_id: "c2a2a8a2-1e0c-4b0e-8a50-3f4a1c1f0a01".into(),
        ..Default::default()
    };
    let created = before.create_sweep(request.clone()).await.unwrap().into_inner();
    let mut worker = LightWorker::register(Workers::new(to_first.clone()), 4).await;
    let held = worker.acquire(2).await;
    worker.complete(&held[0]).await.unwrap();
    let mut list = v1::ListTrialsRequest {
        parent: created.name.clone(),
        page_size: 10,
        ..Default::default()
    };
    let page = before.list_trials(list.clone()).await.unwrap().into_inner();
    let watching = v1::WatchSweepRequest {
        name: created.name.clone(),
        resume_revision: 1,
    };
    let mut watched = before.watch_sweep(watching).await.unwrap().into_inner();
    let mut revision = 0;
    let mut seen = 0;
    while seen < 3 {
        let response = watched.message().await.unwrap().unwrap();
        seen += usize::from(matches!(response.event, Some(Event::Trial(_))));
        revision = response.revision;
    }

    first.stop().await.unwrap();
    leads(&to_second).await;
    // The watch on the first one has ended, and goes on at the second from where it was.
    while let Ok(Some(_)) = watched.message().await {}
    let again = sweeps.create_sweep(request).await.unwrap().into_inner();
    assert_eq!(again.name, created.name);
    list.page_token = page.next_page_token;
    let next = sweeps.list_trials(list).await.unwrap().into_inner();
    assert_eq!(next.trials[0].index, 10);
    // The lease that the first one gave is good, and so are those who hold it.
    let mut worker = worker.at(Workers::new(to_second.clone()));
    assert_eq!(worker.renew(&[held[1].token.as_str()]).await, [v1::Order::Continue]);
    worker.complete(&held[1]).await.unwrap();
    let watching = v1::WatchSweepRequest {
        name: created.name,
        resume_revision: revision,
    };
    let mut watched = sweeps.watch_sweep(watching).await.unwrap().into_inner();
    let trial = loop {
        match watched.message().await.unwrap().unwrap().event {
            Some(Event::Trial(trial)) => break trial,
            _ => continue,
        }
    };
    assert_eq!(trial.state(), v1::TrialState::Completed);
    assert_eq!(trial.attempts, 1);
    worker.work_off().await;
    second.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_that_is_ended_leaves_one_leader_however_often() {
    let Some(server) = Server::start() else { return };
    let store = store(&server);
    let (one, other) = (real(&store).await, real(&store).await);
    let channels = [channel(&one).await, channel(&other).await];
    let mut admin = admin(&server).await;
    let either = || async {
        tokio::select! {
            () = leads(&channels[0]) => 0,
            () = leads(&channels[1]) => 1,
        }
    };
    let leader = either().await;
    create(&mut Sweeps::new(channels[leader].clone()), SPEC).await;
    for round in 0..4 {
        end_session(&mut admin).await;
        // Whoever was quicker: one of them has the store, and answers.
        let there = async {
            loop {
                for channel in &channels {
                    let mut sweeps = Sweeps::new(channel.clone());
                    let request = v1::PauseSweepRequest {
                        name: "sweeps/small".into(),
                        ..Default::default()
                    };
                    match sweeps.pause_sweep(request).await {
                        Ok(_) => return,
                        Err(status) => assert_eq!(status.code(), Code::Unavailable, "{round}: {status}"),
                    }
                }
                tokio::task::yield_now().await;
            }
        };
        timeout(SOON, there).await.unwrap();
    }
    // Let it settle: the one that lost the lead has to have noticed.
    let settled = async {
        loop {
            let all = [health(&channels[0], "").await, health(&channels[1], "").await];
            if all.iter().filter(|status| **status == ServingStatus::Serving).count() == 1 {
                return;
            }
            tokio::task::yield_now().await;
        }
    };
    timeout(SOON, settled).await.unwrap();
    one.stop().await.unwrap();
    other.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_leader_that_has_gone_silent_is_replaced_and_writes_nothing_more() {
    let Some(server) = Server::start() else { return };
    let store = store(&server);
    // Its clock stands still, and so does its session: as if the process were frozen.
    let clock = Arc::new(ManualClock::new(Timestamp(1_700_000_000_000)));
    let frozen = standby(&store, clock.clone()).await;
    let to_frozen = channel(&frozen).await;
    leads(&to_frozen).await;
    create(&mut Sweeps::new(to_frozen.clone()), SPEC).await;
    let mut worker = LightWorker::register(Workers::new(to_frozen.clone()), 1).await;
    let lease = worker.acquire(1).await.remove(0);

    let second = real(&store).await;
    let to_second = channel(&second).await;
    leads(&to_second).await;
    let mut admin = admin(&server).await;
    assert_eq!(term(&mut admin).await, 2);

    // Thawed, it is asked to write: it can't, and stands by.
    let refused = worker.complete(&lease).await.unwrap_err();
    assert_eq!(refused.code(), Code::Unavailable, "{refused}");
    let mut sweeps = Sweeps::new(to_frozen.clone());
    clock.advance(Duration::from_secs(1));
    let deposed = async {
        while health(&to_frozen, "").await == ServingStatus::Serving {
            tokio::task::yield_now().await;
        }
    };
    timeout(SOON, deposed).await.unwrap();
    assert_eq!(status_of(&mut sweeps).await, not_leader());
    // What it could not write was not written; it is taken at the other one.
    let progress = get(&mut Sweeps::new(to_second.clone()), "sweeps/small").await.progress;
    assert_eq!(progress.unwrap().trials_completed, 0);
    let mut worker = worker.at(Workers::new(to_second));
    worker.complete(&lease).await.unwrap();
    // And once the other one ends, it leads again.
    second.stop().await.unwrap();
    leads(&to_frozen).await;
    assert_eq!(term(&mut admin).await, 3);
    let progress = get(&mut sweeps, "sweeps/small").await.progress;
    assert_eq!(progress.unwrap().trials_completed, 1);
    frozen.stop().await.unwrap();
}

#[tokio::test]
async fn one_that_does_not_stand_by_ends_where_another_has_led_meanwhile() {
    let Some(server) = Server::start() else { return };
    let store = store(&server);
    let clock = Arc::new(ManualClock::new(Timestamp(1_700_000_000_000)));
    let mut first = Host::at(store.clone(), Settings::default(), clock).await;
    create(&mut first.sweeps().await, SPEC).await;
    let mut admin = admin(&server).await;
    // It alone: it takes its store up again.
    end_session(&mut admin).await;
    let mut sweeps = first.sweeps().await;
    let pause = || v1::PauseSweepRequest {
        name: "sweeps/small".into(),
        ..Default::default()
    };
    sweeps.pause_sweep(pause()).await.unwrap();
    assert_eq!(term(&mut admin).await, 1);

    end_session(&mut admin).await;
    // Another one has led, and is gone again: nobody holds the lock.
    let settings = Settings::default();
    let second = Host::at(store, settings, Arc::new(SystemClock::default())).await;
    let resume = v1::ResumeSweepRequest {
        name: "sweeps/small".into(),
        ..Default::default()
    };
    second.sweeps().await.resume_sweep(resume).await.unwrap();
    second.coordinator.stop().await.unwrap();
    let refused = sweeps.pause_sweep(pause()).await.unwrap_err();
    assert_eq!(refused.code(), Code::Unavailable, "{refused}");
    let ended = timeout(SOON, first.coordinator.broken()).await.unwrap();
    assert!(matches!(ended, EndError::Deposed(_)), "{ended}");
    assert_eq!(get(&mut sweeps, "sweeps/small").await.state(), v1::SweepState::Running);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_page_says_that_it_stands_by_and_then_shows_sweeps() {
    let Some(server) = Server::start() else { return };
    let store = store(&server);
    let first = real(&store).await;
    leads(&channel(&first).await).await;
    let mut second = real(&store).await;
    let web = Web::at(second.serve_page("127.0.0.1:0".parse().unwrap()).await.unwrap());
    let text = loop {
        let page = web.get("/").await;
        assert_eq!(page.status, StatusCode::SERVICE_UNAVAILABLE);
        let text = String::from_utf8(page.body).unwrap();
        if text.contains("another coordinator leads") {
            break text;
        }
    };
    assert!(text.contains("This coordinator stands by"), "{text}");
    let refused = web.get("/api/sweeps").await;
    assert_eq!(refused.status, StatusCode::SERVICE_UNAVAILABLE);
    let why = refused.json()["error"].as_str().unwrap().to_owned();
    assert!(why.starts_with("this coordinator stands by"), "{why}");
    first.stop().await.unwrap();
    leads(&channel(&second).await).await;
    let page = web.get("/").await;
    assert_eq!(page.status, StatusCode::OK);
    assert_eq!(web.get("/api/sweeps").await.status, StatusCode::OK);
    second.stop().await.unwrap();
}

#[test]
fn an_sqlite_file_has_one_coordinator() {
    let folder = tempfile::tempdir().unwrap();
    let refused = Command::new(env!("CARGO_BIN_EXE_augur-coordinator"))
        .args(["--standby", "--listen", "127.0.0.1:0", "--http", "off", "--store"])
        .arg(folder.path().join("a.sqlite"))
        .output()
        .unwrap();
    assert_eq!(refused.status.code(), Some(2));
    let told = String::from_utf8(refused.stderr).unwrap();
    assert!(told.contains("--standby needs a store on PostgreSQL"), "{told}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_standby_waits_for_a_server_that_is_not_there_yet() {
    let Some(mut server) = Server::start() else { return };
    let store = store(&server);
    server.kill();
    let early = real(&store).await;
    let to_early = channel(&early).await;
    assert_eq!(health(&to_early, "").await, ServingStatus::NotServing);
    assert_eq!(status_of(&mut Sweeps::new(to_early.clone())).await, not_leader());
    server.launch();
    leads(&to_early).await;
    create(&mut Sweeps::new(to_early), SPEC).await;
    early.stop().await.unwrap();
}
