//! `augur fetch`: brings a data set onto this machine, or says how to come by it.

use super::print;
use crate::{
    failure::{Exit, Failure},
    text,
};
use augur_data::{
    DataError,
    fetch::{self, Guide, Way},
};
use clap::{Args, ValueEnum};
use std::path::{Path, PathBuf};

/// Fetches a data set, checks it, and says its licence
///
/// fashion-mnist and elpv are fetched. Of the others it says where to get them and how they should lie, and whether they
/// do.
#[derive(Args)]
pub struct Fetch {
    #[arg(value_enum)]
    data_set: DataSet,
    /// The folder to fetch into [default: $AUGUR_DATA/DATA_SET, else .data/DATA_SET]
    #[arg(long, value_name = "DIR")]
    to: Option<PathBuf>,
}

#[derive(Clone, Copy, ValueEnum)]
enum DataSet {
    FashionMnist,
    Elpv,
    MvtecAd,
    Visa,
    Btad,
    Svhn,
    Cifar10,
    Cifar100,
}

impl Fetch {
    pub fn run(self) -> Result<(), Failure> {
        let (to, base) = (self.to.as_deref(), Path::new(""));
        let mut tell = |line: &str| eprintln!("{line}");
        let fetched = match self.data_set {
            DataSet::FashionMnist => fetch::fashion_mnist(to, base, &mut tell)?,
            DataSet::Elpv => fetch::elpv(to, base, &mut tell)?,
            DataSet::MvtecAd => return guide(&fetch::MVTEC_AD, to),
            DataSet::Visa => return guide(&fetch::VISA, to),
            DataSet::Btad => return guide(&fetch::BTAD, to),
            DataSet::Svhn => return guide(&fetch::SVHN, to),
            DataSet::Cifar10 => return guide(&fetch::CIFAR10, to),
            DataSet::Cifar100 => return guide(&fetch::CIFAR100, to),
        };
        let how = match &fetched.way {
            Way::AlreadyThere => "already there".to_owned(),
            Way::Debian(version) => format!("from Debian's package, version {version}"),
            Way::PyPi(version) => format!("from PyPI's package, version {version}"),
            Way::Web => "from its public address".to_owned(),
        };
        print(&format!("{} ({how})\n", fetched.folder.display()));
        Ok(())
    }
}

/// Where to get a data set that augur doesn't fetch, unless it is here.
fn guide(guide: &Guide, to: Option<&Path>) -> Result<(), Failure> {
    let found = match augur_data::inspect(&guide.data(to), Path::new("")) {
        Ok(found) if found.images > 0 => {
            let images = text::count(u32::try_from(found.images).unwrap_or(u32::MAX), "image");
            print(&format!("{} (already there, {images})\n", found.root.display()));
            return Ok(());
        }
        Ok(found) => format!("found: {} holds no images\n", found.root.display()),
        Err(DataError::NoFolder { .. }) => String::new(),
        // What to do about it stands here already.
        Err(fault) => format!("found: {}\n", fault.to_string().split("; ").next().unwrap_or_default()),
    };
    let (name, page) = (guide.name, guide.page);
    let folder = guide.folder(to, Path::new(""));
    let message = format!(
        "{name} must be fetched by hand: get it from {page}, and unpack it into {} or name its folder as `data.{}.root`",
        folder.display(),
        guide.key
    );
    let layout = guide.layout.join("\n  ");
    let help = format!(
        "{found}licence: {}\nthe folder holds, for example:\n  {layout}",
        guide.licence
    );
    Err(Failure::new(Exit::BadData, message).help(help))
}
