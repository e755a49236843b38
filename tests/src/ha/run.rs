//! The whole of it: sweeps under load, faults one after the other, and what must hold in the end.

use super::{
    Fault, Report, Setting, TakeOver,
    client::{Client, History},
    crew::Crew,
    judge::{Ended, judge},
    meter::Meter,
    pair::{Pair, free_port},
    sweep,
};
use crate::{bin, matrix::Server};
use anyhow::{Context, Result, ensure};
use augur_coordinator::{Config, Coordinator, Location, Settings, clock::SystemClock};
use augur_proto::v1::{self, SweepState};
use std::{
    fs,
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::{process::Command, task::JoinHandle, time::sleep};

/// With fewer trials to go than these another sweep is submitted: those of half a minute.
const LOW: u32 = sweep::TRIALS * 2 / 3;
/// How often sweeps are looked at.
const GLANCE: Duration = Duration::from_millis(200);
/// A sweep of which no trial ends for so long hangs.
const HANGS: Duration = Duration::from_secs(120);

/// A sweep on its way, and who watches it.
struct Sweep {
    name: String,
    watching: JoinHandle<History>,
}

/// Runs it.
///
/// # Errors
/// What kept it from coming to an end; what does not hold is in the report.
pub async fn run(setting: &Setting) -> Result<Report> {
    fs::create_dir_all(&setting.logs)?;
    let memory = Path::new("/dev/shm");
    let parent = if memory.is_dir() {
        memory.to_owned()
    } else {
        std::env::temp_dir()
    };
    let port = free_port()?;
    let server = Server::start_on(&parent, Some(port)).await?;
    let (database, _) = server.database().await?;
    let mut pair = Pair::start(port, &database, &setting.logs).await?;
    let client = Client::new(&pair.addresses())?;
    let crew = Crew::start(&pair.addresses(), setting.workers, setting.epoch);
    let mut sweeps = Vec::new();
    let mut report = Report {
        take_overs: disturb(&mut pair, &client, &mut sweeps, setting).await?,
        ..Default::default()
    };
    let begin = Instant::now();
    let ended = end(&client, &crew, sweeps, &mut report).await?;
    eprintln!(
        "  {} sweeps are over after {:.1} s more",
        ended.len(),
        begin.elapsed().as_secs_f64()
    );
    report.acknowledged = crew.acknowledged().len();
    crew.stop().await?;
    eprintln!("  workers have left after {:.1} s", begin.elapsed().as_secs_f64());
    let store = pair.store().to_owned();
    pair.stop().await?;
    check(&store, &mut report).await?;
    compare(&ended, setting, &mut report).await?;
    Ok(report)
}

/// Has every fault strike whichever leads, so many times.
async fn disturb(
    pair: &mut Pair,
    client: &Client,
    sweeps: &mut Vec<Sweep>,
    setting: &Setting,
) -> Result<Vec<TakeOver>> {
    let mut meter = Meter::new(pair.store()).await?;
    let mut take_overs = Vec::new();
    let begin = Instant::now();
    for round in 0..setting.rounds {
        for fault in Fault::ALL {
            refill(client, sweeps).await?;
            let leader = pair.leader().await?;
            let mark = meter.mark().await?;
            pair.strike(fault, leader).await?;
            if fault == Fault::SessionEnded {
                meter.end_session().await?;
            }
            let seconds = meter.until_lease(&mark, fault.deposes()).await;
            let seconds = seconds.with_context(|| format!("round {round}, {}", fault.name()))?;
            pair.mend(fault, leader).await?;
            let changed = pair.leader().await? != leader;
            eprintln!(
                "  {:6.1} s, round {}: {}: a new lease after {seconds:.2} s, {}",
                begin.elapsed().as_secs_f64(),
                round + 1,
                fault.name(),
                if changed {
                    "from the other one"
                } else {
                    "from the same one"
                },
            );
            ensure!(changed || !fault.deposes(), "the one that was struck leads again");
            take_overs.push(TakeOver {
                fault,
                seconds,
                changed,
            });
        }
    }
    Ok(take_overs)
}

/// Sees to it that there is work for a while.
async fn refill(client: &Client, sweeps: &mut Vec<Sweep>) -> Result<()> {
    let left = match sweeps.last() {
        None => 0,
        Some(last) => to_go(&client.sweep(&last.name).await?),
    };
    if left < LOW {
        let number = sweeps.len();
        let name = client.submit(sweep::spec(number), format!("sweep {number}")).await?;
        let watching = client.watch(&name);
        sweeps.push(Sweep { name, watching });
        // Leases are being given out when the fault strikes.
        let last = &sweeps[number].name;
        while to_go(&client.sweep(last).await?) == sweep::TRIALS && number == 0 {
            sleep(GLANCE).await;
        }
    }
    Ok(())
}

fn to_go(sweep: &v1::Sweep) -> u32 {
    let progress = sweep.progress.clone().unwrap_or_default();
    let over = progress.trials_completed + progress.trials_stopped + progress.trials_failed;
    progress.trials_total.saturating_sub(over)
}

/// Waits for the end of every sweep and looks at it.
async fn end(client: &Client, crew: &Crew, sweeps: Vec<Sweep>, report: &mut Report) -> Result<Vec<Ended>> {
    let mut all = Vec::new();
    let mut failures = std::collections::BTreeMap::<String, usize>::new();
    for (number, Sweep { name, watching }) in sweeps.into_iter().enumerate() {
        until_over(client, &name).await?;
        let seen = tokio::time::timeout(HANGS, watching)
            .await
            .with_context(|| format!("the watch of {name} does not end"))??;
        match judge(number, &name, client, &seen, &crew.acknowledged()).await {
            Ok(ended) => {
                report.sweeps += 1;
                report.trials += ended.tally.trials;
                report.attempts += ended.tally.attempts;
                for (cause, count) in &ended.tally.failures {
                    *failures.entry(cause.clone()).or_default() += count;
                }
                all.push(ended);
            }
            Err(wrong) => report.wrong.push(format!("{wrong:#}")),
        }
    }
    let texts: Vec<_> = failures
        .iter()
        .map(|(cause, count)| format!("{cause} {count}"))
        .collect();
    report.failures = if texts.is_empty() {
        "none".into()
    } else {
        texts.join(", ")
    };
    Ok(all)
}

async fn until_over(client: &Client, name: &str) -> Result<()> {
    let mut seen = (u32::MAX, Instant::now());
    loop {
        let sweep = client.sweep(name).await?;
        if matches!(sweep.state(), SweepState::Succeeded | SweepState::Failed) {
            return Ok(());
        }
        let left = to_go(&sweep);
        if left < seen.0 {
            seen = (left, Instant::now());
        }
        ensure!(seen.1.elapsed() < HANGS, "{name}: no trial has ended for {HANGS:?}");
        sleep(GLANCE).await;
    }
}

/// The command that users have for it.
async fn check(store: &str, report: &mut Report) -> Result<()> {
    let mut command = Command::new(bin::path("augur-coordinator"));
    let output = command.args(["store", "check", "--store", store]).output().await?;
    if !output.status.success() {
        let told = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
        report.wrong.push(format!("the store does not hold: {told}"));
    }
    Ok(())
}

/// Runs every sweep undisturbed, in memory, and compares leaderboards.
async fn compare(ended: &[Ended], setting: &Setting, report: &mut Report) -> Result<()> {
    let config = Config {
        listen: ([127, 0, 0, 1], 0).into(),
        store: Location::Memory,
        safety: Default::default(),
        settings: Settings::default(),
    };
    let coordinator = Coordinator::start(config, Arc::new(SystemClock::default())).await?;
    let address = coordinator.address().to_string();
    let client = Client::new(&address)?;
    let crew = Crew::start(&address, setting.workers, Duration::from_millis(1));
    for disturbed in ended {
        let number = disturbed.number;
        let name = client.submit(sweep::spec(number), format!("sweep {number}")).await?;
        until_over(&client, &name).await?;
        let calm = client.leaderboard(&name).await?;
        if calm != disturbed.leaderboard {
            report
                .wrong
                .push(format!("{name}: the leaderboard is not that of an undisturbed run"));
        }
    }
    crew.stop().await?;
    coordinator.stop().await?;
    Ok(())
}
