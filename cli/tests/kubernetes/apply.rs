//! A launch: each object is tried, then each is made, in an order in which nothing waits for what is not there yet.

use super::kit::{Kit, LAUNCH};
use serde_json::{Value, json};
use std::fs;

const ORDER: [&str; 8] = [
    "ServiceAccount small",
    "ConfigMap small-config",
    "NetworkPolicy small-coordinator",
    "NetworkPolicy small-worker",
    "Service small-coordinator",
    "StatefulSet small-coordinator",
    "Job small-worker",
    "Job small-submit",
];

#[test]
fn everything_is_tried_before_anything_is_made() {
    let kit = Kit::new();
    let said = kit.said(0, &LAUNCH);
    assert!(said.contains("8 objects of small in namespace labs"), "{said}");
    let dry = ORDER.iter().map(|object| format!("PATCH {object} (dry)"));
    let real = ORDER.iter().map(|object| format!("PATCH {object}"));
    assert_eq!(kit.api.asked(), dry.chain(real).collect::<Vec<_>>());

    let state: Value = serde_json::from_slice(&fs::read(kit.sandbox.path("run/launch.json")).unwrap()).unwrap();
    assert_eq!(
        state["scheduler"],
        json!({"kind": "kubernetes", "namespace": "labs", "name": "small"})
    );
    assert!(kit.sandbox.path("run/launch/kustomization.yaml").is_file());
    // The same launch again is the same.
    kit.said(0, &LAUNCH);
    assert!(kit.api.has("jobs/small-worker"));
}

#[test]
fn what_is_refused_leaves_nothing() {
    let kit = Kit::new();
    let elsewhere = [&LAUNCH[..], &["--namespace", "lab"]].concat();
    let said = kit.said(6, &elsewhere);
    assert!(said.contains("there is no namespace lab;"), "{said}");
    assert!(!kit.sandbox.path("run/launch.json").exists());

    kit.said(0, &LAUNCH);
    kit.api.asked();
    let other_image = [&LAUNCH[..4], &["registry.example/augur:2"], &LAUNCH[5..]].concat();
    let said = kit.said(6, &other_image);
    assert!(said.contains("can't apply Job small-worker"), "{said}");
    assert!(kit.api.asked().iter().all(|asked| asked.ends_with("(dry)")));
}

#[test]
fn a_folder_has_one_launch() {
    let kit = Kit::new();
    kit.said(0, &LAUNCH);
    let said = kit.said(13, &[&LAUNCH[..], &["--name", "other"]].concat());
    assert!(said.contains("holds the launch of sweep small"), "{said}");
}
