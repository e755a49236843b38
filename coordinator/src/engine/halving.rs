//! Early stopping, in the transaction that makes a decision possible: values at the rungs are stored, and whoever falls behind
//! by them is stopped.

use super::{context::Cx, jobs::move_trial};
use crate::{
    error::{Error, Result},
    halving::standing,
    store::{SweepKey, measurements, rungs, sweeps, trials::TrialRow},
};
use augur_core::{
    halving::{Rules, value},
    outcome::Measurement,
    state::{JobEvent, JobState},
};
use std::{future::Future, pin::Pin};

/// Stores the values of a trial at the rungs among `measured`; whether any of them is new.
pub(super) async fn note(cx: &mut Cx<'_>, row: &TrialRow, measured: &[Measurement]) -> Result<bool> {
    let plan = cx.plan(row.sweep).await?;
    let Some(rules) = Rules::of(&plan, row.group) else {
        return Ok(false);
    };
    let mut news = false;
    for measurement in measured.iter().filter(|m| rules.rungs.contains(&m.epoch)) {
        let value = value(&plan.spec().selection, measurement);
        news |= rungs::insert(cx.conn, row.sweep, row.index, measurement.epoch, value).await?;
    }
    Ok(news)
}

/// A trial that completes has been measured at every rung: without its values the decisions on others would depend on when
/// they are made.
pub(super) async fn require_values(cx: &mut Cx<'_>, row: &TrialRow) -> Result<()> {
    let plan = cx.plan(row.sweep).await?;
    let Some(rules) = Rules::of(&plan, row.group) else {
        return Ok(());
    };
    let mut values = rungs::values(cx.conn, row.sweep, row.index..row.index + 1).await?;
    let values = values.remove(&row.index).unwrap_or_default();
    match rules.rungs.iter().find(|epoch| !values.contains_key(epoch)) {
        None => Ok(()),
        Some(epoch) => Err(Error::Invalid {
            field: "outcome",
            problem: format!(
                "comes before the measurement of epoch {epoch}, a rung of early stopping; report that first"
            ),
        }),
    }
}

/// Stops the trials of a group that have fallen behind, pending or leased. Boxed, since a trial that fails for good decides on
/// others too.
pub(super) fn settle<'a>(
    cx: &'a mut Cx<'_>,
    sweep: SweepKey,
    group: u32,
) -> Pin<Box<dyn Future<Output = Result<()>> + Send + 'a>> {
    Box::pin(async move {
        let plan = cx.plan(sweep).await?;
        let Some(standing) = standing(cx.conn, &plan, sweep, group).await? else {
            return Ok(());
        };
        for (row, stop) in standing.ended() {
            let is_leased = matches!(row.job.state, JobState::Leased(_));
            let event = JobEvent::Stop { epoch: stop.epoch };
            if move_trial(cx, row, &event).await?.is_some() && is_leased {
                add_seconds(cx, row).await?;
            }
        }
        Ok(())
    })
}

/// The seconds that a stopped attempt ran, as far as it reported.
async fn add_seconds(cx: &mut Cx<'_>, row: &TrialRow) -> Result<()> {
    let seconds = measurements::seconds(cx.conn, row.sweep, row.index).await?;
    match seconds.filter(|seconds| seconds.is_finite()) {
        Some(seconds) => Ok(sweeps::add_seconds(cx.conn, row.sweep, seconds).await?),
        None => Ok(()),
    }
}
