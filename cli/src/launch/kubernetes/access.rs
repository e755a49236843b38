//! The launch's own Secret: certificates and tokens, made by the coordinator's program and kept in the launch's folder, so
//! that the same launch has the same ones.

use super::release::{Access, Release};
use crate::{
    failure::{Exit, Failure, os_text},
    launch::files::LaunchFolder,
    programs,
};
use std::{
    ffi::OsStr,
    fs,
    io::{ErrorKind, Write},
    os::unix::fs::DirBuilderExt,
    path::{Path, PathBuf},
    process::Command,
};

/// Keys of the Secret, and the files that they come from. The authority's own key is in none.
const FILES: [(&str, &str); 6] = [
    ("ca.crt", "ca.pem"),
    ("client.token", "client.token"),
    ("tls.crt", "coordinator.pem"),
    ("tls.key", "coordinator.key"),
    ("tokens", "tokens"),
    ("worker.token", "worker.token"),
];
/// Who has a token, and what for. Only an administrator may send workers away once the sweep is over.
const ROLES: [(&str, &str); 2] = [("worker", "worker"), ("client", "admin")];
/// The hosts that the certificate in the folder is for.
const HOSTS: &str = "hosts";

/// Where the files are.
pub fn folder(launch: &LaunchFolder) -> PathBuf {
    launch.path.join("access")
}

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
    let folder = folder(launch);
    let mut builder = fs::DirBuilder::new();
    builder
        .recursive(true)
        .mode(0o700)
        .create(&folder)
        .map_err(|error| Failure::cannot_write(&folder, &error))?;
    certificates(&folder, &hosts)?;
    tokens(&folder)?;
    for (key, file) in FILES {
        let path = folder.join(file);
        let bytes = fs::read(&path).map_err(|error| unreadable(&path, &os_text(&error)))?;
        content.insert(key.to_owned(), bytes);
    }
    Ok(())
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
            "{} can't make certificates and tokens: {why}; name a Secret that is there with --secret, or use --insecure",
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

fn unreadable(path: &Path, why: &str) -> Failure {
    let text = format!(
        "can't read {}: {why}; remove its folder, and it is made anew",
        path.display()
    );
    Failure::new(Exit::BadData, text)
}
