//! What the API puts together for charts and tables.

use super::fill;
use crate::support::{Host, LightWorker, SPEC, Sweeps, create, reason, wide_spec};
use augur_proto::v1;
use std::collections::BTreeSet;
use tonic::Code;

async fn tasks(sweeps: &mut Sweeps, size: i32) -> Vec<v1::TaskProgress> {
    let (mut tasks, mut page_token) = (Vec::new(), String::new());
    loop {
        let parent = "sweeps/small".into();
        let request = v1::ListTasksRequest {
            parent,
            page_size: size,
            page_token,
        };
        let page = sweeps.list_tasks(request).await.unwrap().into_inner();
        tasks.extend(page.tasks);
        page_token = page.next_page_token;
        if page_token.is_empty() {
            return tasks;
        }
    }
}

#[tokio::test]
async fn tasks_count_what_became_of_their_trials() {
    let host = Host::start().await;
    let mut sweeps = host.sweeps().await;
    create(&mut sweeps, SPEC).await;
    let mut worker = LightWorker::register(host.workers().await, 12).await;
    let leases = worker.acquire(8).await;
    worker.complete(&leases[0]).await.unwrap();
    worker.complete(&leases[1]).await.unwrap();
    worker.fail(&leases[2].token, v1::CauseKind::BadData).await.unwrap();
    for size in [1, 100] {
        let tasks = tasks(&mut sweeps, size).await;
        let counts = |at: usize| {
            let task = &tasks[at];
            [
                task.trials_total,
                task.trials_completed,
                task.trials_failed,
                task.trials_running,
                task.trials_pending,
                task.trials_cancelled,
                task.groups_total,
                task.groups_done,
            ]
        };
        assert_eq!(counts(0), [6, 2, 1, 3, 0, 0, 2, 0]);
        assert_eq!(counts(1), [6, 0, 0, 2, 4, 0, 2, 0]);
        let best = tasks[0].best_trial.as_ref().unwrap();
        // 120 degrees is nearer to 150 than 30.
        assert_eq!((best.index, best.validation_loss), (1, Some(-1.0 / 31.0)));
        assert!(best.outcome.as_ref().unwrap().tuned.contains_key("angle_deg"));
        assert!(tasks[1].best_trial.is_none());
    }
    sweeps
        .cancel_sweep(v1::CancelSweepRequest {
            name: "sweeps/small".into(),
            ..Default::default()
        })
        .await
        .unwrap();
    let tasks = tasks(&mut sweeps, 100).await;
    assert_eq!((tasks[1].trials_cancelled, tasks[1].trials_pending), (6, 0));
}

async fn results(sweeps: &mut Sweeps, filter: &str, size: i32) -> Vec<v1::Result> {
    let (mut results, mut page_token) = (Vec::new(), String::new());
    loop {
        let parent = "sweeps/small".into();
        let request = v1::ListResultsRequest {
            parent,
            page_size: size,
            page_token,
            filter: filter.into(),
        };
        let page = sweeps.list_results(request).await.unwrap().into_inner();
        results.extend(page.results);
        page_token = page.next_page_token;
        if page_token.is_empty() {
            return results;
        }
    }
}

#[tokio::test]
async fn results_are_the_rows_of_the_leaderboard() {
    let host = Host::start().await;
    let mut sweeps = host.sweeps().await;
    create(&mut sweeps, SPEC).await;
    assert_eq!(results(&mut sweeps, "", 0).await, []);
    LightWorker::register(host.workers().await, 12).await.work_off().await;
    let request = v1::GetLeaderboardRequest {
        name: "sweeps/small".into(),
    };
    let board = sweeps.get_leaderboard(request).await.unwrap().into_inner();
    for size in [1, 3, 100] {
        let results = results(&mut sweeps, "", size).await;
        assert_eq!(results.len(), board.tasks.len());
        for (result, row) in results.iter().zip(&board.tasks) {
            assert_eq!(
                (&result.task, result.seed, &result.variant),
                (&row.task, row.seed, &row.variant)
            );
            assert_eq!((&result.selected, &result.seal), (&row.selected, &row.seal));
            assert_eq!((result.ranked, result.excluded), (3, 0));
        }
    }
    let some = results(&mut sweeps, "task = \"trouser-vs-dress\" AND seed = 1", 1).await;
    assert_eq!(some.iter().map(|result| result.group).collect::<Vec<_>>(), [3]);
}

