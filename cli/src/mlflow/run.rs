//! A trial as a run: parameters are what it was given, metrics what was measured, tags where it belongs and how it did.

use super::{SWEEP, SWEEP_ID, TRIAL};
use crate::results::id;
use augur_core::leaderboard::{Candidate, TaskResult};
use augur_proto::v1::{Measurement, Sweep, Trial, TrialMeasurements, TrialState, Validation};
use serde::Serialize;

/// One value of a metric.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Metric {
    pub key: String,
    pub value: f64,
    /// Milliseconds since 1970.
    pub timestamp: i64,
    /// Epochs finished.
    pub step: u32,
}

/// A parameter or a tag.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Text {
    pub key: String,
    pub value: String,
}

/// A trial as MLflow has it.
pub struct TrialRun {
    /// {trial}
    pub trial: String,
    /// For people.
    pub name: String,
    /// FINISHED, FAILED, KILLED or RUNNING.
    pub status: &'static str,
    /// Milliseconds since 1970.
    pub start: i64,
    pub end: Option<i64>,
    pub params: Vec<Text>,
    pub metrics: Vec<Metric>,
    pub tags: Vec<Text>,
    /// What of the trial this is, such as "attempt 1, completed, 20 epochs, sealed": another one is more.
    pub holds: String,
}

impl TrialRun {
    /// A trial that has begun; `result` is its group's, once the choice is sealed and evaluated.
    pub fn new(sweep: &Sweep, trial: &Trial, measured: &TrialMeasurements, result: Option<&TaskResult>) -> Self {
        let trial_id = id(&trial.name).to_owned();
        let state = State::of(trial.state());
        let seconds = measured.measurements.last().map_or(0.0, |epoch| epoch.seconds);
        let changed = trial.update_time.as_ref();
        let changed = changed.map_or(0.0, |at| at.seconds as f64 + f64::from(at.nanos) / 1e9);
        // A trial that runs changed last when it was leased, one that is over when it ended.
        let start = match &trial.outcome {
            Some(outcome) => changed - outcome.seconds,
            None => changed,
        };
        let end = start + seconds;
        let mut metrics = Vec::new();
        for epoch in &measured.measurements {
            push(&mut metrics, start + epoch.seconds, epoch.epoch, epoch_values(epoch));
        }
        let last = measured.measurements.last().map_or(0, |epoch| epoch.epoch);
        push(&mut metrics, end, last, outcome_values(trial));
        if let Some((rank, candidate)) = result.and_then(|result| ranked(result, &trial_id)) {
            push(&mut metrics, end, last, choice_values(rank, candidate));
        }
        let sealed = if result.is_some() { ", sealed" } else { "" };
        Self {
            name: format!("{} seed {} {} {}", trial.task, trial.seed, trial.variant, trial.index),
            status: state.status,
            start: milliseconds(start),
            end: state.is_over.then(|| milliseconds(end)),
            params: params(trial),
            metrics,
            tags: tags(sweep, trial, &trial_id, result),
            holds: format!(
                "attempt {}, {}, {} epochs{sealed}",
                measured.attempt,
                state.word,
                measured.measurements.len()
            ),
            trial: trial_id,
        }
    }
}

struct State {
    word: &'static str,
    status: &'static str,
    is_over: bool,
}

impl State {
    fn of(state: TrialState) -> Self {
        let (word, status, is_over) = match state {
            TrialState::Pending | TrialState::Unspecified => ("waiting", "RUNNING", false),
            TrialState::Running => ("running", "RUNNING", false),
            TrialState::Completed => ("completed", "FINISHED", true),
            TrialState::Failed => ("failed", "FAILED", true),
            TrialState::Cancelled => ("cancelled", "KILLED", true),
            TrialState::Stopped => ("stopped", "KILLED", true),
        };
        Self { word, status, is_over }
    }
}

type Named = Vec<(String, Option<f64>)>;

fn epoch_values(epoch: &Measurement) -> Named {
    let mut values = vec![
        ("training_loss".into(), Some(epoch.training_loss)),
        ("validation_loss".into(), epoch.validation_loss),
        ("hypergradient_norm".into(), epoch.hypergradient_norm),
    ];
    let hyperparameters = epoch.hyperparameters.iter();
    values.extend(hyperparameters.map(|(name, value)| (format!("hyperparameters/{name}"), Some(*value))));
    values
}

fn outcome_values(trial: &Trial) -> Named {
    let Some(outcome) = &trial.outcome else {
        return Vec::new();
    };
    let losses = outcome.validation.as_ref().map(losses).unwrap_or_default();
    let mut values: Named = losses.map(|(name, value)| (name.into(), value)).into();
    values.push(("seconds".into(), Some(outcome.seconds)));
    values.extend(
        outcome
            .tuned
            .iter()
            .map(|(name, value)| (format!("tuned/{name}"), Some(*value))),
    );
    values
}

