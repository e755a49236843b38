//! Lists: pages, filters, measurements, workers.

use crate::support::{Host, LightWorker, SPEC, Sweeps, create, reason, wide_spec};
use augur_proto::v1;
use std::{collections::BTreeSet, time::Duration};
use tonic::{Code, Status};

async fn trials(
    sweeps: &mut Sweeps,
    group: Option<u32>,
    size: i32,
    token: &str,
) -> Result<v1::ListTrialsResponse, Status> {
    let request = v1::ListTrialsRequest {
        parent: "sweeps/small".into(),
        page_size: size,
        page_token: token.into(),
        group,
        ..Default::default()
    };
    sweeps.list_trials(request).await.map(tonic::Response::into_inner)
}

#[tokio::test]
async fn pages_cover_all_trials_once_and_in_order() {
    let host = Host::start().await;
    let mut sweeps = host.sweeps().await;
    create(&mut sweeps, SPEC).await;
    let (mut seen, mut token, mut sizes) = (Vec::new(), String::new(), Vec::new());
    loop {
        let page = trials(&mut sweeps, None, 5, &token).await.unwrap();
        sizes.push(page.trials.len());
        seen.extend(page.trials);
        token = page.next_page_token;
        if token.is_empty() {
            break;
        }
    }
    assert_eq!(sizes, [5, 5, 2]);
    assert!(seen.iter().map(|trial| trial.index).eq(0..12));
    let names: BTreeSet<_> = seen.iter().map(|trial| &trial.name).collect();
    assert_eq!(names.len(), 12);
    let request = v1::GetTrialRequest {
        name: seen[7].name.clone(),
    };
    assert_eq!(sweeps.get_trial(request).await.unwrap().into_inner(), seen[7]);
    assert_eq!(
        (seen[7].group, seen[7].task.as_str(), seen[7].seed),
        (2, "trouser-vs-dress", 0)
    );
    assert_eq!(seen[7].initial["angle_deg"], 120.0);
}

#[tokio::test]
async fn a_page_token_belongs_to_its_list() {
    let host = Host::start().await;
    let mut sweeps = host.sweeps().await;
    create(&mut sweeps, SPEC).await;
    let token = trials(&mut sweeps, None, 5, "").await.unwrap().next_page_token;
    for (group, token) in [(Some(0), token.as_str()), (None, "4"), (None, "nonsense")] {
        let refused = trials(&mut sweeps, group, 5, token).await.unwrap_err();
        assert_eq!(
            (refused.code(), reason(&refused).as_str()),
            (Code::InvalidArgument, "FIELD_INVALID")
        );
    }
    assert_eq!(
        trials(&mut sweeps, None, -1, "").await.unwrap_err().code(),
        Code::InvalidArgument
    );
    assert_eq!(
        trials(&mut sweeps, Some(4), 5, "").await.unwrap_err().code(),
        Code::NotFound
    );
}

#[tokio::test]
async fn trials_by_group_and_state() {
    let host = Host::start().await;
    let mut sweeps = host.sweeps().await;
    create(&mut sweeps, SPEC).await;
    let mut worker = LightWorker::register(host.workers().await, 4).await;
    let leases = worker.acquire(4).await;
    worker.complete(&leases[1]).await.unwrap();
    let group = trials(&mut sweeps, Some(1), 0, "").await.unwrap().trials;
    assert!(group.iter().map(|trial| trial.index).eq(3..6));
    let request = v1::ListTrialsRequest {
        parent: "sweeps/small".into(),
        page_size: 2,
        state: v1::TrialState::Running.into(),
        ..Default::default()
    };
    let running = sweeps.list_trials(request).await.unwrap().into_inner();
    assert!(running.trials.iter().map(|trial| trial.index).eq([0, 2]));
    assert!(!running.next_page_token.is_empty());

    let listed = trials(&mut sweeps, Some(0), 0, "").await.unwrap().trials.remove(1);
    assert_eq!(listed.state(), v1::TrialState::Completed);
    assert_eq!(listed.outcome.as_ref().unwrap().scores, Vec::<f64>::new());
    let request = v1::GetTrialRequest { name: listed.name };
    let whole = sweeps.get_trial(request).await.unwrap().into_inner();
    assert_eq!(whole.outcome.unwrap().scores, [0.1, 120.0, 1e-300, 0.0]);
}

#[tokio::test]
async fn sweeps_newest_first_and_groups_in_order() {
    let host = Host::start().await;
    let mut sweeps = host.sweeps().await;
    for name in ["a", "b", "c"] {
        create(&mut sweeps, &wide_spec(name, 1)).await;
    }
    create(&mut sweeps, SPEC).await;
    let (mut names, mut token) = (Vec::new(), String::new());
    for _ in 0..2 {
        let request = v1::ListSweepsRequest {
            page_size: 2,
            page_token: token,
        };
        let page = sweeps.list_sweeps(request).await.unwrap().into_inner();
        names.extend(page.sweeps.into_iter().map(|sweep| sweep.display_name));
        token = page.next_page_token;
    }
    assert_eq!(
        (names, token.as_str()),
        (vec!["small".into(), "c".into(), "b".into(), "a".to_owned()], "")
    );
    let request = v1::ListGroupsRequest {
        parent: "sweeps/small".into(),
        ..Default::default()
    };
    let groups = sweeps.list_groups(request).await.unwrap().into_inner().groups;
    assert!(
        groups
            .iter()
            .map(|group| (group.index, group.seed))
            .eq([(0, 0), (1, 1), (2, 0), (3, 1)])
    );
}

