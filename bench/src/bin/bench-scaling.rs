//! `make bench-scaling`: how augur's seconds a step and its peak memory grow with the side of the images, the batch,
//! the width and the number of validation images, each varied alone. Prints Markdown tables and writes them, with the
//! figures as JSON, to a folder. Never fails by a figure.

use std::time::Instant;

use anyhow::Result;
use augur_bench::options::{Paths, publish};
use augur_bench::scaling::{AXES, Axis, BASE, Growth, Point, measure};
use augur_bench::step::{Case, Programs};
use augur_bench::table::{clock, row};
use clap::Parser;
use serde::Serialize;

/// Values of an axis that `--short` measures.
const SHORT: usize = 2;

#[derive(Parser)]
#[command(about = "Measures how the cost of augur's steps grows")]
struct Options {
    /// Measurements of each point.
    #[arg(long, default_value_t = 3)]
    rounds: u32,
    /// The two smallest values of each size, once, to see that the benchmark works.
    #[arg(long)]
    short: bool,
    /// Threads; 2 as in bench-step.
    #[arg(long, default_value_t = 2)]
    threads: u32,
    /// Only sizes whose name holds this.
    #[arg(long)]
    only: Option<String>,
    #[command(flatten)]
    paths: Paths,
}

/// scaling.json.
#[derive(Serialize)]
struct Report {
    base: Case,
    rounds: u32,
    growth: Vec<Growth>,
}

fn main() -> Result<()> {
    let options = Options::parse();
    let base = Case {
        name: "base",
        threads: options.threads,
        steps: 1,
        ..BASE
    };
    let rounds = if options.short { 1 } else { options.rounds };
    let axes = AXES.map(|axis| Axis {
        values: if options.short {
            &axis.values[..SHORT]
        } else {
            axis.values
        },
        ..axis
    });
    let wanted = |axis: &&Axis| options.only.as_ref().is_none_or(|only| axis.name.contains(only));
    let axes: Vec<&Axis> = axes.iter().filter(wanted).collect();
    let report = Report {
        growth: measure_all(&Programs::of_augur(&options.paths.augur), &axes, &base, rounds),
        base,
        rounds,
    };
    let text = markdown(&report);
    publish(&options.paths.out, "scaling", &text, &report)
}

/// A point that fails, such as for want of memory, is shown as such and costs no other.
fn measure_all(programs: &Programs, axes: &[&Axis], base: &Case, rounds: u32) -> Vec<Growth> {
    let (start, mut done) = (Instant::now(), 0);
    let all: usize = axes.iter().map(|axis| axis.values.len()).sum();
    let mut growth = Vec::new();
    for axis in axes {
        let mut points = Vec::new();
        for &value in axis.values {
            let measured = measure(programs, &axis.case(base, value), rounds);
            done += 1;
            let elapsed = clock(start.elapsed().as_secs_f64());
            eprintln!(
                "{} {value}: {done} of {all} points in {elapsed}; large ones take longest",
                axis.name
            );
            let fault = measured.as_ref().err().map(|fault| format!("{fault:#}"));
            points.push(Point {
                value,
                cost: measured.ok(),
                fault,
            });
        }
        growth.push(Growth::new(axis.name, points));
    }
    growth
}

fn markdown(report: &Report) -> String {
    let base = &report.base;
    let mut out = format!(
        "Base: {0}x{0} pixels, width {1}, 1 block a stage, batch {2}, validation images {3}. Threads {4}, rounds {5}.\n",
        base.size_px, base.width, base.batch, base.validation, base.threads, report.rounds
    );
    for growth in &report.growth {
        out.push('\n');
        out += &table(growth);
    }
    out
}

fn table(growth: &Growth) -> String {
    let mut out = row([
        growth.axis,
        "plain step, ms",
        "tuning step, ms",
        "peak above the weights, MiB",
    ]);
    out += &row(["--:", "--:", "--:", "--:"]);
    for point in &growth.points {
        let figures = match &point.cost {
            Some(cost) => [
                format!("{:.1}", cost.plain.median * 1e3),
                format!("{:.1}", cost.tuning.median * 1e3),
                format!("{:.0}", cost.bytes as f64 / f64::from(1 << 20)),
            ],
            None => [point.fault.as_deref().unwrap_or("-"), "-", "-"].map(str::to_owned),
        };
        out += &row(std::iter::once(point.value.to_string()).chain(figures));
    }
    let exponents = [growth.plain_exponent, growth.tuning_exponent, growth.bytes_exponent];
    let exponents = exponents.map(|exponent| exponent.map_or("-".to_owned(), |exponent| format!("{exponent:.2}")));
    let over: Vec<String> = growth.fitted_over.iter().map(u32::to_string).collect();
    out += &row(std::iter::once(format!("exponent over {}", over.join(", "))).chain(exponents));
    out
}
