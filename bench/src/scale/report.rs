//! The figures as Markdown.

use serde::Serialize;

use super::{
    Kind,
    connected::Connected,
    durable::{self, Side},
    million::Million,
    saturation::Point,
};
use crate::table::row;

/// What was measured; a part that was not asked for is empty.
#[derive(Debug, Serialize)]
pub struct Report {
    pub store: Kind,
    pub machine: String,
    #[serde(skip)]
    pub durable: Option<durable::Size>,
    pub sides: Vec<Side>,
    pub connected: Option<Connected>,
    pub million: Option<Million>,
    pub points: Vec<Point>,
}

/// A goal beside what came of it.
fn goal(met: bool) -> &'static str {
    if met { "met" } else { "**missed**" }
}

impl Report {
    pub fn new(store: Kind, machine: String) -> Self {
        Self {
            store,
            machine,
            durable: None,
            sides: Vec::new(),
            connected: None,
            million: None,
            points: Vec::new(),
        }
    }

    pub fn markdown(&self) -> String {
        let mut out = format!("Store: {:?}. {}\n", self.store, self.machine);
        if let Some(size) = self.durable {
            out += &sides(&self.sides, size);
        }
        if let Some(of) = &self.connected {
            out += &connected(of);
        }
        if let Some(of) = &self.million {
            out += &million(of);
        }
        if !self.points.is_empty() {
            out += &points(&self.points);
        }
        out
    }
}

fn sides(sides: &[Side], size: durable::Size) -> String {
    let mut out = format!(
        "## A. Trials per second\n\n{} client processes, {} measurements a trial, {} s each (Ray: {} trials).\n\n",
        size.processes, size.reports, size.seconds, size.ray_trials
    );
    let best = |of: &str| {
        let rates = sides.iter().filter(|side| side.name.starts_with(of)).map(Side::rate);
        rates.fold(0.0, f64::max)
    };
    let [optuna, ray] = [best("Optuna"), best("Ray")];
    let over = |rate: f64, other: f64| {
        if other > 0.0 {
            format!("{:.0}", rate / other)
        } else {
            "-".into()
        }
    };
    out += &row([
        "",
        "trials",
        "trials/s",
        "/ Optuna's best",
        "/ Ray Tune",
        "CPU ms a trial: server",
        "clients",
        "what is durable",
    ]);
    out += &row(["---", "--:", "--:", "--:", "--:", "--:", "--:", "---"]);
    for side in sides {
        let each = |cpu: Option<f64>| {
            cpu.map_or("-".into(), |cpu| {
                format!("{:.2}", cpu * 1000.0 / side.trials.max(1) as f64)
            })
        };
        out += &row([
            side.name.clone(),
            side.trials.to_string(),
            format!("{:.1}", side.rate()),
            over(side.rate(), optuna),
            over(side.rate(), ray),
            each(side.server_cpu_s),
            each(side.clients_cpu_s),
            side.durability.to_owned(),
        ]);
    }
    let augur = best("augur");
    if optuna > 0.0 && ray > 0.0 {
        let (one, two) = (augur / optuna, augur / ray);
        out += &format!(
            "\nGoals: 50 times Optuna: {one:.0}, {}; 20 times Ray Tune: {two:.0}, {}.\n",
            goal(one >= 50.0),
            goal(two >= 20.0)
        );
    }
    out + "\n"
}

fn connected(of: &Connected) -> String {
    let size = of.size;
    let mut out = format!(
        "## B. {} connected workers\n\nEach: a heartbeat and an epoch a second, a trial of {} epochs after the other; {} s after {} s \
         that do not count. {:.0} calls/s.\n\n",
        size.workers, size.epochs, size.seconds, size.warm_s, of.calls_per_s
    );
    out += &row(["call", "samples", "p50, ms", "p99, ms", "max, ms"]);
    out += &row(["---", "--:", "--:", "--:", "--:"]);
    for (name, times) in [
        ("AcquireLeases", of.leases),
        ("RenewLeases", of.renewals),
        ("ReportMeasurements", of.reports),
        ("CompleteTrial", of.completions),
        ("(a heartbeat is sent late by)", of.late),
    ] {
        out += &row([
            name.to_owned(),
            times.samples.to_string(),
            format!("{:.2}", times.p50),
            format!("{:.2}", times.p99),
            format!("{:.1}", times.max),
        ]);
    }
    out += &format!(
        "\nCoordinator: {:.2} of a core (its busiest thread, `{}`, {:.2}), {:.0} MiB resident, {:.0} at most; {:.1} MiB/s written. \
         Load: {:.2} of a core.\n\nGoals: a lease below 10 ms in 99 of 100: {}; below 1 core: {}; below 300 MB: {}.\n\n",
        of.coordinator_cpu,
        of.busiest.0,
        of.busiest.1,
        of.rss_mib,
        of.peak_mib,
        of.written_mib_per_s,
        of.load_cpu,
        goal(of.leases.p99 < 10.0),
        goal(of.coordinator_cpu < 1.0),
        goal(of.peak_mib < 300e6 / f64::from(1 << 20)),
    );
    out
}

