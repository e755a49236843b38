//! What pods share: the config, the Secret, an account without rights.

use super::{
    pod,
    release::{Access, Release},
};
use k8s_openapi::{
    ByteString,
    api::core::v1::{ConfigMap, Secret, ServiceAccount},
};

/// The end of the account's name.
pub const ACCOUNT: &str = "augur";

/// An account that may do nothing and whose token no pod has.
pub fn account(release: &Release) -> ServiceAccount {
    ServiceAccount {
        metadata: release.meta(ACCOUNT, None),
        automount_service_account_token: Some(false),
        ..ServiceAccount::default()
    }
}

/// The config as it was given.
pub fn config(release: &Release) -> ConfigMap {
    ConfigMap {
        metadata: release.meta("config", None),
        data: Some([(pod::CONFIG_FILE.to_owned(), release.config.clone())].into()),
        ..ConfigMap::default()
    }
}

/// The launch's own Secret; none where an existing one is named, where there is none, or where nobody has filled it.
pub fn secret(release: &Release) -> Option<Secret> {
    let Access::Secret {
        content: Some(content), ..
    } = &release.access
    else {
        return None;
    };
    if content.is_empty() {
        return None;
    }
    let data = content
        .iter()
        .map(|(key, bytes)| (key.clone(), ByteString(bytes.clone())));
    Some(Secret {
        metadata: release.meta("access", None),
        type_: Some("Opaque".into()),
        data: Some(data.collect()),
        ..Secret::default()
    })
}