/// Every unsupervised loss.
fn losses(v: &Validation) -> [(&'static str, Option<f64>); 9] {
    [
        ("mixture_energy", Some(v.mixture_energy)),
        ("mean_distance", Some(v.mean_distance)),
        ("explained", Some(v.explained)),
        ("anomaly_share", Some(v.anomaly_share)),
        ("score_variance", Some(v.score_variance)),
        ("whitened_cosine", v.whitened_cosine),
        ("dsv", v.dsv),
        ("mmd", v.mmd),
        ("shift_p_value", v.shift_p_value),
    ]
}

fn choice_values(rank: u32, candidate: &Candidate) -> Named {
    let test = candidate.test.as_ref();
    let values = [
        ("rank", Some(rank.into())),
        ("val_loss", candidate.val_loss),
        ("auroc", candidate.auroc),
        ("average_precision", candidate.average_precision),
        ("f1_max", candidate.f1_max),
        ("test_auroc", test.map(|test| test.auroc)),
        ("test_average_precision", test.map(|test| test.average_precision)),
        ("test_f1_max", test.map(|test| test.f1_max)),
    ];
    values.map(|(name, value)| (name.into(), value)).into()
}

/// Rank (from 1) and result of a trial.
fn ranked<'a>(result: &'a TaskResult, trial: &str) -> Option<(u32, &'a Candidate)> {
    let mut ranked = (1..).zip(&result.candidates);
    ranked.find(|(_, candidate)| candidate.trial.to_string() == trial)
}

fn params(trial: &Trial) -> Vec<Text> {
    let fixed = [
        ("task", trial.task.clone()),
        ("seed", trial.seed.to_string()),
        ("variant", trial.variant.clone()),
        ("family", trial.family.clone()),
    ];
    let mut params: Vec<_> = fixed.into_iter().map(|(key, value)| text(key, value)).collect();
    let initial = trial.initial.iter();
    params.extend(initial.map(|(name, value)| text(&format!("initial.{name}"), value.to_string())));
    params
}

fn tags(sweep: &Sweep, trial: &Trial, trial_id: &str, result: Option<&TaskResult>) -> Vec<Text> {
    let mut tags = vec![
        text(TRIAL, trial_id.into()),
        text(SWEEP, sweep.display_name.clone()),
        text(SWEEP_ID, id(&sweep.name).into()),
        text("augur.criterion", sweep.criterion.clone()),
    ];
    if !trial.reused_from.is_empty() {
        tags.push(text("augur.reused_from", trial.reused_from.clone()));
    }
    let Some(result) = result else {
        return tags;
    };
    let selected = result.selected.as_ref();
    let selected = selected.is_some_and(|selected| selected.trial.to_string() == trial_id);
    tags.push(text("selected", selected.to_string()));
    tags.push(text("augur.seal", result.seal.clone()));
    let mut excluded = result.excluded.iter();
    if let Some(excluded) = excluded.find(|excluded| excluded.trial.to_string() == trial_id) {
        tags.push(text("augur.excluded", excluded.reason.clone()));
    }
    tags
}

/// Adds the values that are there. JSON has no other numbers than finite ones.
fn push(metrics: &mut Vec<Metric>, at: f64, step: u32, values: Named) {
    let there = values.into_iter().filter_map(|(key, value)| Some((key, value?)));
    let there = there.filter(|(_, value)| value.is_finite());
    metrics.extend(there.map(|(key, value)| Metric {
        key,
        value,
        timestamp: milliseconds(at),
        step,
    }));
}

fn text(key: &str, value: String) -> Text {
    Text { key: key.into(), value }
}

fn milliseconds(seconds: f64) -> i64 {
    (seconds * 1e3).round() as i64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::results::fixture;

    fn trial(state: TrialState) -> Trial {
        let board = fixture::leaderboard();
        Trial {
            name: format!("sweeps/s/trials/{}", board.tasks[0].candidates[1].trial),
            state: state.into(),
            ..Trial::default()
        }
    }

    fn measured() -> TrialMeasurements {
        let epoch = |epoch, training_loss| Measurement {
            epoch,
            training_loss,
            seconds: epoch.into(),
            ..Measurement::default()
        };
        TrialMeasurements {
            trial: String::new(),
            attempt: 2,
            measurements: vec![epoch(1, 0.5), epoch(2, f64::NAN)],
        }
    }

    #[test]
    fn what_json_has_no_number_for_is_left_out() {
        let run = TrialRun::new(&Sweep::default(), &trial(TrialState::Running), &measured(), None);
        let metric = Metric {
            key: "training_loss".into(),
            value: 0.5,
            timestamp: 1000,
            step: 1,
        };
        assert_eq!(run.metrics, [metric]);
    }

    #[test]
    fn a_run_holds_more_once_the_choice_is_sealed() {
        let running = TrialRun::new(&Sweep::default(), &trial(TrialState::Running), &measured(), None);
        assert_eq!(
            (running.holds.as_str(), running.status, running.end),
            ("attempt 2, running, 2 epochs", "RUNNING", None)
        );
        let result = &fixture::leaderboard().tasks[0];
        let sealed = TrialRun::new(
            &Sweep::default(),
            &trial(TrialState::Completed),
            &measured(),
            Some(result),
        );
        assert_eq!(
            (sealed.holds.as_str(), sealed.status, sealed.end),
            ("attempt 2, completed, 2 epochs, sealed", "FINISHED", Some(2000))
        );
        assert!(sealed.tags.contains(&text("selected", "false".into())));
        let rank = sealed.metrics.iter().find(|metric| metric.key == "rank");
        assert_eq!(rank.map(|rank| rank.value), Some(2.0));
    }
}
