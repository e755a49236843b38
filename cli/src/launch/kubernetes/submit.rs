//! The Job that submits the sweep, follows it to its end, and leaves its results.

use super::{
    pod,
    release::{Component, Release},
    workers::{on_codes, on_condition},
};
use k8s_openapi::api::{
    batch::v1::{Job, JobSpec, PodFailurePolicy},
    core::v1::{Container, PodSpec},
};

const SELF: Component = Component::Submit;
/// Where the results go.
const RESULTS: &str = "/results";
/// Tries, where the coordinator or the node goes away meanwhile.
const TRIES: i32 = 20;

/// Submitting is safe to repeat: the same sweep is there once. 9 (a task without a selection) and 10 (cancelled) are ends
/// like 0; after any other the Job tries again.
const SCRIPT: &str = r#"augur health --wait 900
augur submit "$AUGUR_CONFIG"
ended=0
augur watch "$AUGUR_SWEEP" --plain || ended=$?
case $ended in
0 | 9 | 10) ;;
*) exit "$ended" ;;
esac
[ -z "$AUGUR_RESULTS" ] || augur leaderboard "$AUGUR_SWEEP" --out "$AUGUR_RESULTS"
# The first worker that was sent away ends with 0, and with it their Job, those that wait for a node or an image included.
sent=
while [ -z "$sent" ]; do
  sent=$(augur workers drain --all --now)
  [ -n "$sent" ] || sleep 5
done
echo "$sent"
exit "$ended"
"#;

/// The Job.
pub fn job(release: &Release) -> Job {
    let mut parts = vec![pod::config(release), pod::scratch("tmp", "/tmp", None)];
    parts.extend(pod::access(release, &["ca.crt", "client.token"]));
    let claim = &release.options.workers.artifacts_claim;
    parts.extend(claim.as_ref().map(|claim| {
        let (volume, mut mount) = pod::claim("results", claim, RESULTS, false);
        // The folder is that of a run: the workers' artifacts lie in it, and selected detectors get their names.
        mount.sub_path = Some(release.name.clone());
        (volume, mount)
    }));
    let (volumes, mounts): (Vec<_>, Vec<_>) = parts.into_iter().unzip();
    let mut variables = pod::client_variables(release, "client.token");
    variables.extend([
        pod::variable("AUGUR_CONFIG", format!("{}/{}", pod::CONFIG, pod::CONFIG_FILE)),
        pod::variable("AUGUR_SWEEP", &release.sweep),
        pod::variable("AUGUR_RESULTS", claim.as_ref().map_or("", |_| RESULTS)),
        pod::variable("HOME", "/tmp"),
    ]);
    let container = Container {
        command: Some(["/bin/sh", "-ec", SCRIPT].map(str::to_owned).into()),
        env: Some(variables),
        resources: Some(pod::resources(&[
            ("cpu", "50m", None),
            ("memory", "128Mi", Some("1Gi")),
        ])),
        volume_mounts: Some(mounts),
        ..pod::container(release, SELF.as_str())
    };
    let spec = PodSpec {
        containers: vec![container],
        volumes: Some(volumes),
        restart_policy: Some("Never".into()),
        // A shell does not end by SIGTERM here, and nothing is lost with it.
        termination_grace_period_seconds: Some(5),
        ..PodSpec::default()
    };
    Job {
        metadata: release.meta(SELF.as_str(), Some(SELF)),
        spec: Some(JobSpec {
            backoff_limit: Some(TRIES),
            pod_failure_policy: Some(PodFailurePolicy {
                rules: vec![
                    on_condition("Ignore", "DisruptionTarget"),
                    // A bad config or command line, another version, another sweep of this name; and the ends of a sweep.
                    on_codes("FailJob", &[2, 3, 8, 9, 10, 13]),
                ],
            }),
            template: pod::template(release, SELF, spec),
            ..JobSpec::default()
        }),
        status: None,
    }
}
