//! `make bench-recovery`: how long a sweep takes to go on after SIGKILL of a worker, by the length of its lease, and after
//! SIGKILL of the coordinator, by the number of trials in its store. Prints Markdown tables and writes them, with the figures
//! as JSON, to a folder. Never fails by a figure.

use std::{path::PathBuf, time::Duration};

use anyhow::Result;
use augur_bench::local::Programs;
use augur_bench::options::publish;
use augur_bench::recovery::{AfterCoordinator, AfterWorker, Load, after_coordinator, after_worker};
use augur_bench::sample::Spread;
use augur_bench::table::row;
use clap::Parser;
use serde::Serialize;

#[derive(Parser)]
#[command(about = "Measures how long a sweep takes to go on after a SIGKILL")]
struct Options {
    /// Measurements of each point.
    #[arg(long, default_value_t = 7)]
    repeats: usize,
    /// The smallest of everything, twice, to see that the benchmark works.
    #[arg(long)]
    short: bool,
    /// Lengths of leases, seconds.
    #[arg(long, value_delimiter = ',', default_values_t = [2.0, 5.0, 15.0])]
    leases: Vec<f64>,
    /// Trials in the store.
    #[arg(long, value_delimiter = ',', default_values_t = [1_000, 10_000, 100_000])]
    trials: Vec<u32>,
    /// Where the figures go, as Markdown and as JSON.
    #[arg(long, default_value = "target/bench")]
    out: PathBuf,
    /// The built coordinator.
    #[arg(long, default_value = "target/release/augur-coordinator")]
    coordinator: PathBuf,
    /// The built worker.
    #[arg(long, default_value = "target/release/augur-worker")]
    worker: PathBuf,
}

/// recovery.json.
#[derive(Serialize)]
struct Report {
    workers: Vec<AfterWorker>,
    coordinators: Vec<AfterCoordinator>,
}

#[tokio::main]
async fn main() -> Result<()> {
    let options = Options::parse();
    let programs = Programs {
        coordinator: options.coordinator,
        worker: options.worker,
    };
    let (points, repeats) = if options.short {
        (1, 2)
    } else {
        (usize::MAX, options.repeats.max(1))
    };
    let mut report = Report {
        workers: Vec::new(),
        coordinators: Vec::new(),
    };
    for &trials in options.trials.iter().take(points) {
        let folder = tempfile::tempdir()?;
        let load = load(trials);
        report
            .coordinators
            .push(after_coordinator(&programs, load, repeats, folder.path()).await?);
    }
    for &lease in options.leases.iter().take(points) {
        let folder = tempfile::tempdir()?;
        let lease = Duration::try_from_secs_f64(lease)?;
        report
            .workers
            .push(after_worker(&programs, lease, repeats, folder.path()).await?);
    }
    publish(&options.out, "recovery", &markdown(&report), &report)
}

/// The middle of a sweep: a quarter of it is done, and as many slots as a large cluster has are at work.
fn load(trials: u32) -> Load {
    Load {
        trials,
        completed: trials / 4,
        leased: (trials / 10).min(1000),
    }
}

fn markdown(report: &Report) -> String {
    let mut out = row([
        "lease, s",
        "trial leased elsewhere after, s",
        "and an epoch measured, s",
    ]);
    out += &row(["--:", "--:", "--:"]);
    for after in &report.workers {
        out += &row([
            format!("{}", after.lease_s),
            text(&after.leased, 2),
            text(&after.measured, 2),
        ]);
    }
    out.push('\n');
    out += &row([
        "trials",
        "completed",
        "leased",
        "store, MiB",
        "process gone after, s",
        "then listening after, s",
        "first new lease after SIGKILL, s",
    ]);
    out += &row(["--:"; 7]);
    for after in &report.coordinators {
        let Load {
            trials,
            completed,
            leased,
        } = after.load;
        out += &row([
            trials.to_string(),
            completed.to_string(),
            leased.to_string(),
            format!("{:.0}", after.bytes as f64 / f64::from(1 << 20)),
            text(&after.ended, 3),
            text(&after.listening, 3),
            text(&after.leased, 3),
        ]);
    }
    out
}

/// "0.31 (0.29 to 0.35)": the median and the quarters around it.
fn text(spread: &Spread, digits: usize) -> String {
    let Spread { median, low, high } = spread;
    format!("{median:.digits$} ({low:.digits$} to {high:.digits$})")
}
