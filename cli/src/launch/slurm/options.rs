//! The command line of `augur launch slurm`.

use crate::command::values;
use augur_channel::{Addresses, Credentials};
use clap::Args;
use std::{num::NonZeroU32, path::PathBuf};

/// Runs a sweep on Slurm: the coordinator as a job, workers as a job array. Returns at once; the same command again resumes
#[derive(Args, Clone, Debug)]
pub struct Options {
    /// The sweep's config, a YAML file
    pub config: PathBuf,
    /// The folder of the run, on a file system that all nodes share: store, scripts, logs, results
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    /// Workers: tasks of the array
    #[arg(long, value_name = "N", default_value = "1", value_parser = values::at_least_one)]
    pub workers: NonZeroU32,
    /// Trials that a worker runs side by side [default: 1, or with --cpus as many as have cores for their threads]
    #[arg(long, value_name = "S", value_parser = values::at_least_one)]
    pub slots: Option<NonZeroU32>,
    /// Only adds workers, as another array, to the sweep that runs in DIR
    #[arg(long, conflicts_with_all = ["coordinator", "store"])]
    pub workers_only: bool,
    /// Prints what would be submitted, and submits nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Folder at which relative data folders start, on the nodes as well [default: the current one]
    #[arg(long, value_name = "DIR")]
    pub base_dir: Option<PathBuf>,
    /// The coordinator's store: an SQLite file, or postgres://USER@HOST:PORT/DATABASE [default: DIR/augur.sqlite]
    #[arg(long, value_name = "STORE", conflicts_with = "coordinator")]
    pub store: Option<String>,
    /// A coordinator that runs already, instead of one in a job
    #[arg(long, value_name = "URL")]
    pub coordinator: Option<Addresses>,
    #[command(flatten)]
    pub credentials: Credentials,
    /// File with the token of workers, where that coordinator gives people and workers different ones [default: --token-file]
    #[arg(long, value_name = "FILE", requires = "coordinator")]
    pub worker_token_file: Option<PathBuf>,
    #[command(flatten)]
    pub resources: Resources,
}

/// What Slurm is asked for. Each goes into the scripts as the option of sbatch that has the same name.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "What Slurm is asked for")]
pub struct Resources {
    /// Partition
    #[arg(long, value_name = "NAME", value_parser = word)]
    pub partition: Option<String>,
    /// Partition of the coordinator's job, which should not be pre-empted [default: that of the workers]
    #[arg(long, value_name = "NAME", value_parser = word)]
    pub coordinator_partition: Option<String>,
    /// Account
    #[arg(long, value_name = "NAME", value_parser = word)]
    pub account: Option<String>,
    /// Quality of service
    #[arg(long, value_name = "NAME", value_parser = word)]
    pub qos: Option<String>,
    /// Features of the workers' nodes
    #[arg(long, value_name = "LIST", value_parser = word)]
    pub constraint: Option<String>,
    /// GPUs of a worker
    #[arg(long, value_name = "N", value_parser = values::at_least_one)]
    pub gpus: Option<NonZeroU32>,
    /// Cores of a worker [default: slots x threads of a trial]
    #[arg(long, value_name = "N", value_parser = values::at_least_one)]
    pub cpus: Option<NonZeroU32>,
    /// Memory of a worker, such as 8G; its trials get 90 % of it
    #[arg(long, value_name = "SIZE", value_parser = memory)]
    pub mem: Option<Memory>,
    /// Time limit of each job, such as 4:00:00; a job that reaches it goes back into the queue while there is work
    #[arg(long, value_name = "TIME", value_parser = word)]
    pub time: Option<String>,
    /// Seconds before its end at which a job is warned: it takes checkpoints then
    #[arg(long, value_name = "SECONDS", default_value = "120", value_parser = values::whole::<u32>)]
    pub warn_seconds: u32,
    /// Tasks of the array that run at the same time
    #[arg(long, value_name = "N", value_parser = values::at_least_one)]
    pub array_limit: Option<NonZeroU32>,
    /// A further option of sbatch for the workers, such as '--exclude=n[1-3]'; may be given several times
    #[arg(long, value_name = "OPTION", value_parser = option, allow_hyphen_values = true)]
    pub sbatch: Vec<String>,
    /// The same for the coordinator's job
    #[arg(long, value_name = "OPTION", value_parser = option, allow_hyphen_values = true)]
    pub coordinator_sbatch: Vec<String>,
}

/// An amount of memory as Slurm writes it.
#[derive(Clone, Debug, PartialEq)]
pub struct Memory {
    /// As it was given.
    pub text: String,
    /// In MiB.
    pub mib: u64,
}

/// What sbatch reads as one word.
fn word(text: &str) -> Result<String, String> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "._-:,&|()[]*+@/".contains(c);
    match !text.is_empty() && text.chars().all(is_plain) {
        true => Ok(text.to_owned()),
        false => Err("write one word, as sbatch takes it".into()),
    }
}

/// What stands after #SBATCH, on one line.
fn option(text: &str) -> Result<String, String> {
    let text = text.trim();
    match text.starts_with('-') && !text.contains(['\n', '\r']) {
        true => Ok(text.to_owned()),
        false => Err("write one option of sbatch, such as '--exclude=n1'".into()),
    }
}

fn memory(text: &str) -> Result<Memory, String> {
    let fault = || "write a size as sbatch takes it, such as 8G or 500M".to_owned();
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let number: u64 = digits.parse().map_err(|_| fault())?;
    let mib = match text[digits.len()..].to_ascii_uppercase().as_str() {
        "K" | "KB" => Some(number / 1024),
        "" | "M" | "MB" => Some(number),
        "G" | "GB" => number.checked_mul(1024),
        "T" | "TB" => number.checked_mul(1024 * 1024),
        _ => None,
    };
    let mib = mib
        .filter(|mib| (1..=u64::from(u32::MAX)).contains(mib))
        .ok_or_else(fault)?;
    Ok(Memory {
        text: text.to_owned(),
        mib,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_as_slurm_writes_them() {
        for (text, mib) in [("500", 500), ("500M", 500), ("8G", 8192), ("2t", 2 << 20), ("2048K", 2)] {
            assert_eq!(memory(text).unwrap().mib, mib, "{text}");
        }
        for text in ["", "G", "1.5G", "8X", "0", "-1", "100000000T"] {
            assert!(memory(text).is_err(), "{text}");
        }
    }

    #[test]
    fn nothing_leaves_its_line() {
        assert!(word("gpu,cpu").is_ok() && word("[rack1*2&rack2*4]").is_ok());
        for text in ["", "a b", "a\nb", "$(x)", "'", "#"] {
            assert!(word(text).is_err(), "{text}");
        }
        assert!(option("--exclude=n1").is_ok() && option("--comment='a b'").is_ok());
        assert!(option("--x\nrm -rf").is_err() && option("exclude").is_err());
    }
}
