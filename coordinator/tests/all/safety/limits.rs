//! How much one caller may ask for.

use super::{Strict, call, sweeps, told, workers};
use augur_coordinator::safety::{Limits, Role, Room};
use augur_proto::v1;
use prost::Message;
use std::{num::NonZeroU32, time::Duration};
use tokio::{io::AsyncReadExt, net::TcpStream};
use tonic::Code;
use tonic_types::StatusExt;

const FEW: NonZeroU32 = NonZeroU32::new(1).unwrap();

#[tokio::test]
async fn who_calls_too_often_is_told_how_long_to_wait_and_nobody_else() {
    let strict = Strict::start(|_, safety| safety.limits.calls = FEW).await;
    let channel = strict.channel().await;
    let [alice, bob] = ["alice", "bob"].map(|name| strict.token(name, Role::Viewer));
    let ask = async |token: &str| call(&channel, &sweeps("ListSweeps"), Some(token), &[]).await;
    let mut answers = Vec::new();
    for _ in 0..20 {
        answers.push(ask(&alice).await);
    }
    let refused = answers.iter().find(|status| status.code() != Code::Ok).unwrap();
    assert_eq!(told(refused), (Code::ResourceExhausted, "TOO_MANY_CALLS".into()));
    let wait = refused.get_details_retry_info().unwrap().retry_delay.unwrap();
    assert!(
        (Duration::from_millis(1)..=Duration::from_secs(1)).contains(&wait),
        "{wait:?}"
    );
    assert!(
        refused.message().starts_with("alice calls too often"),
        "{}",
        refused.message()
    );
    assert_eq!(ask(&bob).await.code(), Code::Ok);
    // Whether it lives may be asked as often as one likes, on this machine.
    for _ in 0..20 {
        assert_eq!(
            call(&channel, "/grpc.health.v1.Health/Check", None, &[]).await.code(),
            Code::Ok
        );
    }
}

#[tokio::test]
async fn streams_have_a_number() {
    let strict = Strict::start(|_, safety| safety.limits.streams = 1).await;
    let channel = strict.channel().await;
    let token = strict.token("alice", Role::Admin);
    let create = v1::CreateSweepRequest {
        spec_yaml: crate::support::SPEC.into(),
        ..Default::default()
    };
    let created = call(&channel, &sweeps("CreateSweep"), Some(&token), &create.encode_to_vec()).await;
    assert_eq!(created.code(), Code::Ok, "{created}");
    let intercept = move |mut request: tonic::Request<()>| {
        request
            .metadata_mut()
            .insert("authorization", format!("Bearer {token}").parse().unwrap());
        Ok(request)
    };
    let mut client = v1::sweep_service_client::SweepServiceClient::with_interceptor(channel, intercept);
    let request = v1::WatchSweepRequest {
        name: "sweeps/small".into(),
        resume_revision: 0,
    };
    let mut first = client.watch_sweep(request.clone()).await.unwrap().into_inner();
    first.message().await.unwrap();
    let refused = client.watch_sweep(request.clone()).await.unwrap_err();
    assert_eq!(told(&refused), (Code::ResourceExhausted, "TOO_MANY_STREAMS".into()));
    assert!(refused.get_details_retry_info().is_some());
    drop(first);
    let freed = async {
        while client.watch_sweep(request.clone()).await.is_err() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), freed).await.unwrap();
}

#[tokio::test]
async fn a_call_that_takes_too_long_is_ended() {
    // The registration, which waits for its commit, has the same.
    let short = Duration::from_secs(3);
    let strict = Strict::start(|_, safety| safety.limits.deadline = short).await;
    let channel = strict.channel().await;
    let token = strict.token("w", Role::Worker);
    let id = uuid::Uuid::now_v7().to_string();
    let registration = crate::support::registration(&id, 1).encode_to_vec();
    assert_eq!(
        call(&channel, &workers("RegisterWorker"), Some(&token), &registration)
            .await
            .code(),
        Code::Ok
    );
    let poll = v1::AcquireLeasesRequest {
        worker_id: id,
        max_leases: 1,
        wait_timeout: Some(Duration::from_secs(60).try_into().unwrap()),
        ..Default::default()
    };
    let status = call(&channel, &workers("AcquireLeases"), Some(&token), &poll.encode_to_vec()).await;
    assert_eq!(told(&status), (Code::DeadlineExceeded, "DEADLINE".into()));
}

#[tokio::test]
async fn only_calls_that_need_it_take_large_requests() {
    let strict = Strict::start(|_, _| {}).await;
    let channel = strict.channel().await;
    let token = strict.token("root", Role::Admin);
    let large = "x".repeat(2 << 20);
    let get = v1::GetSweepRequest { name: large.clone() }.encode_to_vec();
    let status = call(&channel, &sweeps("GetSweep"), Some(&token), &get).await;
    assert_eq!(told(&status), (Code::OutOfRange, "REQUEST_TOO_LARGE".into()));
    assert!(status.message().contains("1024 KiB"), "{}", status.message());
    let create = v1::CreateSweepRequest {
        spec_yaml: large,
        ..Default::default()
    };
    let status = call(&channel, &sweeps("CreateSweep"), Some(&token), &create.encode_to_vec()).await;
    assert_eq!(told(&status), (Code::InvalidArgument, "SPEC_INVALID".into()));
}

#[tokio::test]
async fn connections_have_a_number() {
    let limits = Limits {
        room: Room { all: 2, each: 1 },
        ..Limits::default()
    };
    let strict = Strict::start(|_, safety| safety.limits = limits).await;
    let token = strict.token("alice", Role::Viewer);
    let first = strict.channel().await;
    assert_eq!(
        call(&first, &sweeps("ListSweeps"), Some(&token), &[]).await.code(),
        Code::Ok
    );
    let second = strict.channel().await;
    assert_eq!(
        call(&second, &sweeps("ListSweeps"), Some(&token), &[]).await.code(),
        Code::Ok
    );
    let mut third = TcpStream::connect(strict.coordinator.address()).await.unwrap();
    let mut nothing = Vec::new();
    // Closed at once, with or without a word of TCP.
    let _ = third.read_to_end(&mut nothing).await;
    assert!(nothing.is_empty());
    assert_eq!(
        call(&first, &sweeps("ListSweeps"), Some(&token), &[]).await.code(),
        Code::Ok
    );
}
