//! How much of a result's variance comes from where tuning began, and how much from the seed.
//!
//! Random effects, estimated by the analysis of variance: mean squares are set equal to what they are expected to be, and a
//! negative estimate is 0 (Searle, Casella and McCulloch, *Variance Components*, Wiley 1992: chapter 3 for groups of several
//! sizes, chapter 4 for balanced data). Tasks are blocks: sums of squares and degrees of freedom are added up over them, so
//! that differences between tasks count for nothing.

use super::{MeasureError, check_numbers};
use serde::Serialize;

/// The parts of the variance of one value.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Components {
    /// Variance between starting points.
    pub start: f64,
    /// Variance between seeds.
    pub seed: f64,
    /// What neither explains alone: start and seed together, and noise. None where starts belong to their seed, and the
    /// start's part has it.
    pub rest: Option<f64>,
}

/// Sum of squares and degrees of freedom.
#[derive(Clone, Copy, Default)]
struct Squares {
    sum: f64,
    df: f64,
    /// Sum of (values that a mean is taken of, times degrees of freedom).
    weight: f64,
}

impl Squares {
    fn add(&mut self, sum: f64, df: f64, size: f64) {
        *self = Self {
            sum: self.sum + sum,
            df: self.df + df,
            weight: self.weight + size * df,
        };
    }

    fn mean(self) -> f64 {
        self.sum / self.df
    }

    /// The variance behind it beyond `within`: of an effect that each mean shares among so many values.
    fn beyond(self, within: f64) -> f64 {
        ((self.mean() - within) * self.df / self.weight).max(0.0)
    }
}

impl Components {
    /// Every start was run on every seed: value = task + start + seed + rest, `tasks[t][start][seed]`. Starts without a
    /// value on some seed are to be left out.
    ///
    /// # Errors
    /// Rows of several lengths, NaN, and no task with two starts and two seeds.
    pub fn crossed(tasks: &[Vec<Vec<f64>>]) -> Result<Self, MeasureError> {
        let [mut starts, mut seeds, mut rest] = [Squares::default(); 3];
        for rows in tasks {
            let (a, b) = (rows.len(), rows.first().map_or(0, Vec::len));
            for row in rows {
                check_numbers(row)?;
                super::check_lengths(b, row.len())?;
            }
            if a < 2 || b < 2 {
                continue;
            }
            let columns: Vec<Vec<f64>> = (0..b).map(|j| rows.iter().map(|row| row[j]).collect()).collect();
            let grand = mean(rows.concat().as_slice());
            let between = |lists: &[Vec<f64>]| -> f64 {
                lists
                    .iter()
                    .map(|list| list.len() as f64 * (mean(list) - grand).powi(2))
                    .sum()
            };
            let (of_starts, of_seeds) = (between(rows), between(&columns));
            let total: f64 = rows.iter().flatten().map(|value| (value - grand).powi(2)).sum();
            let (a, b) = (a as f64, b as f64);
            starts.add(of_starts, a - 1.0, b);
            seeds.add(of_seeds, b - 1.0, a);
            rest.add((total - of_starts - of_seeds).max(0.0), (a - 1.0) * (b - 1.0), 1.0);
        }
        if rest.df < 1.0 {
            return Err(MeasureError::TooFew { found: 1, needed: 2 });
        }
        let within = rest.mean();
        Ok(Self {
            start: starts.beyond(within),
            seed: seeds.beyond(within),
            rest: Some(within),
        })
    }

    /// Each seed has starts of its own: value = task + seed + start within the seed, `tasks[t][seed][start]`; seeds may have
    /// several numbers of starts.
    ///
    /// # Errors
    /// NaN, no task with two seeds, and no seed with two starts.
    pub fn nested(tasks: &[Vec<Vec<f64>>]) -> Result<Self, MeasureError> {
        let (mut between, mut within) = (Squares::default(), Squares::default());
        for seeds in tasks {
            let seeds: Vec<&[f64]> = seeds
                .iter()
                .map(Vec::as_slice)
                .filter(|seed| !seed.is_empty())
                .collect();
            let all = seeds.concat();
            check_numbers(&all)?;
            let grand = mean(&all);
            let (n, df) = (all.len() as f64, seeds.len() as f64 - 1.0);
            for seed in &seeds {
                let centre = mean(seed);
                let sum = seed.iter().map(|value| (value - centre).powi(2)).sum();
                within.add(sum, seed.len() as f64 - 1.0, 1.0);
            }
            if df >= 1.0 {
                let sum = seeds
                    .iter()
                    .map(|seed| seed.len() as f64 * (mean(seed) - grand).powi(2))
                    .sum();
                // n0: the size of equal groups for which the mean square is expected to be the same.
                let squares: f64 = seeds.iter().map(|seed| (seed.len() as f64).powi(2)).sum();
                between.add(sum, df, (n - squares / n) / df);
            }
        }
        if between.df < 1.0 || within.df < 1.0 {
            return Err(MeasureError::TooFew { found: 1, needed: 2 });
        }
        let start = within.mean();
        Ok(Self {
            start,
            seed: between.beyond(start),
            rest: None,
        })
    }

    /// The sum of the parts.
    pub fn total(&self) -> f64 {
        self.start + self.seed + self.rest.unwrap_or(0.0)
    }
}

/// Of at least one value.
fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}
