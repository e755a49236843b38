//! `augur extend`: more seeds or starting points for a sweep, without computing the old ones again.

use super::{Remote, print, values};
use crate::{client::sweep_name, config::Config, failure::Failure, text};
use augur_proto::v1;
use clap::{ArgGroup, Args};
use std::path::PathBuf;

/// Submits a sweep that has all trials of another one, and more; the others are reused
#[derive(Args)]
#[command(group = ArgGroup::new("what").required(true).args(["seeds", "config"]))]
pub struct Extend {
    /// The name or identifier of the sweep that is extended
    sweep: String,
    /// Seeds that come on top, such as 3,4,5
    #[arg(long, value_name = "SEEDS", value_delimiter = ',', value_parser = values::whole::<u64>)]
    seeds: Vec<u64>,
    /// The config of the extension, with a name of its own: the old one with more seeds, starting points, families, tasks
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// The name of the extension [default: SWEEP-extended]
    #[arg(long, value_name = "NAME", requires = "seeds")]
    name: Option<String>,
    #[command(flatten)]
    remote: Remote,
}

impl Extend {
    pub async fn run(self) -> Result<(), Failure> {
        let spec_yaml = match &self.config {
            Some(file) => Config::read(file)?.text,
            None => String::new(),
        };
        let mut client = self.remote.connect().await?;
        let source = client.sweep(&sweep_name(&self.sweep)).await?;
        let request = v1::ExtendSweepRequest {
            name: source.name,
            spec_yaml,
            seeds: self.seeds,
            display_name: self.name.unwrap_or_default(),
            ..Default::default()
        };
        let sweep = client.extend(request).await?;
        let total = |progress: Option<v1::Progress>| progress.unwrap_or_default().trials_total;
        let (old, all) = (total(source.progress), total(sweep.progress));
        let name = &sweep.display_name;
        print(&format!(
            "{}\nsweep {name} has the {} of {} and {} more; `augur watch {name}` follows it\n",
            sweep.name,
            text::count(old, "trial"),
            source.display_name,
            all.saturating_sub(old)
        ));
        Ok(())
    }
}
