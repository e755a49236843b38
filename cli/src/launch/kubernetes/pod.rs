//! What the pods of a launch have in common.

use super::{
    release::{Access, Component, Release},
    shared::ACCOUNT,
};
use k8s_openapi::{
    api::core::v1::{
        Capabilities, ConfigMapVolumeSource, Container, EmptyDirVolumeSource, EnvVar, KeyToPath, LocalObjectReference,
        PersistentVolumeClaimVolumeSource, PodSecurityContext, PodSpec, PodTemplateSpec, ResourceRequirements,
        SeccompProfile, SecretVolumeSource, SecurityContext, Volume, VolumeMount,
    },
    apimachinery::pkg::{api::resource::Quantity, apis::meta::v1::ObjectMeta},
};

/// The user of the image, and the group that volumes are given to.
const USER: i64 = 10001;
/// Where the Secret's files are.
pub const ACCESS: &str = "/etc/augur/access";
/// Where the config is.
pub const CONFIG: &str = "/etc/augur/config";
/// The file of the config.
pub const CONFIG_FILE: &str = "config.yaml";

/// A pod's template: no root, no token of the API, no service variables.
pub fn template(release: &Release, component: Component, spec: PodSpec) -> PodTemplateSpec {
    let pull = release.options.image_pull_secret.clone();
    PodTemplateSpec {
        metadata: Some(ObjectMeta {
            labels: Some(release.labels(Some(component))),
            ..ObjectMeta::default()
        }),
        spec: Some(PodSpec {
            service_account_name: Some(release.named(ACCOUNT)),
            automount_service_account_token: Some(false),
            enable_service_links: Some(false),
            image_pull_secrets: pull.map(|name| vec![LocalObjectReference { name }]),
            security_context: Some(PodSecurityContext {
                run_as_non_root: Some(true),
                run_as_user: Some(USER),
                run_as_group: Some(USER),
                fs_group: Some(USER),
                // A volume of many files is not walked through at every start.
                fs_group_change_policy: Some("OnRootMismatch".into()),
                seccomp_profile: Some(SeccompProfile {
                    type_: "RuntimeDefault".into(),
                    ..SeccompProfile::default()
                }),
                ..PodSecurityContext::default()
            }),
            ..spec
        }),
    }
}

/// A container of the image that writes to its volumes only.
pub fn container(release: &Release, name: &str) -> Container {
    Container {
        name: name.into(),
        image: Some(release.options.image.clone()),
        security_context: Some(SecurityContext {
            allow_privilege_escalation: Some(false),
            capabilities: Some(Capabilities {
                drop: Some(vec!["ALL".into()]),
                ..Capabilities::default()
            }),
            read_only_root_filesystem: Some(true),
            ..SecurityContext::default()
        }),
        // The last lines of the log say why it ended.
        termination_message_policy: Some("FallbackToLogsOnError".into()),
        ..Container::default()
    }
}

/// Requests and limits of some resource; `limit` none for no limit.
pub fn resources(each: &[(&str, &str, Option<&str>)]) -> ResourceRequirements {
    let quantity = |name: &str, amount: &str| (name.to_owned(), Quantity(amount.to_owned()));
    let limits = each
        .iter()
        .filter_map(|(name, _, limit)| Some(quantity(name, (*limit)?)));
    ResourceRequirements {
        requests: Some(each.iter().map(|(name, request, _)| quantity(name, request)).collect()),
        limits: Some(limits.collect()),
        ..ResourceRequirements::default()
    }
}

/// A variable.
pub fn variable(name: &str, value: impl Into<String>) -> EnvVar {
    EnvVar {
        name: name.into(),
        value: Some(value.into()),
        value_from: None,
    }
}

/// The variables by which programs find the coordinator and say who they are.
pub fn client_variables(release: &Release, token: &str) -> Vec<EnvVar> {
    let mut variables = vec![variable("AUGUR_COORDINATOR", release.addresses())];
    if let Access::Secret { .. } = release.access {
        variables.push(variable("AUGUR_CA", format!("{ACCESS}/ca.crt")));
        variables.push(variable("AUGUR_TOKEN_FILE", format!("{ACCESS}/{token}")));
    }
    variables
}

/// The files of the Secret that a pod needs, and no others; none where there is no Secret.
pub fn access(release: &Release, files: &[&str]) -> Option<(Volume, VolumeMount)> {
    let Access::Secret { name, .. } = &release.access else {
        return None;
    };
    let item = |file: &&str| KeyToPath {
        key: (*file).into(),
        path: (*file).into(),
        mode: None,
    };
    let volume = Volume {
        name: "access".into(),
        secret: Some(SecretVolumeSource {
            secret_name: Some(name.clone()),
            items: Some(files.iter().map(item).collect()),
            // For the group, which is that of the pod.
            default_mode: Some(0o440),
            ..SecretVolumeSource::default()
        }),
        ..Volume::default()
    };
    Some((volume, read_only(mount("access", ACCESS))))
}

/// The config.
pub fn config(release: &Release) -> (Volume, VolumeMount) {
    let volume = Volume {
        name: "config".into(),
        config_map: Some(ConfigMapVolumeSource {
            name: release.named("config"),
            ..ConfigMapVolumeSource::default()
        }),
        ..Volume::default()
    };
    (volume, read_only(mount("config", CONFIG)))
}

/// A folder that goes with its pod; `memory` for one in memory, with its size.
pub fn scratch(name: &str, path: &str, memory: Option<&str>) -> (Volume, VolumeMount) {
    let volume = Volume {
        name: name.into(),
        empty_dir: Some(EmptyDirVolumeSource {
            medium: memory.map(|_| "Memory".into()),
            size_limit: memory.map(|size| Quantity(size.into())),
        }),
        ..Volume::default()
    };
    (volume, mount(name, path))
}

/// A folder of a claim that is there.
pub fn claim(name: &str, claim: &str, path: &str, is_read_only: bool) -> (Volume, VolumeMount) {
    let volume = Volume {
        name: name.into(),
        persistent_volume_claim: Some(PersistentVolumeClaimVolumeSource {
            claim_name: claim.into(),
            read_only: is_read_only.then_some(true),
        }),
        ..Volume::default()
    };
    let mount = mount(name, path);
    (volume, if is_read_only { read_only(mount) } else { mount })
}

/// Where a volume is.
pub fn mount(name: &str, path: &str) -> VolumeMount {
    VolumeMount {
        name: name.into(),
        mount_path: path.into(),
        ..VolumeMount::default()
    }
}

fn read_only(mount: VolumeMount) -> VolumeMount {
    VolumeMount {
        read_only: Some(true),
        ..mount
    }
}
