//! `augur report` and `augur verify` on a real coordinator, whose trials a light worker invents.

#![allow(clippy::unwrap_used)] // A test that can't go on has failed.

mod support {
    mod coordinator;
    mod sandbox;
    pub mod worker;
    pub use coordinator::Coordinator;
    pub use sandbox::{CONFIG, Sandbox, program};
}

use augur_core::leaderboard::{Candidate, Leaderboard};
use std::fs;
use support::{CONFIG, Coordinator, Sandbox, worker};

/// The files of a report.
const FILES: [&str; 8] = [
    "config.yaml",
    "leaderboard.csv",
    "leaderboard.json",
    "leaderboard.md",
    "leaderboard.parquet",
    "leaderboard.tex",
    "report.html",
    "report.json",
];

/// Submits a config under a name, works it off, and writes its report into the folder of that name.
fn report(sandbox: &Sandbox, coordinator: &Coordinator, name: &str, config: &str) {
    sandbox.write(
        &format!("{name}.yaml"),
        &config.replace("name: small", &format!("name: {name}")),
    );
    sandbox.success(&coordinator.arguments(&["submit", &format!("{name}.yaml")]));
    let runtime = tokio::runtime::Runtime::new().unwrap();
    // One trial of each group crashes and is tried again.
    runtime.block_on(worker::work_off(&coordinator.url, |trial| {
        trial.method.initial()["angle_deg"] == 40.0
    }));
    let said = sandbox.success(&coordinator.arguments(&["report", name, "--out", name]));
    assert!(said.ends_with("report.html\n"), "{said}");
}

fn read(sandbox: &Sandbox, path: &str) -> String {
    fs::read_to_string(sandbox.path(path)).unwrap()
}

fn board(sandbox: &Sandbox, folder: &str) -> Leaderboard {
    serde_json::from_str(&read(sandbox, &format!("{folder}/leaderboard.json"))).unwrap()
}

#[test]
fn a_sweep_has_every_file_and_its_seals_hold() {
    let sandbox = Sandbox::new();
    let coordinator = Coordinator::start(&sandbox);
    report(&sandbox, &coordinator, "small", CONFIG);
    let mut files: Vec<String> = fs::read_dir(sandbox.path("small"))
        .unwrap()
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .collect();
    files.sort();
    assert_eq!(files, FILES);

    let html = read(&sandbox, "small/report.html");
    for text in [
        "Was the choice good?",
        "Scores of 30 normal and 30 anomalous validation images",
        "Norm of the hypergradient",
        "4 trials of 12 did not come to an end at the first attempt; they had 8 attempts in all.",
        "it came to its end later",
        "all 4 choices are as they were sealed",
        "light, 4 slots, augur 0.0.1, libtorch 2.13.0",
    ] {
        assert!(html.contains(text), "{text}");
    }
    let summary: serde_json::Value = serde_json::from_str(&read(&sandbox, "small/report.json")).unwrap();
    // The worker's losses order trials as their AUROC does.
    let spearman = summary["choice"]["overall"]["correlation"]["spearman"]["value"]
        .as_f64()
        .unwrap();
    assert!(spearman < -0.9, "{spearman}");
    assert_eq!(summary["choice"]["overall"]["regret"]["value"].as_f64(), Some(0.0));
    assert_eq!(summary["choice"]["selectors"].as_array().unwrap().len(), 9);

    let good = "small: 4 choices, every one as it was sealed\n";
    for named in ["small", "small/leaderboard.json"] {
        assert!(sandbox.success(&["verify", named]).starts_with(good));
    }
    assert_eq!(
        sandbox.success(&coordinator.arguments(&["verify", "sweeps/small", "--against", "small"])),
        good
    );
}

