//! Handing in what came of a lease.

use crate::{
    coordinator::{Client, GaveUp},
    leases::Held,
    life::Link,
    story::Call,
    tally::Ended,
    work::End,
};
use augur_core::state::{Cause, CauseKind};
use augur_proto::v1;
use tracing::{error, info, warn};

/// Why work is dropped that was cancelled, was stopped early, or went to another worker.
const UNWANTED: &str = "the coordinator wants it no more";

impl Link {
    /// Reports the end of the work under a lease, until the coordinator has it or says that it is stale. Whether the work is
    /// completed by it.
    pub(crate) async fn report(&self, held: &Held, what: &str, name: &str, end: End) -> bool {
        let reported = match end {
            End::Dropped => {
                info!("{what} dropped, for {UNWANTED}: {name}");
                self.ended(held, Ended::Dropped, None);
                return false;
            }
            End::Computed { fingerprint, outcome } => {
                let request = v1::CompleteTrialRequest {
                    fingerprint,
                    outcome: Some((*outcome).into()),
                    ..Default::default()
                };
                self.complete_trial(held, request).await
            }
            End::Reused {
                fingerprint,
                trial,
                detector_missing,
            } => {
                info!("not computed again, for it is {trial}");
                let request = v1::CompleteTrialRequest {
                    fingerprint,
                    reused: trial,
                    detector_missing,
                    ..Default::default()
                };
                self.complete_trial(held, request).await
            }
            End::Evaluated { trials, pictures } => {
                let request = v1::CompleteEvaluationRequest {
                    trials,
                    pictures,
                    ..Default::default()
                };
                self.complete_evaluation(held, request).await
            }
            End::Failed(cause) => {
                warn!("{what} failed, {cause}: {name}");
                self.ended(held, Ended::Failed, Some(cause.to_string()));
                self.fail(held, what, name, cause).await;
                return false;
            }
            End::GivenBack(cause) => {
                info!("{what} {cause}: {name}");
                self.ended(held, Ended::GivenBack, None);
                self.fail(held, what, name, cause).await;
                return false;
            }
        };
        let is_completed = reported.is_ok();
        let (ended, error) = match &reported {
            Ok(()) => (Ended::Completed, None),
            Err(GaveUp::Stale) => (Ended::Dropped, None),
            Err(gave_up) => (Ended::Failed, Some(gave_up.to_string())),
        };
        self.ended(held, ended, error);
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

    fn ended(&self, held: &Held, how: Ended, error: Option<String>) {
        self.coordinator.tally().ends(how);
        if let Some(story) = &held.story {
            let name = Ended::ALL[how as usize].1;
            story.ends(name, error);
        }
    }

    async fn complete_trial(&self, held: &Held, request: v1::CompleteTrialRequest) -> Result<(), GaveUp> {
        // Measurements first: whoever sees the end finds every epoch.
        self.reporter.flush().await;
        let request = v1::CompleteTrialRequest {
            worker_id: self.coordinator.worker_id(),
            token: held.token.to_string(),
            ..request
        };
        let traced = Call::begins(held.story.as_ref(), "CompleteTrial");
        let call = |mut client: Client, request| {
            let request = traced.request(request);
            async move { client.complete_trial(request).await }
        };
        let sent = self.coordinator.send(request, call).await;
        traced.ends(sent).map(|_| ())
    }

    async fn complete_evaluation(&self, held: &Held, request: v1::CompleteEvaluationRequest) -> Result<(), GaveUp> {
        let request = v1::CompleteEvaluationRequest {
            worker_id: self.coordinator.worker_id(),
            token: held.token.to_string(),
            ..request
        };
        let traced = Call::begins(held.story.as_ref(), "CompleteEvaluation");
        let call = |mut client: Client, request| {
            let request = traced.request(request);
            async move { client.complete_evaluation(request).await }
        };
        let sent = self.coordinator.send(request, call).await;
        traced.ends(sent).map(|_| ())
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
        let traced = Call::begins(held.story.as_ref(), "FailLease");
        let call = |mut client: Client, request| {
            let request = traced.request(request);
            async move { client.fail_lease(request).await }
        };
        let sent = self.coordinator.send(request, call).await;
        match traced.ends(sent) {
            Ok(_) => {}
            Err(GaveUp::Stale) => info!("{what} dropped, for its lease was lost: {name}"),
            Err(gave_up) => error!("{what} stays leased until its lease ends, for {gave_up}: {name}"),
        }
    }
}
