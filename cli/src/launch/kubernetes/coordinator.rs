//! The coordinator: pods with names that stay, and a Service that gives each its name in DNS.
//!
//! Clients are told the address of every coordinator and find out by themselves which one leads; so a pod is ready when it
//! can take part, not when it leads. If only the leader were ready, a roll-out would wait for ever for the one that stands
//! by, and a budget of disruptions would never let the leader's node be emptied.

use super::{
    pod,
    release::{Access, Component, PORT, Release},
};
use k8s_openapi::{
    api::{
        apps::v1::{StatefulSet, StatefulSetSpec},
        core::v1::{
            Container, ContainerPort, EnvVar, EnvVarSource, ExecAction, GRPCAction, PersistentVolumeClaim,
            PersistentVolumeClaimSpec, PodSpec, Probe, SecretKeySelector, SecretVolumeSource, Service, ServicePort,
            ServiceSpec, TCPSocketAction, TopologySpreadConstraint, Volume, VolumeMount, VolumeResourceRequirements,
        },
        policy::v1::{PodDisruptionBudget, PodDisruptionBudgetSpec},
    },
    apimachinery::pkg::{api::resource::Quantity, util::intstr::IntOrString},
};

const STORE: &str = "/var/lib/augur";
const POSTGRES: &str = "/etc/augur/postgres";
/// The name of the volume of an SQLite store.
const VOLUME: &str = "store";
const SELF: Component = Component::Coordinator;

/// The pods.
pub fn stateful_set(release: &Release) -> StatefulSet {
    let name = release.named(SELF.as_str());
    let mut mounts = Vec::new();
    let mut volumes = Vec::new();
    let files = ["tls.crt", "tls.key", "ca.crt", "tokens"];
    let scratch = pod::scratch("tmp", "/tmp", None);
    for (volume, mount) in [pod::access(release, &files), Some(scratch), postgres(release)]
        .into_iter()
        .flatten()
    {
        volumes.push(volume);
        mounts.push(mount);
    }
    let claims = release.options.store.postgres_secret.is_none().then(|| {
        mounts.push(pod::mount(VOLUME, STORE));
        vec![store_claim(release)]
    });
    let spec = PodSpec {
        containers: vec![container(release, mounts)],
        volumes: Some(volumes),
        // It answers what is under way and closes the store.
        termination_grace_period_seconds: Some(30),
        topology_spread_constraints: (release.coordinators() > 1).then(|| vec![apart(release)]),
        ..PodSpec::default()
    };
    StatefulSet {
        metadata: release.meta(SELF.as_str(), Some(SELF)),
        spec: Some(StatefulSetSpec {
            service_name: Some(name),
            replicas: Some(release.coordinators().into()),
            selector: release.selector(SELF),
            // Which one of several comes first does not matter.
            pod_management_policy: Some("Parallel".into()),
            template: pod::template(release, SELF, spec),
            volume_claim_templates: claims,
            ..StatefulSetSpec::default()
        }),
        status: None,
    }
}

fn container(release: &Release, mounts: Vec<VolumeMount>) -> Container {
    Container {
        command: Some(vec!["augur-coordinator".into()]),
        args: Some(arguments(release)),
        env: Some(variables(release)),
        ports: Some(vec![ContainerPort {
            name: Some("grpc".into()),
            container_port: PORT.into(),
            ..ContainerPort::default()
        }]),
        // Opening a store of an older version copies and migrates it first: ten minutes.
        startup_probe: Some(Probe {
            period_seconds: Some(5),
            failure_threshold: Some(120),
            ..listens()
        }),
        // One that stands by or whose database is away is not helped by a restart: only one that hangs is.
        liveness_probe: Some(Probe {
            period_seconds: Some(20),
            timeout_seconds: Some(5),
            failure_threshold: Some(6),
            ..listens()
        }),
        readiness_probe: Some(readiness(release)),
        resources: Some(pod::resources(&[
            ("cpu", "250m", None),
            ("memory", "256Mi", Some("2Gi")),
        ])),
        volume_mounts: Some(mounts),
        ..pod::container(release, SELF.as_str())
    }
}

fn arguments(release: &Release) -> Vec<String> {
    let mut arguments = vec![format!("--listen=0.0.0.0:{PORT}")];
    match &release.access {
        Access::Insecure => arguments.push("--insecure".into()),
        Access::Secret { .. } => arguments.extend([
            format!("--tls-cert={}/tls.crt", pod::ACCESS),
            format!("--tls-key={}/tls.key", pod::ACCESS),
            format!("--tokens={}/tokens", pod::ACCESS),
        ]),
    }
    match release.options.store.postgres_secret {
        // Whose address is in the variable AUGUR_STORE.
        Some(_) => arguments.push("--standby".into()),
        None => arguments.push(format!("--store={STORE}/augur.sqlite")),
    }
    arguments
}

