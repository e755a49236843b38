//! The real program with a page, so that it can be killed; and what its arguments do.

use crate::support::{Sweeps, Workers};
use std::{
    io::{BufRead, BufReader, Read},
    net::{SocketAddr, TcpListener},
    path::Path,
    process::{Child, Command, Output, Stdio},
    thread,
    time::{Duration, Instant},
};

/// A running `augur-coordinator` with a page; killed when dropped.
pub struct Program {
    child: Child,
    pub url: String,
    pub page: SocketAddr,
}

impl Program {
    /// On a store; port 0 is any.
    pub fn start(store: &Path, page: SocketAddr) -> Self {
        let mut child = command(store, &["--http", &page.to_string(), "--lease-seconds", "3600"])
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut after = |start: &str| lines.next().unwrap().unwrap().strip_prefix(start).unwrap().to_owned();
        Self {
            url: after("listening on "),
            page: after("page on http://").parse().unwrap(),
            child,
        }
    }

    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    pub async fn workers(&self) -> Workers {
        Workers::connect(self.url.clone()).await.unwrap()
    }

    pub async fn sweeps(&self) -> Sweeps {
        Sweeps::connect(self.url.clone()).await.unwrap()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn command(store: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_augur-coordinator"));
    command
        .args(["--listen", "127.0.0.1:0", "--store"])
        .arg(store)
        .args(arguments);
    command.env("AUGUR_LOG", "warn");
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

fn refused(store: &Path, arguments: &[&str]) -> (Option<i32>, String) {
    let Output { status, stderr, .. } = command(store, arguments).output().unwrap();
    (status.code(), String::from_utf8(stderr).unwrap())
}

#[test]
fn a_page_that_was_asked_for_and_cannot_be_had_is_a_fault() {
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("augur.sqlite");
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let said = format!(
        "augur-coordinator: the port of {address} is in use; stop what listens there, choose another one with --http \
         (port 0: any), or --http off\n"
    );
    assert_eq!(refused(&store, &["--http", &address]), (Some(6), said));
    let (code, said) = refused(&store, &["--http", "0.0.0.0:0"]);
    assert_eq!(code, Some(2));
    assert!(said.contains("0.0.0.0:0 can be reached from other machines"), "{said}");
    assert!(
        said.contains("add --insecure where every machine around is trusted"),
        "{said}"
    );
    let (code, said) = refused(&store, &["--http", "nowhere"]);
    assert_eq!(code, Some(2));
    assert!(said.contains("write it like 127.0.0.1:7462, or off"), "{said}");
}

#[test]
fn a_page_that_nobody_asked_for_is_left_out_where_its_port_is_taken() {
    let folder = tempfile::tempdir().unwrap();
    // Taken by this test, or by a coordinator of somebody else that stays: another test's is soon gone.
    let begin = Instant::now();
    let _taken = loop {
        match TcpListener::bind("127.0.0.1:7462") {
            Err(_) if begin.elapsed() < Duration::from_secs(60) => thread::sleep(Duration::from_millis(20)),
            taken => break taken,
        }
    };
    let mut child = command(&folder.path().join("augur.sqlite"), &["--exit-with-stdin"])
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.as_mut().unwrap())
        .read_line(&mut line)
        .unwrap();
    assert!(line.starts_with("listening on http://127.0.0.1:"), "{line}");
    drop(child.stdin.take());
    assert_eq!(child.wait().unwrap().code(), Some(0));
    let mut log = String::new();
    child.stderr.take().unwrap().read_to_string(&mut log).unwrap();
    assert!(
        log.contains("no page for browsers: the port of 127.0.0.1:7462 is in use"),
        "{log}"
    );
}
