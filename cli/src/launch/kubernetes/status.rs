//! `augur launch status`: the pods, why they wait, and what the sweep last said.

use super::{
    INSTANCE, Place,
    cluster::Cluster,
    pods::Pod as Seen,
    release::{Component, PORT},
};
use crate::{
    command::{print, width},
    failure::{Exit, Failure},
    launch::{access, files::LaunchFolder, state::State},
    results::{finish, plain},
    text,
};
use k8s_openapi::api::{batch::v1::Job, core::v1::Pod};
use kube::{Api, ResourceExt, api::LogParams};

/// Shows how a launch stands.
///
/// # Errors
/// A cluster that can't be asked; pods that can't start; a submission that failed.
pub async fn show(folder: &LaunchFolder, place: &Place, state: &State) -> Result<(), Failure> {
    let cluster = Cluster::of(place).await?;
    let labels = format!("{INSTANCE}={}", place.name);
    let pods: Vec<_> = cluster.list::<Pod>(&labels).await?.iter().map(Seen::of).collect();
    let jobs = cluster.list::<Job>(&labels).await?;
    let mut said = sweep(&cluster, &pods, state).await;
    said += &table(&pods);
    let ends: Vec<_> = jobs.iter().filter_map(|job| ended(job, place)).collect();
    for (_, line) in &ends {
        said += &format!("{line}\n");
    }
    said += &hints(folder, place, state);
    print(&said);
    verdict(&pods, ends.into_iter().any(|(failed, _)| failed))
}

/// Commands that tell more.
fn hints(folder: &LaunchFolder, place: &Place, state: &State) -> String {
    let Place { namespace, name, .. } = place;
    let access = access::folder(folder);
    let watch = match access.is_dir() {
        true => format!(
            "--coordinator https://localhost:{PORT} --ca {access}/ca.pem --token-file {access}/client.token",
            access = access.display()
        ),
        false => format!("--coordinator http://localhost:{PORT}"),
    };
    format!(
        "\nlogs: kubectl --namespace {namespace} logs --prefix --tail -1 --selector {INSTANCE}={name}\n\
         reach the coordinator: kubectl --namespace {namespace} port-forward {name}-coordinator-0 {PORT}\n\
         watch: augur watch {} {watch}\n",
        state.sweep
    )
}

fn verdict(pods: &[Seen], has_failed: bool) -> Result<(), Failure> {
    let stuck = pods.iter().find_map(|pod| Some((pod, pod.hopeless()?)));
    match stuck {
        Some((pod, remedy)) => {
            let why = pod.reason.as_deref().unwrap_or_default();
            Err(Failure::new(
                Exit::CannotStart,
                format!("pod {} can't start: {why}; {remedy}", pod.name),
            ))
        }
        None if has_failed => Err(Failure::new(
            Exit::Unexpected,
            "a Job of the launch failed; the logs of its pods tell why",
        )),
        None => Ok(()),
    }
}

/// The last line that the submission said: of a running sweep its counts.
async fn sweep(cluster: &Cluster, pods: &[Seen], state: &State) -> String {
    let submit = pods.iter().filter(|pod| pod.component == Component::Submit.as_str());
    let last = match submit.max_by(|a, b| a.created.cmp(&b.created)) {
        Some(pod) if pod.has_begun() => last_line(cluster, &pod.name).await,
        _ => None,
    };
    match last {
        Some(last) => format!("sweep {}: {last}\n\n", state.sweep),
        None => format!("sweep {} is not submitted yet\n\n", state.sweep),
    }
}

async fn last_line(cluster: &Cluster, pod: &str) -> Option<String> {
    let api: Api<Pod> = Api::namespaced(cluster.client.clone(), &cluster.namespace);
    let how = LogParams {
        tail_lines: Some(1),
        ..LogParams::default()
    };
    // A log that is gone, or that one may not read, leaves the rest to see.
    let text = api.logs(pod, &how).await.ok()?;
    let line = text.lines().last()?.trim();
    (!line.is_empty()).then(|| line.to_owned())
}

fn table(pods: &[Seen]) -> String {
    if pods.is_empty() {
        return "no pods\n".into();
    }
    let mut table = plain(width());
    table.set_header(["pod", "what", "state", "node", "restarts"]);
    for pod in pods {
        table.add_row([
            &pod.name,
            &pod.component,
            &pod.state(),
            &pod.node,
            &pod.restarts.to_string(),
        ]);
    }
    finish(table)
}

/// How a Job is, once there is something to say, and whether it failed.
fn ended(job: &Job, place: &Place) -> Option<(bool, String)> {
    let name = job.name_any();
    let status = job.status.as_ref()?;
    let conditions = status.conditions.as_deref().unwrap_or_default();
    let condition = |kind: &str| {
        conditions
            .iter()
            .find(|condition| condition.type_ == kind && condition.status == "True")
    };
    if let Some(failed) = condition("Failed") {
        let why = failed
            .message
            .as_deref()
            .or(failed.reason.as_deref())
            .unwrap_or("it does not say why");
        return Some((true, format!("Job {name} failed: {why}")));
    }
    if condition("Complete").is_some() {
        return Some((false, format!("Job {name} is done")));
    }
    let is_workers = name == format!("{}-{}", place.name, Component::Worker.as_str());
    let wanted = job.spec.as_ref().and_then(|spec| spec.completions).unwrap_or_default();
    is_workers.then(|| {
        let count = |number: Option<i32>| u32::try_from(number.unwrap_or_default()).unwrap_or_default();
        let failures = text::count(count(status.failed), "failure");
        let (active, done) = (count(status.active), count(status.succeeded));
        (
            false,
            format!("Job {name}: {active} active of {wanted}, {done} done, {failures}"),
        )
    })
}
