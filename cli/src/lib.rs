//! The `augur` command: runs sweeps here or on other machines, shows them, writes their results.
//!
//! One file a command in [`command`]; what they share: the config ([`config`]), the client ([`client`]), the child
//! processes of `augur run` ([`crew`]), following a sweep ([`watch`]) and showing it ([`progress`], on a terminal [`live`]), what machines read ([`json`]), results,
//! TensorBoard's files ([`tensorboard`]), MLflow's runs ([`mlflow`]).

mod client;
mod command;
mod config;
mod crew;
pub mod failure;
mod folder;
mod interrupt;
mod json;
mod launch;
mod live;
mod mlflow;
mod programs;
mod progress;
pub mod report;
pub mod results;
mod tensorboard;
mod text;
mod watch;

use clap::{Parser, ValueEnum};
use failure::{Exit, Failure};
use std::{io::Write, process::ExitCode};

/// Self-tuning anomaly detection sweeps: tune augmentations without labels, select, and report.
#[derive(Parser)]
#[command(name = "augur", version, after_help = EXIT_CODES, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: command::Command,
    /// Colours on the terminal; NO_COLOR is honoured too
    #[arg(long, global = true, value_enum, default_value_t = Colour::Auto, value_name = "WHEN")]
    color: Colour,
}

#[derive(Clone, Copy, ValueEnum)]
enum Colour {
    Auto,
    Always,
    Never,
}

const EXIT_CODES: &str = "\
Exit codes:
  0  done                               8  coordinator of another API version
  1  unexpected                         9  the sweep ended, some task without a selected trial
  2  command line                      10  the sweep was cancelled
  3  bad config                        11  folder or store in use by another process
  4  missing or bad data               12  no such sweep
  5  can't write                       13  the folder or the name belongs to another sweep
  6  the coordinator can't start       14  `augur doctor` found something missing
  7  no coordinator can be reached     15  the sweep is paused; the same command resumes
                                       16  `augur store check` found something that does not hold
                                       17  `augur verify` found a choice that is not as sealed
                                      130  interrupted

docs/cli.md tells more.";

/// Runs the command line; the exit code says how it ended.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    match cli.color {
        Colour::Auto => {}
        Colour::Always => set_colours(true),
        Colour::Never => set_colours(false),
    }
    match start(cli.command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            let text = failure::render(&failure, console::colors_enabled_stderr());
            // Nothing is left to do when stderr is closed.
            let _ = std::io::stderr().write_all(text.as_bytes());
            failure.exit.into()
        }
    }
}

fn set_colours(on: bool) {
    console::set_colors_enabled(on);
    console::set_colors_enabled_stderr(on);
}

fn start(command: command::Command) -> Result<(), Failure> {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(|error| Failure::new(Exit::Unexpected, format!("can't start: {error}")))?
        .block_on(command.run())
}
