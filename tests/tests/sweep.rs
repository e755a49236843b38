//! A sweep gives the same leaderboard, bit for bit, however many workers it has and whoever is killed on the way.
#![allow(clippy::unwrap_used, reason = "a panic here is a failed test")]

use augur_core::{
    plan::Plan,
    spec::{METHOD, parse},
};
use augur_tests::{
    bin::augur,
    process::{descendants, is_alive, signal, wait_for},
    sweep::{SMALL, config, leaderboard, run, start, without_times},
};
use serde_json::Value;
use std::{fs, path::Path, process::Child, time::Duration};
use tempfile::tempdir;

const LIMIT: Duration = Duration::from_secs(300);

/// Waits until some trial, but not every one, has completed: the middle of a sweep.
fn wait_until_under_way(augur: &Child, out: &Path) -> Vec<u32> {
    wait_for("a worker that trains", LIMIT, || {
        let slots = descendants(augur.id(), "augur-worker slot");
        let log = fs::read_dir(out.join("logs"))
            .ok()?
            .flatten()
            .any(|entry| fs::read_to_string(entry.path()).is_ok_and(|text| text.contains("trial completed")));
        (log && !slots.is_empty()).then(|| descendants(augur.id(), "augur-worker --coordinator"))
    })
}

#[test]
fn one_or_two_workers_and_a_second_time_give_the_same_leaderboard() {
    let folder = tempdir().unwrap();
    let spec = config(folder.path(), SMALL);
    let two = run(&spec, &folder.path().join("two"), 2);
    check(&two);
    check_files(&folder.path().join("two"));
    check_seals(&folder.path().join("two"));
    let one = run(&spec, &folder.path().join("one"), 1);
    assert_eq!(without_times(two.clone()), without_times(one));
    let again = run(&spec, &folder.path().join("two"), 2);
    assert_eq!(two, again, "a finished sweep is not computed again");
}

/// Every seal that a worker's labels followed holds, and no trial is another one than the config asks for.
fn check_seals(out: &Path) {
    let output = augur().arg("verify").arg(out).output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{said}");
    let choices = Plan::new(parse(SMALL).unwrap()).groups();
    assert_eq!(said, format!("small: {choices} choices, every one as it was sealed\n"));
}

/// What every leaderboard of SMALL must satisfy.
fn check(leaderboard: &Value) {
    let plan = Plan::new(parse(SMALL).unwrap());
    let tasks = leaderboard["tasks"].as_array().unwrap();
    assert_eq!(leaderboard["schema"], 1);
    assert_eq!(tasks.len(), plan.groups() as usize);
    for (index, task) in tasks.iter().enumerate() {
        let group = plan.group(u32::try_from(index).unwrap());
        assert_eq!(
            (task["task"].as_str().unwrap(), task["seed"].as_u64().unwrap()),
            (&*group.task, group.seed)
        );
        assert_eq!(task["variant"], *group.variant);
        let candidates = task["candidates"].as_array().unwrap();
        let excluded = task["excluded"].as_array().unwrap();
        assert_eq!(candidates.len() + excluded.len(), plan.members(group.index).len());
        assert_eq!(task["selected"], candidates.first().cloned().unwrap_or_default());
        for candidate in candidates {
            check_candidate(candidate, &group.variant);
        }
        let losses: Vec<f64> = candidates.iter().filter_map(|c| c["val_loss"].as_f64()).collect();
        assert!(losses.is_sorted(), "{losses:?}");
        // The method always finds something; a variant may have nothing but trials that learnt nothing.
        assert!(group.variant != METHOD || !candidates.is_empty(), "{task}");
    }
}

