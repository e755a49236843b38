//! `make profile`: where augur's tuning step spends its time, as `perf` samples it: by shared object and by what the
//! code is for. Prints Markdown and writes it, with the figures as JSON, to a folder. Linux alone.

use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, anyhow, bail, ensure};
use augur_bench::options::{Paths, publish};
use augur_bench::profile::{Share, Summary};
use augur_bench::side::Side;
use augur_bench::step::{Case, Programs, WIDTH_16, prepare};
use augur_bench::table::row;
use clap::Parser;
use serde::Serialize;

/// A prime, so that samples don't fall into step with anything.
const SAMPLES_A_SECOND: u32 = 997;
/// Steps before the first sample: oneDNN has then generated its code, and the allocator has its memory.
const WARM_UP: u32 = 3;
/// Symbols and objects that the tables show.
const SHOWN: usize = 15;
const NO_PERF: &str =
    "perf is missing: install it (Debian: apt-get install linux-perf; Ubuntu: apt-get install linux-tools-generic)";

#[derive(Parser)]
#[command(about = "Shows where augur's tuning step spends its time")]
struct Options {
    /// Seconds of sampling.
    #[arg(long, default_value_t = 20)]
    seconds: u32,
    /// Three seconds, to see that it works.
    #[arg(long)]
    short: bool,
    /// Threads.
    #[arg(long, default_value_t = 1)]
    threads: u32,
    #[command(flatten)]
    paths: Paths,
}

/// profile.json.
#[derive(Serialize)]
struct Report {
    case: Case,
    /// What perf counted, such as `cycles` or `cpu-clock`.
    event: String,
    steps: u64,
    page_faults_a_step: f64,
    summary: Summary,
}

fn main() -> Result<()> {
    let options = Options::parse();
    ensure!(perf(&["--version"]).is_ok(), NO_PERF);
    let case = Case {
        threads: options.threads,
        ..WIDTH_16
    };
    let seconds = if options.short { 3 } else { options.seconds };
    let report = profile(&options.paths.augur, case, seconds)?;
    let text = markdown(&report);
    publish(&options.paths.out, "profile", &text, &report)
}

/// Samples tuning steps that have warmed up, for so many seconds.
fn profile(augur: &Path, case: Case, seconds: u32) -> Result<Report> {
    let folder = tempfile::tempdir()?;
    let programs = Programs::of_augur(augur);
    prepare(&programs, &case, folder.path())?;
    let mut side = programs.side(folder.path(), true, &[])?;
    let _: f64 = side.ask(&format!("tuning {WARM_UP}"))?;
    let data = folder.path().join("perf.data");
    eprintln!("{}: {seconds} seconds of tuning steps", case.name);
    let (faults_before, mut steps) = (page_faults(&side)?, 0);
    let mut recording = Command::new("perf")
        .args(["record", "--quiet", "--freq", &SAMPLES_A_SECOND.to_string(), "--output"])
        .arg(&data)
        .args(["--pid", &side.id().to_string(), "--", "sleep", &seconds.to_string()])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .spawn()
        .context(NO_PERF)?;
    // perf ends by itself, so that nothing but steps is in its samples.
    let status = loop {
        if let Some(status) = recording.try_wait()? {
            break status;
        }
        let _: f64 = side.ask("tuning 1")?;
        steps += 1;
    };
    ensure!(
        status.success() && steps > 0,
        "perf record failed: {status}; it needs a kernel.perf_event_paranoid of at most 2, or root"
    );
    let page_faults_a_step = (page_faults(&side)? - faults_before) as f64 / steps as f64;
    drop(side);
    let data = data.display().to_string();
    let event = perf(&["evlist", "--input", &data])?;
    let script = perf(&["script", "--input", &data, "--fields", "ip,sym,dso", "--no-inline"])?;
    let program = augur.file_name().unwrap_or_default().to_string_lossy();
    let summary = Summary::of_script(&script, &program)
        .map_err(|line| anyhow!("perf script gave a line that is no sample: {line:?}"))?;
    ensure!(summary.samples > 0, "perf took no samples; take more --seconds");
    Ok(Report {
        case,
        event: event.trim().to_owned(),
        steps,
        page_faults_a_step,
        summary,
    })
}

/// What `perf` prints.
fn perf(arguments: &[&str]) -> Result<String> {
    let output = Command::new("perf").args(arguments).output().context(NO_PERF)?;
    if !output.status.success() {
        bail!(
            "perf {} failed: {}",
            arguments[0],
            String::from_utf8_lossy(&output.stderr).trim()
        );
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Minor page faults of a process so far: the tenth field of its stat, of which the second may hold spaces.
fn page_faults(side: &Side) -> Result<u64> {
    let path = format!("/proc/{}/stat", side.id());
    let stat = std::fs::read_to_string(&path).with_context(|| path.clone())?;
    let after_name = stat.rsplit_once(')').map(|(_, rest)| rest);
    let field = after_name.and_then(|rest| rest.split_whitespace().nth(7));
    field
        .and_then(|field| field.parse().ok())
        .with_context(|| format!("{path} has no page faults"))
}

fn markdown(report: &Report) -> String {
    let (case, summary) = (&report.case, &report.summary);
    let mut out = format!(
        "Tuning steps of {}, batch {}, validation images {}, threads {}: {} samples of {} over {} steps, {:.0} page \
         faults a step.\n",
        case.name,
        case.batch,
        case.validation,
        case.threads,
        summary.samples,
        report.event,
        report.steps,
        report.page_faults_a_step
    );
    if report.event.ends_with(":u") {
        out += "Linux's own time is not in these samples: perf may not sample it here without root.\n";
    }
    out += "oneDNN generates its convolutions at run time, into memory that no file backs; it is shown as\n\
            [JIT] and counts as libtorch's kernels.\n\n";
    out += &table("what", &summary.groups, str::to_owned);
    out.push('\n');
    out += &table("shared object", &summary.objects, code);
    out.push('\n');
    out += &table("function", &summary.symbols, code);
    out
}

/// A name that may hold what Markdown reads.
fn code(name: &str) -> String {
    format!("`{}`", name.replace('|', "\\|").replace('`', "'"))
}

fn table(title: &str, shares: &[Share], name: fn(&str) -> String) -> String {
    let mut out = row([title, "samples", "share"]) + &row(["---", "--:", "--:"]);
    for share in shares.iter().take(SHOWN) {
        out += &row([
            name(&share.name),
            share.samples.to_string(),
            format!("{:.1} %", 100.0 * share.share),
        ]);
    }
    if shares.len() > SHOWN {
        let rest = &shares[SHOWN..];
        let (samples, share) = rest
            .iter()
            .fold((0, 0.0), |(n, s), rest| (n + rest.samples, s + rest.share));
        out += &row([
            format!("{} more", rest.len()),
            samples.to_string(),
            format!("{:.1} %", 100.0 * share),
        ]);
    }
    out
}