fn variables(release: &Release) -> Vec<EnvVar> {
    let from = |name: &str, secret: &str, key: &str, is_optional: bool| EnvVar {
        name: name.into(),
        value: None,
        value_from: Some(EnvVarSource {
            secret_key_ref: Some(SecretKeySelector {
                name: secret.into(),
                key: key.into(),
                optional: is_optional.then_some(true),
            }),
            ..EnvVarSource::default()
        }),
    };
    let mut variables = Vec::new();
    if let Some(secret) = &release.options.store.postgres_secret {
        variables.push(from("AUGUR_STORE", secret, "url", false));
        variables.push(from("PGPASSWORD", secret, "password", true));
    }
    if let Access::Secret { .. } = release.access {
        variables.push(pod::variable("AUGUR_CA", format!("{}/ca.crt", pod::ACCESS)));
    }
    variables
}

/// Whether it listens, which one that stands by does too.
fn listens() -> Probe {
    Probe {
        tcp_socket: Some(TCPSocketAction {
            port: IntOrString::Int(PORT.into()),
            host: None,
        }),
        ..Probe::default()
    }
}

/// Of one coordinator whether it serves, by gRPC's health service; of two whether it takes part.
fn readiness(release: &Release) -> Probe {
    let often = Probe {
        period_seconds: Some(5),
        ..listens()
    };
    match (release.coordinators(), &release.access) {
        (1, Access::Insecure) => Probe {
            grpc: Some(GRPCAction {
                port: PORT.into(),
                service: None,
            }),
            tcp_socket: None,
            ..often
        },
        // The kubelet speaks no TLS to gRPC.
        (1, Access::Secret { .. }) => Probe {
            exec: Some(ExecAction {
                command: Some(vec![
                    "augur".into(),
                    "health".into(),
                    format!("--coordinator=https://localhost:{PORT}"),
                ]),
            }),
            tcp_socket: None,
            period_seconds: Some(10),
            timeout_seconds: Some(5),
            ..often
        },
        _ => often,
    }
}

/// The Secret's other files, such as the authority of the server's certificate.
fn postgres(release: &Release) -> Option<(Volume, VolumeMount)> {
    let secret = release.options.store.postgres_secret.as_ref()?;
    let volume = Volume {
        name: "postgres".into(),
        secret: Some(SecretVolumeSource {
            secret_name: Some(secret.clone()),
            default_mode: Some(0o440),
            ..SecretVolumeSource::default()
        }),
        ..Volume::default()
    };
    let mount = VolumeMount {
        read_only: Some(true),
        ..pod::mount("postgres", POSTGRES)
    };
    Some((volume, mount))
}

fn store_claim(release: &Release) -> PersistentVolumeClaim {
    let store = &release.options.store;
    let mut claim = PersistentVolumeClaim {
        spec: Some(PersistentVolumeClaimSpec {
            access_modes: Some(vec!["ReadWriteOnce".into()]),
            storage_class_name: store.storage_class.clone(),
            resources: Some(VolumeResourceRequirements {
                requests: Some([("storage".to_owned(), Quantity(store.storage.clone()))].into()),
                ..VolumeResourceRequirements::default()
            }),
            ..PersistentVolumeClaimSpec::default()
        }),
        ..PersistentVolumeClaim::default()
    };
    claim.metadata.name = Some(VOLUME.into());
    claim
}

/// Two on one node would both go with it.
fn apart(release: &Release) -> TopologySpreadConstraint {
    TopologySpreadConstraint {
        max_skew: 1,
        topology_key: "kubernetes.io/hostname".into(),
        when_unsatisfiable: "ScheduleAnyway".into(),
        label_selector: Some(release.selector(SELF)),
        ..TopologySpreadConstraint::default()
    }
}

/// The names of the pods, also of those that are not ready: clients find out who leads.
pub fn service(release: &Release) -> Service {
    Service {
        metadata: release.meta(SELF.as_str(), Some(SELF)),
        spec: Some(ServiceSpec {
            cluster_ip: Some("None".into()),
            publish_not_ready_addresses: Some(true),
            selector: release.selector(SELF).match_labels,
            ports: Some(vec![ServicePort {
                name: Some("grpc".into()),
                port: PORT.into(),
                target_port: Some(IntOrString::String("grpc".into())),
                app_protocol: Some("grpc".into()),
                ..ServicePort::default()
            }]),
            ..ServiceSpec::default()
        }),
        status: None,
    }
}

/// Of two coordinators one at a time may be sent away. A single one has none: it would keep its node from being emptied.
pub fn disruption_budget(release: &Release) -> Option<PodDisruptionBudget> {
    (release.coordinators() > 1).then(|| PodDisruptionBudget {
        metadata: release.meta(SELF.as_str(), Some(SELF)),
        spec: Some(PodDisruptionBudgetSpec {
            max_unavailable: Some(IntOrString::Int(1)),
            selector: Some(release.selector(SELF)),
            unhealthy_pod_eviction_policy: Some("AlwaysAllow".into()),
            ..PodDisruptionBudgetSpec::default()
        }),
        status: None,
    })
}