#[tokio::test]
async fn curves_are_of_the_best_in_full_and_of_the_others_as_quantiles() {
    let host = Host::start().await;
    let mut sweeps = host.sweeps().await;
    create(&mut sweeps, &fill::spec("small", 4)).await;
    fill::work_off(host.workers().await, 4, 1).await;
    let request = |filter: &str, best| v1::GetCurvesRequest {
        name: "sweeps/small".into(),
        filter: filter.into(),
        best,
    };
    let task = "task = \"bag-vs-trouser\"";
    let curves = sweeps.get_curves(request(task, 3)).await.unwrap().into_inner();
    // The best of each of the two groups that have a loss, then the best of all.
    let full: Vec<_> = curves.curves.iter().map(|curve| curve.trial.clone().unwrap()).collect();
    assert_eq!(
        full[..2].iter().map(|trial| trial.seed).collect::<BTreeSet<_>>(),
        BTreeSet::from([0, 1])
    );
    let list = v1::ListTrialsRequest {
        parent: "sweeps/small".into(),
        filter: task.into(),
        order_by: "validation_loss".into(),
        ..Default::default()
    };
    let by_loss = sweeps.list_trials(list).await.unwrap().into_inner().trials;
    assert_eq!(full[0].name, by_loss[0].name);
    assert_eq!(curves.curves[0].epochs, (1..=fill::EPOCHS).collect::<Vec<_>>());
    // 18 trials, of which 2 are of a baseline without a loss and 3 are shown in full.
    assert_eq!((curves.trials_total, curves.trials_sampled), (18, 13));
    assert_eq!(curves.bands.len(), fill::EPOCHS as usize);

    // Quantiles of what the trials reported, as NumPy has them.
    let name = "sweeps/small/trials/-".to_owned();
    let mut last = Vec::new();
    for group in 0..60 {
        let request = v1::ListMeasurementsRequest {
            parent: name.clone(),
            group: Some(group),
        };
        let Ok(measured) = sweeps.list_measurements(request).await else {
            break;
        };
        for trial in measured.into_inner().trials {
            let is_shown = full.iter().any(|shown| shown.name.ends_with(&trial.trial));
            let is_of_task = by_loss.iter().any(|of| of.name.ends_with(&trial.trial));
            last.extend(
                trial
                    .measurements
                    .last()
                    .unwrap()
                    .validation_loss
                    .filter(|_| is_of_task && !is_shown),
            );
        }
    }
    last.sort_by(f64::total_cmp);
    assert_eq!(last.len(), 13);
    let band = curves.bands.last().unwrap();
    assert_eq!((band.epoch, band.trials), (fill::EPOCHS, 13));
    assert_eq!(curves.levels, [0.05, 0.25, 0.5, 0.75, 0.95]);
    assert_eq!(&band.validation_losses[1..4], &[last[3], last[6], last[9]]);

    let refused = sweeps.get_curves(request("", -1)).await.unwrap_err();
    assert_eq!(
        (refused.code(), reason(&refused).as_str()),
        (Code::InvalidArgument, "FIELD_INVALID")
    );
}

#[tokio::test]
async fn a_scatter_of_many_trials_has_the_best_and_some_of_the_rest() {
    let host = Host::start().await;
    let mut sweeps = host.sweeps().await;
    create(&mut sweeps, &wide_spec("wide", 2600)).await;
    let mut crew = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let mut worker = LightWorker::register(host.workers().await, 4).await;
        crew.spawn(async move { worker.work_off().await });
    }
    crew.join_all().await;
    let request = v1::GetScatterRequest {
        name: "sweeps/wide".into(),
        filter: "family = rotation".into(),
    };
    let scatter = sweeps.get_scatter(request).await.unwrap().into_inner();
    assert_eq!(scatter.trials_total, 2600);
    let points = scatter.points.len();
    assert!((1700..=2000).contains(&points), "{points}");
    let trials: BTreeSet<_> = scatter.points.iter().map(|point| &point.trial).collect();
    assert_eq!(trials.len(), points);
    // From one end of the range to the other.
    let angles: Vec<_> = scatter.points.iter().map(|point| point.initial["angle_deg"]).collect();
    for low in (0..300).step_by(30) {
        let there = angles
            .iter()
            .filter(|angle| (f64::from(low)..f64::from(low + 30)).contains(*angle))
            .count();
        assert!(there > 100, "{there} from {low} degrees on");
    }
    let list = v1::ListTrialsRequest {
        parent: "sweeps/wide".into(),
        page_size: 400,
        order_by: "validation_loss".into(),
        ..Default::default()
    };
    let best = sweeps.list_trials(list).await.unwrap().into_inner().trials;
    assert!(
        best.iter()
            .all(|trial| trials.contains(&trial.name.rsplit('/').next().unwrap().to_owned()))
    );
}
