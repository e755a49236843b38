//! The cluster that is spoken with.

use super::{INSTANCE, MANAGER, Place, object::Object, refusal};
use crate::failure::{Exit, Failure, os_text};
use kube::{
    Api, Client, Config,
    api::{ApiResource, DeleteParams, DynamicObject, ListParams, ObjectMeta, Patch, PatchParams, Preconditions},
    config::{KubeConfigOptions, Kubeconfig, KubeconfigError},
    core::params::ValidationDirective,
};
use std::{env, time::Duration};

const CONNECT: Duration = Duration::from_secs(10);
const ANSWER: Duration = Duration::from_secs(60);

/// A cluster and a namespace of it.
pub struct Cluster {
    /// Where everything is.
    pub namespace: String,
    pub(super) client: Client,
    /// Its address, for messages.
    pub(super) server: String,
}

impl Cluster {
    /// By the kubeconfig, or within a pod by its account; asks nothing yet.
    ///
    /// # Errors
    /// No kubeconfig, or one that can't be used.
    pub async fn open(context: Option<&str>, namespace: Option<&str>) -> Result<Self, Failure> {
        let mut config = configuration(context).await?;
        config.connect_timeout = Some(CONNECT);
        config.read_timeout = Some(ANSWER);
        let server = config.cluster_url.to_string().trim_end_matches('/').to_owned();
        let namespace = namespace.unwrap_or(&config.default_namespace).to_owned();
        let client = Client::try_from(config).map_err(|error| refusal::unusable(&error))?;
        Ok(Self {
            namespace,
            client,
            server,
        })
    }

    /// That of a launch.
    ///
    /// # Errors
    /// As [`Cluster::open`]; a kubeconfig that leads to another cluster by now.
    pub async fn of(place: &Place) -> Result<Self, Failure> {
        let cluster = Self::open(place.context.as_deref(), Some(&place.namespace)).await?;
        match place.server.as_ref().filter(|server| **server != cluster.server) {
            None => Ok(cluster),
            Some(server) => Err(Failure::new(
                Exit::CannotStart,
                format!(
                    "the launch is in the cluster at {server}, and the kubeconfig leads to {}; go back to that context \
                     (`kubectl config use-context`), or, where it is the same cluster, put its new address into launch.json",
                    cluster.server
                ),
            )),
        }
    }

    /// Refuses to touch an object of that name that is of no launch `instance`.
    ///
    /// # Errors
    /// One that is somebody else's; an API that can't be reached or refuses.
    pub async fn refuse_foreign(&self, object: &Object, instance: &str) -> Result<(), Failure> {
        let Object { resource, name, .. } = object;
        match self.metadata(resource, name).await? {
            Some(there) if !is_of(&there, instance) => Err(Failure::new(
                Exit::CannotStart,
                format!(
                    "{} {name} is in namespace {} of {} already, and this launch did not make it; choose another --name",
                    resource.kind, self.namespace, self.server
                ),
            )),
            _ => Ok(()),
        }
    }

    async fn metadata(&self, resource: &ApiResource, name: &str) -> Result<Option<ObjectMeta>, Failure> {
        let found = self.api(resource).get_metadata_opt(name).await;
        let found =
            found.map_err(|error| refusal::failure(&error, "get", &format!("{} {name}", resource.kind), self))?;
        Ok(found.map(|found| found.metadata))
    }

    /// Server-side apply: makes the object or brings it to what is wanted; with `is_dry` the API only says whether it would.
    ///
    /// # Errors
    /// An API that can't be reached or refuses.
    pub async fn apply(&self, object: &Object, is_dry: bool) -> Result<(), Failure> {
        let mut how = PatchParams::apply(MANAGER).validation(ValidationDirective::Strict);
        how.dry_run = is_dry;
        let api = self.api(&object.resource);
        let answer = api.patch(&object.name, &how, &Patch::Apply(&object.json)).await;
        let _ = answer.map_err(|error| {
            let what = format!("{} {}", object.resource.kind, object.name);
            refusal::failure(&error, "apply", &what, self)
        })?;
        Ok(())
    }

    /// Deletes an object of the launch `instance`, and in the background what belongs to it; whether it was there. One of somebody
    /// else stays.
    ///
    /// # Errors
    /// An API that can't be reached or refuses.
    pub async fn delete(
        &self,
        resource: &ApiResource,
        name: &str,
        instance: &str,
        is_now: bool,
    ) -> Result<bool, Failure> {
        let there = self.metadata(resource, name).await?;
        let Some(there) = there.filter(|there| is_of(there, instance)) else {
            return Ok(false);
        };
        let mut how = DeleteParams::background().preconditions(Preconditions {
            uid: there.uid,
            resource_version: None,
        });
        if is_now {
            how = how.grace_period(0);
        }
        match self.api(resource).delete(name, &how).await {
            Ok(_) => Ok(true),
            Err(kube::Error::Api(status)) if status.code == 404 => Ok(false),
            Err(error) => Err(refusal::failure(
                &error,
                "delete",
                &format!("{} {name}", resource.kind),
                self,
            )),
        }
    }

    /// Objects of a type, by their labels.
    ///
    /// # Errors
    /// An API that can't be reached or refuses.
    pub async fn list<K>(&self, labels: &str) -> Result<Vec<K>, Failure>
    where
        K: kube::Resource<DynamicType = (), Scope = kube::core::NamespaceResourceScope>
            + Clone
            + std::fmt::Debug
            + serde::de::DeserializeOwned,
    {
        let api: Api<K> = Api::namespaced(self.client.clone(), &self.namespace);
        let listed = api.list(&ListParams::default().labels(labels)).await;
        let listed = listed.map_err(|error| refusal::failure(&error, "list", &K::plural(&()), self))?;
        Ok(listed.items)
    }

    fn api(&self, resource: &ApiResource) -> Api<DynamicObject> {
        Api::namespaced_with(self.client.clone(), &self.namespace, resource)
    }
}

fn is_of(object: &ObjectMeta, instance: &str) -> bool {
    let label = object.labels.as_ref().and_then(|labels| labels.get(INSTANCE));
    label.is_some_and(|label| label == instance)
}

async fn configuration(context: Option<&str>) -> Result<Config, Failure> {
    let options = KubeConfigOptions {
        context: context.map(str::to_owned),
        ..KubeConfigOptions::default()
    };
    let read = match Kubeconfig::read() {
        Ok(read) => read,
        Err(error) => {
            let is_absent = matches!(&error, KubeconfigError::ReadConfig(..) | KubeconfigError::FindPath);
            return match is_absent && context.is_none() && env::var_os("KUBERNETES_SERVICE_HOST").is_some() {
                true => Config::incluster().map_err(|error| broken(&error.to_string())),
                false => Err(broken(&unreadable(&error))),
            };
        }
    };
    let config = Config::from_custom_kubeconfig(read, &options).await;
    config.map_err(|error| broken(&error.to_string()))
}

/// In a line, without what the libraries say around it.
fn unreadable(error: &KubeconfigError) -> String {
    match error {
        KubeconfigError::ReadConfig(error, path) => format!("can't read {}: {}", path.display(), os_text(error)),
        KubeconfigError::FindPath => "there is no home folder with a kubeconfig".into(),
        error => error.to_string().lines().next().unwrap_or_default().to_owned(),
    }
}

fn broken(why: &str) -> Failure {
    let text = format!(
        "no cluster is known: {why}; name a kubeconfig in KUBECONFIG, and one of its contexts with --context \
         (`kubectl config get-contexts` lists them), or write the objects with --dry-run"
    );
    Failure::new(Exit::CannotStart, text)
}
