//! `make bench-ablation`: how much slower and larger a tuning step is without each single idea, and how far that moves its
//! hypergradient. Prints a Markdown table for each setting and writes them, with the figures as JSON, to a folder.

use anyhow::Result;
use augur_bench::ablation::{Worth, measure_all};
use augur_bench::options::{Paths, publish};
use augur_bench::step::{Case, Programs, WIDTH_16, cases};
use augur_bench::table::row;
use clap::Parser;
use serde::Serialize;

#[derive(Parser)]
#[command(about = "Measures what a tuning step loses without each single idea")]
struct Options {
    /// Changes from side to side for each idea.
    #[arg(long, default_value_t = 5)]
    rounds: u32,
    /// The small setting and one round, to see that the benchmark works.
    #[arg(long)]
    short: bool,
    /// Threads; 2 as in bench-step.
    #[arg(long, default_value_t = 2)]
    threads: u32,
    /// Only ideas whose name holds this.
    #[arg(long, default_value = "")]
    only: String,
    /// Only settings whose name holds this, such as `width 16`.
    #[arg(long, default_value = "")]
    setting: String,
    #[command(flatten)]
    paths: Paths,
}

/// What the ideas are worth in one setting.
#[derive(Serialize)]
struct Report {
    case: Case,
    ideas: Vec<Worth>,
}

fn main() -> Result<()> {
    let options = Options::parse();
    let programs = Programs::of_augur(&options.paths.augur);
    let (all, rounds): (Vec<_>, _) = if options.short {
        (vec![Case { steps: 1, ..WIDTH_16 }], 1)
    } else {
        let chosen = cases().into_iter().filter(|case| case.name.contains(&options.setting));
        (chosen.collect(), options.rounds)
    };
    let mut reports = Vec::new();
    for case in all {
        let case = Case {
            threads: options.threads,
            ..case
        };
        let ideas = measure_all(&programs, &case, &options.only, rounds)?;
        reports.push(Report { case, ideas });
    }
    let text: Vec<String> = reports.iter().map(table).collect();
    let text = text.join("\n");
    publish(&options.paths.out, "ablation", &text, &reports)
}

fn table(report: &Report) -> String {
    let mut out = row([
        &format!("without, {}", report.case.name),
        "tuning step takes",
        "peak memory is",
        "hypergradients apart, float64",
    ]);
    out += &row(["---", "--:", "--:", "--:"]);
    for worth in &report.ideas {
        let Worth {
            idea,
            seconds,
            bytes,
            apart,
        } = worth;
        out += &row([
            (*idea).to_owned(),
            format!("{:.2} ({:.2} to {:.2})", seconds.median, seconds.low, seconds.high),
            format!("{bytes:.2}"),
            format!("{apart:.1e}"),
        ]);
    }
    out
}
