//! The first way: Debian's package dataset-fashion-mnist, unpacked and not installed.

use super::{Fault, Way, run, verify};
use std::{
    fs,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    process::Command,
};

const PACKAGE: &str = "dataset-fashion-mnist";
/// The version whose sum is known. apt checks others against its signed lists, and the files' own sums decide.
const KNOWN_VERSION: &str = "0.0~git20200523.55506a9-1";
const KNOWN_SUM: &str = "39e172fe32dd318ebb3e512220c3beea2fa47d7e20bab348fb4e0922d6beefc0";

/// Leaves the four files in `folder`.
pub(super) fn fetch(folder: &Path, _address: &str, progress: &mut dyn FnMut(&str)) -> Result<Way, Fault> {
    for program in ["apt-get", "dpkg-deb"] {
        if !run::exists(program) {
            return Err(format!("{program} isn't there").into());
        }
    }
    let work = tempfile::tempdir_in(folder).map_err(|fault| format!("no temporary folder: {fault}"))?;
    progress("fetching Debian's package dataset-fashion-mnist, 31 MB");
    download(work.path(), progress)?;
    let (package, version) = package(work.path())?;
    if version == KNOWN_VERSION {
        let bytes = fs::read(&package).map_err(|fault| format!("the package can't be read: {fault}"))?;
        let found = verify::sha256(&bytes);
        if found != KNOWN_SUM {
            return Err(format!("{PACKAGE} {version} has SHA-256 {found}, expected {KNOWN_SUM}").into());
        }
    }
    progress("unpacking");
    let tree = work.path().join("tree");
    run::run(Command::new("dpkg-deb").arg("-x").args([&package, &tree]))?;
    for (name, _) in verify::FILES {
        let name = format!("{name}.gz");
        let from = tree.join("usr/share/datasets/fashion-mnist").join(&name);
        fs::rename(from, folder.join(&name)).map_err(|fault| format!("{PACKAGE} {version} has no {name}: {fault}"))?;
    }
    Ok(Way::Debian(version))
}

/// Leaves the package in `folder`. Without lists apt-get knows no package: root can get them, others are told.
fn download(folder: &Path, progress: &mut dyn FnMut(&str)) -> Result<(), Fault> {
    // apt's own user can't write here; it is only a hint that would go to the terminal.
    let get = || {
        run::run(
            Command::new("apt-get")
                .args(["-o", "APT::Sandbox::User=root", "download", PACKAGE])
                .current_dir(folder),
        )
    };
    let Err(fault) = get() else { return Ok(()) };
    if !is_root() {
        return Err(Fault {
            remedy: Some("run `sudo apt-get update` and try again"),
            ..fault
        });
    }
    progress("apt-get knows no such package yet; running `apt-get update`");
    run::run(Command::new("apt-get").args(["update", "-qq"]))?;
    get()
}

/// Whether this process may write the system's lists.
fn is_root() -> bool {
    fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0)
}

/// The package in `folder` and its version, from its name: `NAME_VERSION_all.deb`.
fn package(folder: &Path) -> Result<(PathBuf, String), Fault> {
    let entries = fs::read_dir(folder).map_err(|fault| format!("the package can't be found: {fault}"))?;
    for path in entries.flatten().map(|entry| entry.path()) {
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .replace("%3a", ":");
        if let [PACKAGE, version, _] = name.split('_').collect::<Vec<_>>()[..] {
            return Ok((path, version.to_owned()));
        }
    }
    Err("apt-get left no package".to_owned().into())
}
