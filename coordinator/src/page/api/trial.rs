//! One trial: what it is with its epochs, and its log.

use super::{Answer, Asked, answer};
use crate::page::{Page, json};
use augur_proto::v1::{self, sweep_service_server::SweepService};
use axum::extract::{Path, State};
use serde::Deserialize;
use tonic::Request;

/// The sweep and the trial in an address.
type Place = Path<(String, String)>;

fn name(sweep: &str, trial: &str) -> String {
    format!("sweeps/{sweep}/trials/{trial}")
}

pub(super) async fn trial(State(page): State<Page>, Path((sweep, trial)): Place) -> Answer<json::WholeTrial> {
    let name = name(&sweep, &trial);
    let parent = name.clone();
    let trial = page
        .sweeps
        .get_trial(Request::new(v1::GetTrialRequest { name }))
        .await?;
    let request = v1::ListMeasurementsRequest { parent, group: None };
    let measured = page.sweeps.list_measurements(Request::new(request)).await?.into_inner();
    let measurements = measured.trials.into_iter().next().unwrap_or_default().measurements;
    answer(json::WholeTrial::new(trial.into_inner(), measurements))
}

/// The part of a log that is wanted, as the gRPC service takes it.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Lines {
    /// 0: the newest one.
    attempt: u32,
    after_sequence: u32,
}

pub(super) async fn log(
    State(page): State<Page>,
    Path((sweep, trial)): Place,
    Asked(lines): Asked<Lines>,
) -> Answer<json::Log> {
    let request = v1::ListLogLinesRequest {
        parent: name(&sweep, &trial),
        attempt: lines.attempt,
        after_sequence: lines.after_sequence,
    };
    let log = page.sweeps.list_log_lines(Request::new(request)).await?;
    answer(log.into_inner().into())
}
