//! Submitting a spec: repeats, conflicts, faults, dry runs.

use crate::support::{Host, SPEC, create, get, reason, try_create};
use augur_proto::v1;
use tonic::Code;
use tonic_types::StatusExt;

fn request(spec: &str, id: &str, validate_only: bool) -> v1::CreateSweepRequest {
    v1::CreateSweepRequest {
        spec_yaml: spec.into(),
        request_id: id.into(),
        validate_only,
        no_reuse: false,
    }
}

#[tokio::test]
async fn the_same_spec_again_is_the_same_sweep() {
    let host = Host::start().await;
    let mut sweeps = host.sweeps().await;
    let first = create(&mut sweeps, SPEC).await;
    let again = create(&mut sweeps, &format!("# a comment changes nothing\n{SPEC}")).await;
    assert_eq!(first, again);
    assert_eq!(get(&mut sweeps, &first.name).await, first);
    assert_eq!(get(&mut sweeps, "sweeps/small").await, first);
    assert_eq!(first.spec_yaml, SPEC);
    assert_eq!(first.criterion, "aligned_explained");
    assert_eq!(first.progress.unwrap().epochs_per_trial, 2);
    host.check().await;
}

#[tokio::test]
async fn another_spec_under_the_name_is_refused_with_the_differences() {
    let host = Host::start().await;
    let mut sweeps = host.sweeps().await;
    create(&mut sweeps, SPEC).await;
    let other = SPEC.replace("seeds: [0, 1]", "seeds: [0, 7, 8]");
    for validate_only in [true, false] {
        let refused = sweeps
            .create_sweep(request(&other, "", validate_only))
            .await
            .unwrap_err();
        assert_eq!(refused.code(), Code::AlreadyExists);
        assert_eq!(reason(&refused), "SWEEP_NAME_TAKEN");
        assert_eq!(
            refused.message(),
            "a sweep called small exists with another spec (seeds[1]: 1 -> 7, seeds[2]: nothing -> 8); \
             choose another `name`, or submit the spec as it was"
        );
    }
    host.check().await;
}

#[tokio::test]
async fn every_fault_of_a_spec_is_a_violation_with_its_place() {
    let host = Host::start().await;
    let mut sweeps = host.sweeps().await;
    let faulty = SPEC.replace("seeds: [0, 1]", "seeds: [0, 0]").replace("200", "999");
    let refused = try_create(&mut sweeps, &faulty).await.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument);
    assert_eq!(reason(&refused), "SPEC_INVALID");
    let violations = refused.get_details_bad_request().unwrap().field_violations;
    let fields: Vec<_> = violations.iter().map(|violation| violation.field.as_str()).collect();
    assert_eq!(fields, ["families[0].rotation.starts[2].angle_deg", "seeds[1]"]);
    assert!(
        violations[0].description.starts_with("line 8, column "),
        "{violations:?}"
    );
}

#[tokio::test]
async fn validate_only_says_what_would_be_and_leaves_nothing() {
    let host = Host::start().await;
    let mut sweeps = host.sweeps().await;
    let planned = sweeps.create_sweep(request(SPEC, "", true)).await.unwrap().into_inner();
    let progress = planned.progress.clone().unwrap();
    assert_eq!((progress.trials_total, progress.groups_total), (12, 4));
    assert_eq!(planned.state(), v1::SweepState::Unspecified);
    let list = sweeps
        .list_sweeps(v1::ListSweepsRequest::default())
        .await
        .unwrap()
        .into_inner();
    assert!(list.sweeps.is_empty());
    assert!(sweeps.create_sweep(request("seeds: 3", "", true)).await.is_err());
    assert_eq!(create(&mut sweeps, SPEC).await.name, planned.name);
}

#[tokio::test]
async fn a_request_id_is_good_for_one_request() {
    let host = Host::start().await;
    let mut sweeps = host.sweeps().await;
    let first = sweeps
        .create_sweep(request(SPEC, "r1", false))
        .await
        .unwrap()
        .into_inner();
    let again = sweeps
        .create_sweep(request(SPEC, "r1", false))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(first, again);
    let other = SPEC.replace("name: small", "name: other");
    let refused = sweeps.create_sweep(request(&other, "r1", false)).await.unwrap_err();
    assert_eq!(
        (refused.code(), reason(&refused).as_str()),
        (Code::InvalidArgument, "REQUEST_ID_REUSED")
    );
    let cancel = |id: &str| v1::CancelSweepRequest {
        name: "sweeps/small".into(),
        request_id: id.into(),
    };
    let refused = sweeps.cancel_sweep(cancel("r1")).await.unwrap_err();
    assert_eq!(reason(&refused), "REQUEST_ID_REUSED");
    for _ in 0..2 {
        let cancelled = sweeps.cancel_sweep(cancel("r2")).await.unwrap().into_inner();
        assert_eq!(cancelled.state(), v1::SweepState::Cancelled);
    }
}

#[tokio::test]
async fn what_is_not_there_is_not_found() {
    let host = Host::start().await;
    let mut sweeps = host.sweeps().await;
    create(&mut sweeps, SPEC).await;
    for name in ["sweeps/large", "sweeps/6f1c2f0e-0000-5000-8000-000000000000"] {
        let request = v1::GetSweepRequest { name: name.into() };
        let refused = sweeps.get_sweep(request).await.unwrap_err();
        assert_eq!(
            (refused.code(), reason(&refused).as_str()),
            (Code::NotFound, "NOT_FOUND")
        );
    }
    for name in ["small", "sweeps/", "sweeps/small/trials"] {
        let request = v1::GetSweepRequest { name: name.into() };
        let refused = sweeps.get_sweep(request).await.unwrap_err();
        assert_eq!(
            (refused.code(), reason(&refused).as_str()),
            (Code::InvalidArgument, "FIELD_INVALID")
        );
    }
    let request = v1::GetTrialRequest {
        name: "sweeps/small/trials/none".into(),
    };
    assert_eq!(sweeps.get_trial(request).await.unwrap_err().code(), Code::NotFound);
}
