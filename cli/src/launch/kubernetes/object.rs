//! An object as it is written and as it is applied.

use crate::failure::{Exit, Failure};
use k8s_openapi::serde::Serialize;
use kube::{Resource, ResourceExt, core::ApiResource};

/// One object of Kubernetes' API.
#[derive(Clone, Debug)]
pub struct Object {
    /// Its name.
    pub name: String,
    /// Its kind and where the API has it.
    pub resource: ApiResource,
    /// As YAML: keys in a fixed order, nothing that changes from one time to the next.
    pub yaml: String,
    /// The same for the API.
    pub json: serde_json::Value,
}

impl Object {
    /// From a typed one.
    ///
    /// # Errors
    /// None that is known of: such an object can always be written.
    pub fn new<K: Resource<DynamicType = ()> + Serialize>(typed: &K) -> Result<Self, Failure> {
        let fault = |error: String| Failure::new(Exit::Unexpected, format!("an object can't be written: {error}"));
        Ok(Self {
            name: typed.name_any(),
            resource: ApiResource::erase::<K>(&()),
            yaml: serde_yaml::to_string(typed).map_err(|error| fault(error.to_string()))?,
            json: serde_json::to_value(typed).map_err(|error| fault(error.to_string()))?,
        })
    }

    /// The file that it is written to: `NAME-worker.job.yaml`.
    pub fn file(&self) -> String {
        format!("{}.{}.yaml", self.name, self.resource.kind.to_lowercase())
    }
}
