//! All objects of a launch, in the order in which they are made.

use super::{coordinator, network, object::Object, release::Release, shared, submit, workers};
use crate::{failure::Failure, folder, launch::access};
use std::{fs, path::Path};

/// Every object; what others refer to comes first.
///
/// # Errors
/// None that is known of.
pub fn all(release: &Release) -> Result<Vec<Object>, Failure> {
    let mut objects = vec![
        Object::new(&shared::account(release))?,
        Object::new(&shared::config(release))?,
    ];
    if let Some(secret) = shared::secret(release) {
        objects.push(Object::new(&secret)?);
    }
    objects.push(Object::new(&network::coordinator(release))?);
    objects.push(Object::new(&network::workers(release))?);
    objects.push(Object::new(&coordinator::service(release))?);
    if let Some(budget) = coordinator::disruption_budget(release) {
        objects.push(Object::new(&budget)?);
    }
    objects.push(Object::new(&coordinator::stateful_set(release))?);
    objects.push(Object::new(&workers::job(release))?);
    objects.push(Object::new(&submit::job(release))?);
    Ok(objects)
}

/// The objects as one text for `kubectl apply --filename -`.
pub fn stream(objects: &[Object]) -> String {
    let each: Vec<_> = objects.iter().map(|object| object.yaml.as_str()).collect();
    each.join("---\n")
}

/// Writes each object to a file, and a kustomization.yaml that names them in their order.
///
/// # Errors
/// A folder that can't be written.
pub fn write(objects: &[Object], into: &Path) -> Result<(), Failure> {
    fs::create_dir_all(into).map_err(|error| Failure::cannot_write(into, &error))?;
    for object in objects {
        let path = into.join(object.file());
        match object.resource.kind.as_str() {
            "Secret" => access::write(&path, object.yaml.as_bytes())?,
            _ => folder::replace(&path, object.yaml.as_bytes())?,
        }
    }
    let mut kustomization = "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources:\n".to_owned();
    for object in objects {
        kustomization.push_str(&format!("- {}\n", object.file()));
    }
    folder::replace(&into.join("kustomization.yaml"), kustomization.as_bytes())
}
