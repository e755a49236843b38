//! A sweep from submission to leaderboard, over the wire.

use crate::support::{Host, LightWorker, SPEC, create, get};
use augur_core::leaderboard::Leaderboard;
use augur_proto::v1;

#[tokio::test]
async fn a_sweep_is_leased_completed_sealed_evaluated_and_ranked() {
    let host = Host::start().await;
    let mut sweeps = host.sweeps().await;
    let sweep = create(&mut sweeps, SPEC).await;
    let progress = sweep.progress.unwrap();
    assert_eq!(
        (progress.trials_total, progress.trials_pending, progress.groups_total),
        (12, 12, 4)
    );
    let mut worker = LightWorker::register(host.workers().await, 2).await;
    worker.work_off().await;

    let sweep = get(&mut sweeps, "sweeps/small").await;
    assert_eq!(sweep.state(), v1::SweepState::Succeeded);
    assert!(sweep.end_time.is_some());
    let progress = sweep.progress.unwrap();
    assert_eq!((progress.trials_completed, progress.groups_done), (12, 4));
    assert_eq!(progress.trial_seconds, 3.0);
    let board = sweeps
        .get_leaderboard(v1::GetLeaderboardRequest { name: sweep.name })
        .await
        .unwrap()
        .into_inner();
    let board: Leaderboard = board.try_into().unwrap();
    assert_eq!(board.sweep.libtorch, "2.13.0");
    let names: Vec<_> = board.tasks.iter().map(|task| (task.task.as_str(), task.seed)).collect();
    let tasks = ["sneaker-rotated-150", "trouser-vs-dress"];
    assert_eq!(names, [(tasks[0], 0), (tasks[0], 1), (tasks[1], 0), (tasks[1], 1)]);
    for task in &board.tasks {
        assert_eq!(task.candidates.len(), 3);
        let selected = task.selected.as_ref().unwrap();
        assert_eq!(selected.initial["angle_deg"], 120.0);
        assert_eq!(selected.tuned["angle_deg"], 120.0 + 1.0 / 3.0);
        assert_eq!(selected.val_loss, Some(-1.0 / 31.0));
        assert_eq!(selected.auroc, Some(120.0 / 360.0));
        assert_eq!(task.seal.len(), 64);
    }
    host.check().await;
    host.coordinator.stop().await.unwrap();
}
