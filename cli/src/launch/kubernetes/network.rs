//! Who may open connections to whom, where the cluster's network heeds that.

use super::release::{Component, PORT, Release};
use k8s_openapi::{
    api::networking::v1::{
        NetworkPolicy, NetworkPolicyEgressRule, NetworkPolicyIngressRule, NetworkPolicyPeer, NetworkPolicyPort,
        NetworkPolicySpec,
    },
    apimachinery::pkg::util::intstr::IntOrString,
};

const DNS: u16 = 53;

/// The coordinator is reached by the launch's workers and its submission.
pub fn coordinator(release: &Release) -> NetworkPolicy {
    let from = [Component::Worker, Component::Submit].map(|component| pods(release, component));
    policy(
        release,
        Component::Coordinator,
        NetworkPolicySpec {
            policy_types: Some(vec!["Ingress".into()]),
            ingress: Some(vec![NetworkPolicyIngressRule {
                from: Some(from.into()),
                ports: Some(vec![port(PORT, "TCP")]),
            }]),
            ..NetworkPolicySpec::default()
        },
    )
}

/// Workers are reached by nobody, and reach the coordinator and names.
pub fn workers(release: &Release) -> NetworkPolicy {
    let to_coordinator = NetworkPolicyEgressRule {
        to: Some(vec![pods(release, Component::Coordinator)]),
        ports: Some(vec![port(PORT, "TCP")]),
    };
    let to_names = NetworkPolicyEgressRule {
        to: None,
        ports: Some(vec![port(DNS, "UDP"), port(DNS, "TCP")]),
    };
    policy(
        release,
        Component::Worker,
        NetworkPolicySpec {
            policy_types: Some(vec!["Ingress".into(), "Egress".into()]),
            egress: Some(vec![to_coordinator, to_names]),
            ..NetworkPolicySpec::default()
        },
    )
}

fn policy(release: &Release, component: Component, spec: NetworkPolicySpec) -> NetworkPolicy {
    NetworkPolicy {
        metadata: release.meta(component.as_str(), Some(component)),
        spec: Some(NetworkPolicySpec {
            pod_selector: Some(release.selector(component)),
            ..spec
        }),
    }
}

fn pods(release: &Release, component: Component) -> NetworkPolicyPeer {
    NetworkPolicyPeer {
        pod_selector: Some(release.selector(component)),
        ..NetworkPolicyPeer::default()
    }
}

fn port(number: u16, protocol: &str) -> NetworkPolicyPort {
    NetworkPolicyPort {
        port: Some(IntOrString::Int(number.into())),
        protocol: Some(protocol.into()),
        end_port: None,
    }
}