/// What every ranked trial must satisfy.
fn check_candidate(candidate: &Value, variant: &str) {
    let auroc = candidate["auroc"].as_f64().unwrap();
    assert!((0.0..=1.0).contains(&auroc));
    let is_baseline = variant == "mean-intensity";
    assert_eq!(candidate["val_loss"].is_null(), is_baseline, "{candidate}");
    if let Some(loss) = candidate["val_loss"].as_f64() {
        let value = |name: &str| candidate["validation"][name].as_f64().unwrap();
        assert_eq!(-loss, value("explained") * (-value("whitened_cosine")).max(0.0));
    }
    let hyperparameters = candidate["initial"].as_object().unwrap().len();
    match variant {
        "mean-intensity" => assert_eq!(
            (candidate["family"].as_str(), hyperparameters),
            (Some("mean_intensity"), 0)
        ),
        "random-dynamic" => assert_eq!((candidate["family"].as_str(), hyperparameters), (Some("rotation"), 0)),
        "first-order" => assert_eq!((candidate["family"].as_str(), hyperparameters), (Some("rotation"), 1)),
        _ => assert!(hyperparameters > 0, "{candidate}"),
    }
}

/// The method and every variant have rows in the files for people.
fn check_files(out: &Path) {
    for variant in ["st-ssad", "first-order", "random-dynamic", "mean-intensity"] {
        for (file, cell) in [
            ("leaderboard.csv", format!(",{variant},")),
            ("leaderboard.md", format!("| {variant} |")),
            ("report.html", format!("<td>{variant}</td>")),
        ] {
            let text = fs::read_to_string(out.join(file)).unwrap();
            assert!(text.contains(&cell), "{file} has no {cell}");
        }
    }
}

/// How often a worker is killed until one dies with a trial in its hands.
const KILLS: u32 = 5;

#[test]
fn a_worker_killed_half_way_changes_nothing() {
    let folder = tempdir().unwrap();
    let spec = config(folder.path(), SMALL);
    let calm = run(&spec, &folder.path().join("calm"), 2);
    let calm = without_times(calm);
    // A worker may be between two trials at the moment of its death: then once more.
    let held = (0..KILLS).any(|attempt| {
        let out = folder.path().join(format!("killed-{attempt}"));
        let mut augur = start(&spec, &out, 2);
        let workers = wait_until_under_way(&augur, &out);
        assert_eq!(workers.len(), 2, "two workers run");
        signal(workers[0], libc::SIGKILL);
        let status = augur.wait().unwrap();
        assert!(status.success(), "{status}");
        assert_eq!(without_times(leaderboard(&out)), calm);
        let log = fs::read_to_string(out.join("logs/coordinator.log")).unwrap();
        log.contains("worker lost")
    });
    assert!(held, "no killed worker held a trial");
}

#[test]
fn a_run_killed_half_way_leaves_no_process_and_the_same_command_resumes_it() {
    let folder = tempdir().unwrap();
    let spec = config(folder.path(), SMALL);
    let calm = run(&spec, &folder.path().join("calm"), 1);
    let out = folder.path().join("killed");
    let mut augur = start(&spec, &out, 2);
    wait_until_under_way(&augur, &out);
    let left = descendants(augur.id(), "augur-");
    assert!(left.len() >= 3, "a coordinator and two workers: {left:?}");
    signal(augur.id(), libc::SIGKILL);
    augur.wait().unwrap();
    wait_for("the end of every process", LIMIT, || {
        left.iter().all(|pid| !is_alive(*pid)).then_some(())
    });
    assert!(!out.join("leaderboard.json").exists(), "it was killed half-way");
    assert_eq!(without_times(run(&spec, &out, 2)), without_times(calm));
}

#[test]
fn an_interrupted_run_stops_all_that_it_started_and_says_how_to_go_on() {
    let folder = tempdir().unwrap();
    let spec = config(folder.path(), SMALL);
    let out = folder.path().join("out");
    let mut command = augur_tests::sweep::command(&spec, &out, 2);
    let mut augur = command
        .stderr(std::process::Stdio::piped())
        .stdout(std::process::Stdio::null())
        .spawn()
        .unwrap();
    wait_until_under_way(&augur, &out);
    let started = descendants(augur.id(), "augur-");
    signal(augur.id(), libc::SIGINT);
    let mut said = String::new();
    std::io::Read::read_to_string(&mut augur.stderr.take().unwrap(), &mut said).unwrap();
    assert_eq!(augur.wait().unwrap().code(), Some(130), "{said}");
    assert!(said.contains("same command"), "{said}");
    assert!(started.iter().all(|pid| !is_alive(*pid)), "nothing is left behind");
}
