//! One run: the hosts on their network, the faults as they strike, and what must hold at the end.

use super::{
    client::{Client, Ended},
    coordinator,
    network::COORDINATOR,
    plan::{Kind, Plan},
    trace::Trace,
    weather::Weather,
    worker,
};
use crate::chaos::tally::Tally;
use anyhow::{Context, Result, anyhow, ensure};
use augur_coordinator::Memory;
use augur_core::{plan, spec::parse};
use augur_proto::v1::{Leaderboard, TrialState};
use prost::Message;
use serde::{Deserialize, Serialize};
use std::{
    collections::{BTreeMap, BTreeSet},
    panic::catch_unwind,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, UNIX_EPOCH},
};
use turmoil::Sim;

/// The network and every clock move on by so much at a time.
const STEP: Duration = Duration::from_millis(10);
/// A sweep that takes longer in simulated time hangs: a minute and a half after the last fault.
const LIMIT: Duration = Duration::from_secs(130);
/// Name of the client's host.
pub(super) const CLIENT: &str = "client";

/// A run that went well.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Run {
    /// Hash of every message on the network, and of the history of every trial.
    pub trace: String,
    /// Writes on its network.
    pub messages: u64,
    /// Simulated.
    pub lasted: Duration,
    /// Faults that found something to strike.
    pub struck: BTreeMap<Kind, usize>,
    /// Every message on the network, a line each, where that is wanted.
    #[serde(skip)]
    pub lines: Vec<String>,
    /// Of its trials.
    pub tally: Tally,
    #[serde(skip)]
    leaderboard: Leaderboard,
}

/// A run that went wrong.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Failure {
    pub seed: u64,
    pub what: String,
}

/// The run of a seed, compared with an undisturbed one of the same sweep. `keeps_lines`: every message is kept.
///
/// # Errors
/// What did not hold.
pub fn run(seed: u64, keeps_lines: bool) -> Result<Run, Failure> {
    // A panic of the code that is simulated is a finding too.
    let run = catch_unwind(|| compare(&Plan::new(seed), keeps_lines));
    let run = run.unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().map(String::as_str);
        let text = text.or(panic.downcast_ref::<&str>().copied()).unwrap_or("a panic");
        Err(anyhow!("panicked: {text}"))
    });
    run.map_err(|error| Failure {
        seed,
        what: format!("{error:#}"),
    })
}

fn compare(plan: &Plan, keeps_lines: bool) -> Result<Run> {
    let run = simulate(plan, keeps_lines)?;
    let calm = simulate(&plan.calm(), false).context("undisturbed")?;
    ensure!(
        run.leaderboard == calm.leaderboard,
        "the leaderboard differs from that of an undisturbed run"
    );
    Ok(run)
}

/// What the hosts of a run share with it.
pub(super) struct Hosts {
    pub coordinator: coordinator::Host,
    pub workers: Vec<worker::Host>,
    acknowledged: Arc<Mutex<BTreeSet<String>>>,
    ended: Arc<Mutex<Option<Result<Ended>>>>,
    trace: Trace,
}

/// One run, without a comparison.
fn simulate(plan: &Plan, keeps_lines: bool) -> Result<Run> {
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    let hosts = Hosts::new(plan, runtime.block_on(Memory::new())?, keeps_lines);
    let mut sim = hosts.build(plan);
    let mut weather = Weather::new(plan);
    let mut is_over = false;
    while !is_over {
        weather.change(&mut sim, &hosts);
        is_over = sim
            .step()
            .map_err(|error| anyhow!("a host ended with an error: {error}"))?;
        ensure!(sim.elapsed() < LIMIT, "the sweep is not over after {LIMIT:?}");
    }
    let lasted = sim.elapsed();
    drop(sim);
    let ended = hosts.ended.lock().unwrap_or_else(PoisonError::into_inner).take();
    let ended = ended.context("the client ended without a word")??;
    let handle = hosts.coordinator.handle().context("there was no coordinator")?;
    let violations = runtime.block_on(handle.check())?;
    ensure!(violations.is_empty(), "the store does not hold: {violations:?}");
    let tally = hosts.judge(plan, &ended)?;
    for (revision, trial) in &ended.history {
        hosts.trace.note(&revision.to_le_bytes());
        hosts.trace.note(&trial.encode_to_vec());
    }
    hosts.trace.note(&ended.leaderboard.encode_to_vec());
    let (trace, messages) = hosts.trace.end();
    Ok(Run {
        trace,
        messages,
        lasted,
        lines: hosts.trace.lines(),
        struck: weather.struck,
        tally,
        leaderboard: ended.leaderboard,
    })
}

