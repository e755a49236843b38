//! What each criterion would have chosen in each group, and what that cost.

use augur_core::{
    id::TrialId,
    leaderboard::{Leaderboard, TaskResult},
    outcome::Hyperparameters,
    select::Criterion,
};
use serde::Serialize;

/// A sweep, chosen again.
#[derive(Debug, Serialize)]
pub struct Replay {
    /// The sweep's name.
    pub sweep: String,
    /// What selected when the choices were sealed.
    pub sealed_by: &'static str,
    /// The groups in which there is something to choose.
    pub groups: Vec<Group>,
    /// One for each criterion.
    pub summary: Vec<Summary>,
}

/// One (task, seed, variant).
#[derive(Debug, Serialize)]
pub struct Group {
    pub task: String,
    pub seed: u64,
    pub variant: String,
    /// Trials that no guard kept out.
    pub candidates: usize,
    /// The highest AUROC of a candidate; none without labels.
    pub best_auroc: Option<f64>,
    /// The mean AUROC of the candidates: what a random pick is expected to have.
    pub random_auroc: Option<f64>,
    /// One for each criterion that every candidate has a value of.
    pub choices: Vec<Choice>,
}

/// What one criterion would have chosen.
#[derive(Debug, Serialize)]
pub struct Choice {
    pub criterion: &'static str,
    pub trial: TrialId,
    pub family: String,
    pub tuned: Hyperparameters,
    pub val_loss: f64,
    /// Whether it is the trial of the sealed choice.
    pub same_as_sealed: bool,
    pub auroc: Option<f64>,
    /// What it is below the best candidate's.
    pub auroc_lost: Option<f64>,
}

/// One criterion over all groups in which it chose.
#[derive(Debug, Serialize)]
pub struct Summary {
    pub criterion: &'static str,
    pub groups: usize,
    pub same_as_sealed: usize,
    /// Means over the groups with labels.
    pub mean_auroc: Option<f64>,
    pub mean_auroc_lost: Option<f64>,
}

impl Replay {
    /// The choice of each of the criteria in each group of the board. Groups of one candidate leave no choice.
    pub fn of(board: &Leaderboard, criteria: &[Criterion]) -> Self {
        let groups: Vec<Group> = board
            .tasks
            .iter()
            .filter(|task| task.candidates.len() > 1)
            .map(|task| Group::of(task, criteria))
            .collect();
        let summary = criteria.iter().map(|criterion| Summary::of(criterion.name(), &groups));
        Self {
            sweep: board.sweep.name.clone(),
            sealed_by: board.criterion.name(),
            summary: summary.collect(),
            groups,
        }
    }
}

impl Group {
    fn of(task: &TaskResult, criteria: &[Criterion]) -> Self {
        let aurocs: Option<Vec<f64>> = task.candidates.iter().map(|candidate| candidate.auroc).collect();
        let best = aurocs
            .as_ref()
            .and_then(|all| all.iter().copied().max_by(f64::total_cmp));
        let sealed = task.selected.as_ref().map(|selected| selected.trial);
        let choices = criteria.iter().filter_map(|&criterion| {
            let (chosen, val_loss) = task.chosen_by(criterion)?;
            Some(Choice {
                criterion: criterion.name(),
                trial: chosen.trial,
                family: chosen.family.clone(),
                tuned: chosen.tuned.clone(),
                val_loss,
                same_as_sealed: sealed == Some(chosen.trial),
                auroc: chosen.auroc,
                auroc_lost: best.zip(chosen.auroc).map(|(best, own)| best - own),
            })
        });
        Self {
            task: task.task.clone(),
            seed: task.seed,
            variant: task.variant.clone(),
            candidates: task.candidates.len(),
            best_auroc: best,
            random_auroc: aurocs.and_then(|all| mean(all.into_iter())),
            choices: choices.collect(),
        }
    }
}

impl Summary {
    fn of(criterion: &'static str, groups: &[Group]) -> Self {
        let choices = || {
            let all = groups.iter().flat_map(|group| &group.choices);
            all.filter(move |choice| choice.criterion == criterion)
        };
        Self {
            criterion,
            groups: choices().count(),
            same_as_sealed: choices().filter(|choice| choice.same_as_sealed).count(),
            mean_auroc: mean(choices().filter_map(|choice| choice.auroc)),
            mean_auroc_lost: mean(choices().filter_map(|choice| choice.auroc_lost)),
        }
    }
}

/// None of nothing.
pub fn mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let (count, sum) = values.fold((0u32, 0.0), |(count, sum), value| (count + 1, sum + value));
    (count > 0).then(|| sum / f64::from(count))
}
