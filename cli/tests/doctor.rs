//! `augur doctor` tells what it found, and with which command to mend what is missing.

#![allow(clippy::unwrap_used)] // A test that can't go on has failed.

mod support {
    mod sandbox;
    pub use sandbox::Sandbox;
}

use serde_json::Value;
use std::fs;
use support::Sandbox;

fn fashion_mnist(sandbox: &Sandbox) -> Value {
    let output = sandbox.augur(&["doctor", "--json"]);
    let findings: Value = serde_json::from_slice(&output.stdout).unwrap();
    let findings = findings["findings"].as_array().unwrap().clone();
    findings
        .into_iter()
        .find(|finding| finding["what"] == "fashion-mnist")
        .unwrap()
}

#[test]
fn names_the_data_set_it_found() {
    let found = fashion_mnist(&Sandbox::new());
    assert_eq!(found["state"], "280 images in data/fashion-mnist");
    assert_eq!(found["mend"], Value::Null);
}

#[test]
fn says_how_to_mend_a_damaged_data_set() {
    let sandbox = Sandbox::new();
    fs::write(sandbox.path("data/fashion-mnist/train-labels-idx1-ubyte"), "no labels").unwrap();
    assert_eq!(fashion_mnist(&sandbox)["mend"], "augur fetch fashion-mnist");
    let text = sandbox.failure(14, &["doctor"]);
    assert!(text.contains("fashion-mnist"), "{text}");
}
