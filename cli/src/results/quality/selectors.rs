//! The other criteria: what each would have selected, and how well that would have done.

use super::{Overall, TaskQuality, Tasks, judge};
use augur_core::select::Criterion;
use serde::Serialize;

/// One criterion over all tasks.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Selector {
    /// The criterion.
    pub criterion: &'static str,
    /// Whether it made the sealed choices.
    pub sealed: bool,
    /// Groups in which it chooses what the sealed choice has, and groups.
    pub same: usize,
    pub groups: usize,
    /// How well its choices do.
    pub overall: Overall,
}

/// Every criterion that all candidates have a value of, the sealed one first, then by the mean AUROC that it would have given.
pub(super) fn all(tasks: &Tasks, sealed: Criterion) -> Vec<Selector> {
    let selector = |criterion: Criterion| {
        let judged: Option<Vec<TaskQuality>> = tasks.0.iter().map(|task| judge(task, criterion, false)).collect();
        let groups = tasks.0.iter().flatten();
        let same = groups.clone().filter(|group| {
            let chosen = group.chosen_by(criterion).map(|(chosen, _)| chosen.trial);
            chosen.is_some() && chosen == group.selected.as_ref().map(|selected| selected.trial)
        });
        Some(Selector {
            criterion: criterion.name(),
            sealed: criterion == sealed,
            same: same.count(),
            groups: groups.count(),
            overall: Overall::of(&judged?, criterion.name())?,
        })
    };
    let mut all: Vec<Selector> = Criterion::ALL.into_iter().filter_map(selector).collect();
    all.sort_by(|a, b| {
        let value = |of: &Selector| of.overall.selected.value;
        b.sealed.cmp(&a.sealed).then(value(b).total_cmp(&value(a)))
    });
    all
}
