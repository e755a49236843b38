//! Certificates: the right ones, the wrong ones, none, and new ones beneath a running coordinator.

use super::{NOW, Strict, call, sweeps};
use augur_channel::{Access, Connection, Credentials};
use augur_coordinator::{
    SafetyError,
    safety::{Tls, TlsFiles, make_certificates},
};
use augur_core::time::Timestamp;
use augur_proto::v1::{GetCoordinatorRequest, sweep_service_client::SweepServiceClient};
use std::{fs, os::unix::fs::PermissionsExt, path::Path, sync::Arc, time::Duration};
use tempfile::TempDir;
use tokio::net::TcpStream;
use tonic::{Code, Status, transport::Endpoint};

/// Certificates of now: the machine's clock says whether they are valid, not the coordinator's.
fn certificates(folder: &Path) {
    let now = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap();
    make_certificates(folder, &["coordinator.example".into()], Timestamp(0).after(now)).unwrap();
}

/// A coordinator with TLS and without tokens; `mutual`: it asks for certificates.
async fn start(mutual: bool) -> (Strict, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    certificates(folder.path());
    let files = TlsFiles {
        certificate: folder.path().join("coordinator.pem"),
        key: folder.path().join("coordinator.key"),
        client_authority: mutual.then(|| folder.path().join("ca.pem")),
    };
    let strict = Strict::on(tempfile::tempdir().unwrap(), false, |_, safety| {
        safety.tls = Some(Arc::new(Tls::open(files).unwrap()));
    })
    .await;
    (strict, folder)
}

fn connection(strict: &Strict, folder: &Path, shows: bool) -> Connection {
    let access = Access {
        addresses: format!("https://{}", strict.coordinator.address()).parse().unwrap(),
        credentials: Credentials {
            ca: Some(folder.join("ca.pem")),
            cert: shows.then(|| folder.join("client.pem")),
            key: shows.then(|| folder.join("client.key")),
            ..Credentials::default()
        },
    };
    let shape = |endpoint: Endpoint| endpoint.connect_timeout(Duration::from_secs(10));
    access.open(shape, Endpoint::connect_lazy).unwrap()
}

async fn ask(connection: Connection) -> Result<(), Status> {
    let mut client = SweepServiceClient::new(connection);
    client.get_coordinator(GetCoordinatorRequest {}).await.map(drop)
}

#[tokio::test]
async fn only_who_trusts_the_authority_gets_through() {
    let (strict, folder) = start(false).await;
    ask(connection(&strict, folder.path(), false)).await.unwrap();
    let other = tempfile::tempdir().unwrap();
    certificates(other.path());
    let status = ask(connection(&strict, other.path(), false)).await.unwrap_err();
    assert_eq!(status.code(), Code::Unavailable, "{status}");
}

#[tokio::test]
async fn a_client_in_the_clear_is_turned_away_and_harms_nobody() {
    let (strict, folder) = start(false).await;
    let url = format!("http://{}", strict.coordinator.address());
    let channel = Endpoint::from_shared(url).unwrap().connect_lazy();
    let status = call(&channel, &sweeps("GetCoordinator"), None, &[]).await;
    assert_eq!(status.code(), Code::Unavailable, "{status}");
    // One that says nothing does not keep the next one waiting.
    let _silent = TcpStream::connect(strict.coordinator.address()).await.unwrap();
    ask(connection(&strict, folder.path(), false)).await.unwrap();
}

#[tokio::test]
async fn a_coordinator_that_asks_for_certificates_gets_them_or_nothing() {
    let (strict, folder) = start(true).await;
    ask(connection(&strict, folder.path(), true)).await.unwrap();
    let status = ask(connection(&strict, folder.path(), false)).await.unwrap_err();
    assert!(format!("{status:?}").contains("CertificateRequired"), "{status:?}");
    // A certificate of another authority, by whoever trusts ours.
    let other = tempfile::tempdir().unwrap();
    certificates(other.path());
    fs::copy(folder.path().join("ca.pem"), other.path().join("ca.pem")).unwrap();
    assert!(ask(connection(&strict, other.path(), true)).await.is_err());
}

#[tokio::test]
async fn new_certificates_are_shown_to_whoever_comes_next() {
    let (strict, folder) = start(false).await;
    let early = connection(&strict, folder.path(), false);
    ask(early.clone()).await.unwrap();
    let next = tempfile::tempdir().unwrap();
    certificates(next.path());
    // Only one of the two files is there yet: the pair as it was stays in force.
    fs::copy(
        next.path().join("coordinator.pem"),
        folder.path().join("coordinator.pem"),
    )
    .unwrap();
    ask(connection(&strict, folder.path(), false)).await.unwrap();
    fs::copy(
        next.path().join("coordinator.key"),
        folder.path().join("coordinator.key"),
    )
    .unwrap();
    ask(connection(&strict, next.path(), false)).await.unwrap();
    assert!(
        ask(connection(&strict, folder.path(), false)).await.is_err(),
        "the old authority is no longer the one"
    );
    ask(early).await.unwrap();
}

#[test]
fn certificates_are_private_never_overwritten_and_can_be_renewed() {
    let folder = tempfile::tempdir().unwrap();
    let files = make_certificates(folder.path(), &["gpu-1".into()], NOW).unwrap();
    assert_eq!(files.len(), 6);
    for file in &files {
        let mode = fs::metadata(file).unwrap().permissions().mode() & 0o777;
        let wanted = if file.extension().unwrap() == "key" {
            0o600
        } else {
            0o644
        };
        assert_eq!(mode, wanted, "{}", file.display());
    }
    let again = make_certificates(folder.path(), &["gpu-1".into()], NOW);
    assert!(matches!(again, Err(SafetyError::Exists(_))), "{again:?}");
    let authority = fs::read(folder.path().join("ca.pem")).unwrap();
    for name in ["coordinator.pem", "coordinator.key", "client.pem", "client.key"] {
        fs::remove_file(folder.path().join(name)).unwrap();
    }
    assert_eq!(
        make_certificates(folder.path(), &["gpu-1".into()], NOW).unwrap().len(),
        4
    );
    assert_eq!(fs::read(folder.path().join("ca.pem")).unwrap(), authority);
    let strange = make_certificates(&folder.path().join("new"), &["näme".into()], NOW);
    assert!(matches!(strange, Err(SafetyError::Host { .. })), "{strange:?}");
}

#[tokio::test]
async fn a_renewed_certificate_is_trusted_by_who_trusted_the_one_before() {
    let (strict, folder) = start(true).await;
    ask(connection(&strict, folder.path(), true)).await.unwrap();
    for name in ["coordinator.pem", "coordinator.key", "client.pem", "client.key"] {
        fs::remove_file(folder.path().join(name)).unwrap();
    }
    certificates(folder.path());
    ask(connection(&strict, folder.path(), true)).await.unwrap();
}
