//! What keeps a worker from working: one sentence and an exit code each.

#![allow(clippy::unwrap_used, reason = "a test ends where it can not go on")]

mod support;

use std::process::{Command, Output};
use support::{program, workspace};
use tokio::net::TcpListener;
use tonic::{service::Routes, transport::Server};

fn worker(arguments: &[&str]) -> Output {
    Command::new(program())
        .env_remove("AUGUR_COORDINATOR")
        .env("AUGUR_LOG", "off")
        .args(arguments)
        .output()
        .unwrap()
}

/// Exit code and what was said.
fn told(output: &Output) -> (i32, String) {
    (
        output.status.code().unwrap(),
        String::from_utf8(output.stderr.clone()).unwrap(),
    )
}

#[tokio::test]
async fn nobody_answers() {
    // Bound, then let go: nobody listens there.
    let address = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let url = format!("http://{address}");
    let output = worker(&["--coordinator", &url, "--connect-timeout", "0.2"]);
    let expected = format!(
        "error: no coordinator answers at {url} (connection refused); start one with `augur-coordinator`, \
         or give another `--coordinator URL`\n"
    );
    assert_eq!(told(&output), (7, expected));
}

#[tokio::test]
async fn somebody_answers_who_speaks_another_api() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    // A gRPC server that serves nothing of augur.v1.
    let server = Server::builder().add_routes(Routes::default());
    tokio::spawn(server.serve_with_incoming(tonic::transport::server::TcpIncoming::from(listener)));
    let output = tokio::task::spawn_blocking(move || (worker(&["--coordinator", &url]), url))
        .await
        .unwrap();
    let (code, said) = told(&output.0);
    assert_eq!(code, 8, "{said}");
    let begin = format!(
        "error: the coordinator at {} speaks another API than this worker's augur.v1/3",
        output.1
    );
    assert!(said.starts_with(&begin) && said.lines().count() == 1, "{said}");
}

#[test]
fn an_address_that_is_none() {
    let (code, said) = told(&worker(&["--coordinator", "ftp://localhost:7461"]));
    let fault = "`ftp://localhost:7461` is no address of a coordinator; write it like http://127.0.0.1:7461";
    assert_eq!(code, 2, "{said}");
    assert!(said.contains(fault), "{said}");
}

#[test]
fn a_folder_for_logs_that_can_not_be_made() {
    let file = workspace().join("Cargo.toml/logs");
    let output = worker(&[
        "--coordinator",
        "http://127.0.0.1:1",
        "--log-dir",
        file.to_str().unwrap(),
    ]);
    let (code, said) = told(&output);
    assert_eq!(code, 5, "{said}");
    assert!(
        said.contains("Cargo.toml/logs for logs: ") && said.contains("--log-dir DIR"),
        "{said}"
    );
}

#[test]
fn the_doctor_speaks_json() {
    let output = worker(&["doctor", "--json"]);
    let findings: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(findings["libtorch"], augur_train::device::LIBTORCH_VERSION);
    assert!(findings["cpu_threads"].as_u64().unwrap() >= 1);
    assert!(findings["cuda_devices"].is_array() && findings["cuda_note"].is_string());
}
