//! The workers: an indexed Job, each index a worker.

use super::{
    pod,
    release::{Component, Release},
};
use k8s_openapi::api::{
    batch::v1::{
        Job, JobSpec, PodFailurePolicy, PodFailurePolicyOnExitCodesRequirement, PodFailurePolicyOnPodConditionsPattern,
        PodFailurePolicyRule, SuccessPolicy, SuccessPolicyRule,
    },
    core::v1::{Container, EnvVar, PodSpec, Toleration, Volume, VolumeMount},
};

const SELF: Component = Component::Worker;
const DATA: &str = "/data";
/// Where trials leave what they leave.
pub const ARTIFACTS: &str = "/var/lib/augur/artifacts";
/// Longer than the 20 seconds within which a worker has taken its checkpoints and left.
const GRACE_SECONDS: i64 = 40;
/// How a container ends that was told to leave.
const TOLD_TO_LEAVE: i32 = 143;
/// Failures of a worker's own, without its trials', before it is given up.
const FAILURES: i32 = 10;
/// The coordinator's volume may take a while to come.
const PATIENCE: &str = "--connect-timeout=900";

/// A worker that was told to leave ends with 0. A Job would take that for done and never replace it, so it becomes 143
/// here; 0 stays for one that the coordinator sent away, or that is done. A signal that comes before the shell knows the
/// worker's number is passed on as soon as it does. It goes twice, for one that meets the worker before it is a program of
/// its own is lost in the shell's copy; the second changes nothing.
const WRAPPER: &str = r#"tell() {
  kill -TERM "$pid" 2>/dev/null
  sleep 1
  kill -TERM "$pid" 2>/dev/null
}
trap 'told=1; [ -z "$pid" ] || tell' TERM
augur-worker "$@" &
pid=$!
[ -z "$told" ] || tell
wait "$pid"
code=$?
while kill -0 "$pid" 2>/dev/null; do
  wait "$pid"
  code=$?
done
[ -z "$told" ] || exit 143
exit "$code"
"#;

/// The Job.
pub fn job(release: &Release) -> Job {
    let workers = &release.options.workers;
    let count = i32::try_from(workers.count.get()).unwrap_or(i32::MAX);
    let (volumes, mounts): (Vec<_>, Vec<_>) = volumes(release).into_iter().unzip();
    let selector = workers
        .node_selector
        .iter()
        .map(|label| (label.key.clone(), label.value.clone()));
    let spec = PodSpec {
        containers: vec![container(release, mounts)],
        volumes: Some(volumes),
        restart_policy: Some("Never".into()),
        termination_grace_period_seconds: Some(GRACE_SECONDS),
        node_selector: (!workers.node_selector.is_empty()).then(|| selector.collect()),
        tolerations: Some(tolerations(release)).filter(|each| !each.is_empty()),
        ..PodSpec::default()
    };
    Job {
        metadata: release.meta(SELF.as_str(), Some(SELF)),
        spec: Some(JobSpec {
            completion_mode: Some("Indexed".into()),
            completions: Some(count),
            parallelism: Some(count),
            backoff_limit_per_index: Some(FAILURES),
            pod_failure_policy: Some(failure_policy()),
            success_policy: Some(success_policy()),
            // Whoever leaves has left before another one comes, so that a GPU is never asked for twice.
            pod_replacement_policy: Some("Failed".into()),
            template: pod::template(release, SELF, spec),
            ..JobSpec::default()
        }),
        status: None,
    }
}

fn container(release: &Release, mounts: Vec<VolumeMount>) -> Container {
    let workers = &release.options.workers;
    let gpus = workers.gpus.to_string();
    // Equal requests and limits: the worker takes its cores and its memory from the limits.
    let mut wanted = vec![
        ("cpu", workers.cpu.as_str(), Some(workers.cpu.as_str())),
        ("memory", workers.memory.as_str(), Some(workers.memory.as_str())),
    ];
    if workers.gpus > 0 {
        wanted.push(("nvidia.com/gpu", &gpus, Some(&gpus)));
    }
    Container {
        command: Some(["/bin/sh", "-c", WRAPPER, "augur-worker"].map(str::to_owned).into()),
        args: Some(arguments(release)),
        env: Some(variables(release)),
        resources: Some(pod::resources(&wanted)),
        volume_mounts: Some(mounts),
        ..pod::container(release, SELF.as_str())
    }
}

