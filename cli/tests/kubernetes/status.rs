//! What `augur launch status` says of pods and Jobs.

use super::kit::{Kit, LAUNCH};
use serde_json::{Value, json};

fn waiting(reason: &str, message: &str) -> Value {
    json!({
        "phase": "Pending",
        "containerStatuses": [{
            "name": "worker", "image": "i", "imageID": "", "ready": false, "restartCount": 0,
            "state": {"waiting": {"reason": reason, "message": message}},
        }],
    })
}

fn check(kit: &Kit, name: &str, exit: i32) {
    let said = kit.said(exit, &["launch", "status", "run"]);
    kit.sandbox.settings().bind(|| insta::assert_snapshot!(name, said));
}

#[test]
fn nothing_yet_then_running() {
    let kit = Kit::new();
    kit.said(0, &[&LAUNCH[..], &["--workers", "2"]].concat());
    check(&kit, "nothing_yet", 0);

    kit.pod("small-coordinator-0", "coordinator", json!({"phase": "Running"}));
    kit.pod("small-submit-x", "submit", json!({"phase": "Running"}));
    kit.pod("small-worker-0-x", "worker", json!({"phase": "Running"}));
    let full = "0/3 nodes are available: 3 Insufficient nvidia.com/gpu.";
    let unscheduled = json!({
        "phase": "Pending",
        "conditions": [{"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": full}],
    });
    kit.pod("small-worker-1-x", "worker", unscheduled);
    kit.api
        .set_status("jobs/small-worker", json!({"active": 2, "failed": 1}));
    kit.api.log("trial 3 completed\n12 of 32 trials completed, 2 running\n");
    check(&kit, "running", 0);
}

#[test]
fn an_image_that_can_not_be_had() {
    let kit = Kit::new();
    kit.said(0, &LAUNCH);
    let why = "Back-off pulling image \"registry.example/augur:1\": 401 Unauthorized";
    kit.pod("small-worker-0-x", "worker", waiting("ImagePullBackOff", why));
    check(&kit, "image", 6);
}

#[test]
fn a_job_that_failed() {
    let kit = Kit::new();
    kit.said(0, &LAUNCH);
    let ended = json!({
        "phase": "Failed",
        "containerStatuses": [{
            "name": "submit", "image": "i", "imageID": "", "ready": false, "restartCount": 0,
            "state": {"terminated": {"exitCode": 3, "reason": "Error"}},
        }],
    });
    kit.pod("small-submit-x", "submit", ended);
    kit.api.log("error: the config is bad\n");
    let why = "Container submit for pod labs/small-submit-x failed with exit code 3 matching FailJob rule at index 1";
    let condition = json!({"type": "Failed", "status": "True", "reason": "PodFailurePolicy", "message": why});
    kit.api
        .set_status("jobs/small-submit", json!({"conditions": [condition], "failed": 1}));
    check(&kit, "failed", 1);
}
