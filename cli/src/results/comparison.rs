//! The method held against each variant over all tasks: means, ranks, wins, and Wilcoxon's test with Holm's correction.

use super::{
    rows::{has_variants, rows},
    statistics::mean_sd,
};
use augur_core::{
    leaderboard::Leaderboard,
    measure::{Alternative, MeasureError, average_ranks, holm, wilcoxon},
    spec::METHOD,
};
use serde::Serialize;

/// The AUROC of every variant over all tasks. That of a task is the mean over the seeds of its selected trials.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Comparison {
    /// Tasks on which every variant has an AUROC; ranks are over these.
    pub common: usize,
    /// The method first.
    pub variants: Vec<Variant>,
}

/// One variant over all tasks.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Variant {
    /// Its name.
    pub name: String,
    /// Tasks on which it has an AUROC.
    pub tasks: usize,
    /// Mean AUROC over those.
    pub auroc: Option<f64>,
    /// Mean rank over the common tasks: 1 is best, ties share their average rank.
    pub rank: Option<f64>,
    /// How the method does against it, on the tasks on which both have an AUROC; none of the method itself, nor where
    /// there is no such task.
    pub against: Option<Against>,
}

/// The method against one variant.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Against {
    /// Tasks on which the method has the higher AUROC.
    pub wins: usize,
    /// Tasks on which both have the same.
    pub ties: usize,
    /// Tasks on which the variant has the higher one.
    pub losses: usize,
    /// Wilcoxon's signed-rank test over tasks, two-sided, exact.
    pub p: f64,
    /// The same after Holm's correction for as many tests as there are variants.
    pub p_holm: f64,
}

impl Against {
    /// "9-1-2": tasks that the method wins, ties and loses.
    pub fn tally(&self) -> String {
        format!("{}-{}-{}", self.wins, self.ties, self.losses)
    }

    /// The lowest p-value that so many tasks could give.
    pub fn least_p(&self) -> f64 {
        let tasks = i32::try_from(self.wins + self.ties + self.losses).unwrap_or(i32::MAX);
        2.0_f64.powi(1 - tasks).min(1.0)
    }
}

/// The comparison; none without variants, or without labels.
pub fn compare(board: &Leaderboard) -> Option<Comparison> {
    if !has_variants(board) {
        return None;
    }
    let table = Table::of(board);
    let ranks = table.ranks();
    let mut variants: Vec<Variant> = (table.names.iter().zip(&table.aurocs).zip(&ranks))
        .map(|((name, aurocs), ranks)| {
            let values: Vec<f64> = aurocs.iter().flatten().copied().collect();
            Variant {
                name: (*name).to_owned(),
                tasks: values.len(),
                auroc: mean_sd(&values).map(|(mean, _)| mean),
                rank: mean_sd(ranks).map(|(mean, _)| mean),
                against: None,
            }
        })
        .collect();
    for (variant, aurocs) in variants.iter_mut().zip(&table.aurocs) {
        variant.against = (variant.name != METHOD).then(|| table.against(aurocs)).flatten();
    }
    correct(&mut variants);
    let common = ranks.first().map_or(0, Vec::len);
    let is_labelled = variants.iter().any(|variant| variant.tasks > 0);
    is_labelled.then_some(Comparison { common, variants })
}

/// The AUROC of each variant (outer, the method first) on each task (inner).
struct Table<'a> {
    names: Vec<&'a str>,
    aurocs: Vec<Vec<Option<f64>>>,
}

impl<'a> Table<'a> {
    fn of(board: &'a Leaderboard) -> Self {
        let rows = rows(board);
        let mut names = vec![METHOD];
        let mut tasks: Vec<&str> = Vec::new();
        for row in &rows {
            if !names.contains(&row.variant) {
                names.push(row.variant);
            }
            if tasks.last() != Some(&row.task) {
                tasks.push(row.task);
            }
        }
        let auroc = |task: &str, variant: &str| {
            let row = rows.iter().find(|row| row.task == task && row.variant == variant)?;
            let seeds: Vec<f64> = row.selected().iter().filter_map(|c| c.auroc).collect();
            mean_sd(&seeds).map(|(mean, _)| mean)
        };
        let aurocs = names
            .iter()
            .map(|variant| tasks.iter().map(|task| auroc(task, variant)).collect());
        Self {
            aurocs: aurocs.collect(),
            names,
        }
    }

    /// The rank of each variant (outer) on each common task (inner).
    fn ranks(&self) -> Vec<Vec<f64>> {
        let mut ranks = vec![Vec::new(); self.names.len()];
        for task in 0..self.aurocs[0].len() {
            // The highest AUROC has the first rank.
            let values: Option<Vec<f64>> = self.aurocs.iter().map(|variant| Some(-variant[task]?)).collect();
            let on_task = values.map_or(vec![], |values| average_ranks(&values));
            ranks.iter_mut().zip(on_task).for_each(|(all, rank)| all.push(rank));
        }
        ranks
    }

    fn against(&self, variant: &[Option<f64>]) -> Option<Against> {
        let pairs = self.aurocs[0].iter().zip(variant);
        let (method, variant): (Vec<f64>, Vec<f64>) = pairs.filter_map(|(a, b)| a.zip(*b)).unzip();
        let p = match wilcoxon(&method, &variant, Alternative::TwoSided) {
            Ok(test) => test.p,
            // Equal on every task: no sign of a difference.
            Err(MeasureError::NoDifference) => 1.0,
            Err(_) => return None,
        };
        let count = |better: fn(&f64, &f64) -> bool| method.iter().zip(&variant).filter(|(a, b)| better(a, b)).count();
        Some(Against {
            wins: count(|a, b| a > b),
            ties: count(|a, b| a == b),
            losses: count(|a, b| a < b),
            p,
            p_holm: p,
        })
    }
}

fn correct(variants: &mut [Variant]) {
    let tests = || variants.iter().filter_map(|variant| variant.against);
    let adjusted = holm(&tests().map(|against| against.p).collect::<Vec<_>>());
    let against = variants.iter_mut().filter_map(|variant| variant.against.as_mut());
    against
        .zip(adjusted)
        .for_each(|(against, p_holm)| against.p_holm = p_holm);
}

#[cfg(test)]
mod tests;
