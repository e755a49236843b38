//! One lease, from its arrival to the report of what came of it.

use crate::{
    leases::Held,
    life::Link,
    story::{Story, trial_of},
    work::{End, Work},
};
use augur_proto::v1::lease;
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use tracing::{Instrument, info, info_span};

/// How long a trial that is no longer wanted may take to end its epoch; then its process is killed. Starting another one takes
/// as long.
const LAST_EPOCH: Duration = Duration::from_secs(5);

/// How long a worker that leaves waits for the coordinator to hear of a result or of a trial that is given back, and again of its
/// goodbye.
pub(crate) const GRACE: Duration = Duration::from_secs(2);

impl Link {
    /// Has the work of a lease done in slot number `index`, and reports.
    pub(crate) async fn carry_out<W: Work>(
        &self,
        work: &W,
        held: Held,
        (attempt, leased): (u32, Option<lease::Work>),
        slot: (usize, &mut W::Slot),
    ) {
        let worker = self.coordinator.worker_id();
        let span = match leased.as_ref().and_then(trial_of) {
            // Names are sweeps/{sweep}/trials/{trial}.
            Some(name) => {
                let mut parts = name.split('/').skip(1).step_by(2);
                let (sweep, trial) = (parts.next(), parts.next());
                info_span!("work", worker, sweep, trial, attempt)
            }
            None => info_span!("work", worker, attempt),
        };
        self.carry_out_traced(work, held, (attempt, leased), slot)
            .instrument(span)
            .await;
    }

    async fn carry_out_traced<W: Work>(
        &self,
        work: &W,
        mut held: Held,
        (attempt, leased): (u32, Option<lease::Work>),
        (index, slot): (usize, &mut W::Slot),
    ) {
        let story = self.traces.as_ref().zip(leased.as_ref());
        held.story =
            story.and_then(|(traces, leased)| Story::begins(traces, leased, attempt, self.coordinator.worker_id()));
        held.tally = Some(self.coordinator.tally());
        let (what, name) = match &leased {
            Some(lease::Work::Trial(work)) => ("trial", work.trial.clone()),
            Some(lease::Work::Evaluation(work)) => ("evaluation", format!("{}, group {}", work.sweep, work.group)),
            None => ("lease", held.token.to_string()),
        };
        info!("{what} begins in slot {index}: {name}");
        let is_trial = matches!(leased, Some(lease::Work::Trial(_)));
        let end = tokio::select! {
            biased;
            end = work.work(&held, leased, slot) => end,
            () = some_time_after(&held.dropped, LAST_EPOCH) => End::Dropped,
            () = some_time_after(&held.recalled, work.patience(is_trial)) => took_too_long(&held),
        };
        let is_completed = tokio::select! {
            biased;
            is_completed = self.report(&held, what, &name, end) => is_completed,
            () = some_time_after(&self.stopping, GRACE) => false,
        };
        drop(held);
        if is_trial {
            work.trial_over(&name, is_completed).await;
        }
    }
}

/// Work whose process is killed: it did not end by itself in time.
fn took_too_long(held: &Held) -> End {
    held.given_back("on its way; a trial resumes from an earlier checkpoint, if there is one")
}

/// Returns so long after `token` has fired, or after this call if that was later.
async fn some_time_after(token: &CancellationToken, time: Duration) {
    token.cancelled().await;
    tokio::time::sleep(time).await;
}
