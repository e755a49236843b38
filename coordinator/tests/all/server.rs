//! The server as a whole: health, reflection, group commit, one store for one coordinator, restarts.

use crate::support::{Host, LightWorker, SPEC, config, create, eventually, get, reason, wide_spec};
use augur_coordinator::{Config, Coordinator, OpenError, Settings, StartError, clock::SystemClock};
use augur_proto::v1;
use std::{sync::Arc, time::Duration};
use tokio_stream::StreamExt;
use tonic_health::pb::{HealthCheckRequest, health_check_response::ServingStatus, health_client::HealthClient};

#[tokio::test]
async fn health_answers_for_both_services() {
    let host = Host::start().await;
    let mut health = HealthClient::new(host.channel().await);
    for service in ["", "augur.v1.SweepService", "augur.v1.WorkerService"] {
        let request = HealthCheckRequest {
            service: service.into(),
        };
        let answer = health.check(request).await.unwrap().into_inner();
        assert_eq!(answer.status(), ServingStatus::Serving, "{service}");
    }
}

#[tokio::test]
async fn reflection_lists_the_services_and_their_files() {
    use tonic_reflection::pb::v1::{
        ServerReflectionRequest, server_reflection_client::ServerReflectionClient,
        server_reflection_request::MessageRequest, server_reflection_response::MessageResponse,
    };
    let host = Host::start().await;
    let mut reflection = ServerReflectionClient::new(host.channel().await);
    let ask = |request| ServerReflectionRequest {
        host: String::new(),
        message_request: Some(request),
    };
    let requests = [
        ask(MessageRequest::ListServices(String::new())),
        ask(MessageRequest::FileContainingSymbol("augur.v1.SweepService".into())),
        ask(MessageRequest::FileByFilename("google/protobuf/timestamp.proto".into())),
    ];
    let stream = reflection
        .server_reflection_info(tokio_stream::iter(requests))
        .await
        .unwrap()
        .into_inner();
    let answers: Vec<_> = stream
        .map(|answer| answer.unwrap().message_response.unwrap())
        .collect()
        .await;
    let MessageResponse::ListServicesResponse(list) = &answers[0] else {
        panic!("{answers:?}")
    };
    let names: Vec<_> = list.service.iter().map(|service| service.name.as_str()).collect();
    for name in [
        "augur.v1.SweepService",
        "augur.v1.WorkerService",
        "grpc.health.v1.Health",
    ] {
        assert!(names.contains(&name), "{names:?}");
    }
    for answer in &answers[1..] {
        assert!(
            matches!(answer, MessageResponse::FileDescriptorResponse(_)),
            "{answer:?}"
        );
    }
}

#[tokio::test]
async fn the_coordinator_says_who_it_is() {
    let host = Host::start().await;
    let answer = host
        .sweeps()
        .await
        .get_coordinator(v1::GetCoordinatorRequest {})
        .await
        .unwrap()
        .into_inner();
    assert_eq!(answer.api_version, "augur.v1/3");
    assert_eq!(answer.augur_version, env!("CARGO_PKG_VERSION"));
}

#[tokio::test]
async fn what_comes_at_once_is_committed_together() {
    let (host, _clock) = Host::with_clock().await;
    let api = host.workers().await;
    // Answered: so the engine's own first command is done as well.
    LightWorker::register(api.clone(), 1).await;
    let counters = host.coordinator.handle().counters();
    let before = (counters.commands(), counters.commits());
    let mut calls = tokio::task::JoinSet::new();
    for _ in 0..200 {
        let api = api.clone();
        calls.spawn(async move { LightWorker::register(api, 1).await.id });
    }
    let ids = calls.join_all().await;
    let (commands, commits) = (counters.commands() - before.0, counters.commits() - before.1);
    assert_eq!(commands, 200);
    assert!(commits < 100, "{commits} commits for {commands} commands");
    // Acknowledged is on disk: another connection to the file sees every one.
    let request = v1::ListWorkersRequest {
        page_size: 1000,
        ..Default::default()
    };
    let listed = host
        .sweeps()
        .await
        .list_workers(request)
        .await
        .unwrap()
        .into_inner()
        .workers;
    assert_eq!(listed.len(), ids.len() + 1);
}

