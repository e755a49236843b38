//! Was the choice good? What the labels, read after the seal, say of the choices of the method: regret, rank correlation of
//! the validation loss with AUROC, the same for every other criterion, and where the variance comes from.

mod selectors;
mod spread;
#[cfg(test)]
mod tests;

pub use selectors::Selector;
pub use spread::{Design, Spread};

use augur_core::{
    draws::{Purpose, shared_stream},
    leaderboard::{Leaderboard, TaskResult},
    measure::{Correlation, Estimate, Pairs, Regret},
    select::Criterion,
    spec::METHOD,
};
use rand::Rng;
use serde::Serialize;

/// How good the choices of the method were, over the tasks with labels in which there was a choice.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Quality {
    /// What selected.
    pub criterion: &'static str,
    /// In the leaderboard's order.
    pub tasks: Vec<TaskQuality>,
    /// Over those tasks.
    pub overall: Overall,
    /// Every criterion that all candidates have a value of, as if it had selected.
    pub selectors: Vec<Selector>,
    /// Where the variance of AUROC comes from; none where no task has two starts and two seeds.
    pub spread: Option<Spread>,
}

/// One task: means over its seeds.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TaskQuality {
    /// Its name.
    pub task: String,
    /// Its seeds that have labels and a choice.
    pub seeds: usize,
    /// Candidates of all of them.
    pub candidates: usize,
    /// The choice against others; `wins` and all values are means over seeds.
    pub regret: Regret,
    /// Of validation loss and AUROC within each seed; none where it is defined on no seed.
    pub correlation: Option<Correlation>,
}

/// Means over tasks.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Overall {
    /// AUROC of the selected trials.
    pub selected: Estimate,
    /// Of the best candidates.
    pub oracle: Estimate,
    /// Of a random pick, expected.
    pub random: Estimate,
    /// oracle - selected.
    pub regret: Estimate,
    /// selected - random.
    pub gain: Estimate,
    /// The share of other candidates that the selected one beats.
    pub wins: Estimate,
    /// Of validation loss and AUROC; none where no task has one.
    pub correlation: Option<Correlation>,
}

/// The quality of the method's choices; none without labels, or where no group has two candidates.
pub fn quality(board: &Leaderboard) -> Option<Quality> {
    let tasks = Tasks::of(board);
    let own: Vec<TaskQuality> = tasks
        .0
        .iter()
        .filter_map(|task| judge(task, board.criterion, true))
        .collect();
    Some(Quality {
        criterion: board.criterion.name(),
        overall: Overall::of(&own, board.criterion.name())?,
        tasks: own,
        selectors: selectors::all(&tasks, board.criterion),
        spread: spread::of(board),
    })
}

/// For each task the groups of the method in which every candidate has an AUROC, and there are at least two.
struct Tasks<'a>(Vec<Vec<&'a TaskResult>>);

impl<'a> Tasks<'a> {
    fn of(board: &'a Leaderboard) -> Self {
        let judged = |result: &&TaskResult| {
            let is_labelled = result.candidates.iter().all(|candidate| candidate.auroc.is_some());
            result.variant == METHOD && result.candidates.len() > 1 && is_labelled
        };
        let mut tasks: Vec<Vec<&TaskResult>> = Vec::new();
        for result in board.tasks.iter().filter(judged) {
            match tasks.iter_mut().find(|task| task[0].task == result.task) {
                Some(task) => task.push(result),
                None => tasks.push(vec![result]),
            }
        }
        Self(tasks)
    }
}

/// The AUROCs of a group's candidates.
fn aurocs(group: &TaskResult) -> Vec<f64> {
    group
        .candidates
        .iter()
        .filter_map(|candidate| candidate.auroc)
        .collect()
}

/// How well the choices by `criterion` did on one task; none where a candidate lacks its value. Correlations get their
/// intervals where they are shown.
fn judge(groups: &[&TaskResult], criterion: Criterion, with_intervals: bool) -> Option<TaskQuality> {
    let mut regrets = Vec::new();
    let mut pairs = Vec::new();
    for group in groups {
        let values = aurocs(group);
        let (chosen, _) = group.chosen_by(criterion)?;
        let at = group
            .candidates
            .iter()
            .position(|candidate| candidate.trial == chosen.trial)?;
        regrets.push(Regret::of(&values, at).ok()?);
        let losses = group.candidates.iter().map(|c| criterion.loss(c.validation.as_ref()?));
        pairs.push(Pairs {
            a: losses.collect::<Option<_>>()?,
            b: values,
        });
    }
    let task = groups.first()?.task.clone();
    let mean = |of: fn(&Regret) -> f64| regrets.iter().map(of).sum::<f64>() / regrets.len() as f64;
    let mut rng = draws(&format!("correlation {} {task}", criterion.name()));
    Some(TaskQuality {
        seeds: groups.len(),
        candidates: groups.iter().map(|group| group.candidates.len()).sum(),
        regret: Regret {
            selected: mean(|r| r.selected),
            oracle: mean(|r| r.oracle),
            mean: mean(|r| r.mean),
            deviation: mean(|r| r.deviation),
            wins: Some(mean(|r| r.wins.unwrap_or(0.5))),
        },
        correlation: match with_intervals {
            true => Correlation::with_intervals(&pairs, &mut rng).ok(),
            false => Correlation::within(&pairs).ok(),
        },
        task,
    })
}

impl Overall {
    fn of(tasks: &[TaskQuality], criterion: &str) -> Option<Self> {
        let mean = |name: &str, of: fn(&Regret) -> f64| {
            let values: Vec<f64> = tasks.iter().map(|task| of(&task.regret)).collect();
            Estimate::mean(&values, &mut draws(&format!("{name} {criterion}"))).ok()
        };
        let correlations: Vec<Correlation> = tasks.iter().filter_map(|task| task.correlation).collect();
        Some(Self {
            selected: mean("selected", |r| r.selected)?,
            oracle: mean("oracle", |r| r.oracle)?,
            random: mean("random", |r| r.mean)?,
            regret: mean("regret", Regret::regret)?,
            gain: mean("gain", Regret::gain)?,
            wins: mean("wins", |r| r.wins.unwrap_or(0.5))?,
            correlation: Correlation::over(&correlations, &mut draws(&format!("correlation {criterion}"))).ok(),
        })
    }
}

/// The draws of one interval: the same report has the same ones.
fn draws(key: &str) -> impl Rng + use<> {
    shared_stream(0, key, Purpose::Report, 0)
}
