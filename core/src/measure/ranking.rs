//! Labelled entries in the order of their scores: all that the measures of a ranking depend on.

use super::{MeasureError, check_lengths, check_numbers};

/// Entries that share a score.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Tied {
    pub anomalies: u32,
    pub normal: u32,
}

/// Entries of both classes, the highest score first.
#[derive(Clone, Debug)]
pub(super) struct Ranking {
    pub tied: Vec<Tied>,
}

impl Ranking {
    /// The ranking of `scores`, where `labels` has true for anomalies.
    ///
    /// # Errors
    /// Lists of two lengths, scores that are NaN, and labels of one class.
    pub fn new(scores: &[f64], labels: &[bool]) -> Result<Self, MeasureError> {
        check_lengths(scores.len(), labels.len())?;
        check_numbers(scores)?;
        if scores.is_empty() {
            return Err(MeasureError::TooFew { found: 0, needed: 2 });
        }
        if labels.iter().all(|label| *label == labels[0]) {
            return Err(MeasureError::OneClass);
        }
        let mut order: Vec<usize> = (0..scores.len()).collect();
        order.sort_by(|&i, &j| scores[j].total_cmp(&scores[i]));
        let tied = order.chunk_by(|&i, &j| scores[i] == scores[j]).map(|group| {
            let anomalies = group.iter().filter(|&&i| labels[i]).count();
            Tied {
                anomalies: anomalies as u32,
                normal: (group.len() - anomalies) as u32,
            }
        });
        Ok(Self { tied: tied.collect() })
    }

    pub fn anomalies(&self) -> u32 {
        self.tied.iter().map(|tied| tied.anomalies).sum()
    }

    pub fn normal(&self) -> u32 {
        self.tied.iter().map(|tied| tied.normal).sum()
    }

    /// The share of (anomaly, normal) pairs in which the anomaly scores higher; a tie counts half.
    pub fn auroc(&self) -> f64 {
        let (mut above, mut won) = (0.0, 0.0);
        for tied in &self.tied {
            let (anomalies, normal) = (f64::from(tied.anomalies), f64::from(tied.normal));
            won += normal * (above + anomalies / 2.0);
            above += anomalies;
        }
        won / (above * f64::from(self.normal()))
    }

    /// Sum over thresholds of (R_n - R_(n-1)) P_n.
    pub fn average_precision(&self) -> f64 {
        let (mut seen, mut found, mut sum) = (0.0, 0.0, 0.0);
        for tied in &self.tied {
            let hits = f64::from(tied.anomalies);
            seen += hits + f64::from(tied.normal);
            found += hits;
            // Resampling can leave a score that nobody has.
            if hits > 0.0 {
                sum += hits * found / seen;
            }
        }
        sum / found
    }

    /// The largest 2 TP / (2 TP + FP + FN) = 2 TP / (called anomalies + anomalies).
    pub fn f1_max(&self) -> f64 {
        let anomalies = f64::from(self.anomalies());
        let (mut called, mut found, mut best) = (0.0, 0.0, 0.0_f64);
        for tied in &self.tied {
            called += f64::from(tied.anomalies + tied.normal);
            found += f64::from(tied.anomalies);
            best = best.max(2.0 * found / (called + anomalies));
        }
        best
    }
}
