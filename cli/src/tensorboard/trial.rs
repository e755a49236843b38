//! A trial as events: what it is (for the plugin "hparams"), its epochs, how it ended, how it did in the choice.

use super::event::{
    Event, FILE_VERSION, HparamsData, Metadata, PluginData, Session, SessionEnd, SessionStart, Status, Summary, Value,
    What,
};
use crate::results::id;
use augur_core::leaderboard::Candidate;
use augur_proto::v1::{Measurement, Trial, TrialState};
use prost::Message;
use prost_types::value::Kind;

/// The events before the first epoch; `began` is in seconds since 1970.
pub fn beginning(trial: &Trial, began: f64) -> Vec<Event> {
    let texts = [
        ("trial", id(&trial.name)),
        ("task", &trial.task),
        ("variant", &trial.variant),
        ("family", &trial.family),
    ];
    let texts = texts.map(|(name, text)| (name.to_owned(), Kind::StringValue(text.to_owned())));
    let seed = [("seed".to_owned(), Kind::NumberValue(trial.seed as f64))];
    let initial = trial.initial.iter();
    let initial = initial.map(|(name, value)| (format!("initial.{name}"), Kind::NumberValue(*value)));
    let hparams = texts.into_iter().chain(seed).chain(initial);
    let start = SessionStart {
        hparams: hparams
            .map(|(name, kind)| (name, prost_types::Value { kind: Some(kind) }))
            .collect(),
        start_time_secs: began,
    };
    let version = Event {
        wall_time: began,
        step: 0,
        what: Some(What::FileVersion(FILE_VERSION.into())),
    };
    vec![version, session(began, Session::Start(start))]
}

/// The scalars of an epoch.
pub fn epoch(measured: &Measurement, began: f64) -> Event {
    let named = [
        ("training_loss", Some(measured.training_loss)),
        ("validation_loss", measured.validation_loss),
        ("hypergradient_norm", measured.hypergradient_norm),
    ];
    let named = named
        .into_iter()
        .filter_map(|(name, value)| Some((name.to_owned(), value?)));
    let hyperparameters = measured.hyperparameters.iter();
    let hyperparameters = hyperparameters.map(|(name, value)| (format!("hyperparameters/{name}"), *value));
    scalars(began + measured.seconds, measured.epoch, named.chain(hyperparameters))
}

/// How a trial that is over ended.
pub fn end(trial: &Trial, at: f64) -> Event {
    let status = match trial.state() {
        TrialState::Completed => Status::Success,
        TrialState::Failed => Status::Failure,
        TrialState::Pending | TrialState::Running => Status::Running,
        TrialState::Cancelled | TrialState::Stopped | TrialState::Unspecified => Status::Unknown,
    };
    let end = SessionEnd {
        status: status.into(),
        end_time_secs: at,
    };
    session(at, Session::End(end))
}

/// Where a trial came in its choice, and how it agrees with the labels that were read afterwards.
pub fn choice(candidate: &Candidate, rank: u32, epoch: u32, at: f64) -> Event {
    let values = [
        ("val_loss", candidate.val_loss),
        ("rank", Some(rank.into())),
        ("auroc", candidate.auroc),
        ("average_precision", candidate.average_precision),
        ("f1_max", candidate.f1_max),
    ];
    let values = values.into_iter();
    let values = values.filter_map(|(name, value)| Some((format!("selection/{name}"), value?)));
    scalars(at, epoch, values)
}

/// Event files hold scalars in single precision.
fn scalars(wall_time: f64, epoch: u32, values: impl Iterator<Item = (String, f64)>) -> Event {
    let value = |(tag, value): (String, f64)| Value {
        tag,
        simple_value: Some(value as f32),
        metadata: None,
    };
    summary(wall_time, epoch, values.map(value).collect())
}

fn session(wall_time: f64, session: Session) -> Event {
    let tag = match session {
        Session::Start(_) => "_hparams_/session_start_info",
        Session::End(_) => "_hparams_/session_end_info",
    };
    let data = HparamsData { session: Some(session) };
    let plugin = PluginData {
        plugin_name: "hparams".into(),
        content: data.encode_to_vec(),
    };
    let value = Value {
        tag: tag.into(),
        simple_value: None,
        metadata: Some(Metadata {
            plugin_data: Some(plugin),
        }),
    };
    summary(wall_time, 0, vec![value])
}

fn summary(wall_time: f64, epoch: u32, value: Vec<Value>) -> Event {
    Event {
        wall_time,
        step: epoch.into(),
        what: Some(What::Summary(Summary { value })),
    }
}
