//! The command line.

use crate::stores::StoreOptions;
use augur_channel::{Access, Addresses, Credentials};
use augur_depot::Place;
use augur_watching::{logs::LogOptions, traces::TracesOptions};
use clap::{Args, CommandFactory, FromArgMatches, Parser, Subcommand};
use std::{net::SocketAddr, num::NonZeroU32, path::PathBuf, time::Duration};

/// Runs the trials that a coordinator leases out.
#[derive(Debug, Parser)]
#[command(
    name = "augur-worker",
    version,
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true
)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Option<Command>,
    #[command(flatten)]
    pub log: LogOptions,
    #[command(flatten)]
    pub options: Option<Options>,
}

impl Cli {
    /// The command line of this process; ends it with what is wrong with that.
    pub fn read() -> Self {
        let matches = Self::command().get_matches();
        Self::understood(&matches).unwrap_or_else(|fault| fault.exit())
    }

    fn understood(matches: &clap::ArgMatches) -> Result<Self, clap::Error> {
        let mut cli = Self::from_arg_matches(matches)?;
        if cli.command.is_none() {
            // To clap, an optional group that has another one within is never there.
            cli.options = Some(Options::from_arg_matches(matches)?);
        }
        Ok(cli)
    }
}

/// What else the binary does.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Runs trials for a worker, which starts it: requests on stdin, events on stdout.
    #[command(hide = true)]
    Slot,
    /// Says what trials could run on here.
    #[command(hide = true)]
    Doctor {
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    Score(crate::model::Score),
    Export(crate::model::Export),
    Preview(crate::preview::Preview),
}

/// How a worker works.
#[derive(Clone, Debug, Args)]
pub struct Options {
    /// The coordinator's address; several that share a store are separated by commas
    #[arg(long, value_name = "URL", env = "AUGUR_COORDINATOR")]
    coordinator: Addresses,
    #[command(flatten)]
    credentials: Credentials,
    /// Trials that run side by side [default: cores / threads]
    #[arg(long, value_name = "N")]
    slots: Option<NonZeroU32>,
    /// MiB of memory that its trials may take together [default: 90 % of what is free at the start]
    #[arg(long, value_name = "MIB")]
    memory_mib: Option<NonZeroU32>,
    /// Threads that a trial is expected to use; its spec says how many it does
    #[arg(long, value_name = "T", default_value = "1")]
    threads: NonZeroU32,
    /// Folder, or s3://BUCKET/PREFIX, at which relative data folders start [default: the current one]
    #[arg(long, value_name = "PLACE")]
    pub base_dir: Option<Place>,
    /// Folder in which all data folders and weights files that specs name have to lie, however they name them; may be given more than once
    /// [default: anywhere]
    #[arg(long = "data-root", value_name = "DIR")]
    pub data_roots: Vec<PathBuf>,
    /// Folder for the whole logs of the slots; without it only their last lines are kept, for causes
    #[arg(long, value_name = "DIR")]
    pub log_dir: Option<PathBuf>,
    /// Folder, or s3://BUCKET/PREFIX, for what trials leave behind, detectors and embeddings, and for their checkpoints; without it
    /// none are kept
    #[arg(long, value_name = "PLACE")]
    pub artifacts: Option<Place>,
    #[command(flatten)]
    pub stores: StoreOptions,
    /// Seconds between two checkpoints of a trial; with 0 there is one only when the worker leaves
    #[arg(long, value_name = "SECONDS", default_value = "30", value_parser = seconds, env = "AUGUR_CHECKPOINT_SECONDS")]
    checkpoint_seconds: Duration,
    /// Stop when stdin ends: whoever started the worker is gone
    #[arg(long)]
    pub exit_with_stdin: bool,
    /// Address and port of the metrics, or `off`; port 0 is any free one
    #[arg(long, value_name = "ADDRESS|off", default_value = "off", value_parser = address)]
    metrics: Metrics,
    #[command(flatten)]
    pub traces: TracesOptions,
    /// Seconds to wait for the coordinator at the start
    #[arg(long, value_name = "SECONDS", default_value = "30", value_parser = seconds)]
    pub connect_timeout: Duration,
}

impl Options {
    /// How to reach the coordinator.
    pub fn access(&self) -> Access {
        Access {
            addresses: self.coordinator.clone(),
            credentials: self.credentials.clone(),
        }
    }

    /// Where metrics are served, if anywhere.
    pub fn metrics(&self) -> Option<SocketAddr> {
        self.metrics.0
    }

    /// Number of slots, at least 1.
    pub fn slots(&self) -> u32 {
        let cores = std::thread::available_parallelism().map_or(1, |n| u32::try_from(n.get()).unwrap_or(u32::MAX));
        self.slots
            .map_or_else(|| (cores / self.threads).max(1), NonZeroU32::get)
    }

    /// Bytes that trials may take together, where that was said.
    pub fn memory(&self) -> Option<u64> {
        self.memory_mib.map(|mib| u64::from(mib.get()) << 20)
    }

    /// The least time between two checkpoints of a trial; none where there is one only when the worker leaves.
    pub fn checkpoint_every(&self) -> Option<Duration> {
        Some(self.checkpoint_seconds).filter(|every| !every.is_zero())
    }
}

/// Where metrics are served; nowhere where that is off.
#[derive(Clone, Copy, Debug)]
struct Metrics(Option<SocketAddr>);

fn address(text: &str) -> Result<Metrics, &'static str> {
    match text {
        "off" => Ok(Metrics(None)),
        address => {
            let address = address.parse().map_err(|_| "write it like 127.0.0.1:7463, or off")?;
            Ok(Metrics(Some(address)))
        }
    }
}

/// A year: a time that is added to now has to be one that there is.
const LONGEST: Duration = Duration::from_secs(365 * 24 * 60 * 60);

fn seconds(text: &str) -> Result<Duration, String> {
    let number: f64 = text.parse().map_err(|_| "not a number of seconds".to_owned())?;
    match Duration::try_from_secs_f64(number) {
        Ok(seconds) if seconds <= LONGEST => Ok(seconds),
        _ => Err(format!("write seconds from 0 to {}, a year", LONGEST.as_secs())),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a panic here is a failed test")]
mod tests {
    use super::*;

    #[test]
    fn times_are_of_this_world() {
        assert_eq!(seconds("0.5"), Ok(Duration::from_millis(500)));
        assert_eq!(seconds("31536000"), Ok(LONGEST));
        for text in ["-1", "31536001", "1e19", "1e300", "inf", "NaN", "soon"] {
            assert!(seconds(text).is_err(), "{text}");
        }
    }

    #[test]
    fn options_are_there_without_a_subcommand() {
        let read = |words: &[&str]| Cli::understood(&Cli::command().try_get_matches_from(words).unwrap()).unwrap();
        let cli = read(&["augur-worker", "--coordinator", "http://127.0.0.1:1", "--slots", "3"]);
        assert_eq!(cli.options.unwrap().slots(), 3);
        assert!(matches!(read(&["augur-worker", "slot"]).command, Some(Command::Slot)));
    }
}
