//! A worker by way of `augur-link`, as the real one is, that invents outcomes.

use crate::support::{agreements, outcome, registration};
use augur_channel::Access;
use augur_core::{id::WorkerId, plan::TrialSpec};
use augur_link::{End, Held, Link, Work};
use augur_proto::v1::lease;
use augur_watching::traces::Traces;
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use tonic::transport::Endpoint;
use uuid::Uuid;

#[derive(Clone)]
struct Invented;

impl Work for Invented {
    type Slot = ();

    async fn work(&self, held: &Held, work: Option<lease::Work>, (): &mut ()) -> End {
        match work {
            Some(lease::Work::Trial(work)) => {
                held.saved(1, 10);
                let spec: TrialSpec = serde_json::from_str(&work.trial_spec_json).unwrap();
                End::Computed {
                    fingerprint: String::new(),
                    outcome: Box::new(outcome(&spec).into()),
                }
            }
            Some(lease::Work::Evaluation(work)) => End::Evaluated {
                trials: agreements(&work),
                pictures: Vec::new(),
            },
            None => End::Dropped,
        }
    }

    fn patience(&self, _: bool) -> Duration {
        Duration::ZERO
    }

    async fn trial_over(&self, _: &str, _: bool) {}
}

/// A worker that has registered, and what tells it to leave.
pub async fn join(url: &str, traces: Option<Traces>) -> (Link, CancellationToken) {
    let stopping = CancellationToken::new();
    let id = WorkerId::from_uuid(Uuid::now_v7()).to_string();
    let access = Access::plain(url).unwrap();
    let joined = Link::join(
        &access,
        registration(&id, 1),
        Duration::from_secs(30),
        Endpoint::connect_lazy,
        stopping.clone(),
    );
    let mut link = joined.await.unwrap().unwrap();
    link.traces = traces;
    (link, stopping)
}

/// Works until it is told to leave.
pub async fn live(link: &Link) {
    link.live(&Invented, vec![()]).await.unwrap();
}
