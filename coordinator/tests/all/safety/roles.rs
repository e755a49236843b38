//! Every role against every call that the descriptors know, as docs/security.md tells it.

use super::{Strict, call, told};
use crate::support::{SPEC, registration};
use augur_coordinator::safety::{RPCS, Role};
use augur_proto::v1::{
    self, lease, sweep_service_client::SweepServiceClient, worker_service_client::WorkerServiceClient,
};
use prost::Message;
use prost_types::FileDescriptorSet;
use std::collections::BTreeMap;
use tonic::{Code, Request, Status, service::Interceptor};
use uuid::Uuid;

/// The paths of all calls that are served.
pub fn paths() -> Vec<String> {
    let sets = [
        v1::FILE_DESCRIPTOR_SET,
        tonic_health::pb::FILE_DESCRIPTOR_SET,
        tonic_reflection::pb::v1::FILE_DESCRIPTOR_SET,
        tonic_reflection::pb::v1alpha::FILE_DESCRIPTOR_SET,
    ];
    let files = sets
        .into_iter()
        .flat_map(|set| FileDescriptorSet::decode(set).unwrap().file);
    let mut paths = Vec::new();
    for file in files {
        for service in &file.service {
            let methods = service.method.iter();
            paths.extend(methods.map(|method| format!("/{}.{}/{}", file.package(), service.name(), method.name())));
        }
    }
    assert!(paths.len() > 30, "{paths:?}");
    paths
}

/// The table of docs/security.md: who may make which call, by the last part of its path.
fn documented() -> BTreeMap<String, Vec<Role>> {
    let text = include_str!("../../../../docs/security.md");
    let rows = text.lines().filter(|line| line.starts_with("| `"));
    let row = |line: &str| {
        let cells: Vec<_> = line.trim_matches('|').split('|').map(str::trim).collect();
        let roles = Role::ALL
            .into_iter()
            .zip(&cells[1..])
            .filter(|(_, cell)| **cell == "yes");
        let roles: Vec<_> = roles.map(|(role, _)| role).collect();
        let names = cells[0].split(", ").map(|name| name.trim_matches('`').to_owned());
        names.map(move |name| (name, roles.clone())).collect::<Vec<_>>()
    };
    rows.flat_map(row).collect()
}

#[test]
fn no_call_is_without_a_role_and_no_role_without_a_call() {
    let mut served = paths();
    let mut listed: Vec<_> = RPCS.iter().map(|rpc| rpc.path.to_owned()).collect();
    served.sort();
    listed.sort();
    assert_eq!(
        listed, served,
        "the table of coordinator/src/safety/roles.rs has to name what is served"
    );
}

#[tokio::test]
async fn every_role_meets_every_call_as_the_docs_say() {
    let strict = Strict::start(|_, _| {}).await;
    let channel = strict.channel().await;
    let tokens = Role::ALL.map(|role| (role, strict.token(role.name(), role)));
    let documented = documented();
    for path in paths() {
        let name = path.rsplit('/').next().unwrap();
        let is_open = path.starts_with("/grpc.health");
        if !is_open {
            let status = call(&channel, &path, None, &[]).await;
            assert_eq!(told(&status), (Code::Unauthenticated, "TOKEN_MISSING".into()), "{path}");
        }
        for (role, token) in &tokens {
            let may = is_open || documented[name].contains(role);
            let status = call(&channel, &path, Some(token), &[]).await;
            let (code, reason) = told(&status);
            assert_ne!(code, Code::Unauthenticated, "{path} {role}");
            if may {
                assert!(
                    code != Code::PermissionDenied && reason != "RPC_UNKNOWN",
                    "{path} {role}: {status}"
                );
            } else {
                assert_eq!(
                    (code, reason.as_str()),
                    (Code::PermissionDenied, "ROLE_LACKING"),
                    "{path} {role}"
                );
                let says = status.message();
                assert!(says.contains(name) && says.contains(role.name()), "{says}");
            }
        }
    }
}

#[tokio::test]
async fn what_nobody_knows_is_refused_to_everybody() {
    let strict = Strict::start(|_, _| {}).await;
    let channel = strict.channel().await;
    let admin = strict.token("root", Role::Admin);
    for path in [
        "/augur.v1.SweepService/DropEverything",
        "/x",
        "/",
        "/augur.v1.SweepService/GetSweep/",
    ] {
        let status = call(&channel, path, Some(&admin), &[]).await;
        assert_eq!(told(&status), (Code::Unimplemented, "RPC_UNKNOWN".into()), "{path}");
        let status = call(&channel, path, None, &[]).await;
        assert_eq!(told(&status), (Code::Unauthenticated, "TOKEN_MISSING".into()), "{path}");
    }
}

fn with(token: &str) -> impl Interceptor + Clone + use<> {
    let bearer: tonic::metadata::AsciiMetadataValue = format!("Bearer {token}").parse().unwrap();
    move |mut request: Request<()>| {
        request.metadata_mut().insert("authorization", bearer.clone());
        Ok::<_, Status>(request)
    }
}

/// Whoever knows a worker's identifier is given its leases.
#[tokio::test]
async fn a_worker_does_not_learn_which_one_runs_a_trial() {
    let strict = Strict::start(|_, _| {}).await;
    let channel = strict.channel().await;
    let [alice, gpu] = [("alice", Role::Submitter), ("gpu", Role::Worker)].map(|(name, role)| strict.token(name, role));
    let mut decides = SweepServiceClient::with_interceptor(channel.clone(), with(&alice));
    let create = v1::CreateSweepRequest {
        spec_yaml: SPEC.into(),
        ..Default::default()
    };
    decides.create_sweep(create).await.unwrap();
    let id = Uuid::now_v7().to_string();
    let mut works = WorkerServiceClient::with_interceptor(channel.clone(), with(&gpu));
    works.register_worker(registration(&id, 1)).await.unwrap();
    let acquire = v1::AcquireLeasesRequest {
        worker_id: id.clone(),
        max_leases: 1,
        ..Default::default()
    };
    let leases = works.acquire_leases(acquire).await.unwrap().into_inner().leases;
    let Some(lease::Work::Trial(work)) = &leases[0].work else {
        panic!("{leases:?}")
    };
    let request = v1::GetTrialRequest {
        name: work.trial.clone(),
    };
    let seen = decides.get_trial(request.clone()).await.unwrap().into_inner();
    assert!(seen.worker.ends_with(&id), "{}", seen.worker);
    let mut asks = SweepServiceClient::with_interceptor(channel, with(&gpu));
    let seen = asks.get_trial(request).await.unwrap().into_inner();
    assert_eq!((seen.worker.as_str(), seen.name), ("", work.trial.clone()));
}
