//! A client that isn't ours reads a sweep through reflection, with a coordinator and a worker started by hand.
#![allow(clippy::unwrap_used, reason = "a panic here is a failed test")]

use augur_tests::{
    bin::{augur, path, workspace},
    sweep::{SMALL, config},
};
use serde_json::Value;
use std::{
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
};
use tempfile::tempdir;

/// A process that is killed when the test lets go of it.
struct Guard(Child);

impl Drop for Guard {
    fn drop(&mut self) {
        // It may have ended by itself, which is as good.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn python_grpcio_with_reflection_lists_watches_and_reads() {
    let folder = tempdir().unwrap();
    let mut coordinator = Command::new(path("augur-coordinator"))
        .args(["--listen", "127.0.0.1:0", "--http", "off", "--store"])
        .arg(folder.path().join("store.sqlite"))
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(coordinator.stdout.take().unwrap())
        .read_line(&mut line)
        .unwrap();
    let _coordinator = Guard(coordinator);
    let url = line
        .trim()
        .strip_prefix("listening on ")
        .unwrap_or_else(|| panic!("said {line:?}"));
    let spec = config(folder.path(), SMALL);
    let submitted = augur()
        .arg("submit")
        .arg(&spec)
        .args(["--coordinator", url])
        .output()
        .unwrap();
    assert!(
        submitted.status.success(),
        "{}",
        String::from_utf8_lossy(&submitted.stderr)
    );
    let python = workspace().join(".venv/bin/python");
    assert!(
        python.exists(),
        "{} is missing; run `make setup-test`",
        python.display()
    );
    let mut client = Command::new(python)
        .arg(workspace().join("tests/python/client.py"))
        .arg(url.trim_start_matches("http://"))
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = BufReader::new(client.stdout.take().unwrap()).lines();
    let mut client = Guard(client);
    // The worker comes once the client watches, so that it sees every trial.
    assert_eq!(said.next().unwrap().unwrap(), "watching");
    let worker = Command::new(path("augur-worker"))
        .args(["--coordinator", url, "--slots", "2"])
        .current_dir(workspace())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let _worker = Guard(worker);
    let line = said.next().expect("the client says what it saw").unwrap();
    assert!(client.0.wait().unwrap().success());
    let seen: Value = serde_json::from_str(&line).unwrap();
    assert_eq!(seen["sweeps"], serde_json::json!(["small"]));
    for service in [
        "augur.v1.SweepService",
        "augur.v1.WorkerService",
        "grpc.health.v1.Health",
    ] {
        assert!(
            seen["services"].as_array().unwrap().iter().any(|name| name == service),
            "{}",
            seen["services"]
        );
    }
    let events: Vec<&str> = seen["events"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(Value::as_str)
        .collect();
    assert_eq!((events.first(), events.last()), (Some(&"snapshot"), Some(&"sweep")));
    assert!(
        events.iter().filter(|event| **event == "trial").count() >= 16,
        "{events:?}"
    );
    let ours = augur()
        .args(["leaderboard", "small", "--format", "json", "--coordinator", url])
        .output()
        .unwrap();
    let ours: Value = serde_json::from_slice(&ours.stdout).unwrap();
    let theirs = &seen["leaderboard"]["tasks"];
    assert_eq!(
        theirs.as_array().unwrap().len(),
        4 * 4,
        "two tasks and seeds, the method and three variants"
    );
    for (their, our) in theirs.as_array().unwrap().iter().zip(ours["tasks"].as_array().unwrap()) {
        assert_eq!((&their["task"], &their["variant"]), (&our["task"], &our["variant"]));
        assert_eq!(their["selected"]["trial"], our["selected"]["trial"]);
        assert_eq!(their["selected"]["val_loss"], our["selected"]["val_loss"]);
        assert_eq!(their["seal"], our["seal"]);
    }
}
