//! Stores what running trials measured and logged, and stops those that fall behind by it; the reports of stale leases are named and
//! dropped.

use super::heard;
use crate::{
    engine::{command::Command, context::Cx, halving, jobs::move_trial},
    error::Result,
    store::{
        log_lines::{self, LogLine},
        measurements,
        trials::{self, TrialRow},
    },
};
use augur_core::{
    id::{LeaseToken, WorkerId},
    outcome::Measurement,
    state::{JobEvent, JobState},
};
use std::collections::BTreeSet;

/// What workers say of their attempts.
pub(crate) struct ReportMeasurements {
    pub worker: WorkerId,
    pub reports: Vec<Report>,
}

/// Of one lease.
pub(crate) struct Report {
    pub token: LeaseToken,
    pub measured: Vec<Measurement>,
    pub lines: Vec<LogLine>,
}

impl Command for ReportMeasurements {
    /// The tokens that are stale, of trials that are stopped now too.
    type Answer = Vec<LeaseToken>;

    async fn apply(self, cx: &mut Cx<'_>) -> Result<Vec<LeaseToken>> {
        heard(cx, self.worker).await?;
        let (mut stale, mut live) = (Vec::new(), Vec::new());
        let mut groups = BTreeSet::new();
        for Report { token, measured, lines } in self.reports {
            // A completed trial keeps its token: its last measurements may come after the outcome.
            match trials::by_token(cx.conn, token).await? {
                Some(row) => {
                    // At its end a trial has all values that count.
                    if matches!(row.job.state, JobState::Leased(_)) {
                        if halving::note(cx, &row, &measured).await? {
                            groups.insert((row.sweep, row.group));
                        }
                        advance(cx, &row, token, &measured).await?;
                    }
                    measurements::insert(cx.conn, row.sweep, row.index, row.job.begun, measured).await?;
                    log_lines::insert(cx.conn, (row.sweep, row.index, row.job.begun), lines).await?;
                    live.push(token);
                }
                None => stale.push(token),
            }
        }
        for (sweep, group) in &groups {
            halving::settle(cx, *sweep, *group).await?;
        }
        for token in live.into_iter().filter(|_| !groups.is_empty()) {
            if trials::by_token(cx.conn, token).await?.is_none() {
                stale.push(token);
            }
        }
        Ok(stale)
    }
}

/// A new epoch moves the attempt's deadline on.
async fn advance(cx: &mut Cx<'_>, row: &TrialRow, token: LeaseToken, measured: &[Measurement]) -> Result<()> {
    if let Some(epoch) = measured.iter().map(|measurement| measurement.epoch).max() {
        let deadline = cx.deadline(row.sweep).await?;
        let event = JobEvent::Advance { token, epoch, deadline };
        move_trial(cx, row, &event).await?;
    }
    Ok(())
}
