//! Fetching data sets without root: Fashion-MNIST from Debian's package where apt-get is, else from the public address;
//! ELPV from PyPI. What was fetched is checked against known SHA-256 sums before it is moved into place. Of the others:
//! where to get them.

mod debian;
mod elpv;
mod guide;
mod place;
mod run;
mod verify;
mod web;

pub use elpv::elpv;
pub use guide::{BTAD, CIFAR10, CIFAR100, Guide, MVTEC_AD, SVHN, VISA};

use crate::{DataError, data_sets};
use augur_core::spec::{DataSpec, FashionMnistSpec};
use std::path::{Path, PathBuf};

/// Shown to whoever fetches.
const LICENCE: &str = "Fashion-MNIST is (c) 2017 Zalando SE, under the MIT licence";

/// How the files came to be where they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Way {
    /// They were there, whole and true.
    AlreadyThere,
    /// From Debian's package of this version.
    Debian(String),
    /// From the data set's public address.
    Web,
    /// From PyPI's package of this version.
    PyPi(String),
}

/// A data set that is whole and true.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fetched {
    /// Its folder.
    pub folder: PathBuf,
    /// How it came there.
    pub way: Way,
}

/// Brings Fashion-MNIST's four files into `to`; without it into `$AUGUR_DATA/fashion-mnist`, without that variable
/// into `.data/fashion-mnist`, unless the data set is already in a place where it is looked for. Does nothing where
/// the files are whole and true. Relative paths start at `base`; `progress` is told each step, a line without its end.
///
/// Blocks while it downloads (31 MB).
///
/// # Errors
/// [`DataError::Fetch`] when no way worked, [`DataError::Unwritable`] for a folder that can't be written.
pub fn fashion_mnist(to: Option<&Path>, base: &Path, progress: &mut dyn FnMut(&str)) -> Result<Fetched, DataError> {
    fetch(to, base, web::ADDRESS, &[debian::fetch, web::fetch], progress)
}

/// What a way of fetching gets: the folder to leave the files in, the public address, whom to tell.
type FetchWay = fn(&Path, &str, &mut dyn FnMut(&str)) -> Result<Way, Fault>;

/// Why one way didn't work, and what may help.
#[derive(Debug, PartialEq, Eq)]
struct Fault {
    what: String,
    remedy: Option<&'static str>,
}

impl From<String> for Fault {
    fn from(what: String) -> Self {
        Self { what, remedy: None }
    }
}

fn fetch(
    to: Option<&Path>,
    base: &Path,
    address: &str,
    ways: &[FetchWay],
    progress: &mut dyn FnMut(&str),
) -> Result<Fetched, DataError> {
    let target = to.map_or_else(
        || data_sets::home(data_sets::FASHION_MNIST, base),
        |folder| base.join(folder),
    );
    let present = if to.is_some() {
        Some(target.clone())
    } else {
        locate(base).ok()
    };
    if let Some(folder) = present.filter(|folder| verify::folder(folder).is_ok()) {
        return Ok(Fetched {
            folder,
            way: Way::AlreadyThere,
        });
    }
    progress(LICENCE);
    let staging = place::staging(&target)?;
    let (mut faults, mut remedy) = (Vec::new(), None);
    for way in ways {
        match way(staging.path(), address, progress).and_then(|way| verify::folder(staging.path()).map(|()| way)) {
            Ok(way) => {
                let files = verify::FILES.map(|(name, _)| format!("{name}.gz"));
                place::settle(staging.path(), &target, &files.each_ref().map(String::as_str))?;
                progress(&format!("4 files, checked, in {}", target.display()));
                return Ok(Fetched { folder: target, way });
            }
            Err(fault) => {
                progress(&fault.what);
                remedy = remedy.or(fault.remedy);
                faults.push(fault.what);
            }
        }
    }
    let remedy = remedy.unwrap_or("check the network, or set `data.fashion_mnist.root` to a folder that has the files");
    Err(DataError::Fetch {
        data_set: data_sets::FASHION_MNIST,
        faults: faults.join("; "),
        remedy: remedy.into(),
    })
}

/// The folder in which Fashion-MNIST is found without a `root`.
fn locate(base: &Path) -> Result<PathBuf, DataError> {
    let anywhere = FashionMnistSpec {
        root: None,
        size_px: 28,
    };
    data_sets::locate(&DataSpec::FashionMnist(anywhere), base)
}

#[cfg(test)]
mod tests;
