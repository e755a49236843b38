//! Reuse: what completed before in this store is named in a lease, copied when asked for, and fenced like every result.

use crate::support::{Host, LightWorker, SPEC, Sweeps, create, get, outcome, reason};
use augur_core::{leaderboard::Leaderboard, plan::TrialSpec};
use augur_proto::v1::{self, lease::Work};
use tonic::Code;

/// The name of SPEC's sweep that is run again: the same trials under another name.
fn again(name: &str) -> String {
    SPEC.replace("name: small", &format!("name: {name}"))
}

fn trial(lease: &v1::Lease) -> &v1::TrialWork {
    match lease.work.as_ref().unwrap() {
        Work::Trial(work) => work,
        Work::Evaluation(work) => panic!("an evaluation: {work:?}"),
    }
}

fn request(worker: &LightWorker, lease: &v1::Lease, fingerprint: &str, reused: &str) -> v1::CompleteTrialRequest {
    v1::CompleteTrialRequest {
        worker_id: worker.id.clone(),
        token: lease.token.clone(),
        fingerprint: fingerprint.into(),
        reused: reused.into(),
        ..Default::default()
    }
}

/// Works off what there is: a trial that completed with this fingerprint is reused, any other computed.
async fn work_off(worker: &mut LightWorker, fingerprint: &str) {
    loop {
        let leases = worker.acquire(4).await;
        if leases.is_empty() {
            return;
        }
        for lease in &leases {
            let Some(Work::Trial(work)) = &lease.work else {
                worker.complete(lease).await.unwrap();
                continue;
            };
            let known = work.earlier.iter().find(|earlier| earlier.fingerprint == fingerprint);
            let mut request = request(worker, lease, fingerprint, known.map_or("", |known| &known.trial));
            if known.is_none() {
                worker.report(&lease.token, 1..=2).await;
                let spec: TrialSpec = serde_json::from_str(&work.trial_spec_json).unwrap();
                request.outcome = Some(outcome(&spec));
            }
            worker.api.complete_trial(request).await.unwrap();
        }
    }
}

async fn leaderboard(sweeps: &mut Sweeps, name: &str) -> Leaderboard {
    let request = v1::GetLeaderboardRequest { name: name.into() };
    let board = sweeps.get_leaderboard(request).await.unwrap().into_inner();
    board.try_into().unwrap()
}

#[tokio::test]
async fn the_same_trials_again_are_copied_with_their_measurements_and_give_the_same_choice() {
    let host = Host::start().await;
    let mut sweeps = host.sweeps().await;
    let mut worker = LightWorker::register(host.workers().await, 4).await;
    for name in ["small", "second", "third"] {
        create(&mut sweeps, &again(name)).await;
        work_off(&mut worker, "f1").await;
    }
    let first = leaderboard(&mut sweeps, "sweeps/small").await;
    for name in ["second", "third"] {
        let sweep = get(&mut sweeps, &format!("sweeps/{name}")).await;
        assert_eq!(sweep.state(), v1::SweepState::Succeeded);
        let progress = sweep.progress.unwrap();
        assert_eq!((progress.trials_completed, progress.trials_reused), (12, 12));
        assert_eq!(progress.trial_seconds, 0.0, "nobody spent any");
        let board = leaderboard(&mut sweeps, &sweep.name).await;
        for (mut result, first) in board.tasks.into_iter().zip(&first.tasks) {
            for candidate in result.candidates.iter_mut().chain(&mut result.selected) {
                assert_eq!(
                    candidate.reused_from.take().as_deref(),
                    Some("small"),
                    "who computed it"
                );
            }
            assert_eq!(&result, first, "seal, ranking, agreement and all");
        }
        let parent = format!("{}/trials/-", sweep.name);
        let request = v1::ListMeasurementsRequest { parent, group: Some(0) };
        let measured = sweeps.list_measurements(request).await.unwrap().into_inner();
        assert!(measured.trials.iter().all(|trial| trial.measurements.len() == 2));
    }
    host.check().await;
    host.coordinator.stop().await.unwrap();
}

#[tokio::test]
async fn other_bytes_or_code_and_a_sweep_that_wants_no_reuse_are_computed() {
    let host = Host::start().await;
    let mut sweeps = host.sweeps().await;
    let mut worker = LightWorker::register(host.workers().await, 4).await;
    create(&mut sweeps, SPEC).await;
    work_off(&mut worker, "f1").await;
    create(&mut sweeps, &again("changed")).await;
    work_off(&mut worker, "f2").await;
    let progress = get(&mut sweeps, "sweeps/changed").await.progress.unwrap();
    assert_eq!((progress.trials_completed, progress.trials_reused), (12, 0));
    let request = v1::CreateSweepRequest {
        spec_yaml: again("forced"),
        no_reuse: true,
        ..Default::default()
    };
    sweeps.create_sweep(request).await.unwrap();
    let lease = worker.acquire(1).await.remove(0);
    assert!(trial(&lease).earlier.is_empty());
    worker.complete(&lease).await.unwrap();
    create(&mut sweeps, &again("both")).await;
    work_off(&mut worker, "f1").await;
    let lease_of_both = get(&mut sweeps, "sweeps/both").await.progress.unwrap();
    assert_eq!(lease_of_both.trials_reused, 12, "both fingerprints were offered");
    host.check().await;
    host.coordinator.stop().await.unwrap();
}

#[tokio::test]
async fn only_what_the_lease_named_can_be_reused_and_only_under_a_live_lease() {
    let host = Host::start().await;
    let mut sweeps = host.sweeps().await;
    let mut worker = LightWorker::register(host.workers().await, 4).await;
    create(&mut sweeps, SPEC).await;
    work_off(&mut worker, "f1").await;
    create(&mut sweeps, &again("second")).await;
    let lease = worker.acquire(1).await.remove(0);
    let earlier = trial(&lease).earlier[0].trial.clone();
    let own = trial(&lease).trial.clone();
    let wrong = [
        request(&worker, &lease, "f2", &earlier),
        request(&worker, &lease, "", &earlier),
        request(&worker, &lease, "f1", &own),
        request(&worker, &lease, "f1", "nonsense"),
        request(&worker, &lease, "f1", ""),
    ];
    for wrong in wrong {
        let refused = worker.api.complete_trial(wrong.clone()).await.unwrap_err();
        assert_eq!(refused.code(), Code::InvalidArgument, "{wrong:?}: {refused:?}");
    }
    worker.fail(&lease.token, v1::CauseKind::Preempted).await.unwrap();
    let stale = request(&worker, &lease, "f1", &earlier);
    let refused = worker.api.complete_trial(stale).await.unwrap_err();
    assert_eq!(
        (refused.code(), reason(&refused).as_str()),
        (Code::Aborted, "LEASE_STALE")
    );
    let lease = worker.acquire(1).await.remove(0);
    for _ in 0..2 {
        let right = request(&worker, &lease, "f1", &earlier);
        worker.api.complete_trial(right).await.unwrap();
    }
    let progress = get(&mut sweeps, "sweeps/second").await.progress.unwrap();
    assert_eq!(
        (progress.trials_completed, progress.trials_reused),
        (1, 1),
        "said twice, done once"
    );
    host.check().await;
    host.coordinator.stop().await.unwrap();
}
