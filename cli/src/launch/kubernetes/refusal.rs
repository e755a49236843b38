//! What the API has against a request, as a sentence with what to do.

use super::cluster::Cluster;
use crate::failure::{Exit, Failure};
use kube::core::Status;
use std::error::Error;

/// A client that can't be made.
pub fn unusable(error: &kube::Error) -> Failure {
    let text = format!(
        "the kubeconfig can't be used: {}; `kubectl version` tries the same",
        innermost(error)
    );
    Failure::new(Exit::CannotStart, text)
}

/// The failure of a request: `verb` and `what` say which one.
pub fn failure(error: &kube::Error, verb: &str, what: &str, cluster: &Cluster) -> Failure {
    let Cluster { namespace, server, .. } = cluster;
    let at = format!("{what} in namespace {namespace} of {server}");
    match error {
        kube::Error::Api(status) => Failure::new(Exit::CannotStart, refused(status, verb, &at, namespace)),
        kube::Error::Auth(_) => {
            let text = format!(
                "can't {verb} {at}: the kubeconfig's way to sign in fails: {}; sign in again",
                innermost(error)
            );
            Failure::new(Exit::CannotStart, text)
        }
        kube::Error::SerdeError(_) => {
            let text = format!(
                "{server} does not answer as Kubernetes does: {}; check the kubeconfig",
                innermost(error)
            );
            Failure::new(Exit::Unreachable, text)
        }
        _ => {
            let text = format!(
                "the Kubernetes API at {server} can't be reached: {}; check the network and the kubeconfig's context",
                innermost(error)
            );
            Failure::new(Exit::Unreachable, text)
        }
    }
}

fn refused(status: &Status, verb: &str, at: &str, namespace: &str) -> String {
    let said = if status.message.is_empty() {
        &status.reason
    } else {
        &status.message
    };
    let kind = status.details.as_ref().map_or("", |details| details.kind.as_str());
    match status.code {
        401 => format!("can't {verb} {at}: the API does not know who asks; sign in again, or choose another --context"),
        403 if said.contains("because it is being terminated") => {
            format!("can't {verb} {at}: the namespace is being deleted; wait, or choose another --namespace")
        }
        403 => format!("may not {verb} {at}: {said}; ask for that right, or choose another --namespace or --context"),
        404 if kind == "namespaces" => {
            format!(
                "there is no namespace {namespace}; make it (`kubectl create namespace {namespace}`) or choose another --namespace"
            )
        }
        404 => format!("can't {verb} {at}: {said}; the cluster has to be of Kubernetes 1.33 or newer"),
        409 => format!(
            "can't {verb} {at}: somebody else changed it: {said}; stop the launch first (`augur launch stop`), or undo that"
        ),
        422 if said.contains("immutable") || said.contains("are forbidden") => format!(
            "can't {verb} {at}: it is there already, and was launched with other options that can't be changed; stop that launch \
             first (`augur launch stop`), or choose another --name"
        ),
        _ => format!("the cluster refuses to {verb} {at}: {said}; change the options"),
    }
}

/// What is at the bottom: the layers of HTTP say little.
fn innermost(error: &dyn Error) -> String {
    let mut error = error;
    while let Some(source) = error.source() {
        error = source;
    }
    let text = error.to_string();
    text.split(" (os error").next().unwrap_or_default().to_owned()
}
