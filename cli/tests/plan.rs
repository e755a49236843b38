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
