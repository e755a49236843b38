//! The log of the real program as JSON.

use crate::support::{LightWorker, Sweeps, Workers, create, wide_spec};
use serde_json::{Map, Value};
use std::{
    io::{BufRead, BufReader},
    process::{Command, Stdio},
};

#[tokio::test]
async fn each_line_is_a_flat_object_that_names_what_it_is_about() {
    let folder = tempfile::tempdir().unwrap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_augur-coordinator"))
        .args([
            "--listen",
            "127.0.0.1:0",
            "--http",
            "off",
            "--lease-seconds",
            "0.2",
            "--exit-with-stdin",
            "--store",
        ])
        .arg(folder.path().join("augur.sqlite"))
        .env("AUGUR_LOG_FORMAT", "json")
        .env("AUGUR_LOG", "info")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap())
        .read_line(&mut line)
        .unwrap();
    let url = line.trim_end().strip_prefix("listening on ").unwrap().to_owned();
    create(
        &mut Sweeps::connect(url.clone()).await.unwrap(),
        &wide_spec("logged", 1),
    )
    .await;
    let mut worker = LightWorker::register(Workers::connect(url).await.unwrap(), 1).await;
    let lease = worker.acquire(1).await.remove(0);
    let Some(augur_proto::v1::lease::Work::Trial(work)) = lease.work else {
        panic!("a trial");
    };
    // The worker falls silent, and its lease ends.
    let errors = BufReader::new(child.stderr.take().unwrap());
    let mut lines = errors
        .lines()
        .map(|line| serde_json::from_str::<Map<String, Value>>(&line.unwrap()).unwrap());
    let ended = lines
        .by_ref()
        .inspect(whole)
        .find(|line| line["message"] == "lease ended")
        .unwrap();
    let parts: Vec<_> = work.trial.split('/').collect();
    assert_eq!(ended["level"], "WARN");
    assert_eq!((&ended["sweep"], &ended["trial"]), (&parts[1].into(), &parts[3].into()));
    assert_eq!((&ended["attempt"], &ended["worker"]), (&1.into(), &worker.id.into()));
    drop(child.stdin.take());
    let rest: Vec<_> = lines.inspect(whole).collect();
    assert_eq!(rest.last().unwrap()["message"], "stopping: standard input ended");
    assert!(child.wait().unwrap().success());
}

/// A line has what every line has, and nothing within anything.
fn whole(line: &Map<String, Value>) {
    for key in ["timestamp", "level", "target", "message"] {
        assert!(line[key].is_string(), "{line:?}");
    }
    assert!(
        line.values().all(|value| !value.is_object() && !value.is_array()),
        "{line:?}"
    );
}