#[tokio::test]
async fn measurements_of_the_newest_attempt_each_epoch_once() {
    let host = Host::start().await;
    let mut sweeps = host.sweeps().await;
    create(&mut sweeps, SPEC).await;
    let mut worker = LightWorker::register(host.workers().await, 1).await;
    let first = worker.acquire(1).await.remove(0);
    worker.report(&first.token, 1..=2).await;
    worker.fail(&first.token, v1::CauseKind::Preempted).await.unwrap();
    let leases = worker.acquire(2).await;
    for epochs in [1..=1, 1..=1, 1..=2] {
        assert!(worker.report(&leases[0].token, epochs).await.is_empty());
    }
    let list = |parent: &str, group| v1::ListMeasurementsRequest {
        parent: parent.into(),
        group,
    };
    let group = sweeps
        .list_measurements(list("sweeps/small/trials/-", Some(0)))
        .await
        .unwrap()
        .into_inner()
        .trials;
    let shape: Vec<_> = group
        .iter()
        .map(|trial| (trial.attempt, trial.measurements.len()))
        .collect();
    assert_eq!(shape, [(2, 2), (1, 0)]);
    assert_eq!(group[0].measurements[1].training_loss, 0.25);
    assert!(group[0].measurements[1].hypergradient_norm.unwrap().is_nan());
    let name = format!("sweeps/small/trials/{}", group[0].trial);
    let one = sweeps
        .list_measurements(list(&name, None))
        .await
        .unwrap()
        .into_inner()
        .trials;
    assert_eq!(one[0].trial, group[0].trial);
    assert_eq!(one.len(), 1);
    let refused = sweeps
        .list_measurements(list("sweeps/small/trials/-", None))
        .await
        .unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument);
}

#[tokio::test]
async fn workers_are_connected_lost_or_gone() {
    let (host, clock) = Host::with_clock().await;
    let mut sweeps = host.sweeps().await;
    create(&mut sweeps, SPEC).await;
    let mut lost = LightWorker::register(host.workers().await, 3).await;
    lost.acquire(1).await;
    let mut gone = LightWorker::register(host.workers().await, 1).await;
    gone.leave().await.unwrap();
    clock.advance(Duration::from_secs(20));
    let mut here = LightWorker::register(host.workers().await, 1).await;
    here.renew(&[]).await;
    let list = sweeps
        .list_workers(v1::ListWorkersRequest::default())
        .await
        .unwrap()
        .into_inner()
        .workers;
    let states: Vec<_> = list
        .iter()
        .map(|worker| (worker.name.clone(), worker.state()))
        .collect();
    let name = |worker: &LightWorker| format!("workers/{}", worker.id);
    assert_eq!(
        states,
        [
            (name(&lost), v1::WorkerState::Lost),
            (name(&gone), v1::WorkerState::Left),
            (name(&here), v1::WorkerState::Connected),
        ]
    );
    assert_eq!((list[0].slots, list[0].libtorch_version.as_str()), (3, "2.13.0"));
}

async fn filtered(sweeps: &mut Sweeps, filter: &str, order_by: &str, size: i32) -> Result<Vec<v1::Trial>, Status> {
    let (mut trials, mut token) = (Vec::new(), String::new());
    loop {
        let request = v1::ListTrialsRequest {
            parent: "sweeps/small".into(),
            page_size: size,
            page_token: token,
            filter: filter.into(),
            order_by: order_by.into(),
            ..Default::default()
        };
        let page = sweeps.list_trials(request).await?.into_inner();
        trials.extend(page.trials);
        token = page.next_page_token;
        if token.is_empty() {
            return Ok(trials);
        }
    }
}

