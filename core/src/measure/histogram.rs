//! How the scores of normal images and of anomalies are spread: a histogram of each, over the same bins.

use super::{MeasureError, bootstrap::quantile, check_lengths, check_numbers};
use serde::{Deserialize, Serialize};

/// Bins of a histogram.
pub const BINS: usize = 24;
/// The ends of the bins, as quantiles of all scores: single outliers would leave the others in one bin.
const ENDS: [f64; 2] = [0.01, 0.99];

/// Two histograms over [`BINS`] bins of equal width. Scores beyond an end count in its bin.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Histogram {
    /// Where the first bin begins.
    pub low: f64,
    /// Where the last bin ends; `low` where all scores are the same.
    pub high: f64,
    /// Normal images in each bin.
    pub normal: [u32; BINS],
    /// Anomalies in each bin.
    pub anomalous: [u32; BINS],
}

impl Histogram {
    /// The histograms of `scores`, where `labels` has true for anomalies.
    ///
    /// # Errors
    /// Lists of two lengths, no scores, and scores that are NaN.
    pub fn of(scores: &[f64], labels: &[bool]) -> Result<Self, MeasureError> {
        check_lengths(scores.len(), labels.len())?;
        check_numbers(scores)?;
        if scores.is_empty() {
            return Err(MeasureError::TooFew { found: 0, needed: 1 });
        }
        let mut sorted = scores.to_vec();
        sorted.sort_by(f64::total_cmp);
        let [low, high] = ENDS.map(|end| quantile(&sorted, end));
        let mut histogram = Self {
            low,
            high,
            normal: [0; BINS],
            anomalous: [0; BINS],
        };
        for (score, is_anomaly) in scores.iter().zip(labels) {
            let bin = histogram.bin(*score);
            match is_anomaly {
                true => histogram.anomalous[bin] += 1,
                false => histogram.normal[bin] += 1,
            }
        }
        Ok(histogram)
    }

    /// The bin of a score.
    fn bin(&self, score: f64) -> usize {
        let width = self.high - self.low;
        if width <= 0.0 {
            return if score > self.high { BINS - 1 } else { 0 };
        }
        // A float outside of the range becomes its nearest end.
        let at = ((score - self.low) / width * BINS as f64) as usize;
        at.min(BINS - 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_score_counts_in_the_bin_that_holds_it() {
        let scores: Vec<f64> = (0..=100).map(f64::from).collect();
        let labels: Vec<bool> = scores.iter().map(|score| *score > 72.0).collect();
        let histogram = Histogram::of(&scores, &labels).unwrap();
        assert_eq!((histogram.low, histogram.high), (1.0, 99.0));
        assert_eq!(histogram.normal.iter().sum::<u32>(), 73);
        assert_eq!(histogram.anomalous.iter().sum::<u32>(), 28);
        // 98 / 24 = 4.08 to a bin: 1 to 5 and the 0 below them.
        assert_eq!(histogram.normal[0], 6);
        // 70.4 to 74.5.
        assert_eq!((histogram.normal[17], histogram.anomalous[17]), (2, 2));
        assert_eq!(histogram.anomalous[BINS - 1], 6);
    }

    #[test]
    fn an_outlier_leaves_the_others_apart() {
        let mut scores: Vec<f64> = (0..200).map(|i| f64::from(i) / 200.0).collect();
        scores.push(1e12);
        let histogram = Histogram::of(&scores, &[false; 201]).unwrap();
        assert!(histogram.high < 1.0 && histogram.normal.iter().all(|count| *count > 0));
    }

    #[test]
    fn scores_that_say_nothing_share_a_bin() {
        let histogram = Histogram::of(&[2.0; 5], &[true, false, false, false, true]).unwrap();
        assert_eq!((histogram.low, histogram.high), (2.0, 2.0));
        assert_eq!((histogram.normal[0], histogram.anomalous[0]), (3, 2));
        assert!(Histogram::of(&[], &[]).is_err() && Histogram::of(&[f64::NAN], &[true]).is_err());
        assert!(Histogram::of(&[1.0], &[]).is_err());
    }
}