impl Hosts {
    fn new(plan: &Plan, store: Memory, keeps_lines: bool) -> Self {
        let trace = if keeps_lines { Trace::kept() } else { Trace::default() };
        let acknowledged = Arc::default();
        let worker = |index| worker::Host::new(plan, index, Arc::clone(&acknowledged), trace.clone());
        Self {
            coordinator: coordinator::Host::new(store, trace.clone()),
            workers: (0..plan.workers.len()).map(worker).collect(),
            acknowledged,
            ended: Arc::default(),
            trace,
        }
    }

    fn build(&self, plan: &Plan) -> Sim<'static> {
        let mut sim = turmoil::Builder::new()
            .rng_seed(plan.seed)
            .epoch(UNIX_EPOCH)
            .tick_duration(STEP)
            .simulation_duration(LIMIT * 2)
            .min_message_latency(Duration::from_millis(1))
            .max_message_latency(plan.latency)
            .repair_rate(0.3)
            .tcp_capacity(1024)
            .build();
        let coordinator = self.coordinator.clone();
        sim.host(COORDINATOR, move || coordinator.clone().live());
        for worker in &self.workers {
            let host = worker.clone();
            sim.host(worker.name.as_str(), move || host.clone().live());
        }
        let (trace, seed, workers) = (self.trace.clone(), plan.seed, self.workers.clone());
        let (ended, spec, verbs) = (Arc::clone(&self.ended), plan.sweep.yaml(), plan.verbs.clone());
        sim.client(CLIENT, async move {
            let end = Client::new(&trace, seed, workers).live(spec, verbs).await;
            *ended.lock().unwrap_or_else(PoisonError::into_inner) = Some(end);
            Ok(())
        });
        sim
    }

    /// Whether every trial is there, completed once, as its workers and the watcher were told.
    fn judge(&self, plan: &Plan, ended: &Ended) -> Result<Tally> {
        let spec = parse(&plan.sweep.yaml()).map_err(|error| anyhow!("{error}"))?;
        let expected = plan::Plan::new(spec);
        let found: BTreeMap<u32, _> = ended.trials.iter().map(|trial| (trial.index, trial)).collect();
        ensure!(
            found.len() == ended.trials.len() && found.keys().copied().eq(0..expected.trials()),
            "the trials are no exact cover of the plan"
        );
        for (index, trial) in &found {
            let id = expected.trial(*index).id().to_string();
            ensure!(trial.name.ends_with(&id), "trial {index} is {}, not {id}", trial.name);
        }
        let history: Vec<_> = ended.history.iter().map(|(_, trial)| trial.clone()).collect();
        let tally = Tally::of(&ended.trials, &history);
        ensure!(tally.lost == 0, "{} trials are lost", tally.lost);
        ensure!(tally.repeated == 0, "{} trials came to an end twice", tally.repeated);
        let states = |of: &[(u64, augur_proto::v1::Trial)]| -> Vec<(u64, u32, i32)> {
            of.iter()
                .map(|(revision, trial)| (*revision, trial.index, trial.state))
                .collect()
        };
        ensure!(
            states(&ended.seen) == states(&ended.history),
            "the watcher saw another history than the store has"
        );
        for name in &*self.acknowledged.lock().unwrap_or_else(PoisonError::into_inner) {
            let completed =
                |trial: &augur_proto::v1::Trial| trial.name == *name && trial.state() == TrialState::Completed;
            ensure!(
                ended.trials.iter().any(completed),
                "{name} was acknowledged, and is lost"
            );
        }
        Ok(tally)
    }
}