fn million(of: &Million) -> String {
    let mut out = format!("## C. {} trials in one store\n\n", of.size.trials);
    out += &row(["", "", "goal"]);
    out += &row(["---", "--:", "---"]);
    let ratio = |at: usize| of.lease_many[at].p50 / of.lease_few[at].p50;
    let lease = |at: usize| {
        format!(
            "{:.2} ms / {:.2} ms = {:.2}",
            of.lease_many[at].p50,
            of.lease_few[at].p50,
            ratio(at)
        )
    };
    for (what, value, goal) in [
        ("submit", format!("{:.1} s", of.submit_s), goal(of.submit_s < 60.0)),
        (
            "a lease, after the submission / with 1,000 trials",
            lease(0),
            goal(ratio(0) < 1.5),
        ),
        (
            "a lease, after the completions / with 1,000 trials",
            lease(1),
            goal(ratio(1) < 1.5),
        ),
        (
            "completed",
            format!("{} trials, {:.0}/s", of.completed, of.trials_per_s),
            "",
        ),
        (
            "resident: start, submitted, completed, asked",
            of.rss_mib.map(|mib| format!("{mib:.0}")).join(", ") + " MiB",
            "",
        ),
        ("resident at most", format!("{:.0} MiB", of.peak_mib), ""),
        ("the store", format!("{:.0} MiB", of.store_mib), ""),
        (
            "started again",
            format!("listens after {:.2} s, {:.0} MiB", of.restart_s, of.restarted_mib),
            "",
        ),
    ] {
        out += &row([what.to_owned(), value, goal.to_owned()]);
    }
    out.push('\n');
    out += &row(["asked", "median, s", "slowest, s", "KiB", "below 1 s"]);
    out += &row(["---", "--:", "--:", "--:", "---"]);
    for asked in &of.asked {
        out += &row([
            asked.what.clone(),
            format!("{:.3}", asked.median_s),
            format!("{:.3}", asked.slowest_s),
            format!("{:.0}", asked.bytes as f64 / 1024.0),
            goal(asked.slowest_s < 1.0).to_owned(),
        ]);
    }
    out + "\n"
}

/// Characters of the longest bar.
const WIDE: f64 = 40.0;

fn points(points: &[Point]) -> String {
    let mut out = "## D. Throughput by the number of workers\n\nOne trial at a time each.\n\n".to_owned();
    out += &row([
        "workers",
        "trials/s",
        "calls/s",
        "a lease, ms: p50 / p99 / max",
        "coordinator, cores",
        "its busiest thread",
        "load, cores",
        "written, MiB/s",
        "RSS, MiB",
    ]);
    out += &row(["--:", "--:", "--:", "---", "--:", "---", "--:", "--:", "--:"]);
    for point in points {
        out += &row([
            point.workers.to_string(),
            format!("{:.0}", point.trials_per_s),
            format!("{:.0}", point.calls_per_s),
            point.leases.to_string(),
            format!("{:.2}", point.coordinator_cpu),
            format!("{} {:.2}", point.busiest.0, point.busiest.1),
            format!("{:.2}", point.load_cpu),
            format!("{:.1}", point.written_mib_per_s),
            format!("{:.0}", point.rss_mib),
        ]);
    }
    let most = points.iter().map(|point| point.trials_per_s).fold(1.0, f64::max);
    out += "\n```\n";
    for point in points {
        let bar = "#".repeat((point.trials_per_s / most * WIDE).round() as usize);
        out += &format!("{:>5} workers {bar} {:.0}\n", point.workers, point.trials_per_s);
    }
    out + "```\n\n"
}
