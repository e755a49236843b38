//! The page asks who comes, and is served over TLS where the calls are.

use super::{NOW, Strict};
use crate::page::web::Web;
use augur_coordinator::safety::{Role, Tls, TlsFiles, make_certificates};
use augur_core::time::Timestamp;
use axum::http::{Method, StatusCode, header};
use base64::{Engine, prelude::BASE64_STANDARD};
use rustls::{
    ClientConfig, RootCertStore,
    crypto::ring,
    pki_types::{CertificateDer, ServerName, pem::PemObject},
};
use std::{net::SocketAddr, sync::Arc};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use tokio_rustls::TlsConnector;

fn basic(token: &str) -> String {
    format!("Basic {}", BASE64_STANDARD.encode(format!("me:{token}")))
}

#[tokio::test]
async fn a_token_that_may_read_is_the_password() {
    let mut strict = Strict::start(|_, _| {}).await;
    let address = strict
        .coordinator
        .serve_page("127.0.0.1:0".parse().unwrap())
        .await
        .unwrap();
    let web = Web::at(address);
    let [viewer, worker] = [Role::Viewer, Role::Worker].map(|role| strict.token(role.name(), role));
    for path in ["/", "/api/sweeps", "/assets/app/main.js", "/api/sweeps/x/events"] {
        let asked = web.get(path).await;
        assert_eq!(asked.status, StatusCode::UNAUTHORIZED, "{path}");
        assert!(
            asked.header(header::WWW_AUTHENTICATE).starts_with("Basic realm="),
            "{path}"
        );
        assert!(
            asked
                .header(header::CONTENT_SECURITY_POLICY)
                .starts_with("default-src 'none'")
        );
    }
    let get = async |authorization: &str| {
        let headers = [(header::AUTHORIZATION, authorization)];
        web.send(Method::GET, "/api/sweeps", &headers).await.status
    };
    assert_eq!(get(&basic(&viewer)).await, StatusCode::OK);
    assert_eq!(get(&format!("Bearer {viewer}")).await, StatusCode::OK);
    for wrong in [
        basic(&worker),
        basic("x"),
        "Basic ???".into(),
        "Basic".into(),
        viewer.clone(),
    ] {
        assert_eq!(get(&wrong).await, StatusCode::UNAUTHORIZED, "{wrong}");
    }
    strict.remove("viewer");
    assert_eq!(get(&basic(&viewer)).await, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn with_certificates_the_page_is_https() {
    let folder = tempfile::tempdir().unwrap();
    let now = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap();
    make_certificates(folder.path(), &["h".into()], Timestamp(0).after(now)).unwrap();
    assert!(NOW > Timestamp(0));
    let files = TlsFiles {
        certificate: folder.path().join("coordinator.pem"),
        key: folder.path().join("coordinator.key"),
        // Browsers are not asked for theirs.
        client_authority: Some(folder.path().join("ca.pem")),
    };
    let mut strict = Strict::start(|_, safety| safety.tls = Some(Arc::new(Tls::open(files).unwrap()))).await;
    let token = strict.token("alice", Role::Viewer);
    let address = strict
        .coordinator
        .serve_page("127.0.0.1:0".parse().unwrap())
        .await
        .unwrap();
    let mut roots = RootCertStore::empty();
    roots
        .add(CertificateDer::from_pem_file(folder.path().join("ca.pem")).unwrap())
        .unwrap();
    assert!(get(address, roots.clone(), None).await.starts_with("HTTP/1.1 401 "));
    let answer = get(address, roots, Some(&basic(&token))).await;
    assert!(
        answer.starts_with("HTTP/1.1 200 ") && answer.contains("<!doctype html>"),
        "{answer}"
    );
}

/// The page's first file, by HTTP/1.1 over TLS, byte for byte.
async fn get(address: SocketAddr, roots: RootCertStore, authorization: Option<&str>) -> String {
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let stream = TcpStream::connect(address).await.unwrap();
    let name = ServerName::try_from("localhost").unwrap();
    let mut stream = TlsConnector::from(Arc::new(config))
        .connect(name, stream)
        .await
        .unwrap();
    let authorization = authorization.map_or(String::new(), |value| format!("Authorization: {value}\r\n"));
    let request = format!("GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{authorization}\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    String::from_utf8_lossy(&answer)
        .to_ascii_lowercase()
        .replacen("http/1.1", "HTTP/1.1", 1)
}
