//! `augur show`: a sweep as it stands, or one of its trials with its curve.

use super::{Remote, print, width};
use crate::{
    client::{Client, sweep_name},
    failure::Failure,
    json,
    results::{finish, id, plain},
    text,
    watch::View,
};
use augur_proto::v1::{self, watch_sweep_response::Event};
use clap::Args;
use std::{collections::BTreeMap, time::Instant};

/// Shows a sweep as it stands, or one of its trials
#[derive(Args)]
pub struct Show {
    /// The sweep's name or identifier
    sweep: String,
    /// A trial: its position in the plan, or its identifier
    trial: Option<String>,
    /// The API's messages as JSON: Sweep, or Trial
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    remote: Remote,
}

impl Show {
    pub async fn run(self) -> Result<(), Failure> {
        let mut client = self.remote.connect().await?;
        let sweep = client.sweep(&sweep_name(&self.sweep)).await?;
        match &self.trial {
            None if self.json => print(&json::pretty("Sweep", &sweep)?),
            None => print(&overview(&mut client, sweep).await?),
            Some(trial) => {
                let trial = client.find_trial(&sweep.name, trial).await?;
                let measured = client.measurements_of(&trial.name).await?;
                print(&match self.json {
                    true => json::pretty("Trial", &trial)?,
                    false => one(&trial, &measured),
                });
            }
        }
        Ok(())
    }
}

async fn overview(client: &mut Client, sweep: v1::Sweep) -> Result<String, Failure> {
    let groups = client.groups(&sweep.name).await?;
    let running = client.running(&sweep.name).await.unwrap_or_default();
    let mut view = View::new(Instant::now());
    let facts = facts(&sweep);
    let snapshot = v1::Snapshot {
        sweep: Some(sweep),
        groups,
    };
    view.apply(v1::WatchSweepResponse {
        revision: 0,
        event: Some(Event::Snapshot(snapshot)),
    });
    running.iter().for_each(|trial| view.note_running(trial));
    for trial in view.unknown_leaders() {
        if let Ok(trial) = client.trial(&trial).await {
            view.learn(&trial);
        }
    }
    Ok(format!("{facts}\n{}", table(&view)))
}

/// A fact a line.
fn facts(sweep: &v1::Sweep) -> String {
    let progress = sweep.progress.clone().unwrap_or_default();
    let mut state = text::sweep_state(sweep.state()).to_owned();
    for why in [&sweep.pause_reason, &progress.trouble] {
        if !why.is_empty() {
            state += &format!(": {why}");
        }
    }
    let counts = [
        (progress.trials_completed, "done"),
        (progress.trials_running, "running"),
        (progress.trials_pending, "waiting"),
        (progress.trials_failed, "failed"),
        (progress.trials_stopped, "stopped early"),
        (progress.trials_cancelled, "cancelled"),
        (progress.trials_reused, "reused"),
    ];
    let counts: Vec<String> = counts
        .iter()
        .filter(|(n, _)| *n > 0)
        .map(|(n, what)| format!("{n} {what}"))
        .collect();
    let facts = [
        ("sweep", sweep.display_name.clone()),
        ("id", id(&sweep.name).to_owned()),
        ("state", state),
        ("submitted", text::ago(sweep.create_time.as_ref())),
        ("ended", text::ago(sweep.end_time.as_ref())),
        ("trials", format!("{} ({})", progress.trials_total, counts.join(", "))),
        (
            "groups",
            format!("{} of {} done", progress.groups_done, progress.groups_total),
        ),
        ("selects by", sweep.criterion.clone()),
        ("priority", sweep.priority.to_string()),
        ("spec", format!("SHA-256 {}", sweep.spec_sha256)),
    ];
    facts
        .iter()
        .map(|(name, value)| format!("{name:<11} {value}\n"))
        .collect()
}

fn table(view: &View) -> String {
    let mut table = plain(width());
    let mut header = vec![
        "task",
        "seed",
        "done",
        "running",
        "waiting",
        "failed",
        "best val_loss",
        "leads",
    ];
    if view.has_variants() {
        header.insert(2, "variant");
    }
    table.set_header(header);
    for group in &view.groups {
        let ended = group.trials_completed + group.trials_failed + group.trials_stopped;
        let running = view.running(group.index);
        let mut row = vec![
            group.task.clone(),
            group.seed.to_string(),
            (group.trials_completed + group.trials_stopped).to_string(),
            running.to_string(),
            group.trials_total.saturating_sub(ended + running).to_string(),
            group.trials_failed.to_string(),
            text::loss(group.best_val_loss),
            view.leader(group).unwrap_or_default().to_owned(),
        ];
        if view.has_variants() {
            row.insert(2, group.variant.clone());
        }
        table.add_row(row);
    }
    finish(table)
}

/// A trial's facts, then its epochs.
fn one(trial: &v1::Trial, measured: &[v1::Measurement]) -> String {
    let mut facts = vec![
        ("trial", format!("{} ({})", trial.index, id(&trial.name))),
        ("task", format!("{} seed {}, {}", trial.task, trial.seed, trial.variant)),
        ("family", trial.family.clone()),
        ("state", text::trial_state(trial.state()).to_owned()),
        ("attempts", trial.attempts.to_string()),
        ("worker", trial.worker.clone()),
        ("from", text::hyperparameters(&trial.initial)),
    ];
    if let Some(cause) = &trial.cause {
        facts.push(("last cause", cause.detail.clone()));
    }
    if let Some(outcome) = &trial.outcome {
        facts.push(("tuned to", text::hyperparameters(&outcome.tuned)));
    }
    let facts: String = facts
        .iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(name, value)| format!("{name:<11} {value}\n"))
        .collect();
    if measured.is_empty() {
        return facts;
    }
    let mut table = plain(width());
    table.set_header([
        "epoch",
        "training loss",
        "validation loss",
        "hypergradient",
        "hyperparameters",
        "seconds",
    ]);
    for epoch in measured {
        let now: BTreeMap<_, _> = epoch.hyperparameters.clone();
        table.add_row([
            epoch.epoch.to_string(),
            format!("{:.4}", epoch.training_loss),
            text::loss(epoch.validation_loss),
            text::loss(epoch.hypergradient_norm),
            text::few_hyperparameters(&now),
            format!("{:.1}", epoch.seconds),
        ]);
    }
    format!("{facts}\n{}", finish(table))
}
