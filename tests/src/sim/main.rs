//! `make sim`: simulates sweeps on a network that fails, one for each seed, and fails where one of them does not come to its end.

use anyhow::Result;
use augur_tests::sim::{Plan, Report, Run, each, run};
use clap::Parser;
use std::{
    env, fs,
    io::stderr,
    path::PathBuf,
    process::ExitCode,
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
    /// What came of that seed as JSON, and nothing else
    #[arg(long, requires = "seed")]
    json: bool,
    /// Runs side by side [default: cores]
    #[arg(long)]
    jobs: Option<usize>,
}

fn main() -> Result<ExitCode> {
    let options = Options::parse();
    let report = match options.seed {
        Some(seed) => one(seed, &options)?,
        None => many(&options)?,
    };
    Ok(if report.failures().is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn one(seed: u64, options: &Options) -> Result<Report> {
    let filter = EnvFilter::try_from_env("AUGUR_LOG").unwrap_or_else(|_| EnvFilter::new("off"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(stderr)
        .without_time()
        .init();
    let begin = Instant::now();
    let result = run(seed, options.trace.is_some());
    if let (Ok(run), Some(path)) = (&result, &options.trace) {
        fs::write(path, run.lines.join("\n"))?;
    }
    let json = options.json.then(|| serde_json::to_string(&result)).transpose()?;
    let text = format!(
        "{:#?}{}",
        Plan::new(seed),
        result.as_ref().map(trace).unwrap_or_default()
    );
    let mut report = Report::default();
    report.add(result);
    println!("{}", json.unwrap_or(text + &report.text(begin.elapsed())));
    Ok(report)
}

fn trace(run: &Run) -> String {
    let simulated = run.lasted.as_secs_f64();
    format!(
        "\ntrace {}, {} messages, {simulated:.2} s simulated\n\n",
        run.trace, run.messages
    )
}

fn many(options: &Options) -> Result<Report> {
    let Options { runs: count, first, .. } = *options;
    let jobs = options
        .jobs
        .unwrap_or_else(|| thread::available_parallelism().map_or(1, usize::from));
    let seeds = first..first.saturating_add(count);
    eprintln!("{count} runs, seeds from {first} on, {jobs} side by side");
    let (begin, mut told) = (Instant::now(), Instant::now());
    let mut report = Report::default();
    each(&env::current_exe()?, seeds, jobs, |result| {
        if let Err(failure) = &result {
            eprintln!("seed {} failed: {}", failure.seed, failure.what);
        }
        report.add(result);
        if told.elapsed() >= PROGRESS {
            told = Instant::now();
            eprintln!("{}", progress(&report, count, begin.elapsed()));
        }
    });
    println!("{}", report.text(begin.elapsed()));
    Ok(report)
}

fn progress(report: &Report, count: u64, took: Duration) -> String {
    let (done, seconds) = (report.runs(), took.as_secs_f64());
    let left = seconds / done as f64 * (count as f64 - done as f64);
    format!(
        "{done} of {count} runs, {} failed; {seconds:.0} s gone, about {left:.0} s to go",
        report.failures().len()
    )
}
