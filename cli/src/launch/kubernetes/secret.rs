//! The launch's own Secret: the certificates and tokens that are kept in the launch's folder.

use super::release::{Access, Release};
use crate::{
    failure::{Exit, Failure, os_text},
    launch::{access, files::LaunchFolder},
};
use std::{fs, path::Path};

/// Keys of the Secret, and the files that they come from. The authority's own key is in none.
const FILES: [(&str, &str); 6] = [
    ("ca.crt", "ca.pem"),
    ("client.token", "client.token"),
    ("tls.crt", "coordinator.pem"),
    ("tls.key", "coordinator.key"),
    ("tokens", "tokens"),
    ("worker.token", "worker.token"),
];

/// Fills the launch's own Secret, with files that are there or with new ones.
///
/// # Errors
/// A folder that can't be read or written, the coordinator's program not there.
pub fn fill(release: &mut Release, launch: &LaunchFolder) -> Result<(), Failure> {
    let hosts = release.certificate_hosts();
    let Access::Secret {
        content: Some(content), ..
    } = &mut release.access
    else {
        return Ok(());
    };
    let folder = access::folder(launch);
    access::make(&folder, &hosts)?;
    for (key, file) in FILES {
        let path = folder.join(file);
        let bytes = fs::read(&path).map_err(|error| unreadable(&path, &os_text(&error)))?;
        content.insert(key.to_owned(), bytes);
    }
    Ok(())
}

fn unreadable(path: &Path, why: &str) -> Failure {
    let text = format!(
        "can't read {}: {why}; remove its folder, and it is made anew",
        path.display()
    );
    Failure::new(Exit::BadData, text)
}
