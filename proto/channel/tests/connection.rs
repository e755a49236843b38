//! A connection among several coordinators, each a real server on loopback.
#![allow(clippy::unwrap_used, reason = "a panic here is a failed test")]

use augur_channel::{Access, AccessError, Addresses, Connection, Credentials};
use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};
use tokio::net::TcpListener;
use tonic::{
    Code, Request, Status,
    transport::{Endpoint, Server, server::TcpIncoming},
};
use tonic_health::pb::{HealthCheckRequest, health_client::HealthClient};

/// Serves gRPC's health, where `answer` says what becomes of a call that carries this header.
async fn server(answer: impl Fn(Option<&str>) -> Result<(), Status> + Send + Sync + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let answer = Arc::new(answer);
    let check = move |request: Request<()>| {
        let header = request
            .metadata()
            .get("authorization")
            .map(|value| value.to_str().unwrap());
        answer(header).map(|()| request)
    };
    let (_, health) = tonic_health::server::health_reporter();
    let server = Server::builder()
        .layer(tonic::service::interceptor::InterceptorLayer::new(check))
        .add_service(health)
        .serve_with_incoming(TcpIncoming::from(listener));
    tokio::spawn(server);
    address
}

fn connection(addresses: &str, credentials: Credentials) -> Result<Connection, AccessError> {
    let addresses: Addresses = addresses.parse().unwrap();
    let access = Access { addresses, credentials };
    access.open(
        |endpoint| endpoint.connect_timeout(Duration::from_secs(5)),
        Endpoint::connect_lazy,
    )
}

async fn call(connection: &Connection) -> Result<(), Code> {
    let request = HealthCheckRequest::default();
    let answer = HealthClient::new(connection.clone()).check(request).await;
    answer.map(|_| ()).map_err(|status| status.code())
}

#[tokio::test]
async fn the_next_call_goes_past_whoever_is_away_or_does_not_lead() {
    let unheard = {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        listener.local_addr().unwrap()
    };
    let standby = server(|_| Err(Status::unavailable("stands by"))).await;
    let leader = server(|_| Ok(())).await;
    let connection = connection(&format!("{unheard},{standby},{leader}"), Credentials::default()).unwrap();
    assert_eq!(call(&connection).await, Err(Code::Unavailable));
    assert_eq!(call(&connection).await, Err(Code::Unavailable));
    for _ in 0..3 {
        assert_eq!(call(&connection).await, Ok(()));
    }
}

#[tokio::test]
async fn one_that_did_not_answer_is_asked_for_its_health_before_it_gets_a_call() {
    // It takes connections and says nothing, as a process that is frozen.
    let frozen = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = frozen.local_addr().unwrap();
    let leads = Arc::new(AtomicBool::new(false));
    let leading = Arc::clone(&leads);
    let other = server(move |_| match leading.load(Relaxed) {
        true => Ok(()),
        false => Err(Status::unavailable("stands by")),
    })
    .await;
    let connection = connection(&format!("{at},{other}"), Credentials::default()).unwrap();
    let first = tokio::time::timeout(Duration::from_millis(300), call(&connection)).await;
    assert!(first.is_err());
    connection.pass_over();
    assert_eq!(call(&connection).await, Err(Code::Unavailable));
    // Back at the frozen one, which is not waited for.
    let begin = Instant::now();
    assert_eq!(call(&connection).await, Err(Code::Unavailable));
    assert!(begin.elapsed() < Duration::from_secs(20), "{:?}", begin.elapsed());
    leads.store(true, Relaxed);
    assert_eq!(call(&connection).await, Ok(()));
}

#[tokio::test]
async fn a_refusal_is_no_reason_to_ask_another() {
    let strict = server(|_| Err(Status::permission_denied("no"))).await;
    let leader = server(|_| Ok(())).await;
    let connection = connection(&format!("{strict},{leader}"), Credentials::default()).unwrap();
    for _ in 0..3 {
        assert_eq!(call(&connection).await, Err(Code::PermissionDenied));
    }
}

#[tokio::test]
async fn every_call_carries_the_token() {
    let folder = tempfile::tempdir().unwrap();
    let token_file = folder.path().join("token");
    std::fs::write(&token_file, "augur-secret\n").unwrap();
    let strict = server(|header| match header {
        Some("Bearer augur-secret") => Ok(()),
        _ => Err(Status::unauthenticated("who is it?")),
    })
    .await;
    let with = Credentials {
        token_file: Some(token_file.clone()),
        ..Default::default()
    };
    assert_eq!(
        call(&connection(&strict.to_string(), with.clone()).unwrap()).await,
        Ok(())
    );
    let without = connection(&strict.to_string(), Credentials::default()).unwrap();
    assert_eq!(call(&without).await, Err(Code::Unauthenticated));

    let refused = connection("http://192.0.2.1:7461", with.clone());
    assert!(matches!(refused, Err(AccessError::TokenInTheClear { .. })));
    std::fs::write(&token_file, "two words").unwrap();
    assert!(matches!(
        connection("localhost:1", with),
        Err(AccessError::Token { .. })
    ));
}

#[tokio::test]
async fn a_token_that_is_replaced_in_its_file_is_sent_from_then_on() {
    let folder = tempfile::tempdir().unwrap();
    let token_file = folder.path().join("token");
    std::fs::write(&token_file, "old").unwrap();
    let strict = server(|header| match header {
        Some("Bearer new-one") => Ok(()),
        _ => Err(Status::unauthenticated("who is it?")),
    })
    .await;
    let credentials = Credentials {
        token_file: Some(token_file.clone()),
        ..Default::default()
    };
    let connection = connection(&strict.to_string(), credentials).unwrap();
    assert_eq!(call(&connection).await, Err(Code::Unauthenticated));
    std::fs::write(&token_file, "new-one\n").unwrap();
    assert_eq!(call(&connection).await, Ok(()));
    // Halfway through being replaced: the one before is sent.
    std::fs::write(&token_file, "").unwrap();
    assert_eq!(call(&connection).await, Ok(()));
    std::fs::remove_file(&token_file).unwrap();
    assert_eq!(call(&connection).await, Ok(()));
}

#[tokio::test]
async fn files_that_can_not_be_used_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let ca = folder.path().join("ca.pem");
    let credentials = Credentials {
        ca: Some(ca.clone()),
        ..Default::default()
    };
    let fault = |credentials: &Credentials| {
        connection("https://localhost:1", credentials.clone())
            .err()
            .unwrap()
            .to_string()
    };
    assert!(
        fault(&credentials).contains("ca.pem") && fault(&credentials).contains("--ca"),
        "{}",
        fault(&credentials)
    );
    std::fs::write(&ca, "no certificate\n").unwrap();
    assert!(fault(&credentials).contains("it holds none"), "{}", fault(&credentials));
}
