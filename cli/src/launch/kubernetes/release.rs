//! What all objects of a launch are made from.

use super::options::Options;
use crate::{
    config::Config,
    failure::{Exit, Failure},
};
use augur_core::spec::Device;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{LabelSelector, ObjectMeta};
use std::collections::BTreeMap;

/// What a ConfigMap may hold, less what its metadata take.
const CONFIG_BYTES: usize = 1_000_000;
/// Where a coordinator serves.
pub const PORT: u16 = 7461;

/// What a pod is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Component {
    /// Keeps the sweep.
    Coordinator,
    /// Runs trials.
    Worker,
    /// Submits the sweep and follows it to its end.
    Submit,
}

impl Component {
    /// As a label and as the end of names.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Coordinator => "coordinator",
            Self::Worker => "worker",
            Self::Submit => "submit",
        }
    }
}

/// Who may speak with the coordinator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Access {
    /// Everybody who reaches it.
    Insecure,
    /// Whoever has what a Secret holds.
    Secret {
        /// Its name.
        name: String,
        /// What is in it, where it is this launch's own.
        content: Option<BTreeMap<String, Vec<u8>>>,
    },
}

/// One launch: a config, the options, and what follows from them.
#[derive(Clone, Debug)]
pub struct Release {
    /// What objects' names begin with.
    pub name: String,
    /// The sweep's name.
    pub sweep: String,
    /// The config as it was given.
    pub config: String,
    /// Threads of a trial.
    pub threads: u32,
    /// Who may speak with the coordinator.
    pub access: Access,
    /// All options.
    pub options: Options,
}

impl Release {
    /// Checks what no cluster has to be asked for.
    ///
    /// # Errors
    /// A config that no ConfigMap or no worker can take, a name that has to be chosen.
    pub fn new(config: Config, options: Options) -> Result<Self, Failure> {
        let path = config.path.display();
        if config.text.len() > CONFIG_BYTES {
            let text =
                format!("{path} is longer than the {CONFIG_BYTES} bytes that a ConfigMap holds; make it shorter");
            return Err(Failure::new(Exit::BadConfig, text));
        }
        if config.spec.resources.device == Device::Cuda && options.workers.gpus == 0 {
            let text = format!("{path} says `device: cuda`, and workers get no GPU; add --gpus 1");
            return Err(Failure::new(Exit::CommandLine, text));
        }
        let sweep = config.spec.name.clone();
        let name = match &options.name {
            Some(name) => name.clone(),
            None => super::values::label_name(&sweep).map_err(|rule| {
                let text = format!(
                    "the sweep's name {sweep} can't begin names in Kubernetes; choose one with --name ({rule})"
                );
                Failure::new(Exit::CommandLine, text)
            })?,
        };
        let access = match (&options.access.secret, options.access.insecure) {
            (_, true) => Access::Insecure,
            (Some(name), _) => Access::Secret {
                name: name.clone(),
                content: None,
            },
            (None, _) => Access::Secret {
                name: format!("{name}-access"),
                content: Some(BTreeMap::new()),
            },
        };
        Ok(Self {
            name,
            sweep,
            config: config.text,
            threads: config.spec.resources.threads,
            access,
            options,
        })
    }

    /// The name of an object.
    pub fn named(&self, end: &str) -> String {
        format!("{}-{end}", self.name)
    }

    /// How many coordinators there are: where they can share a store, one of two stands by.
    pub fn coordinators(&self) -> u16 {
        match self.options.store.postgres_secret {
            Some(_) => 2,
            None => 1,
        }
    }

    /// The name in DNS of each coordinator's pod, within the namespace.
    pub fn hosts(&self) -> Vec<String> {
        (0..self.coordinators()).map(|index| self.host(index)).collect()
    }

    /// Whom a certificate is for: both coordinators, also where there is one, so that it outlasts a change of the store.
    pub fn certificate_hosts(&self) -> Vec<String> {
        let service = self.named(Component::Coordinator.as_str());
        [service, self.host(0), self.host(1)].into()
    }

    fn host(&self, index: u16) -> String {
        let name = self.named(Component::Coordinator.as_str());
        format!("{name}-{index}.{name}")
    }

    /// `http` or `https`.
    pub fn scheme(&self) -> &'static str {
        match self.access {
            Access::Insecure => "http",
            Access::Secret { .. } => "https",
        }
    }

    /// The addresses of all coordinators, as `AUGUR_COORDINATOR` has them.
    pub fn addresses(&self) -> String {
        let scheme = self.scheme();
        let each: Vec<_> = self
            .hosts()
            .iter()
            .map(|host| format!("{scheme}://{host}:{PORT}"))
            .collect();
        each.join(",")
    }

    /// Metadata of an object.
    pub fn meta(&self, end: &str, component: Option<Component>) -> ObjectMeta {
        ObjectMeta {
            name: Some(self.named(end)),
            namespace: self.options.namespace.clone(),
            labels: Some(self.labels(component)),
            ..ObjectMeta::default()
        }
    }

    /// All labels of an object.
    pub fn labels(&self, component: Option<Component>) -> BTreeMap<String, String> {
        let mut labels = self.identity(component);
        labels.insert("app.kubernetes.io/version".into(), env!("CARGO_PKG_VERSION").into());
        labels.insert("app.kubernetes.io/managed-by".into(), super::MANAGER.into());
        labels
    }

    /// The labels by which pods are found: they never change.
    fn identity(&self, component: Option<Component>) -> BTreeMap<String, String> {
        let mut labels = BTreeMap::from([
            ("app.kubernetes.io/name".into(), "augur".into()),
            (super::INSTANCE.into(), self.name.clone()),
        ]);
        if let Some(component) = component {
            labels.insert("app.kubernetes.io/component".into(), component.as_str().into());
        }
        labels
    }

    /// What selects the pods of a component.
    pub fn selector(&self, component: Component) -> LabelSelector {
        LabelSelector {
            match_labels: Some(self.identity(Some(component))),
            ..LabelSelector::default()
        }
    }
}
