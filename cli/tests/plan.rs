//! `augur plan`, with data and without.

#![allow(clippy::unwrap_used)] // A test that can't go on has failed.

mod support {
    mod sandbox;
    pub use sandbox::Sandbox;
}

use support::Sandbox;

#[test]
fn shows_what_would_run() {
    let sandbox = Sandbox::new();
    sandbox
        .settings()
        .bind(|| insta::assert_snapshot!(sandbox.success(&["plan", "config.yaml"])));
}

#[test]
fn works_without_the_data_and_says_so() {
    let sandbox = Sandbox::new();
    sandbox.config("{size_px: 16}", "{size_px: 16, root: elsewhere}");
    let text = sandbox.success(&["plan", "config.yaml"]);
    sandbox
        .settings()
        .bind(|| insta::assert_snapshot!(text.lines().last().unwrap()));
}

#[test]
fn speaks_json() {
    let sandbox = Sandbox::new();
    sandbox
        .settings()
        .bind(|| insta::assert_snapshot!(sandbox.success(&["plan", "config.yaml", "--json"])));
}

#[test]
fn refuses_a_class_that_is_not_there_even_without_the_data() {
    let sandbox = Sandbox::new();
    sandbox.config("{size_px: 16}", "{size_px: 16, root: elsewhere}");
    let config = std::fs::read_to_string(sandbox.path("config.yaml")).unwrap();
    sandbox.write("config.yaml", &config.replace("class: coat", "class: cote"));
    let text = sandbox.failure(4, &["plan", "config.yaml"]);
    assert!(text.contains("did you mean `coat`?"), "{text}");
}

/// Ablations, baselines, and starting points that are made.
const VARIANTS: &str = "\
variants:
  - {name: first-order, hypergradient: first_order}
  - {name: random-static, families: [{cutdiff: {form: fixed, starts: {sobol: 8}}}, {rotation: {form: fixed, starts: {grid: 3}}}]}
  - {name: random-dynamic, families: [{cutdiff: {form: random}}]}
  - {name: mean-intensity, baseline: {mean_intensity: {}}}
seeds:";

#[test]
fn names_variants_with_their_candidates_and_starts() {
    let sandbox = Sandbox::new();
    sandbox.config("seeds:", VARIANTS);
    sandbox
        .settings()
        .bind(|| insta::assert_snapshot!(sandbox.success(&["plan", "config.yaml"])));
    let json = sandbox.success(&["plan", "config.yaml", "--json"]);
    let plan: serde_json::Value = serde_json::from_str(&json).unwrap();
    let variants = plan["variants"].as_array().unwrap();
    let of = |variant: &serde_json::Value| (variant["name"].clone(), variant["trials_per_task_and_seed"].clone());
    let expected = [
        ("st-ssad", 3),
        ("first-order", 3),
        ("random-static", 11),
        ("random-dynamic", 1),
        ("mean-intensity", 1),
    ];
    assert_eq!(
        variants.iter().map(of).collect::<Vec<_>>(),
        expected.map(|(name, trials)| (name.into(), trials.into()))
    );
    assert_eq!(plan["trials"], 2 * 2 * 19);
}

#[test]
fn plans_every_shipped_config_without_its_data() {
    let sandbox = Sandbox::new();
    let configs = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../configs")).unwrap();
    let mut planned = 0;
    for entry in configs {
        let config = entry.unwrap().path();
        let args = ["plan", config.to_str().unwrap(), "--json"];
        let augur = std::path::Path::new(env!("CARGO_BIN_EXE_augur"));
        let output = sandbox
            .command(augur, &args)
            .env("AUGUR_DATA", "nowhere")
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{}: {said}", config.display());
        let plan: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        assert!(plan["trials"].as_u64().unwrap() > 0, "{}", config.display());
        // Fashion-MNIST may be there, as a package of the system.
        if !plan.to_string().contains("fashion-mnist") {
            assert_eq!(plan["data"]["found"], false, "{}", config.display());
        }
        planned += 1;
    }
    assert!(planned > 0);
}

#[test]
fn shows_the_rungs_of_early_stopping_and_what_they_save() {
    let sandbox = Sandbox::new();
    let config = std::fs::read_to_string(sandbox.path("config.yaml")).unwrap();
    let config = config.replace("epochs: 2", "epochs: 30") + "early_stopping: {audit: 0}\n";
    sandbox.write("config.yaml", &config);
    let text = sandbox.success(&["plan", "config.yaml"]);
    let line = text.lines().find(|line| line.starts_with("stopping")).unwrap();
    // Of 3 trials 1 + 1/2 + 1/3 pass epoch 4, and 1 + 5/6 * 1/2 of those pass epoch 12.
    assert_eq!(
        line,
        "stopping   1 in 3 goes on after epochs 4, 12; about 58 % of all epochs are run"
    );
}
