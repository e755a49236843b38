//! What a person wants to know of a pod.

use k8s_openapi::{
    api::core::v1::{ContainerStatus, PodStatus},
    apimachinery::pkg::apis::meta::v1::Time,
};
use kube::ResourceExt;

/// A pod, as it is shown.
#[derive(Clone, Debug, PartialEq)]
pub struct Pod {
    /// Its name.
    pub name: String,
    /// What it is for.
    pub component: String,
    /// Pending, Running, Succeeded, Failed, or Terminating.
    pub phase: String,
    /// Why it waits or ended so.
    pub reason: Option<String>,
    /// Where it runs.
    pub node: String,
    /// How often its containers were started again.
    pub restarts: i32,
    /// When it was made.
    pub created: Option<Time>,
    /// Kubernetes' word for why its container waits.
    waits: Option<String>,
}

impl Pod {
    /// What the API says of it.
    pub fn of(pod: &k8s_openapi::api::core::v1::Pod) -> Self {
        let status = pod.status.clone().unwrap_or_default();
        let containers = status.container_statuses.as_deref().unwrap_or_default();
        let phase = match pod.metadata.deletion_timestamp {
            Some(_) => "Terminating".to_owned(),
            None => status.phase.clone().unwrap_or_else(|| "Pending".into()),
        };
        let waiting = containers
            .iter()
            .find_map(|container| container.state.as_ref()?.waiting.clone());
        Self {
            name: pod.name_any(),
            component: pod
                .labels()
                .get("app.kubernetes.io/component")
                .cloned()
                .unwrap_or_default(),
            reason: reason(&status, containers),
            node: pod
                .spec
                .as_ref()
                .and_then(|spec| spec.node_name.clone())
                .unwrap_or_default(),
            restarts: containers.iter().map(|container| container.restart_count).sum(),
            created: pod.metadata.creation_timestamp.clone(),
            waits: waiting.and_then(|waiting| waiting.reason),
            phase,
        }
    }

    /// "running", "pending (Unschedulable: 0/3 nodes are available)".
    pub fn state(&self) -> String {
        let phase = self.phase.to_lowercase();
        match &self.reason {
            Some(reason) => format!("{phase} ({reason})"),
            None => phase,
        }
    }

    /// Whether its container has said anything yet.
    pub fn has_begun(&self) -> bool {
        self.phase != "Pending"
    }

    /// What to do about one that does not start by itself.
    pub fn hopeless(&self) -> Option<&'static str> {
        match self.waits.as_deref()? {
            "ErrImagePull" | "ImagePullBackOff" | "InvalidImageName" | "ErrImageNeverPull" | "RegistryUnavailable" => {
                Some("check --image, and name the registry's Secret with --image-pull-secret where it asks for one")
            }
            "CreateContainerConfigError" | "CreateContainerError" => {
                Some("check that the Secrets and claims that the options name are there")
            }
            _ => None,
        }
    }
}

/// What holds it up, or how it ended; none where there is nothing to say.
fn reason(status: &PodStatus, containers: &[ContainerStatus]) -> Option<String> {
    let joined = |reason: Option<&String>, message: Option<&String>| match (reason, message) {
        (Some(reason), Some(message)) if !message.is_empty() => Some(format!("{reason}: {}", first_line(message))),
        (Some(reason), _) => Some(reason.clone()),
        (None, message) => message.map(|message| first_line(message).to_owned()),
    };
    let of_container = containers.iter().find_map(|container| {
        let state = container.state.as_ref()?;
        if let Some(waiting) = &state.waiting {
            return joined(waiting.reason.as_ref(), waiting.message.as_ref());
        }
        let ended = state.terminated.as_ref().filter(|ended| ended.exit_code != 0)?;
        Some(format!("exit code {}", ended.exit_code))
    });
    let scheduled = status.conditions.iter().flatten();
    let unscheduled = scheduled
        .filter(|condition| condition.type_ == "PodScheduled" && condition.status == "False")
        .find_map(|condition| joined(condition.reason.as_ref(), condition.message.as_ref()));
    let of_pod = joined(status.reason.as_ref(), status.message.as_ref());
    of_pod.or(of_container).or(unscheduled)
}

fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or_default()
}
