//! Tokens that are wrong, expire, are replaced, and files of them that break.

use super::{DAY, Strict, call, sweeps, told};
use crate::support::{SPEC, outcome, reason, registration};
use augur_channel::{Access, Connection, Credentials};
use augur_coordinator::safety::Role;
use augur_core::id::WorkerId;
use augur_proto::v1::{
    self, lease::Work, sweep_service_client::SweepServiceClient, worker_service_client::WorkerServiceClient,
};
use std::{fs, path::Path, time::Duration};
use tonic::{Code, transport::Endpoint};
use uuid::Uuid;

const NONE: &[u8] = &[];

/// What the command and the workers call with, with its token in a file.
fn connection(strict: &Strict, token_file: &Path) -> Connection {
    let access = Access {
        addresses: strict.coordinator.address().to_string().parse().unwrap(),
        credentials: Credentials {
            token_file: Some(token_file.to_owned()),
            ..Credentials::default()
        },
    };
    access.open(|endpoint| endpoint, Endpoint::connect_lazy).unwrap()
}

#[tokio::test]
async fn a_wrong_token_and_one_whose_time_is_over_are_told_apart() {
    let strict = Strict::start(|_, _| {}).await;
    let channel = strict.channel().await;
    let token = strict.token_for("alice", Role::Viewer, Some(DAY));
    let ask = async |token: &str| told(&call(&channel, &sweeps("ListSweeps"), Some(token), NONE).await);
    assert_eq!(ask(&token).await.0, Code::Ok);
    for wrong in ["", "augur_", &token[..token.len() - 1], &format!("{token}A"), "alice"] {
        assert_eq!(
            ask(wrong).await,
            (Code::Unauthenticated, "TOKEN_UNKNOWN".into()),
            "{wrong}"
        );
    }
    strict.clock.advance(DAY);
    assert_eq!(ask(&token).await, (Code::Unauthenticated, "TOKEN_EXPIRED".into()));
}

#[tokio::test]
async fn a_token_that_is_removed_is_gone_with_the_next_call() {
    let strict = Strict::start(|_, _| {}).await;
    let channel = strict.channel().await;
    let token = strict.token("alice", Role::Viewer);
    assert_eq!(
        call(&channel, &sweeps("ListSweeps"), Some(&token), NONE).await.code(),
        Code::Ok
    );
    strict.remove("alice");
    let status = call(&channel, &sweeps("ListSweeps"), Some(&token), NONE).await;
    assert_eq!(told(&status), (Code::Unauthenticated, "TOKEN_UNKNOWN".into()));
}

#[tokio::test]
async fn a_file_that_breaks_changes_nothing_until_it_is_mended() {
    let strict = Strict::start(|_, _| {}).await;
    let channel = strict.channel().await;
    let token = strict.token("alice", Role::Viewer);
    let good = fs::read_to_string(strict.tokens()).unwrap();
    let ask = async || call(&channel, &sweeps("ListSweeps"), Some(&token), NONE).await.code();
    assert_eq!(ask().await, Code::Ok);
    fs::write(strict.tokens(), "alice viewer half a li").unwrap();
    assert_eq!(ask().await, Code::Ok, "the tokens as they were stay in force");
    fs::remove_file(strict.tokens()).unwrap();
    assert_eq!(ask().await, Code::Ok);
    fs::write(strict.tokens(), "# nobody\n").unwrap();
    assert_eq!(ask().await, Code::Unauthenticated);
    fs::write(strict.tokens(), good).unwrap();
    assert_eq!(ask().await, Code::Ok);
}

#[tokio::test]
async fn a_worker_whose_token_is_replaced_hands_in_what_it_has_on_the_same_connection() {
    let strict = Strict::start(|_, _| {}).await;
    let file = strict.folder.path().join("worker.token");
    fs::write(&file, strict.token("worker", Role::Worker)).unwrap();
    let submitter = strict.folder.path().join("submitter.token");
    fs::write(&submitter, strict.token("alice", Role::Submitter)).unwrap();
    let mut people = SweepServiceClient::new(connection(&strict, &submitter));
    let request = v1::CreateSweepRequest {
        spec_yaml: SPEC.into(),
        ..Default::default()
    };
    people.create_sweep(request).await.unwrap();

    let mut worker = WorkerServiceClient::new(connection(&strict, &file));
    let worker_id = WorkerId::from_uuid(Uuid::now_v7()).to_string();
    worker.register_worker(registration(&worker_id, 1)).await.unwrap();
    let request = v1::AcquireLeasesRequest {
        worker_id: worker_id.clone(),
        max_leases: 1,
        ..Default::default()
    };
    let lease = worker
        .acquire_leases(request)
        .await
        .unwrap()
        .into_inner()
        .leases
        .remove(0);
    let Some(Work::Trial(work)) = &lease.work else {
        panic!("{lease:?}")
    };
    let outcome = outcome(&serde_json::from_str(&work.trial_spec_json).unwrap());
    let done = v1::CompleteTrialRequest {
        worker_id,
        token: lease.token.clone(),
        outcome: Some(outcome),
        ..Default::default()
    };

    let new = strict.rotate("worker", Duration::ZERO);
    let refused = worker.complete_trial(done.clone()).await.unwrap_err();
    assert_eq!(
        (refused.code(), reason(&refused).as_str()),
        (Code::Unauthenticated, "TOKEN_EXPIRED")
    );
    fs::write(&file, new).unwrap();
    worker.complete_trial(done).await.unwrap();
}

#[tokio::test]
async fn a_stream_ends_with_its_token() {
    let strict = Strict::start(|_, _| {}).await;
    let [admin, viewer] = ["admin.token", "viewer.token"].map(|name| strict.folder.path().join(name));
    fs::write(&admin, strict.token("root", Role::Admin)).unwrap();
    fs::write(&viewer, strict.token("bob", Role::Viewer)).unwrap();
    let request = v1::CreateSweepRequest {
        spec_yaml: SPEC.into(),
        ..Default::default()
    };
    SweepServiceClient::new(connection(&strict, &admin))
        .create_sweep(request)
        .await
        .unwrap();
    let request = v1::WatchSweepRequest {
        name: "sweeps/small".into(),
        resume_revision: 0,
    };
    let mut watcher = SweepServiceClient::new(connection(&strict, &viewer));
    let mut stream = watcher.watch_sweep(request).await.unwrap().into_inner();
    assert!(stream.message().await.unwrap().is_some());
    strict.remove("bob");
    let status = loop {
        // The next bookmark comes within a second or so.
        match tokio::time::timeout(Duration::from_secs(30), stream.message())
            .await
            .unwrap()
        {
            Ok(event) => assert!(event.is_some(), "it ended in order"),
            Err(status) => break status,
        }
    };
    assert_eq!(
        (status.code(), reason(&status).as_str()),
        (Code::Unauthenticated, "TOKEN_UNKNOWN")
    );
}
