//! `augur launch stop`: the workers leave first, then everything else but the volumes goes.

use super::{INSTANCE, Place, cluster::Cluster, release::Component, shared::ACCOUNT};
use crate::{
    command::print,
    failure::{Exit, Failure},
};
use k8s_openapi::api::{
    apps::v1::StatefulSet,
    batch::v1::Job,
    core::v1::{ConfigMap, Pod, Secret, Service, ServiceAccount},
    networking::v1::NetworkPolicy,
    policy::v1::PodDisruptionBudget,
};
use kube::{Resource, api::ApiResource};
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// A worker's grace and some more.
const LEAVE: Duration = Duration::from_secs(75);
const LOOK: Duration = Duration::from_secs(1);

/// Stops a launch, with `now` without a grace.
///
/// # Errors
/// A cluster that can't be asked or refuses; workers that do not leave.
pub async fn stop(place: &Place, is_now: bool) -> Result<(), Failure> {
    let cluster = Cluster::of(place).await?;
    let worker = Component::Worker.as_str();
    let mut gone = 0;
    for component in [Component::Submit.as_str(), worker] {
        gone += delete::<Job>(&cluster, place, component, is_now).await?;
    }
    // The coordinator takes their leases back as long as it is there.
    let selector = format!("{INSTANCE}={},app.kubernetes.io/component={worker}", place.name);
    let until = Instant::now() + LEAVE;
    while !is_now && !cluster.list::<Pod>(&selector).await?.is_empty() {
        if Instant::now() >= until {
            let text = format!(
                "the workers' pods did not end within {} seconds; the coordinator stays until they have: repeat the command, \
                 or add --now",
                LEAVE.as_secs()
            );
            return Err(Failure::new(Exit::Unexpected, text));
        }
        sleep(LOOK).await;
    }
    let coordinator = Component::Coordinator.as_str();
    gone += delete::<StatefulSet>(&cluster, place, coordinator, is_now).await?;
    gone += delete::<PodDisruptionBudget>(&cluster, place, coordinator, is_now).await?;
    gone += delete::<Service>(&cluster, place, coordinator, is_now).await?;
    gone += delete::<NetworkPolicy>(&cluster, place, coordinator, is_now).await?;
    gone += delete::<NetworkPolicy>(&cluster, place, worker, is_now).await?;
    gone += delete::<Secret>(&cluster, place, "access", is_now).await?;
    gone += delete::<ConfigMap>(&cluster, place, "config", is_now).await?;
    gone += delete::<ServiceAccount>(&cluster, place, ACCOUNT, is_now).await?;
    print(&match gone {
        0 => format!("nothing of {} is in namespace {}\n", place.name, place.namespace),
        _ => format!(
            "stopped; volumes stay, so the same launch resumes (an SQLite store is in the claim store-{}-coordinator-0)\n",
            place.name
        ),
    });
    Ok(())
}

async fn delete<K: Resource<DynamicType = ()>>(
    cluster: &Cluster,
    place: &Place,
    end: &str,
    is_now: bool,
) -> Result<u32, Failure> {
    let name = format!("{}-{end}", place.name);
    let resource = ApiResource::erase::<K>(&());
    let gone = cluster.delete(&resource, &name, &place.name, is_now).await?;
    Ok(u32::from(gone))
}