fn arguments(release: &Release) -> Vec<String> {
    let mut arguments = vec![
        format!("--base-dir={DATA}"),
        format!("--artifacts={ARTIFACTS}"),
        format!("--threads={}", release.threads),
        PATIENCE.to_owned(),
    ];
    if let Some(slots) = release.options.workers.slots {
        arguments.push(format!("--slots={slots}"));
    }
    arguments
}

fn variables(release: &Release) -> Vec<EnvVar> {
    let mut variables = pod::client_variables(release, "worker.token");
    variables.extend([
        // Data sets without a `root` in the config are looked for as DATA/NAME.
        pod::variable("AUGUR_DATA", DATA),
        pod::variable("AUGUR_CACHE", "/var/cache/augur"),
        pod::variable("HOME", "/tmp"),
    ]);
    variables
}

fn volumes(release: &Release) -> Vec<(Volume, VolumeMount)> {
    let workers = &release.options.workers;
    let access = pod::access(release, &["ca.crt", "worker.token"]);
    let data = workers
        .data_claim
        .as_ref()
        .map(|claim| pod::claim("data", claim, DATA, true));
    let artifacts = match &workers.artifacts_claim {
        Some(claim) => {
            let (volume, mut mount) = pod::claim("artifacts", claim, ARTIFACTS, false);
            mount.sub_path = Some(format!("{}/artifacts", release.name));
            (volume, mount)
        }
        None => pod::scratch("artifacts", ARTIFACTS, None),
    };
    let scratch = [
        pod::scratch("tmp", "/tmp", None),
        pod::scratch("cache", "/var/cache/augur", None),
        pod::scratch("shm", "/dev/shm", Some("1Gi")),
    ];
    access
        .into_iter()
        .chain(data)
        .chain([artifacts])
        .chain(scratch)
        .collect()
}

fn tolerations(release: &Release) -> Vec<Toleration> {
    let workers = &release.options.workers;
    let tolerates = |key: &str, value: Option<&String>, effect: Option<&String>| Toleration {
        key: Some(key.into()),
        operator: Some(if value.is_some() { "Equal" } else { "Exists" }.into()),
        value: value.cloned(),
        effect: effect.cloned(),
        toleration_seconds: None,
    };
    // Nodes with GPUs often keep away whoever asks for none.
    let gpu = (workers.gpus > 0).then(|| tolerates("nvidia.com/gpu", None, None));
    let given = workers.toleration.iter();
    let given = given.map(|taint| tolerates(&taint.key, taint.value.as_ref(), taint.effect.as_ref()));
    gpu.into_iter().chain(given).collect()
}

/// Whoever was sent away ends the Job: those that are not there yet would never hear of the end, and hold their GPUs for ever. A
/// worker has no right to ask whether the sweep is over, so that one that somebody sends away by hand ends it too.
fn success_policy() -> SuccessPolicy {
    SuccessPolicy {
        rules: vec![SuccessPolicyRule {
            succeeded_count: Some(1),
            succeeded_indexes: None,
        }],
    }
}

/// Pre-emption, eviction, a drained node and a deleted pod count as no failure.
fn failure_policy() -> PodFailurePolicy {
    PodFailurePolicy {
        rules: vec![
            on_condition("Ignore", "DisruptionTarget"),
            on_codes("Ignore", &[TOLD_TO_LEAVE]),
            // 2: a command line that no worker understands, or a Secret without its files; 8: another version of the API.
            on_codes("FailJob", &[2, 8]),
        ],
    }
}

/// What is done where a pod ended by a disruption.
pub fn on_condition(action: &str, condition: &str) -> PodFailurePolicyRule {
    PodFailurePolicyRule {
        action: action.into(),
        on_exit_codes: None,
        on_pod_conditions: Some(vec![PodFailurePolicyOnPodConditionsPattern {
            type_: condition.into(),
            status: "True".into(),
        }]),
    }
}

/// What is done where a container ended with one of these codes.
pub fn on_codes(action: &str, codes: &[i32]) -> PodFailurePolicyRule {
    PodFailurePolicyRule {
        action: action.into(),
        on_exit_codes: Some(PodFailurePolicyOnExitCodesRequirement {
            container_name: None,
            operator: "In".into(),
            values: codes.to_vec(),
        }),
        on_pod_conditions: None,
    }
}
