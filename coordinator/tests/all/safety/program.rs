//! The real program: its commands that make certificates and tokens, and what it refuses to start with.

use crate::support::SPEC;
use augur_channel::{Access, Credentials};
use augur_proto::v1::{self, sweep_service_client::SweepServiceClient};
use std::{
    fs,
    io::{BufRead, BufReader},
    os::unix::fs::PermissionsExt,
    path::Path,
    process::{Child, Command, Output, Stdio},
};
use tonic::{Code, transport::Endpoint};

/// A running program; killed when dropped.
pub struct Running {
    pub child: Child,
    pub url: String,
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_augur-coordinator"));
    command.env("AUGUR_LOG", "warn").stdin(Stdio::null());
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Serves on a store in `folder`.
pub fn serve(folder: &Path, listen: &str, more: &[&str]) -> Running {
    let mut command = program();
    command.args(["--listen", listen, "--http", "off", "--store"]);
    command.arg(folder.join("augur.sqlite")).args(more).current_dir(folder);
    let log = fs::File::create(folder.join("log")).unwrap();
    let mut child = command.stderr(log).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap())
        .read_line(&mut line)
        .unwrap();
    let url = line.trim_end().strip_prefix("listening on ");
    let url = url.unwrap_or_else(|| panic!("{}", fs::read_to_string(folder.join("log")).unwrap()));
    let url = url.to_owned();
    Running { child, url }
}

fn run(folder: &Path, args: &[&str]) -> Output {
    program().args(args).current_dir(folder).output().unwrap()
}

/// What it prints; it has to go well.
fn say(folder: &Path, args: &[&str]) -> String {
    let output = run(folder, args);
    assert!(
        output.status.success(),
        "{args:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap()
}

/// Exit code, and what it says on standard error.
fn fault(folder: &Path, args: &[&str]) -> (i32, String) {
    let output = run(folder, args);
    (output.status.code().unwrap(), String::from_utf8(output.stderr).unwrap())
}

#[test]
fn tokens_are_made_shown_replaced_and_removed() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let token = say(
        folder,
        &[
            "token",
            "add",
            "alice",
            "--role",
            "submitter",
            "--expires-in",
            "90d",
            "--tokens",
            "t",
        ],
    );
    assert!(token.starts_with("augur_") && token.trim_end().len() == 49, "{token}");
    let text = fs::read_to_string(folder.join("t")).unwrap();
    assert!(
        !text.contains(token.trim()) && text.contains("alice submitter "),
        "{text}"
    );
    let mode = fs::metadata(folder.join("t")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let again = fault(folder, &["token", "add", "alice", "--role", "viewer", "--tokens", "t"]);
    assert_eq!(again.0, 13);
    assert_eq!(
        again.1,
        "augur-coordinator: there is a token of alice already; choose another name, or replace it with `token rotate alice`\n"
    );
    let new = say(folder, &["token", "rotate", "alice", "--grace", "1h", "--tokens", "t"]);
    assert_ne!(new, token);
    let list = say(folder, &["token", "list", "--tokens", "t"]);
    assert_eq!(
        list.lines().filter(|line| line.starts_with("alice  submitter")).count(),
        2,
        "{list}"
    );
    say(folder, &["token", "remove", "alice", "--tokens", "t"]);
    assert_eq!(say(folder, &["token", "list", "--tokens", "t"]).lines().count(), 1);
    assert_eq!(fault(folder, &["token", "remove", "alice", "--tokens", "t"]).0, 12);
    assert_eq!(
        fault(folder, &["token", "add", "a b", "--role", "viewer", "--tokens", "t"]).0,
        2
    );
    assert_eq!(
        fault(folder, &["token", "add", "a", "--role", "king", "--tokens", "t"]).0,
        2
    );
    assert_eq!(fault(folder, &["token", "list", "--tokens", "nowhere"]).0, 4);
}

#[test]
fn beyond_this_machine_it_takes_certificates_and_tokens() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    say(folder, &["certificates", "--out", "tls", "--host", "gpu-1"]);
    say(folder, &["token", "add", "a", "--role", "viewer", "--tokens", "t"]);
    let tls = ["--tls-cert", "tls/coordinator.pem", "--tls-key", "tls/coordinator.key"];
    let open = ["--listen", "0.0.0.0:0", "--http", "off"];
    for (more, wants) in [
        (vec![], "add --tls-cert, --tls-key and --tokens"),
        (tls.to_vec(), "nobody is asked who they are; add --tokens"),
        (
            vec!["--tokens", "t"],
            "whoever listens on the way reads everything; add --tls-cert and --tls-key",
        ),
    ] {
        let (code, error) = fault(folder, &[&open[..], &more].concat());
        let error = error.split_whitespace().collect::<Vec<_>>().join(" ");
        assert_eq!(code, 2, "{error}");
        assert!(error.contains(wants) && error.contains("or add --insecure"), "{error}");
    }
    // The page too.
    let (code, error) = fault(folder, &["--listen", "127.0.0.1:0", "--http", "0.0.0.0:0"]);
    assert_eq!(code, 2, "{error}");
    for more in [vec!["--insecure"], [&tls[..], &["--tokens", "t"]].concat()] {
        drop(serve(folder, "0.0.0.0:0", &more));
    }
}

