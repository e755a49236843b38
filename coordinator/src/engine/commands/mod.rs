//! The commands, one file each.

pub(crate) mod acquire_leases;
pub(crate) mod cancel_sweep;
pub(crate) mod complete_evaluation;
pub(crate) mod complete_trial;
pub(crate) mod create_sweep;
pub(crate) mod drain_worker;
pub(crate) mod fail_lease;
pub(crate) mod grace;
pub(crate) mod leave_worker;
pub(crate) mod pause_sweep;
pub(crate) mod probe;
pub(crate) mod register_worker;
pub(crate) mod renew_leases;
pub(crate) mod report_measurements;
pub(crate) mod resume_sweep;
pub(crate) mod retry_trials;
pub(crate) mod reuse_trial;
pub(crate) mod set_priority;
pub(crate) mod tick;

use super::context::Cx;
use crate::{
    error::{Error, Result},
    store::{
        SweepKey, requests,
        sweeps::{self, SweepRow},
        workers,
    },
};
use augur_core::id::WorkerId;

/// Notes that a registered worker was heard of.
async fn heard(cx: &mut Cx<'_>, worker: WorkerId) -> Result<()> {
    if workers::heard(cx.conn, worker, cx.now).await? {
        Ok(())
    } else {
        Err(Error::WorkerUnknown(worker))
    }
}

/// The answer of a request that was carried out before.
async fn seen(cx: &mut Cx<'_>, request: Option<&RequestKey>) -> Result<Option<SweepRow>> {
    match request {
        Some(request) => request.seen(cx).await,
        None => Ok(None),
    }
}

/// The sweep after a verb; the request is remembered.
async fn done(cx: &mut Cx<'_>, sweep: SweepKey, request: Option<RequestKey>) -> Result<SweepRow> {
    let row = sweeps::get(cx.conn, sweep).await?;
    if let Some(request) = request {
        request.remember(cx, &row).await?;
    }
    Ok(row)
}

/// The identity of a request that may be repeated: the client's identifier, and a hash of what was asked.
#[derive(Clone, Debug)]
pub(crate) struct RequestKey {
    pub request: String,
    pub fingerprint: String,
}

impl RequestKey {
    /// The sweep of the same request, if it was carried out before.
    async fn seen(&self, cx: &mut Cx<'_>) -> Result<Option<SweepRow>> {
        match requests::get(cx.conn, &self.request).await? {
            None => Ok(None),
            Some((fingerprint, _)) if fingerprint != self.fingerprint => {
                Err(Error::RequestIdReused(self.request.clone()))
            }
            Some((_, sweep)) => Ok(Some(sweeps::get(cx.conn, sweep).await?)),
        }
    }

    /// Remembers the request.
    async fn remember(&self, cx: &mut Cx<'_>, sweep: &SweepRow) -> Result<()> {
        Ok(requests::insert(cx.conn, &self.request, &self.fingerprint, sweep.key, cx.now).await?)
    }
}
