//! A worker's own life, whose token is replaced while it computes: nothing of what it computed is lost.

use super::Strict;
use crate::support::{SPEC, agreements, eventually, outcome, pictures, registration};
use augur_channel::{Access, Credentials};
use augur_coordinator::safety::{Audit, Role};
use augur_core::id::WorkerId;
use augur_link::{End, Held, Link, Work};
use augur_proto::v1::{self, lease, sweep_service_client::SweepServiceClient};
use std::{
    fs,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering::Relaxed},
    },
    time::Duration,
};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tonic::transport::Endpoint;
use uuid::Uuid;

/// Computes nothing, once it may.
#[derive(Clone)]
struct Patient {
    begun: Arc<AtomicU32>,
    may: Arc<Semaphore>,
}

impl Work for Patient {
    type Slot = ();

    async fn work(&self, _: &Held, work: Option<lease::Work>, _: &mut ()) -> End {
        self.begun.fetch_add(1, Relaxed);
        let _may = self.may.acquire().await.unwrap();
        match work.unwrap() {
            lease::Work::Trial(work) => End::Computed {
                fingerprint: String::new(),
                outcome: Box::new(outcome(&serde_json::from_str(&work.trial_spec_json).unwrap()).into()),
            },
            lease::Work::Evaluation(work) => End::Evaluated {
                trials: agreements(&work),
                pictures: pictures(&work),
            },
        }
    }

    fn patience(&self, _: bool) -> Duration {
        Duration::ZERO
    }

    async fn trial_over(&self, _: &str, _: bool) {}
}

#[tokio::test]
async fn a_worker_that_runs_outlives_its_token() {
    let strict = Strict::start(|folder, safety| {
        safety.audit = Some(Arc::new(Audit::open(&folder.path().join("audit.jsonl")).unwrap()));
    })
    .await;
    let [worker, admin] = ["worker", "admin"].map(|name| strict.folder.path().join(name));
    fs::write(&worker, strict.token("gpu", Role::Worker)).unwrap();
    fs::write(&admin, strict.token("root", Role::Admin)).unwrap();
    let access = |file: &std::path::Path| Access {
        addresses: strict.coordinator.address().to_string().parse().unwrap(),
        credentials: Credentials {
            token_file: Some(file.to_owned()),
            ..Credentials::default()
        },
    };
    let people = access(&admin)
        .open(|endpoint| endpoint, Endpoint::connect_lazy)
        .unwrap();
    let mut people = SweepServiceClient::new(people);
    let request = v1::CreateSweepRequest {
        spec_yaml: SPEC.into(),
        ..Default::default()
    };
    people.create_sweep(request).await.unwrap();

    let work = Patient {
        begun: Arc::default(),
        may: Arc::new(Semaphore::new(0)),
    };
    let stopping = CancellationToken::new();
    let identity = registration(&WorkerId::from_uuid(Uuid::now_v7()).to_string(), 1);
    let patience = Duration::from_secs(30);
    let way = access(&worker);
    let link = Link::join(&way, identity, patience, Endpoint::connect_lazy, stopping.clone());
    let link = link.await.unwrap().unwrap();
    let life = {
        let work = work.clone();
        tokio::spawn(async move { link.live(&work, vec![()]).await })
    };
    eventually(|| work.begun.load(Relaxed) == 1).await;

    let new = strict.rotate("gpu", Duration::ZERO);
    work.may.add_permits(1);
    // It has tried to hand in, more than once, and was refused.
    let record = || fs::read_to_string(strict.folder.path().join("audit.jsonl")).unwrap();
    eventually(|| {
        record()
            .matches("CompleteTrial\",\"outcome\":\"Unauthenticated\"")
            .count()
            > 1
    })
    .await;
    fs::write(&worker, new).unwrap();

    let sweep = async {
        loop {
            let request = v1::GetSweepRequest {
                name: "sweeps/small".into(),
            };
            let sweep = people.get_sweep(request).await.unwrap().into_inner();
            if sweep.state() == v1::SweepState::Succeeded {
                return;
            }
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), sweep)
        .await
        .expect("the sweep ends");
    // 12 trials and 4 evaluations, each done once.
    assert_eq!(work.begun.load(Relaxed), 16);
    stopping.cancel();
    life.await.unwrap().unwrap();
}
