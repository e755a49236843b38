//! Stores what running trials measured; the reports of stale leases are named and dropped.

use super::heard;
use crate::{
    engine::{command::Command, context::Cx},
    error::Result,
    store::{measurements, trials},
};
use augur_core::{
    id::{LeaseToken, WorkerId},
    outcome::Measurement,
};

/// Measurements by lease.
pub(crate) struct ReportMeasurements {
    pub worker: WorkerId,
    pub reports: Vec<(LeaseToken, Vec<Measurement>)>,
}

impl Command for ReportMeasurements {
    /// The tokens that are stale.
    type Answer = Vec<LeaseToken>;

    async fn apply(self, cx: &mut Cx<'_>) -> Result<Vec<LeaseToken>> {
        heard(cx, self.worker).await?;
        let mut stale = Vec::new();
        for (token, measured) in self.reports {
            // A completed trial keeps its token: its last measurements may come after the outcome.
            match trials::by_token(cx.conn, token).await? {
                Some(row) => {
                    measurements::insert(cx.conn, row.sweep, row.index, row.job.begun, measured).await?;
                }
                None => stale.push(token),
            }
        }
        Ok(stale)
    }
}
