//! What the containers' shells do, with programs that only end as they are told in the place of augur's.

use super::kit::{Kit, LAUNCH};
use serde_json::Value;
use std::{
    fs,
    os::unix::fs::PermissionsExt,
    process::{Command, Output},
};

/// Runs the script of a Job's container with these programs.
fn run(kit: &Kit, job: &str, programs: &[(&str, &str)]) -> Output {
    run_changed(kit, job, programs, str::to_owned)
}

/// The same, with a change to the script.
fn run_changed(kit: &Kit, job: &str, programs: &[(&str, &str)], change: impl Fn(&str) -> String) -> Output {
    kit.said(0, &[&LAUNCH[..], &["--dry-run"]].concat());
    let yaml = fs::read_to_string(kit.sandbox.path(&format!("run/launch/small-{job}.job.yaml"))).unwrap();
    let job: Value = serde_yaml::from_str(&yaml).unwrap();
    let words = &job["spec"]["template"]["spec"]["containers"][0]["command"];
    let words: Vec<_> = words
        .as_array()
        .unwrap()
        .iter()
        .map(|word| change(word.as_str().unwrap()))
        .collect();
    for (name, script) in programs {
        kit.sandbox
            .write(&format!("bin/{name}"), &format!("#!/bin/sh\n{script}\n"));
        fs::set_permissions(
            kit.sandbox.path(&format!("bin/{name}")),
            fs::Permissions::from_mode(0o755),
        )
        .unwrap();
    }
    let path = format!(
        "{}:{}",
        kit.sandbox.path("bin").display(),
        std::env::var("PATH").unwrap()
    );
    let mut command = Command::new(&words[0]);
    let command = command.args(&words[1..]).env("PATH", path).env("AUGUR_SWEEP", "small");
    command
        .env("AUGUR_CONFIG", "c")
        .env("AUGUR_RESULTS", "")
        .current_dir(kit.sandbox.path(""));
    command.output().unwrap()
}

#[test]
fn only_a_worker_that_was_sent_away_ends_with_0() {
    let kit = Kit::new();
    // The last one sends SIGTERM, as a kubelet does.
    let told = "trap 'exit 0' TERM; kill -TERM \"$PPID\"; while :; do sleep 0.05; done";
    for (worker, code) in [("exit 0", 0), ("exit 8", 8), (told, 143)] {
        let ended = run(&kit, "worker", &[("augur-worker", worker)]);
        assert_eq!(ended.status.code(), Some(code), "{ended:?}");
    }
}

#[test]
fn a_worker_is_told_that_was_to_leave_before_it_began() {
    let kit = Kit::new();
    let worker = "trap 'exit 0' TERM; while :; do sleep 0.05; done";
    let begins = "augur-worker \"$@\" &";
    for early in [format!("kill -TERM $$\n{begins}"), format!("{begins}\nkill -TERM $$")] {
        let ended = run_changed(&kit, "worker", &[("augur-worker", worker)], |word| {
            word.replace(begins, &early)
        });
        assert_eq!(ended.status.code(), Some(143), "{ended:?}");
    }
}

#[test]
fn workers_are_sent_away_until_one_is_there() {
    let kit = Kit::new();
    let augur = r#"case "$1" in
watch) exit 9 ;;
workers) echo asked >> drains; [ "$(wc -l < drains)" -lt 3 ] || echo 'worker w takes nothing more' ;;
esac"#;
    let ended = run(&kit, "submit", &[("augur", augur), ("sleep", "exit 0")]);
    assert_eq!(ended.status.code(), Some(9), "{ended:?}");
    assert_eq!(
        fs::read_to_string(kit.sandbox.path("drains")).unwrap().lines().count(),
        3
    );
    // What can't be asked is tried again by the Job.
    let ended = run(&kit, "submit", &[("augur", "[ \"$1\" != workers ] || exit 7")]);
    assert_eq!(ended.status.code(), Some(7), "{ended:?}");
}
