//! A launch: each object is tried, then each is made, in an order in which nothing waits for what is not there yet.

use super::{
    api::Api,
    kit::{Kit, LAUNCH},
};
use serde_json::{Value, json};
use std::fs;

const ORDER: [&str; 8] = [
    "ServiceAccount small-augur",
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
        json!({"kind": "kubernetes", "namespace": "labs", "name": "small", "server": kit.api.server()})
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
fn an_object_of_somebody_else_is_left_alone() {
    let kit = Kit::new();
    let path = "/api/v1/namespaces/labs/configmaps/small-config";
    let labels = |instance: &str| json!({"app.kubernetes.io/instance": instance});
    for labels in [json!({}), labels("other")] {
        let theirs = json!({
            "apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "small-config", "labels": labels},
        });
        kit.api.put(path, theirs);
        let said = kit.said(6, &LAUNCH);
        assert!(
            said.contains("ConfigMap small-config is in namespace labs of http://127.0.0.1:")
                && said.contains("already, and this launch did not make it; choose another --name"),
            "{said}"
        );
        assert_eq!(kit.api.asked(), [""; 0], "nothing was applied");
        assert!(!kit.sandbox.path("run/launch.json").exists());
    }
    // One that came later is not deleted either.
    kit.api.remove(path);
    kit.said(0, &LAUNCH);
    kit.api.put(
        path,
        json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "small-config"}}),
    );
    kit.said(0, &["launch", "stop", "run"]);
    assert!(kit.api.has("configmaps/small-config") && !kit.api.has("serviceaccounts/small-augur"));
}

#[test]
fn a_launch_stays_in_its_cluster_and_namespace() {
    let kit = Kit::new();
    kit.said(0, &LAUNCH);
    kit.api.asked();
    let other = Api::start();
    kit.sandbox.write("kubeconfig", &other.kubeconfig(Some("labs")));
    for verb in ["status", "stop"] {
        let said = kit.said(6, &["launch", verb, "run"]);
        let place = format!(
            "the launch is in the cluster at {}, and the kubeconfig leads to {};",
            kit.api.server(),
            other.server()
        );
        assert!(said.contains(&place), "{said}");
    }
    let said = kit.said(13, &LAUNCH);
    assert!(
        said.contains(&format!(
            "run holds the launch in namespace labs of {}",
            kit.api.server()
        )),
        "{said}"
    );
    kit.sandbox.write("kubeconfig", &kit.api.kubeconfig(Some("labs")));
    let said = kit.said(13, &[&LAUNCH[..], &["--namespace", "lab"]].concat());
    assert!(said.contains("and this one goes to namespace lab of"), "{said}");
    assert_eq!((other.asked(), kit.api.asked()), (Vec::new(), Vec::new()));
}

#[test]
fn a_folder_has_one_launch() {
    let kit = Kit::new();
    kit.said(0, &LAUNCH);
    let said = kit.said(13, &[&LAUNCH[..], &["--name", "other"]].concat());
    assert!(said.contains("holds the launch of sweep small"), "{said}");
}
