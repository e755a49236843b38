//! `make chaos`: runs sweeps of real processes undisturbed and with faults, prints what became of them, and fails where
//! something was lost, came twice, or came out otherwise.

use anyhow::{Context, Result};
use augur_tests::chaos::{Comparison, Report, Setting, Variant, plan, run};
use clap::Parser;
use std::{
    fs,
    path::PathBuf,
    process::ExitCode,
    time::{SystemTime, UNIX_EPOCH},
};

/// Faults of `--short`.
const SHORT: usize = 8;

#[derive(Parser)]
#[command(about = "Disturbs sweeps in every way and compares their leaderboards with undisturbed ones")]
struct Options {
    /// Faults over both sweeps
    #[arg(long, default_value_t = 50, conflicts_with = "short")]
    faults: usize,
    /// 8 faults, in about a minute
    #[arg(long)]
    short: bool,
    /// Seed of the plan of faults [default: from the clock]
    #[arg(long)]
    seed: Option<u64>,
    /// Workers, each of one slot
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u8).range(1..=32))]
    workers: u8,
    /// How long a lease lasts
    #[arg(long, default_value_t = 2.0, value_parser = seconds)]
    lease_seconds: f64,
    /// Folder for the report, and for the stores and logs of every run
    #[arg(long, default_value = "target/chaos")]
    out: PathBuf,
}

fn seconds(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(seconds) if (0.5..=60.0).contains(&seconds) => Ok(seconds),
        _ => Err("use 0.5 to 60 seconds".into()),
    }
}

#[tokio::main]
async fn main() -> Result<ExitCode> {
    let options = Options::parse();
    let clock = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs() % 1_000_000;
    let seed = options.seed.unwrap_or(clock);
    let faults = if options.short { SHORT } else { options.faults };
    let setting = Setting {
        workers: options.workers.into(),
        lease_s: options.lease_seconds,
    };
    let again = if options.short {
        "--short".to_owned()
    } else {
        format!("--faults {faults}")
    };
    eprintln!("{faults} faults, seed {seed}; the same again: make chaos CHAOS_OPTIONS='{again} --seed {seed}'");
    let counts = [faults.div_ceil(2), faults / 2];
    let mut report = Report {
        seed,
        setting,
        sweeps: Vec::new(),
    };
    for (variant, faults) in Variant::ALL.into_iter().zip(plan(seed, &counts, setting)) {
        let spec = variant.spec(faults.len());
        let name = variant.name();
        eprintln!("{name}: undisturbed");
        let folder = options.out.join(format!("{name}-calm"));
        let calm = run(variant, &spec, &[], setting, &folder).await;
        let calm = calm.with_context(|| format!("seed {seed}, {}", folder.display()))?;
        eprintln!(
            "{name}: {} trials in {:.0} s; now with {} faults",
            calm.tally.trials,
            calm.seconds,
            faults.len()
        );
        let folder = options.out.join(format!("{name}-disturbed"));
        let disturbed = run(variant, &spec, &faults, setting, &folder).await;
        let disturbed = disturbed.with_context(|| format!("seed {seed}, {}", folder.display()))?;
        report.sweeps.push(Comparison {
            variant,
            faults: faults.len(),
            identical: calm.leaderboard == disturbed.leaderboard,
            calm,
            disturbed,
        });
    }
    let text = report.markdown();
    println!("{text}");
    fs::write(options.out.join("chaos.md"), &text)?;
    fs::write(options.out.join("chaos.json"), serde_json::to_vec_pretty(&report)?)?;
    Ok(if report.is_sound() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
