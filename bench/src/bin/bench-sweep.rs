//! `make bench-sweep`: what a sweep takes in a straightforward PyTorch loop, in `augur run`, and in `augur run` with
//! early stopping, one after another in one go. Prints Markdown and writes it, with the figures as JSON, to a folder.
//! Never fails by a time.

use std::path::PathBuf;

use anyhow::Result;
use augur_bench::options::publish;
use augur_bench::sweep::{EARLY_STOPPING, Programs, Run, Selected, Trial, apart, augur as run_augur, plan, pytorch};
use augur_bench::table::{clock, row};
use clap::Parser;
use serde::Serialize;

#[derive(Parser)]
#[command(about = "Times a whole sweep, in augur and in PyTorch")]
struct Options {
    /// The sweep [default: bench/sweep.yaml, or bench/sweep-short.yaml with --short].
    #[arg(long)]
    config: Option<PathBuf>,
    /// A tiny sweep, to see that the benchmark works.
    #[arg(long)]
    short: bool,
    /// Processes of `augur run`.
    #[arg(long, default_value_t = 2)]
    workers: u32,
    /// Where sweep.json and sweep.md go.
    #[arg(long, default_value = "target/bench")]
    out: PathBuf,
    /// The built `augur`.
    #[arg(long, default_value = "target/release/augur")]
    augur: PathBuf,
    /// The built train/examples/sweep.rs.
    #[arg(long, default_value = "target/release/examples/sweep")]
    plan: PathBuf,
    /// A Python with torch.
    #[arg(long, default_value = ".bench-venv/bin/python")]
    python: PathBuf,
}

/// sweep.json.
#[derive(Serialize)]
struct Report {
    config: PathBuf,
    workers: u32,
    trials: usize,
    pytorch: Run,
    augur: Run,
    early_stopping: Run,
    /// PyTorch's seconds over augur's.
    ratio: f64,
    ratio_early_stopping: f64,
}

fn main() -> Result<()> {
    let options = Options::parse();
    let programs = Programs {
        augur: options.augur.clone(),
        plan: options.plan.clone(),
        python: options.python.clone(),
        script: "bench/pytorch/sweep.py".into(),
    };
    let report = measure(&options, &programs)?;
    let text = markdown(&report);
    publish(&options.out, "sweep", &text, &report)
}

fn measure(options: &Options, programs: &Programs) -> Result<Report> {
    let usual = if options.short {
        "bench/sweep-short.yaml"
    } else {
        "bench/sweep.yaml"
    };
    let config = options.config.clone().unwrap_or_else(|| usual.into());
    let folder = tempfile::tempdir()?;
    let planned = plan(programs, &config, folder.path())?;
    let trials = planned.len();
    eprintln!("PyTorch: {trials} trials, one after another");
    let pytorch = pytorch(programs, folder.path(), &planned, |done, seconds| {
        let left = seconds / done as f64 * (trials - done) as f64;
        eprintln!(
            "PyTorch: {done} of {trials} trials in {}, about {} left",
            clock(seconds),
            clock(left)
        );
    })?;
    eprintln!("augur: the same {trials} trials; its lines follow");
    let augur = run_augur(programs, &config, options.workers, trials)?;
    eprintln!("augur with early stopping: the same {trials} trials; its lines follow");
    let with = folder.path().join("sweep.yaml");
    std::fs::write(&with, std::fs::read_to_string(&config)? + EARLY_STOPPING)?;
    let early_stopping = run_augur(programs, &with, options.workers, trials)?;
    Ok(Report {
        workers: options.workers,
        trials,
        ratio: pytorch.seconds / augur.seconds,
        ratio_early_stopping: pytorch.seconds / early_stopping.seconds,
        config,
        pytorch,
        augur,
        early_stopping,
    })
}

fn markdown(report: &Report) -> String {
    let mut out = format!("{} trials of {}:\n\n", report.trials, report.config.display());
    out += &row(["", "seconds", "trials an hour", "PyTorch's time / this one's"]);
    out += &row(["---", "--:", "--:", "--:"]);
    let mut run = |name: &str, run: &Run| {
        let ratio = report.pytorch.seconds / run.seconds;
        let figures = [
            format!("{:.1}", run.seconds),
            format!("{:.0}", run.trials_per_hour),
            format!("{ratio:.2}"),
        ];
        out += &row(std::iter::once(name.to_owned()).chain(figures));
    };
    run("PyTorch, one process", &report.pytorch);
    run(&format!("augur, {} workers", report.workers), &report.augur);
    run("augur with early stopping", &report.early_stopping);
    out.push('\n');
    out += &selections(&report.augur, &report.early_stopping);
    out.push('\n');
    out += &trials(&report.pytorch, &report.augur);
    out
}

/// What each run of augur selected.
fn selections(without: &Run, with: &Run) -> String {
    let mut out = row(["task", "selected", "loss", "with early stopping", "loss", "apart"]);
    out += &row(["---", "---", "--:", "---", "--:", "--:"]);
    for selected in &without.selected {
        let same = |other: &&Selected| (&other.task, other.seed) == (&selected.task, selected.seed);
        let other = with.selected.iter().find(same);
        let [choice, loss] = choice(Some(selected));
        let [other_choice, other_loss] = self::choice(other);
        let apart = other.and_then(|other| apart(other, selected));
        let apart = apart.map_or("-".to_owned(), |apart| format!("{:.2} %", 100.0 * apart));
        out += &row([selected.task.clone(), choice, loss, other_choice, other_loss, apart]);
    }
    out
}

/// A selected trial and its criterion's loss.
fn choice(selected: Option<&Selected>) -> [String; 2] {
    let Some(trial) = selected.and_then(|selected| selected.trial.as_ref()) else {
        return ["-", "-"].map(str::to_owned);
    };
    let loss = trial.criterion_loss.map_or("-".to_owned(), |loss| format!("{loss:.4}"));
    [
        format!(
            "{} from {}, to {}",
            trial.family,
            values(trial, true),
            values(trial, false)
        ),
        loss,
    ]
}

/// Whether both sides do the same: where each trial ended. They draw other weights and batches, so never to the digit.
fn trials(pytorch: &Run, augur: &Run) -> String {
    let mut out = row([
        "task",
        "from",
        "PyTorch: to",
        "mean distance",
        "augur: to",
        "mean distance",
    ]);
    out += &row(["---", "---", "---", "--:", "---", "--:"]);
    let distance = |trial: &Trial| trial.mean_distance.map_or("-".to_owned(), |loss| format!("{loss:.3}"));
    for trial in &pytorch.trials {
        let same = |other: &&Trial| {
            (&other.task, &other.family, &other.initial) == (&trial.task, &trial.family, &trial.initial)
        };
        let other = augur.trials.iter().find(same);
        let [to, at] = other.map_or(["kept out", "-"].map(str::to_owned), |other| {
            [values(other, false), distance(other)]
        });
        let from = format!("{} {}", trial.family, values(trial, true));
        out += &row([trial.task.clone(), from, values(trial, false), distance(trial), to, at]);
    }
    out
}

/// The hyperparameters of a trial's start or end.
fn values(trial: &Trial, initial: bool) -> String {
    let of = if initial { &trial.initial } else { &trial.tuned };
    let digits = |name: &str| if name.ends_with("_deg") { 0 } else { 2 };
    let named = of
        .iter()
        .map(|(name, value)| format!("{name} {value:.*}", digits(name)));
    named.collect::<Vec<_>>().join(", ")
}
