//! Pictures of what a selected trial saw and made: wanted with an evaluation, kept, and given out.

use crate::support::{Host, LightWorker, SPEC, Sweeps, create, pictures};
use augur_proto::v1::{self, lease::Work};
use tonic::Code;

async fn list(sweeps: &mut Sweeps, group: u32) -> Result<Vec<v1::Picture>, tonic::Status> {
    let parent = "sweeps/small".to_owned();
    let request = v1::ListPicturesRequest { parent, group };
    Ok(sweeps.list_pictures(request).await?.into_inner().pictures)
}

/// The first evaluation of a sweep, leased, with every trial before it done.
async fn evaluation(worker: &mut LightWorker) -> (v1::Lease, v1::EvaluationWork) {
    for lease in worker.acquire(3).await {
        worker.complete(&lease).await.unwrap();
    }
    let lease = worker.acquire(1).await.remove(0);
    let Some(Work::Evaluation(work)) = lease.work.clone() else {
        panic!("{lease:?}")
    };
    (lease, work)
}

#[tokio::test]
async fn pictures_of_the_selected_trial_are_kept_in_their_order() {
    let host = Host::start().await;
    let mut sweeps = host.sweeps().await;
    let variant = "variants:\n  - {name: plain, hypergradient: none}\n";
    create(&mut sweeps, &format!("{SPEC}{variant}")).await;
    let mut worker = LightWorker::register(host.workers().await, 1).await;
    assert_eq!(list(&mut sweeps, 0).await.unwrap(), []);
    let (lease, work) = evaluation(&mut worker).await;
    assert_eq!(work.pictures, 6);
    // Of the selected trial, which is the best of the ranking.
    assert_eq!(work.tuned["angle_deg"], 120.0 + 1.0 / 3.0);
    worker.complete(&lease).await.unwrap();
    let kept = list(&mut sweeps, 0).await.unwrap();
    assert_eq!(kept.len(), 24);
    assert_eq!(kept, pictures(&work));
    worker.work_off().await;
    // The method's groups have some, and its variant's have none.
    let mut counts = Vec::new();
    for group in 0..8 {
        counts.push(list(&mut sweeps, group).await.unwrap().len());
    }
    counts.sort_unstable();
    assert_eq!(counts, [0, 0, 0, 0, 24, 24, 24, 24]);
    assert_eq!(list(&mut sweeps, 8).await.unwrap_err().code(), Code::NotFound);
    host.check().await;
}

#[tokio::test]
async fn what_is_no_picture_is_refused_and_none_are_asked_for_where_none_are_wanted() {
    let host = Host::start().await;
    let mut sweeps = host.sweeps().await;
    create(&mut sweeps, &format!("{SPEC}report: {{pictures: 0}}\n")).await;
    let mut worker = LightWorker::register(host.workers().await, 1).await;
    let (lease, mut work) = evaluation(&mut worker).await;
    assert_eq!(work.pictures, 0);
    work.pictures = 17;
    let too_many = pictures(&work);
    let mut huge = too_many[..1].to_vec();
    huge[0].data = vec![0; 64 * 1024 + 1];
    let mut unknown = too_many[..1].to_vec();
    unknown[0].media_type = "image/svg+xml".into();
    for pictures in [too_many, huge, unknown] {
        let request = v1::CompleteEvaluationRequest {
            worker_id: worker.id.clone(),
            token: lease.token.clone(),
            trials: crate::support::agreements(&work),
            pictures,
        };
        let refused = worker.api.complete_evaluation(request).await.unwrap_err();
        assert_eq!(refused.code(), Code::InvalidArgument, "{refused}");
        assert!(refused.message().contains("picture"), "{refused}");
    }
    worker.complete(&lease).await.unwrap();
    assert_eq!(list(&mut sweeps, 0).await.unwrap(), []);
}
