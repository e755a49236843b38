//! `make sim`: simulates sweeps on a network that fails, one for each seed, and fails where one of them does not come to its end.

use anyhow::Result;
use augur_tests::sim::{Plan, Report, Runs};
use clap::Parser;
use std::{
    fs,
    io::stderr,
    path::{Path, PathBuf},
    process::ExitCode,
    sync::{
        atomic::{AtomicU64, Ordering::Relaxed},
        mpsc,
    },
    thread,
    time::{Duration, Instant},
};
use tracing_subscriber::EnvFilter;

/// How often there is a line on how far it is.
const PROGRESS: Duration = Duration::from_secs(10);

#[derive(Parser)]
#[command(about = "Simulates sweeps on a network that fails, and checks what becomes of them")]
struct Options {
    /// Runs, with as many seeds in a row
    #[arg(long, default_value_t = 3000, conflicts_with = "seed")]
    runs: u64,
    /// The first seed
    #[arg(long, default_value_t = 0, conflicts_with = "seed")]
    first: u64,
    /// This seed alone, with what it plans and does; AUGUR_LOG=debug shows what everybody says meanwhile
    #[arg(long)]
    seed: Option<u64>,
    /// File for every message on the network of that seed, a line each
    #[arg(long, requires = "seed", value_name = "FILE")]
    trace: Option<PathBuf>,
    /// Runs side by side [default: cores]
    #[arg(long)]
    jobs: Option<usize>,
}

fn main() -> Result<ExitCode> {
    let options = Options::parse();
    let report = match options.seed {
        Some(seed) => one(seed, options.trace.as_deref())?,
        None => many(&options),
    };
    Ok(if report.failures().is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn one(seed: u64, trace: Option<&Path>) -> Result<Report> {
    let filter = EnvFilter::try_from_env("AUGUR_LOG").unwrap_or_else(|_| EnvFilter::new("off"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(stderr)
        .without_time()
        .init();
    let begin = Instant::now();
    println!("{:#?}", Plan::new(seed));
    let run = Runs::new(trace.is_some()).run(seed);
    if let Ok(run) = &run {
        if let Some(path) = trace {
            fs::write(path, run.lines.join("\n"))?;
        }
        println!(
            "trace {}, {} messages, {:.2} s simulated",
            run.trace,
            run.messages,
            run.lasted.as_secs_f64()
        );
    }
    let mut report = Report::default();
    report.add(run);
    println!("{}", report.text(begin.elapsed()));
    Ok(report)
}

fn many(options: &Options) -> Report {
    let Options { runs: count, first, .. } = *options;
    let jobs = options
        .jobs
        .unwrap_or_else(|| thread::available_parallelism().map_or(1, usize::from));
    eprintln!(
        "{count} runs, seeds {first} to {}, {jobs} side by side",
        (first + count).saturating_sub(1)
    );
    let (begin, runs, next) = (Instant::now(), Runs::default(), AtomicU64::new(0));
    let mut report = Report::default();
    thread::scope(|scope| {
        let (done, results) = mpsc::channel();
        for _ in 0..jobs {
            let (done, runs, next) = (done.clone(), &runs, &next);
            scope.spawn(move || {
                loop {
                    let number = next.fetch_add(1, Relaxed);
                    if number >= count || done.send(runs.run(first + number)).is_err() {
                        return;
                    }
                }
            });
        }
        drop(done);
        let mut told = Instant::now();
        for result in results {
            if let Err(failure) = &result {
                eprintln!("seed {} failed: {}", failure.seed, failure.what);
            }
            report.add(result);
            if told.elapsed() >= PROGRESS {
                told = Instant::now();
                eprintln!("{}", progress(&report, count, begin.elapsed()));
            }
        }
    });
    println!("{}", report.text(begin.elapsed()));
    report
}

fn progress(report: &Report, count: u64, took: Duration) -> String {
    let (done, seconds) = (report.runs(), took.as_secs_f64());
    let left = seconds / done as f64 * (count as f64 - done as f64);
    format!(
        "{done} of {count} runs, {} failed; {seconds:.0} s gone, about {left:.0} s to go",
        report.failures().len()
    )
}
