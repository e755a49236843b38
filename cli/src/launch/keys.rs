//! How those who belong to a launch know each other.

use super::{access, files::LaunchFolder};
use crate::{crew::Keys, failure::Failure};
use augur_channel::Credentials;

/// The keys of a launch.
#[derive(Clone, Debug, Default)]
pub struct LaunchKeys {
    /// The coordinator's own, and those of the process that started it.
    pub coordinator: Keys,
    /// Workers'.
    pub worker: Credentials,
    /// Of people who watch and change the sweep.
    pub person: Credentials,
}

/// The keys in the folder of a launch, which [`make`] puts there. The one place that decides how a coordinator on a compute node
/// is protected.
pub fn of(folder: &LaunchFolder) -> LaunchKeys {
    let folder = access::folder(folder);
    let path = |name: &str| folder.join(name).display().to_string();
    let with = |token: &str| Credentials {
        token_file: Some(folder.join(token)),
        ca: Some(folder.join("ca.pem")),
        ..Credentials::default()
    };
    let flags = [
        ("--tls-cert", "coordinator.pem"),
        ("--tls-key", "coordinator.key"),
        ("--tokens", "tokens"),
        ("--audit", "audit.jsonl"),
    ];
    let flags = flags.into_iter().flat_map(|(flag, name)| [flag.to_owned(), path(name)]);
    LaunchKeys {
        coordinator: Keys {
            coordinator: flags.collect(),
            credentials: with("client.token"),
            is_secure: true,
        },
        worker: with("worker.token"),
        person: with("client.token"),
    }
}

/// Makes the keys that are missing, for a coordinator that is reached at `host`.
///
/// # Errors
/// A folder that can't be written, the coordinator's program not there.
pub fn make(folder: &LaunchFolder, host: &str) -> Result<(), Failure> {
    access::make(&access::folder(folder), &[host.to_owned()])
}

/// Credentials as the flags of any program of augur.
pub fn flags(credentials: &Credentials) -> Vec<String> {
    let Credentials {
        token_file,
        ca,
        cert,
        key,
    } = credentials;
    let flags = [
        ("--token-file", token_file),
        ("--ca", ca),
        ("--cert", cert),
        ("--key", key),
    ];
    let given = flags
        .into_iter()
        .filter_map(|(flag, path)| Some((flag, path.as_ref()?)));
    given
        .flat_map(|(flag, path)| [flag.to_owned(), path.display().to_string()])
        .collect()
}
