//! `make bench-step`: what a plain step and a tuning step cost in augur and in PyTorch, and whether their hypergradients
//! agree. Prints a Markdown table and writes it, with the figures as JSON, to a folder. Fails only if they don't agree in NCHW: for
//! the order in memory that augur takes, which is mostly channels last, float32's distance from float64 is shown and not checked.

use std::fmt::Write;
use std::path::PathBuf;

use anyhow::{Result, ensure};
use augur_bench::options::{Paths, publish};
use augur_bench::sample::Spread;
use augur_bench::step::{Case, Programs, Report, WIDTH_16, cases, measure};
use clap::Parser;

/// The most that hypergradients may be apart, relative. In float32 PyTorch's own may be further than this from its float64, at
/// weights where a ReLU's input is near 0: then twice as far as that.
const FLOAT32_TOLERANCE: f64 = 1e-4;
const FLOAT64_TOLERANCE: f64 = 1e-9;

#[derive(Parser)]
#[command(about = "Times a training step and a tuning step, in augur and in PyTorch")]
struct Options {
    /// Changes from side to side for each setting.
    #[arg(long, default_value_t = 9)]
    rounds: u32,
    /// One small setting and two rounds, for CI.
    #[arg(long)]
    short: bool,
    /// Threads of each side; 2 is PyTorch's default on two cores.
    #[arg(long, default_value_t = 2)]
    threads: u32,
    /// Only settings whose name holds this.
    #[arg(long)]
    only: Option<String>,
    #[command(flatten)]
    paths: Paths,
    /// A Python with torch.
    #[arg(long, default_value = ".bench-venv/bin/python")]
    python: PathBuf,
}

fn main() -> Result<()> {
    let options = Options::parse();
    let programs = Programs {
        augur: options.paths.augur.clone(),
        python: options.python.clone(),
        script: "bench/pytorch/step.py".into(),
    };
    let (cases, rounds) = if options.short {
        (vec![Case { steps: 1, ..WIDTH_16 }], 2)
    } else {
        (cases().to_vec(), options.rounds)
    };
    let mut reports = Vec::new();
    for case in cases {
        if options.only.as_ref().is_some_and(|only| !case.name.contains(only)) {
            continue;
        }
        let folder = tempfile::tempdir()?;
        let case = Case {
            threads: options.threads,
            ..case
        };
        reports.push(measure(&programs, &case, folder.path(), rounds)?);
    }
    let table = table(&reports);
    publish(&options.paths.out, "step", &table, &reports)?;
    for report in &reports {
        let (name, errors) = (report.case.name, &report.errors);
        ensure!(
            errors.float32 <= FLOAT32_TOLERANCE.max(2.0 * errors.pytorch_rounding),
            "{name}: float32 hypergradients are {:e} apart, and PyTorch's is {:e} from its float64",
            errors.float32,
            errors.pytorch_rounding
        );
        ensure!(
            errors.float64 <= FLOAT64_TOLERANCE,
            "{name}: float64 hypergradients are {:e} apart",
            errors.float64
        );
    }
    Ok(())
}

fn table(reports: &[Report]) -> String {
    let mut out = String::new();
    let milliseconds = |spread: &Spread| format!("{:.1}", spread.median * 1e3);
    let ratio = |spread: &Spread| format!("{:.2} ({:.2} to {:.2})", spread.median, spread.low, spread.high);
    let mebibytes = |bytes: u64| format!("{:.0}", bytes as f64 / f64::from(1 << 20));
    let mut row = |cells: &[String]| {
        let _ = writeln!(out, "| {} |", cells.join(" | "));
    };
    row(&["", "step", "augur, ms", "PyTorch, ms", "PyTorch / augur"].map(str::to_owned));
    row(&["---", "---", "--:", "--:", "--:"].map(str::to_owned));
    for r in reports {
        let name = r.case.name.to_owned();
        let [plain, tuning] = [(&r.augur.plain, &r.pytorch.plain), (&r.augur.tuning, &r.pytorch.tuning)]
            .map(|(a, b)| (milliseconds(a), milliseconds(b)));
        row(&[name.clone(), "plain".into(), plain.0, plain.1, ratio(&r.plain_ratio)]);
        row(&[name, "tuning".into(), tuning.0, tuning.1, ratio(&r.tuning_ratio)]);
    }
    out.push('\n');
    let mut row = |cells: &[String]| {
        let _ = writeln!(out, "| {} |", cells.join(" | "));
    };
    row(&[
        "",
        "peak above the weights, MiB: augur",
        "PyTorch",
        "augur / PyTorch",
        "hypergradients apart: float32",
        "float64",
        "float32 from float64: augur",
        "PyTorch",
        "PyTorch, channels last",
    ]
    .map(str::to_owned));
    row(&["---", "--:", "--:", "--:", "--:", "--:", "--:", "--:", "--:"].map(str::to_owned));
    for r in reports {
        let e = &r.errors;
        row(&[
            r.case.name.to_owned(),
            mebibytes(r.augur_bytes),
            mebibytes(r.pytorch_bytes),
            format!("{:.2}", r.augur_bytes as f64 / r.pytorch_bytes as f64),
            format!("{:.1e}", e.float32),
            format!("{:.1e}", e.float64),
            format!("{:.1e}", e.augur_rounding),
            format!("{:.1e}", e.pytorch_rounding),
            format!("{:.1e}", e.pytorch_channels_last_rounding),
        ]);
    }
    out
}
