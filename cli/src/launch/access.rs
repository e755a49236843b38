//! Certificates and tokens of a launch, made by the coordinator's program and kept in the launch's folder, so that the same
//! launch has the same ones.

use super::files::LaunchFolder;
use crate::{
    failure::{Exit, Failure, os_text},
    programs,
};
use std::{
    ffi::OsStr,
    fs,
    io::{ErrorKind, Write},
    os::unix::fs::{DirBuilderExt, PermissionsExt},
    path::{Path, PathBuf},
    process::Command,
};

/// Who has a token, and what for. Only an administrator may send workers away once the sweep is over.
const ROLES: [(&str, &str); 2] = [("worker", "worker"), ("client", "admin")];
/// The hosts that the certificate in the folder is for.
const HOSTS: &str = "hosts";

/// Where the files are.
pub fn folder(launch: &LaunchFolder) -> PathBuf {
    launch.path.join("access")
}

/// Makes what is missing in `folder`, which only its owner may enter: certificates for `hosts`, tokens for workers and people.
///
/// # Errors
/// A folder that can't be written, the coordinator's program not there.
pub fn make(folder: &Path, hosts: &[String]) -> Result<(), Failure> {
    let mut builder = fs::DirBuilder::new();
    builder
        .recursive(true)
        .mode(0o700)
        .create(folder)
        .map_err(|error| Failure::cannot_write(folder, &error))?;
    // Whoever made it: nobody else is to enter.
    let closed = fs::set_permissions(folder, fs::Permissions::from_mode(0o700));
    closed.map_err(|error| Failure::cannot_write(folder, &error))?;
    certificates(folder, hosts)?;
    tokens(folder)
}

/// New certificates where there are none, or where they are for other hosts; the authority stays.
fn certificates(folder: &Path, hosts: &[String]) -> Result<(), Failure> {
    let wanted = hosts.join("\n") + "\n";
    let (noted, certificate) = (folder.join(HOSTS), folder.join("coordinator.pem"));
    if certificate.exists() && fs::read_to_string(&noted).is_ok_and(|noted| noted == wanted) {
        return Ok(());
    }
    for file in ["coordinator.pem", "coordinator.key", "client.pem", "client.key"] {
        remove(&folder.join(file))?;
    }
    let mut arguments = vec![OsStr::new("certificates"), OsStr::new("--out"), folder.as_os_str()];
    arguments.extend(hosts.iter().flat_map(|host| [OsStr::new("--host"), OsStr::new(host)]));
    coordinator(&arguments)?;
    write(&noted, wanted.as_bytes())
}

/// New tokens where one is missing: a coordinator keeps only their hashes.
fn tokens(folder: &Path) -> Result<(), Failure> {
    let file = folder.join("tokens");
    let own = |name: &str| folder.join(format!("{name}.token"));
    if file.exists() && ROLES.iter().all(|(name, _)| own(name).exists()) {
        return Ok(());
    }
    remove(&file)?;
    for (name, role) in ROLES {
        let arguments = ["token", "add", name, "--role", role, "--tokens"].map(OsStr::new);
        let arguments: Vec<_> = arguments.into_iter().chain([file.as_os_str()]).collect();
        write(&own(name), &coordinator(&arguments)?)?;
    }
    Ok(())
}

/// Runs the coordinator's program to its end; what it printed.
fn coordinator(arguments: &[&OsStr]) -> Result<Vec<u8>, Failure> {
    let program = programs::require(programs::COORDINATOR)?;
    let failed = |why: &str| {
        let text = format!(
            "{} can't make certificates and tokens: {why}; mend that, or bring your own (augur launch kubernetes takes --secret)",
            program.display()
        );
        Failure::new(Exit::CannotStart, text)
    };
    let output = Command::new(&program).args(arguments).output();
    let output = output.map_err(|error| failed(&os_text(&error)))?;
    match output.status.success() {
        true => Ok(output.stdout),
        false => Err(failed(String::from_utf8_lossy(&output.stderr).trim())),
    }
}

/// Writes a file whole, for its owner only.
///
/// # Errors
/// A folder that can't be written.
pub fn write(path: &Path, content: &[u8]) -> Result<(), Failure> {
    let place = || {
        let mut file = tempfile::NamedTempFile::new_in(path.parent().unwrap_or(Path::new(".")))?;
        file.write_all(content)?;
        file.as_file().sync_all()?;
        file.persist(path).map_err(|error| error.error).map(drop)
    };
    place().map_err(|error| Failure::cannot_write(path, &error))
}

fn remove(path: &Path) -> Result<(), Failure> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(Failure::cannot_write(path, &error)),
        _ => Ok(()),
    }
}
