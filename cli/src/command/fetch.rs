//! `augur fetch`: brings a data set onto this machine.

use super::print;
use crate::failure::Failure;
use augur_data::fetch::{self, Way};
use clap::{Args, ValueEnum};
use std::path::{Path, PathBuf};

/// Fetches a data set, checks it, and says its licence
#[derive(Args)]
pub struct Fetch {
    #[arg(value_enum)]
    data_set: DataSet,
    /// The folder to fetch into [default: $AUGUR_DATA/fashion-mnist, else .data/fashion-mnist]
    #[arg(long, value_name = "DIR")]
    to: Option<PathBuf>,
}

#[derive(Clone, Copy, ValueEnum)]
enum DataSet {
    FashionMnist,
}

impl Fetch {
    pub fn run(self) -> Result<(), Failure> {
        let mut tell = |line: &str| eprintln!("{line}");
        let fetched = match self.data_set {
            DataSet::FashionMnist => fetch::fashion_mnist(self.to.as_deref(), Path::new(""), &mut tell)?,
        };
        let how = match &fetched.way {
            Way::AlreadyThere => "already there".to_owned(),
            Way::Debian(version) => format!("from Debian's package, version {version}"),
            Way::Web => "from its public address".to_owned(),
        };
        print(&format!("{} ({how})\n", fetched.folder.display()));
        Ok(())
    }
}
