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
