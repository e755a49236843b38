//! `make ha-test`: has coordinators that take turns struck again and again, prints how long each take-over took, and fails where
//! one took too long, something was lost, came twice, or came out otherwise.

use anyhow::Result;
use augur_tests::ha::{Setting, run};
use clap::Parser;
use std::{fs, path::PathBuf, process::ExitCode, time::Duration};

/// Rounds of `--short`.
const SHORT: usize = 1;

#[derive(Parser)]
#[command(about = "Strikes coordinators that take turns on one store, and times each take-over")]
struct Options {
    /// How often each fault strikes
    #[arg(long, default_value_t = 10, conflicts_with = "short")]
    rounds: usize,
    /// Each fault once, in about a minute
    #[arg(long)]
    short: bool,
    /// Light workers, each of two slots
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u8).range(1..=32))]
    workers: u8,
    /// What an epoch of the invented work takes; a trial has six
    #[arg(long, default_value_t = 100, value_name = "MILLISECONDS", value_parser = clap::value_parser!(u64).range(1..=10_000))]
    epoch: u64,
    /// Folder for the report and the coordinators' logs
    #[arg(long, default_value = "target/ha-test")]
    out: PathBuf,
}

#[tokio::main]
async fn main() -> Result<ExitCode> {
    let options = Options::parse();
    let setting = Setting {
        rounds: if options.short { SHORT } else { options.rounds },
        workers: options.workers.into(),
        epoch: Duration::from_millis(options.epoch),
        logs: options.out.clone(),
    };
    let report = run(&setting).await?;
    let text = report.markdown(&setting);
    println!("{text}");
    fs::write(options.out.join("ha-test.md"), &text)?;
    Ok(match report.is_sound() {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    })
}