/// What `augur verify small` says after one change in a ranked trial of the second choice; the leaderboard is mended again.
fn verified_after(sandbox: &Sandbox, change: impl FnOnce(&mut Candidate)) -> String {
    let file = "small/leaderboard.json";
    let good = read(sandbox, file);
    let mut changed = board(sandbox, "small");
    change(&mut changed.tasks[1].candidates[2]);
    sandbox.write(file, &serde_json::to_string(&changed).unwrap());
    let output = sandbox.augur(&["verify", "small"]);
    assert_eq!(output.status.code(), Some(17));
    sandbox.write(file, &good);
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn one_bit_of_a_sealed_choice_is_found_and_named() {
    let sandbox = Sandbox::new();
    let coordinator = Coordinator::start(&sandbox);
    report(&sandbox, &coordinator, "small", CONFIG);
    let result = board(&sandbox, "small").tasks.swap_remove(1);
    let place = format!("{}, seed {}: ", result.task, result.seed);
    let named = |said: &str, faults: &[String]| {
        assert_eq!(said.lines().count(), faults.len(), "{said}");
        for fault in faults {
            let found = said.lines().any(|line| line.starts_with(&format!("{place}{fault}")));
            assert!(found, "{fault:?} is not in {said}");
        }
    };
    let seal =
        "its choice (criterion, ranking, validation losses, excluded trials) is not the one that was sealed".to_owned();

    let (trial, loss) = (result.candidates[2].trial, result.candidates[2].val_loss.unwrap());
    let changed = f64::from_bits(loss.to_bits() ^ 1);
    let said = verified_after(&sandbox, |candidate| candidate.val_loss = Some(changed));
    let own = format!("trial {trial} has the validation loss {changed}, but");
    named(&said, &[own, seal.clone()]);

    let text = trial.to_string();
    let (rest, digit) = text.split_at(text.len() - 1);
    let other = format!("{rest}{:x}", u8::from_str_radix(digit, 16).unwrap() ^ 1);
    let said = verified_after(&sandbox, |candidate| candidate.trial = other.parse().unwrap());
    let missing = format!("trial {trial}, which the config asks for, is missing");
    named(&said, &[seal, missing, format!("the config asks for no trial {other}")]);

    sandbox.success(&["verify", "small"]);
}

#[test]
fn sweeps_are_merged_from_coordinators_and_folders() {
    let sandbox = Sandbox::new();
    let coordinator = Coordinator::start(&sandbox);
    report(&sandbox, &coordinator, "small", CONFIG);
    let more = CONFIG.replace("seeds: [0, 1]", "seeds: [1, 2]");
    report(&sandbox, &coordinator, "more", &more);
    sandbox.success(&coordinator.arguments(&["report", "small", "more", "--out", "merged"]));
    let merged = board(&sandbox, "merged");
    assert_eq!(merged.tasks.len(), 6);
    assert_eq!(merged.sweep.name, "small-merged");
    assert_eq!(
        sandbox.success(&["verify", "merged"]),
        "small-merged: 6 choices, every one as it was sealed\n"
    );
    // Folders give the same without a coordinator, and a merged folder is one as well.
    fs::rename(sandbox.path("small"), sandbox.path("first")).unwrap();
    sandbox.success(&["report", "first", "more", "--out", "folders"]);
    assert_eq!(board(&sandbox, "folders").tasks, merged.tasks);
    sandbox.success(&[
        "report", "merged", "more", "--out", "again", "--name", "again", "--layout", "paper",
    ]);
    assert_eq!(board(&sandbox, "again").tasks, merged.tasks);
    assert!(read(&sandbox, "again/leaderboard.tex").contains("mean (standard deviation) over seeds"));
    // Another training can't be mixed in.
    let other = more.replace("epochs: 2", "epochs: 3");
    report(&sandbox, &coordinator, "other", &other);
    let said = sandbox.failure(13, &["report", "first", "other", "--out", "mixed"]);
    assert!(said.contains("training.epochs: 2 -> 3"), "{said}");
    assert!(!sandbox.path("mixed").exists());
}

#[test]
fn what_is_no_sweep_is_told() {
    let sandbox = Sandbox::new();
    sandbox.write("empty/none", "");
    for (exit, command, told) in [
        (2, &["report", "--out", "x"][..], "<SWEEP>..."),
        (
            2,
            &["report", "small", "--out", "x"],
            "small is no folder of results; name one, or say with --coordinator",
        ),
        (
            12,
            &["report", "empty", "--out", "x"],
            "leaderboard.json can't be read: no such file",
        ),
        (
            4,
            &["verify", "config.yaml"],
            "config.yaml is no leaderboard that this version reads",
        ),
    ] {
        let said = sandbox.failure(exit, command);
        assert!(said.contains(told), "{command:?} said: {said}");
    }
}