#[test]
fn files_that_can_not_be_used_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    say(folder, &["certificates", "--out", "tls", "--host", "gpu-1"]);
    fs::write(folder.join("t"), "alice emperor 00 x -\n").unwrap();
    fs::write(folder.join("empty"), "").unwrap();
    let tls = |key| vec!["--tls-cert", "tls/coordinator.pem", "--tls-key", key];
    for (more, code, says) in [
        (vec!["--tokens", "t"], 4, "t, line 1: `emperor` is no role"),
        (
            vec!["--tokens", "nowhere"],
            4,
            "nowhere, the file of the tokens, can't be read",
        ),
        (
            tls("nowhere"),
            4,
            "nowhere, the private key of the coordinator, can't be read",
        ),
        (
            tls("empty"),
            4,
            "empty, the private key of the coordinator, can't be used",
        ),
        (
            tls("tls/client.key"),
            4,
            "tls/coordinator.pem, the certificate of the coordinator, can't be used",
        ),
        (vec!["--audit", "nowhere/audit"], 5, "nowhere/audit can't be written"),
        (vec!["--tls-cert", "tls/coordinator.pem"], 2, "--tls-key"),
    ] {
        let (ended, error) = fault(
            folder,
            &[&["--listen", "127.0.0.1:0", "--http", "off"][..], &more].concat(),
        );
        assert_eq!(ended, code, "{error}");
        assert!(error.contains(says), "{error}");
    }
}

#[tokio::test]
async fn with_everything_on_a_submitter_submits_and_a_stranger_does_not() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    say(folder, &["certificates", "--out", "tls", "--host", "gpu-1"]);
    let token = say(
        folder,
        &["token", "add", "alice", "--role", "submitter", "--tokens", "t"],
    );
    fs::write(folder.join("alice.token"), token).unwrap();
    let running = serve(
        folder,
        "127.0.0.1:0",
        &[
            "--tls-cert",
            "tls/coordinator.pem",
            "--tls-key",
            "tls/coordinator.key",
            "--tls-client-ca",
            "tls/ca.pem",
            "--tokens",
            "t",
            "--audit",
            "audit.jsonl",
        ],
    );
    assert!(running.url.starts_with("https://127.0.0.1:"), "{}", running.url);
    let open = |token_file: Option<&str>| {
        let access = Access {
            addresses: running.url.parse().unwrap(),
            credentials: Credentials {
                token_file: token_file.map(|name| folder.join(name)),
                ca: Some(folder.join("tls/ca.pem")),
                cert: Some(folder.join("tls/client.pem")),
                key: Some(folder.join("tls/client.key")),
            },
        };
        SweepServiceClient::new(access.open(|endpoint| endpoint, Endpoint::connect_lazy).unwrap())
    };
    let request = v1::CreateSweepRequest {
        spec_yaml: SPEC.into(),
        ..Default::default()
    };
    open(Some("alice.token")).create_sweep(request.clone()).await.unwrap();
    let refused = open(None).create_sweep(request).await.unwrap_err();
    assert_eq!(refused.code(), Code::Unauthenticated);
    let record = fs::read_to_string(folder.join("audit.jsonl")).unwrap();
    let [done, not] = record.lines().collect::<Vec<_>>()[..] else {
        panic!("{record}")
    };
    assert!(
        done.contains("\"token\":\"alice\"") && done.contains("\"certificate\":\"CN=augur-client\""),
        "{done}"
    );
    assert!(not.contains("TOKEN_MISSING"), "{not}");
}
