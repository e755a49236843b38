//! `augur launch slurm --dry-run`: the scripts, and what the command line refuses.

#![allow(clippy::unwrap_used)] // A test that can't go on has failed.

mod support {
    mod coordinator;
    mod sandbox;
    pub use coordinator::Coordinator;
    pub use sandbox::{Sandbox, program};
}

use std::{
    io::Write,
    process::{Command, Stdio},
};
use support::{Coordinator, Sandbox};

/// What would be submitted with these options; held against shellcheck where that is installed.
fn scripts(options: &[&str]) -> String {
    let sandbox = Sandbox::new();
    let config = "it's a \"config\" $(x).yaml";
    sandbox.write(config, &std::fs::read_to_string(sandbox.path("config.yaml")).unwrap());
    let mut arguments = vec!["launch", "slurm", config, "--out", "run's $HOME %j", "--dry-run"];
    arguments.extend(options);
    let text = sandbox.success(&arguments);
    assert!(!sandbox.path("run's $HOME %j").exists(), "a dry run writes nothing");
    for script in text.split("# sbatch").skip(1) {
        let (_, script) = script.split_once('\n').unwrap();
        check(script.trim_start());
    }
    let home = std::fs::canonicalize(sandbox.path("")).unwrap().display().to_string();
    text.replace(&home, "[home]")
        .replace(env!("CARGO_BIN_EXE_augur"), "[augur]")
}

fn check(script: &str) {
    let Ok(mut shellcheck) = Command::new("shellcheck")
        .args(["--severity=warning", "-"])
        .stdin(Stdio::piped())
        .spawn()
    else {
        return;
    };
    shellcheck.stdin.take().unwrap().write_all(script.as_bytes()).unwrap();
    assert!(shellcheck.wait().unwrap().success(), "{script}");
}

#[test]
fn the_scripts_of_a_sweep() {
    insta::assert_snapshot!(scripts(&[]));
}

#[test]
fn the_scripts_with_every_option() {
    let options = [
        "--workers=8",
        "--slots=2",
        "--partition=gpu,cpu",
        "--coordinator-partition=long",
        "--account=lab",
        "--qos=normal",
        "--constraint=a100|h100",
        "--gpus=1",
        "--cpus=4",
        "--mem=16G",
        "--time=4:00:00",
        "--warn-seconds=60",
        "--array-limit=3",
        "--sbatch=--exclude=n[1-3]",
        "--sbatch=--comment='two words'",
        "--coordinator-sbatch=--mem=2G",
        "--store=postgres://augur@db:5432/sweeps",
        "--base-dir=data",
    ];
    insta::assert_snapshot!(scripts(&options));
}

#[test]
fn the_scripts_of_more_workers_and_of_those_for_a_coordinator_that_runs() {
    insta::assert_snapshot!("more_workers", scripts(&["--workers-only", "--cpus=6"]));
    let options = [
        "--coordinator=https://sweeps:7461",
        "--ca=ca.pem",
        "--token-file=my token",
    ];
    insta::assert_snapshot!("coordinator_that_runs", scripts(&options));
}

#[test]
fn workers_have_a_token_of_their_own() {
    let options = [
        "--coordinator=https://sweeps:7461",
        "--token-file=mine",
        "--worker-token-file=theirs",
    ];
    let script = scripts(&options);
    assert!(
        script.contains("--token-file [home]/theirs") && !script.contains("mine"),
        "{script}"
    );
}

#[test]
fn two_launches_at_once_do_not_meet_in_a_folder() {
    let sandbox = Sandbox::new();
    std::fs::create_dir(sandbox.path("run")).unwrap();
    let other = std::fs::File::create(sandbox.path("run/launch.lock")).unwrap();
    other.lock().unwrap();
    let launch = ["launch", "slurm", "config.yaml", "--out", "run"];
    let said = sandbox.failure(11, &launch);
    assert!(said.contains("another `augur launch` submits the sweep of"), "{said}");
    assert!(!sandbox.path("run/launch").exists(), "nothing was written");
}

/// Of a sweep whose coordinator is no part of the launch.
#[test]
fn a_worker_ends_with_the_sweep_of_a_coordinator_elsewhere() {
    let sandbox = Sandbox::new();
    let coordinator = Coordinator::start(&sandbox);
    sandbox.success(&coordinator.arguments(&["submit", "config.yaml"]));
    sandbox.success(&coordinator.arguments(&["cancel", "small"]));
    let state = serde_json::json!({
        "schema": 1, "sweep": "small", "scheduler": {"kind": "slurm"}, "coordinator": coordinator.url, "jobs": [],
    });
    sandbox.write("run/launch.json", &state.to_string());
    let part = ["launch", "part", "worker", "--out", "run"];
    let output = sandbox.augur(&coordinator.arguments(&part));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(
        output.status.success() && said.contains("there is nothing more to do"),
        "{said}"
    );
}

#[test]
fn what_would_leave_its_line_is_refused() {
    let sandbox = Sandbox::new();
    for option in [
        "--partition=a b",
        "--sbatch=--x\n#SBATCH --y",
        "--sbatch=x",
        "--mem=much",
        "--workers=0",
    ] {
        let text = sandbox.failure(
            2,
            &["launch", "slurm", "config.yaml", "--out", "run", "--dry-run", option],
        );
        assert!(text.contains("invalid value"), "{text}");
    }
}

#[test]
fn without_slurm_and_without_a_launch_it_is_said_what_to_do() {
    let sandbox = Sandbox::new();
    let mut command = sandbox.command(
        env!("CARGO_BIN_EXE_augur").as_ref(),
        &["launch", "slurm", "config.yaml", "--out", "run"],
    );
    let output = command.env("PATH", sandbox.path("")).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(6), "{said}");
    assert!(said.contains("sbatch is not on PATH"), "{said}");
    let said = sandbox.failure(4, &["launch", "status", "elsewhere"]);
    assert!(said.contains("is no folder of a launch"), "{said}");
}
