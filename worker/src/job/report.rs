//! Handing in what came of a lease.

use super::{Bench, End};
use crate::{
    coordinator::{Client, GaveUp},
    leases::Held,
    slot::protocol::{Computed, Done},
};
use augur_core::state::{Cause, CauseKind};
use augur_proto::v1;
use tracing::{error, info, warn};

impl Bench {
    /// Reports the end of the work under a lease, until the coordinator has it or says that it is stale. Whether the work is
    /// completed by it.
    pub(super) async fn report(&self, held: &Held, what: &str, name: &str, end: End) -> bool {
        let reported = match end {
            End::Dropped(why) => {
                info!("{what} dropped, for {why}: {name}");
                return false;
            }
            End::Trial(done) => self.complete_trial(held, *done).await,
            End::Evaluation(trials) => self.complete_evaluation(held, trials).await,
            End::Failed(cause) => {
                warn!("{what} failed, {cause}: {name}");
                self.fail(held, what, name, cause).await;
                return false;
            }
            End::GivenBack(cause) => {
                info!("{what} {cause}: {name}");
                self.fail(held, what, name, cause).await;
                return false;
            }
        };
        let is_completed = reported.is_ok();
        match reported {
            Ok(()) => info!("{what} completed: {name}"),
            Err(GaveUp::Stale) => info!("{what} dropped, for its lease was lost: {name}"),
            Err(gave_up) => {
                error!("{what} can't be handed in, for {gave_up}: {name}");
                let detail = format!("its result can't be handed in, for {gave_up}");
                self.fail(
                    held,
                    what,
                    name,
                    Cause {
                        kind: CauseKind::Crashed,
                        detail,
                    },
                )
                .await;
            }
        }
        is_completed
    }

    async fn complete_trial(&self, held: &Held, done: Done) -> Result<(), GaveUp> {
        // Measurements first: whoever sees the end finds every epoch.
        self.reporter.flush().await;
        let (worker_id, token) = (self.coordinator.worker_id(), held.token.to_string());
        let request = v1::CompleteTrialRequest {
            worker_id,
            token,
            fingerprint: done.fingerprint,
            ..Default::default()
        };
        let request = match done.result {
            Computed::Now(outcome) => v1::CompleteTrialRequest {
                outcome: Some(outcome.into()),
                ..request
            },
            Computed::Before {
                trial,
                detector_missing,
            } => {
                info!("not computed again, for it is {trial}");
                v1::CompleteTrialRequest {
                    reused: trial,
                    detector_missing,
                    ..request
                }
            }
        };
        let call = |mut client: Client, request| async move { client.complete_trial(request).await };
        self.coordinator.send(request, call).await.map(|_| ())
    }

    async fn complete_evaluation(&self, held: &Held, trials: Vec<v1::TrialAgreement>) -> Result<(), GaveUp> {
        let (worker_id, token) = (self.coordinator.worker_id(), held.token.to_string());
        let request = v1::CompleteEvaluationRequest {
            worker_id,
            token,
            trials,
        };
        let call = |mut client: Client, request| async move { client.complete_evaluation(request).await };
        self.coordinator.send(request, call).await.map(|_| ())
    }

    async fn fail(&self, held: &Held, what: &str, name: &str, cause: Cause) {
        self.reporter.flush().await;
        let (worker_id, token) = (self.coordinator.worker_id(), held.token.to_string());
        let request = v1::FailLeaseRequest {
            worker_id,
            token,
            cause: Some(cause.into()),
            ..Default::default()
        };
        let call = |mut client: Client, request| async move { client.fail_lease(request).await };
        match self.coordinator.send(request, call).await {
            Ok(_) => {}
            Err(GaveUp::Stale) => info!("{what} dropped, for its lease was lost: {name}"),
            Err(gave_up) => error!("{what} stays leased until its lease ends, for {gave_up}: {name}"),
        }
    }
}
