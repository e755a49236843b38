//! What people read when a launch can't be.

use super::kit::{Kit, LAUNCH};

struct Page {
    kit: Kit,
    text: String,
}

impl Page {
    fn new() -> Self {
        Self {
            kit: Kit::new(),
            text: String::new(),
        }
    }

    fn mistake(&mut self, what: &str, exit: i32, args: &[&str]) {
        let said = self.kit.said(exit, args);
        self.text += &format!("## {what}\n$ augur {}\n{said}exit code {exit}\n\n", args.join(" "));
    }

    fn check(self, name: &str) {
        self.kit
            .sandbox
            .settings()
            .bind(|| insta::assert_snapshot!(name, self.text));
    }
}

#[test]
fn options() {
    let mut page = Page::new();
    let with = |more: &[&'static str]| [&LAUNCH[..], more].concat();
    page.mistake("no folder, and no dry run", 2, &LAUNCH[..6]);
    page.mistake(
        "an amount that Kubernetes does not know",
        2,
        &with(&["--memory", "8GB"]),
    );
    page.mistake("a name that no object may have", 2, &with(&["--name", "My_Sweep"]));
    page.mistake("a label without a value", 2, &with(&["--node-selector", "gpu"]));
    page.mistake("an effect that there is not", 2, &with(&["--toleration", "spot:Never"]));
    page.mistake("a Secret and none", 2, &with(&["--secret", "access"]));
    page.kit
        .sandbox
        .config("training:", "resources: {device: cuda}\ntraining:");
    page.mistake("a GPU that nobody asked for", 2, &LAUNCH);
    page.kit
        .sandbox
        .config("name: small", &format!("name: {}", "s".repeat(50)));
    page.mistake("a sweep's name that is too long here", 2, &LAUNCH);
    page.check("options");
}

#[test]
fn clusters() {
    let mut page = Page::new();
    page.kit.api.refuse(401, "Unauthorized");
    page.mistake("credentials that are no longer good", 6, &LAUNCH);
    let forbidden = "serviceaccounts \"small\" is forbidden: User \"ann\" cannot patch resource \"serviceaccounts\" in API group \
                     \"\" in the namespace \"labs\"";
    page.kit.api.refuse(403, forbidden);
    page.mistake("a right that one does not have", 6, &LAUNCH);
    let conflict = "Apply failed with 1 conflict: conflict with \"kubectl-edit\" using apps/v1: .spec.replicas";
    page.kit.api.refuse(409, conflict);
    page.mistake("an object that somebody else changed", 6, &LAUNCH);
    page.kit.api.refuse(
        422,
        "admission webhook \"policy.example\" denied the request: image from an unknown registry",
    );
    page.mistake("a cluster with rules of its own", 6, &LAUNCH);
    page.mistake(
        "a context that there is not",
        6,
        &[&LAUNCH[..], &["--context", "moon"]].concat(),
    );

    // A port that nothing listens at any more.
    let free = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .to_string();
    let kubeconfig = page.kit.api.kubeconfig(None);
    let server = kubeconfig
        .split("http://")
        .nth(1)
        .unwrap()
        .split('\'')
        .next()
        .unwrap()
        .to_owned();
    page.kit
        .sandbox
        .write("kubeconfig", &kubeconfig.replace(&server, &free));
    page.mistake("an API that is not there", 7, &LAUNCH);
    page.kit.sandbox.write("kubeconfig", "clusters: {}");
    page.mistake("a kubeconfig that is none", 6, &LAUNCH);
    std::fs::remove_file(page.kit.sandbox.path("kubeconfig")).unwrap();
    page.mistake("no kubeconfig", 6, &LAUNCH);
    page.mistake("a folder that is no launch's", 4, &["launch", "status", "elsewhere"]);
    page.check("clusters");
}

#[test]
fn a_namespace_that_is_not_there() {
    let mut page = Page::new();
    let kubeconfig = page.kit.api.kubeconfig(Some("lab"));
    page.kit.sandbox.write("kubeconfig", &kubeconfig);
    page.mistake("the namespace of the context is not there", 6, &LAUNCH);
    page.check("namespace");
}