#[tokio::test]
async fn one_refused_command_does_not_undo_its_neighbours() {
    let host = Host::start().await;
    let sweeps = host.sweeps().await;
    let mut calls = tokio::task::JoinSet::new();
    for i in 0..60 {
        let mut sweeps = sweeps.clone();
        // Every third name comes again with another spec.
        let spec = wide_spec(&format!("s{}", i / 3), 1 + i % 3);
        calls.spawn(async move { crate::support::try_create(&mut sweeps, &spec).await.is_ok() });
    }
    let created = calls.join_all().await.into_iter().filter(|ok| *ok).count();
    assert_eq!(created, 20);
    host.check().await;
}

#[tokio::test]
async fn a_second_coordinator_on_the_store_is_refused() {
    let host = Host::start().await;
    let config = Config {
        store: host.store.clone(),
        ..config(host.folder.path(), Settings::default())
    };
    let second = Coordinator::start(config.clone(), Arc::new(SystemClock::default())).await;
    assert!(matches!(second.err(), Some(StartError::Store(OpenError::InUse { .. }))));
    host.coordinator.stop().await.unwrap();
    let third = Coordinator::start(config, Arc::new(SystemClock::default()))
        .await
        .unwrap();
    third.stop().await.unwrap();
}

#[tokio::test]
async fn a_restart_keeps_everything_and_leases_live_on() {
    let (host, clock) = Host::with_clock().await;
    let mut sweeps = host.sweeps().await;
    create(&mut sweeps, SPEC).await;
    let mut worker = LightWorker::register(host.workers().await, 2).await;
    let leases = worker.acquire(2).await;
    worker.report(&leases[1].token, 1..=2).await;
    worker.complete(&leases[0]).await.unwrap();
    let before = get(&mut sweeps, "sweeps/small").await;
    drop(sweeps);

    // Away for longer than a lease: that is not the workers' fault.
    let host = host.restart(clock, Duration::from_secs(100)).await;
    let mut sweeps = host.sweeps().await;
    let mut after = get(&mut sweeps, "sweeps/small").await;
    // Not heard of in the new life yet.
    assert_eq!(after.progress.as_ref().unwrap().workers_connected, 0);
    after.progress.as_mut().unwrap().workers_connected = 1;
    assert_eq!(after, before);
    worker.api = host.workers().await;
    worker.complete(&leases[1]).await.unwrap();
    worker.work_off().await;
    let sweep = get(&mut sweeps, "sweeps/small").await;
    assert_eq!(sweep.state(), v1::SweepState::Succeeded);
    host.check().await;
}

#[tokio::test]
async fn stopping_ends_watches_and_waiting_calls() {
    let (host, _clock) = Host::with_clock().await;
    let mut sweeps = host.sweeps().await;
    create(&mut sweeps, SPEC).await;
    let mut worker = LightWorker::register(host.workers().await, 1).await;
    assert_eq!(worker.acquire(12).await.len(), 12);
    let request = v1::AcquireLeasesRequest {
        worker_id: worker.id.clone(),
        max_leases: 1,
        wait_timeout: Some(Duration::from_secs(60).try_into().unwrap()),
        held_tokens: worker.held.clone(),
    };
    let mut api = worker.api.clone();
    let waiting = tokio::spawn(async move { api.acquire_leases(request).await });
    // Start, sweep, worker, lease, and now the call that waits.
    eventually(|| host.coordinator.handle().counters().commands() >= 5).await;
    let request = v1::WatchSweepRequest {
        name: "sweeps/small".into(),
        resume_revision: 0,
    };
    let mut stream = sweeps.watch_sweep(request).await.unwrap().into_inner();
    let watching = tokio::spawn(async move {
        loop {
            if let Err(status) = stream.message().await {
                return status;
            }
        }
    });
    host.coordinator.stop().await.unwrap();
    assert_eq!(reason(&waiting.await.unwrap().unwrap_err()), "STOPPING");
    assert_eq!(reason(&watching.await.unwrap()), "STOPPING");
}
