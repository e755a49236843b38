//! Kubernetes: a launch as plain objects of its API.
//!
//! [`release`] is what all objects are made from, [`manifests`] lists them, each kind has its file; [`object`] is one as it
//! is written and applied. [`cluster`] is the API, [`refusal`] what it has against a request.

mod cluster;
mod coordinator;
mod manifests;
mod network;
mod object;
mod options;
mod pod;
mod pods;
mod refusal;
mod release;
mod secret;
mod shared;
mod status;
mod stop;
mod submit;
mod values;
mod workers;

pub use options::Options;
pub use status::show;
pub use stop::stop;

use super::{
    files::LaunchFolder,
    state::{Job, Role, Scheduler, State},
};
use crate::{
    command::print,
    config::Config,
    failure::{Exit, Failure},
    folder,
};
use cluster::Cluster;
use object::Object;
use release::{Access, Component, Release};
use serde::{Deserialize, Serialize};

/// Who objects say they are managed by, and who applies them.
const MANAGER: &str = "augur";
/// The label of whatever belongs to a launch.
const INSTANCE: &str = "app.kubernetes.io/instance";

/// Where the objects of a launch are.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Place {
    /// The kubeconfig's context; none for its current one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub context: Option<String>,
    /// The namespace.
    pub namespace: String,
    /// What their names begin with.
    pub name: String,
    /// The address of the cluster's API, so that a kubeconfig that changes leads nowhere else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server: Option<String>,
}

/// Launches a sweep, or with `--dry-run` only says what would be made.
///
/// # Errors
/// A config that can't be used, a folder that can't be written, a cluster that can't be reached or refuses.
pub async fn launch(options: Options) -> Result<(), Failure> {
    let config = Config::read(&options.config)?;
    let folder = options.out.as_deref().map(LaunchFolder::at);
    let mut release = Release::new(config, options)?;
    let Some(folder) = folder else {
        print(&manifests::stream(&manifests::all(&release)?));
        if let Access::Secret { name, content: Some(_) } = &release.access {
            eprintln!("augur launch: the Secret {name} is not among them; with --out DIR it is made");
        }
        return Ok(());
    };
    let earlier = State::find(&folder)?;
    refuse_another(&folder, earlier.as_ref(), &release)?;
    secret::fill(&mut release, &folder)?;
    let objects = manifests::all(&release)?;
    manifests::write(&objects, &folder.scripts())?;
    if release.options.dry_run {
        let scripts = folder.scripts();
        print(&format!(
            "{} objects; apply them: kubectl apply --kustomize {}\n",
            objects.len(),
            scripts.display()
        ));
        return Ok(());
    }
    apply(&release, &objects, &folder, earlier.as_ref()).await
}

async fn apply(
    release: &Release,
    objects: &[Object],
    folder: &LaunchFolder,
    earlier: Option<&State>,
) -> Result<(), Failure> {
    let options = &release.options;
    let cluster = Cluster::open(options.context.as_deref(), options.namespace.as_deref()).await?;
    let place = Place {
        context: options.context.clone(),
        namespace: cluster.namespace.clone(),
        name: release.name.clone(),
        server: Some(cluster.server.clone()),
    };
    refuse_elsewhere(folder, earlier, &place)?;
    for object in objects {
        cluster.refuse_foreign(object, &release.name).await?;
    }
    // All are tried before any is made: what is refused leaves nothing half done.
    for object in objects {
        cluster.apply(object, true).await?;
    }
    folder::replace(&folder.config(), release.config.as_bytes())?;
    state(release, place.clone()).write(folder)?;
    for object in objects {
        cluster.apply(object, false).await?;
    }
    let folder = folder.path.display();
    print(&format!(
        "{} objects of {} in namespace {}; `augur launch status {folder}` says how they stand\n",
        objects.len(),
        place.name,
        place.namespace
    ));
    Ok(())
}

fn state(release: &Release, place: Place) -> State {
    let job = |component: Component, role, count| Job {
        id: release.named(component.as_str()),
        role,
        count,
    };
    State {
        schema: 1,
        sweep: release.sweep.clone(),
        scheduler: Scheduler::Kubernetes(place),
        coordinator: None,
        person: None,
        jobs: vec![
            job(Component::Coordinator, Role::Coordinator, release.coordinators().into()),
            job(Component::Worker, Role::Workers, release.options.workers.count.get()),
        ],
    }
}

/// A folder belongs to one launch.
fn refuse_another(folder: &LaunchFolder, earlier: Option<&State>, release: &Release) -> Result<(), Failure> {
    let Some(earlier) = earlier else { return Ok(()) };
    let is_same = match &earlier.scheduler {
        Scheduler::Kubernetes(place) => place.name == release.name && earlier.sweep == release.sweep,
        Scheduler::Slurm => false,
    };
    match is_same {
        true => Ok(()),
        false => Err(Failure::new(
            Exit::OtherSweep,
            format!(
                "{} holds the launch of sweep {}; choose another --out",
                folder.path.display(),
                earlier.sweep
            ),
        )),
    }
}

/// What it launched before must not be left where nobody looks for it.
fn refuse_elsewhere(folder: &LaunchFolder, earlier: Option<&State>, place: &Place) -> Result<(), Failure> {
    let Some(Scheduler::Kubernetes(before)) = earlier.map(|earlier| &earlier.scheduler) else {
        return Ok(());
    };
    let is_same_server = before.server.is_none() || before.server == place.server;
    if is_same_server && before.namespace == place.namespace {
        return Ok(());
    }
    let at = |place: &Place| match &place.server {
        Some(server) => format!("namespace {} of {server}", place.namespace),
        None => format!("namespace {}", place.namespace),
    };
    let text = format!(
        "{} holds the launch in {}, and this one goes to {}; choose another --out, or go back there with --namespace and --context",
        folder.path.display(),
        at(before),
        at(place)
    );
    Err(Failure::new(Exit::OtherSweep, text))
}
