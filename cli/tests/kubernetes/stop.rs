//! Stopping: the coordinator stays until the workers have given back what they had.

use super::kit::{Kit, LAUNCH};
use serde_json::json;

#[test]
fn the_coordinator_outlasts_the_workers() {
    let kit = Kit::new();
    kit.said(0, &LAUNCH);
    kit.pod("small-worker-0-x", "worker", json!({"phase": "Running"}));
    kit.api.pods_linger(1);
    kit.api.asked();
    let said = kit.said(0, &["launch", "stop", "run"]);
    assert!(said.contains("store-small-coordinator-0"), "{said}");
    let asked = kit.api.asked();
    assert_eq!(
        asked[..6],
        [
            "DELETE jobs small-submit",
            "DELETE jobs small-worker",
            "LIST pods",
            "LIST pods",
            "LIST pods",
            "DELETE statefulsets small-coordinator"
        ]
    );
    // The claim of the store is none of the launch's objects.
    assert!(
        !asked.iter().any(|asked| asked.contains("persistentvolumeclaims")),
        "{asked:?}"
    );

    let said = kit.said(0, &["launch", "stop", "run"]);
    assert_eq!(said, "nothing of small is in namespace labs\n");
    // And it goes on.
    kit.said(0, &LAUNCH);
}

#[test]
fn at_once() {
    let kit = Kit::new();
    kit.said(0, &LAUNCH);
    kit.pod("small-worker-0-x", "worker", json!({"phase": "Running"}));
    kit.api.asked();
    kit.said(0, &["launch", "stop", "run", "--now"]);
    let asked = kit.api.asked();
    assert!(asked.iter().all(|asked| asked.ends_with("(grace 0)")), "{asked:?}");
}
