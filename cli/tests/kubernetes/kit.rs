//! A folder, a kubeconfig, and `augur` run with them.

use super::api::{Api, NAMESPACE};
use crate::support::Sandbox;
use serde_json::{Value, json};
use std::{path::Path, process::Output};

pub struct Kit {
    pub sandbox: Sandbox,
    pub api: Api,
}

/// A launch that needs no Secret.
pub const LAUNCH: [&str; 8] = [
    "launch",
    "kubernetes",
    "config.yaml",
    "--image",
    "registry.example/augur:1",
    "--insecure",
    "--out",
    "run",
];

impl Kit {
    pub fn new() -> Self {
        let kit = Self {
            sandbox: Sandbox::new(),
            api: Api::start(),
        };
        kit.sandbox.write("kubeconfig", &kit.api.kubeconfig(Some(NAMESPACE)));
        kit
    }

    pub fn augur(&self, args: &[&str]) -> Output {
        let mut command = self.sandbox.command(Path::new(env!("CARGO_BIN_EXE_augur")), args);
        command.env("KUBECONFIG", self.sandbox.path("kubeconfig"));
        command.env_remove("KUBERNETES_SERVICE_HOST");
        command.output().unwrap()
    }

    /// What it prints when it ends with this code: stdout, then stderr.
    pub fn said(&self, exit: i32, args: &[&str]) -> String {
        let output = self.augur(args);
        let said = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
        assert_eq!(output.status.code(), Some(exit), "augur {args:?} said: {said}");
        said
    }

    /// A pod that a controller would have made.
    pub fn pod(&self, name: &str, component: &str, status: Value) {
        let owner = format!("small-{component}");
        let pod = json!({
            "apiVersion": "v1", "kind": "Pod",
            "metadata": {
                "name": name, "namespace": NAMESPACE, "ownerReferences": [{
                    "apiVersion": "batch/v1", "kind": "Job", "name": owner, "uid": "1",
                }],
                "labels": {"app.kubernetes.io/instance": "small", "app.kubernetes.io/component": component},
            },
            "spec": {"containers": [], "nodeName": "node-1"},
            "status": status,
        });
        self.api
            .put(&format!("/api/v1/namespaces/{NAMESPACE}/pods/{name}"), pod);
    }
}
