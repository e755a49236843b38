//! Every role against every call that the descriptors know, as docs/security.md tells it.

use super::{Strict, call, told};
use augur_coordinator::safety::{RPCS, Role};
use augur_proto::v1;
use prost::Message;
use prost_types::FileDescriptorSet;
use std::collections::BTreeMap;
use tonic::Code;

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
