//! `make crash-matrix`: disturbs a coordinator at each persistence step of a script in each way, on each store, and fails where
//! a run did not come to the end of the undisturbed one.

use anyhow::{Context, Result};
use augur_tests::matrix::{Calm, Cell, Fault, Kind, Mode, Report, Run, Stores, calm, child, disturbed};
use clap::{Args, Parser, Subcommand, ValueEnum};
use std::{
    fs,
    io::{IsTerminal, Write},
    path::PathBuf,
    process::ExitCode,
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::task::JoinSet;

/// Every so many steps, with `--short`.
const SHORT: usize = 60;

#[derive(Parser)]
#[command(
    about = "Disturbs a coordinator at every persistence step and compares the ends",
    args_conflicts_with_subcommands = true
)]
struct Cli {
    #[command(subcommand)]
    child: Option<Child>,
    #[command(flatten)]
    options: Options,
}

#[derive(Subcommand)]
enum Child {
    /// A coordinator that the matrix starts
    #[command(hide = true)]
    Coordinator {
        #[arg(long)]
        store: String,
        #[arg(long)]
        now: i64,
        #[arg(long, requires = "step")]
        mode: Option<Mode>,
        #[arg(long, requires = "mode")]
        step: Option<u64>,
    },
}

#[derive(Args)]
struct Options {
    /// On which store
    #[arg(long, default_value = "both")]
    store: StoreArg,
    /// In one mode only
    #[arg(long)]
    mode: Option<Mode>,
    /// At one step only, with all that is said
    #[arg(long, conflicts_with_all = ["every", "short"])]
    step: Option<u64>,
    /// At every so many steps
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..))]
    every: u16,
    /// At every 60th step, in less than half a minute
    #[arg(long, conflicts_with = "every")]
    short: bool,
    /// Runs side by side [default: one for each core]
    #[arg(long)]
    jobs: Option<usize>,
    /// Folder for the report
    #[arg(long, default_value = "target/crash-matrix")]
    out: PathBuf,
}

#[derive(Clone, Copy, ValueEnum)]
enum StoreArg {
    Sqlite,
    Postgres,
    Both,
}

impl StoreArg {
    fn kinds(self) -> &'static [Kind] {
        match self {
            Self::Sqlite => &[Kind::Sqlite],
            Self::Postgres => &[Kind::Postgres],
            Self::Both => &[Kind::Sqlite, Kind::Postgres],
        }
    }
}

fn main() -> Result<ExitCode> {
    let cli = Cli::parse();
    match cli.child {
        // One thread: there are many of them side by side.
        Some(Child::Coordinator { store, now, mode, step }) => {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            let fault = mode.zip(step).map(|(mode, step)| Fault { mode, step });
            let store = store.parse()?;
            let ended = runtime.block_on(child::run(child::Options { store, now, fault }));
            // Whoever still reads standard input is not waited for.
            runtime.shutdown_background();
            ended.map(|()| ExitCode::SUCCESS)
        }
        None => tokio::runtime::Runtime::new()?.block_on(matrix(cli.options)),
    }
}

async fn matrix(options: Options) -> Result<ExitCode> {
    let begin = Instant::now();
    let mut report = Report::default();
    for kind in options.store.kinds() {
        let stores = Arc::new(Stores::open(*kind).await?);
        eprintln!("{}: stores in {}", kind.title(), stores.folder().display());
        let undisturbed = Arc::new(calm(&stores, false).await.context("the undisturbed run")?);
        eprintln!("{}: {} persistence steps", kind.title(), undisturbed.steps.len());
        report.add_calm(*kind, &undisturbed);
        if options.step.is_none() {
            let twice = calm(&stores, true).await.context("every call delivered twice")?;
            report.add_twice(*kind, &undisturbed, &twice);
        }
        report.cells.extend(on_store(&options, &stores, &undisturbed).await?);
    }
    report.seconds_taken = begin.elapsed().as_secs_f64();
    let text = report.markdown();
    println!("{text}");
    fs::create_dir_all(&options.out)?;
    fs::write(options.out.join("crash-matrix.md"), &text)?;
    fs::write(
        options.out.join("crash-matrix.json"),
        serde_json::to_vec_pretty(&report)?,
    )?;
    Ok(if report.is_sound() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// The faults that are tried, mode by mode.
fn faults(options: &Options, steps: usize) -> Vec<Fault> {
    let modes = Mode::ALL
        .into_iter()
        .filter(|mode| options.mode.is_none_or(|only| only == *mode));
    let every = if options.short { SHORT } else { options.every.into() };
    let of = |(at, mode): (usize, Mode)| {
        // Where steps are left out, each mode takes others.
        let all = (1 + at * every / Mode::ALL.len()..=steps).step_by(every);
        let chosen: Vec<u64> = match options.step {
            Some(step) => vec![step],
            None => all.map(|step| step as u64).collect(),
        };
        chosen.into_iter().map(move |step| Fault { mode, step })
    };
    modes.enumerate().flat_map(of).collect()
}

/// Every fault on one store, some side by side.
async fn on_store(options: &Options, stores: &Arc<Stores>, calm: &Arc<Calm>) -> Result<Vec<Cell>> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let jobs = options.jobs.unwrap_or(cores).max(1);
    let faults = faults(options, calm.steps.len());
    let (verbose, total) = (options.step.is_some(), faults.len());
    let (mut waiting, mut running, mut done) = (faults.into_iter(), JoinSet::new(), Vec::<Run>::new());
    let mut progress = Progress::new(stores.kind, total);
    while done.len() < total {
        while running.len() < jobs
            && let Some(fault) = waiting.next()
        {
            let (stores, calm) = (Arc::clone(stores), Arc::clone(calm));
            running.spawn(async move { disturbed(&stores, fault, &calm, verbose).await });
        }
        if let Some(run) = running.join_next().await {
            done.push(run?);
            progress.show(&done);
        }
    }
    done.sort_by_key(|run| (run.fault.mode, run.fault.step));
    let cell = |mode| Cell {
        store: stores.kind,
        mode,
        runs: done.iter().filter(|run| run.fault.mode == mode).cloned().collect(),
    };
    Ok(Mode::ALL
        .into_iter()
        .map(cell)
        .filter(|cell| !cell.runs.is_empty())
        .collect())
}

/// Says how far it is, and how long it will still take.
struct Progress {
    store: Kind,
    total: usize,
    begin: Instant,
    shown: Instant,
}

impl Progress {
    fn new(store: Kind, total: usize) -> Self {
        let now = Instant::now();
        Self {
            store,
            total,
            begin: now,
            shown: now,
        }
    }

    fn show(&mut self, done: &[Run]) {
        let terminal = std::io::stderr().is_terminal();
        let pause = Duration::from_secs(if terminal { 1 } else { 30 });
        if self.shown.elapsed() < pause && done.len() < self.total {
            return;
        }
        self.shown = Instant::now();
        let share = done.len() as f64 / self.total as f64;
        let left = self.begin.elapsed().as_secs_f64() * (1.0 - share) / share;
        let wrong = done.iter().filter(|run| run.wrong.is_some()).count();
        let line = format!(
            "{}: {} of {} runs, {wrong} wrong, {left:.0} s left",
            self.store.title(),
            done.len(),
            self.total
        );
        // A line that can't be written is not worth a run.
        let _ = match terminal && done.len() < self.total {
            true => write!(std::io::stderr(), "\r{line}\x1b[K"),
            false => writeln!(std::io::stderr(), "{}{line}", if terminal { "\r" } else { "" }),
        };
    }
}