#[tokio::test]
async fn trials_are_filtered_and_sorted() {
    let host = Host::start().await;
    let mut sweeps = host.sweeps().await;
    create(&mut sweeps, SPEC).await;
    let mut worker = LightWorker::register(host.workers().await, 8).await;
    for lease in &worker.acquire(5).await {
        worker.complete(lease).await.unwrap();
    }
    let mut indices = async |filter, order_by| {
        let mut pages = Vec::new();
        for size in [1, 2, 100] {
            let trials = filtered(&mut sweeps, filter, order_by, size).await.unwrap();
            pages.push(trials.iter().map(|trial| trial.index).collect::<Vec<_>>());
        }
        assert!(pages.iter().all(|page| *page == pages[0]), "{pages:?}");
        pages.remove(0)
    };
    assert_eq!(indices("state = COMPLETED", "").await, [0, 1, 2, 3, 4]);
    assert_eq!(
        indices("task = \"trouser-vs-dress\" AND seed = 1", "").await,
        [9, 10, 11]
    );
    assert_eq!(indices("seed = 1 AND state = COMPLETED", "index desc").await, [4, 3]);
    assert_eq!(
        indices("family = rotation AND variant = \"st-ssad\"", "").await.len(),
        12
    );
    // The nearer the start to 150 degrees, the lower the loss: 120, 200, 30.
    assert_eq!(indices("state = COMPLETED", "validation_loss").await, [1, 4, 2, 0, 3]);
    assert_eq!(
        indices("state = COMPLETED", "validation_loss desc").await,
        [0, 3, 2, 1, 4]
    );
    // Whoever has no loss comes last.
    assert_eq!(indices("seed = 1", "validation_loss desc").await, [3, 4, 5, 9, 10, 11]);
    assert_eq!(indices("seed = 1", "state").await, [5, 9, 10, 11, 3, 4]);
    assert_eq!(indices("seed = 1", "state desc").await, [3, 4, 5, 9, 10, 11]);

    let best = filtered(&mut sweeps, "", "validation_loss", 1).await.unwrap().remove(0);
    assert_eq!(best.validation_loss, Some(-1.0 / 31.0));
    let request = v1::GetTrialRequest { name: best.name };
    let whole = sweeps.get_trial(request).await.unwrap().into_inner();
    assert_eq!(whole.validation_loss, best.validation_loss);
}

#[tokio::test]
async fn a_filter_or_an_order_that_cannot_be_says_what_can() {
    let host = Host::start().await;
    let mut sweeps = host.sweeps().await;
    create(&mut sweeps, SPEC).await;
    for (filter, order_by, said) in [
        (
            "state = DONE",
            "",
            "field `filter` gives \"DONE\" as `state`; there are PENDING, RUNNING,",
        ),
        (
            "task = boots",
            "",
            "field `filter` gives \"boots\" as `task`; this sweep has sneaker-",
        ),
        (
            "seed = 7",
            "",
            "field `filter` gives \"7\" as `seed`; this sweep has 0, 1",
        ),
        (
            "family = scar",
            "",
            "field `filter` gives \"scar\" as `family`; this sweep has rotation",
        ),
        (
            "variant = x",
            "",
            "field `filter` gives \"x\" as `variant`; this sweep has st-ssad",
        ),
        (
            "seed = 0 OR seed = 1",
            "",
            "field `filter` has terms that aren't joined by AND; write terms such as",
        ),
        (
            "",
            "auroc",
            "field `order_by` is \"auroc\"; use index, validation_loss or state,",
        ),
        (
            "",
            "index asc",
            "field `order_by` is \"index asc\"; use index, validation_loss or state,",
        ),
    ] {
        let refused = filtered(&mut sweeps, filter, order_by, 5).await.unwrap_err();
        assert_eq!(
            (refused.code(), reason(&refused).as_str()),
            (Code::InvalidArgument, "FIELD_INVALID")
        );
        assert!(refused.message().starts_with(said), "{}", refused.message());
    }
}

#[tokio::test]
async fn each_attempt_has_its_log_and_a_stale_lease_adds_nothing_to_it() {
    let host = Host::start().await;
    let mut sweeps = host.sweeps().await;
    create(&mut sweeps, SPEC).await;
    let mut worker = LightWorker::register(host.workers().await, 1).await;
    let lease = worker.acquire(1).await.remove(0);
    let name = trials(&mut sweeps, None, 1, "").await.unwrap().trials.remove(0).name;
    worker.log(&lease.token, &[(1, "begins"), (2, "goes on")]).await;
    worker.log(&lease.token, &[(2, "said again"), (3, "ends")]).await;
    worker.fail(&lease.token, v1::CauseKind::Crashed).await.unwrap();
    let late = worker.log(&lease.token, &[(4, "too late")]).await;
    assert_eq!(late, [lease.token.as_str()]);
    let mut log = async |attempt, after_sequence| {
        let request = v1::ListLogLinesRequest {
            parent: name.clone(),
            attempt,
            after_sequence,
        };
        let answer = sweeps.list_log_lines(request).await.unwrap().into_inner();
        let lines: Vec<String> = answer.lines.into_iter().map(|line| line.text).collect();
        (answer.attempt, lines)
    };
    // It waits again, and has the log of its first attempt.
    assert_eq!(
        log(0, 0).await,
        (1, ["begins", "goes on", "ends"].map(String::from).into())
    );
    assert_eq!(log(0, 2).await.1, ["ends"]);
    let again = worker.acquire(1).await.remove(0);
    worker.log(&again.token, &[(1, &"x".repeat(2000))]).await;
    assert_eq!(log(0, 0).await, (2, vec!["x".repeat(1024)]));
    assert_eq!(log(1, 0).await.1.len(), 3);
    assert_eq!(log(7, 0).await, (7, Vec::new()));
}
