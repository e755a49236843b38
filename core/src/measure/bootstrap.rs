//! Bootstrap intervals: of the three measures of a ranking, and of a mean.

use super::{MeasureError, ranking::Ranking, ranking::Tied};
use rand::Rng;
use serde::{Deserialize, Serialize};

/// How often the entries are drawn anew.
pub(super) const RESAMPLES: usize = 1000;
/// The ends of a 95 percent interval, as quantiles.
const ENDS: [f64; 2] = [0.025, 0.975];

/// The two ends of a 95 percent interval.
pub type Interval = [f64; 2];

/// Fewer values than this give a mean no interval: too few to speak for those that were not drawn.
const LEAST_VALUES: usize = 3;

/// A value, and its 95 percent interval where there is one.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Estimate {
    /// The value.
    pub value: f64,
    /// Its interval.
    pub interval: Option<Interval>,
}

impl Estimate {
    /// The mean of `values`, such as one of each task. Its interval is the percentile bootstrap's: as many of them drawn with
    /// replacement, 1000 times (of results within tasks this is the bootstrap of clusters; Davison and Hinkley, *Bootstrap
    /// Methods and their Application*, 1997, section 3.8). It says how much the mean hangs on which tasks were tried. None of
    /// fewer than 3 values.
    ///
    /// # Errors
    /// No value, and NaN.
    pub fn mean(values: &[f64], rng: &mut impl Rng) -> Result<Self, MeasureError> {
        super::check_numbers(values)?;
        if values.is_empty() {
            return Err(MeasureError::TooFew { found: 0, needed: 1 });
        }
        let every: Vec<usize> = (0..values.len()).collect();
        let n = values.len() as f64;
        let mut draw = |_| every.iter().map(|_| values[pick(&every, rng)]).sum::<f64>() / n;
        let enough = values.len() >= LEAST_VALUES;
        Ok(Self {
            value: values.iter().sum::<f64>() / n,
            interval: enough.then(|| interval((0..RESAMPLES).map(&mut draw).collect())),
        })
    }
}

/// How well scores rank labelled entries.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Measures {
    /// Area under the ROC curve, in [0, 1].
    pub auroc: f64,
    /// Its interval.
    pub auroc_interval: Interval,
    /// Average precision, in (0, 1].
    pub average_precision: f64,
    /// Its interval.
    pub average_precision_interval: Interval,
    /// Best F1 over all thresholds, in (0, 1].
    pub f1_max: f64,
    /// Its interval.
    pub f1_max_interval: Interval,
}

impl Measures {
    /// The measures of `scores`, where `labels` has true for anomalies.
    ///
    /// Intervals are the percentile bootstrap's (Efron 1979): 1000 times as many anomalies and as many normal entries
    /// as there are, each class drawn from its own with replacement (stratified, so that every draw has both), and the
    /// 2.5 and 97.5 percent quantiles of what the measure then is, between neighbours by linear interpolation. They say
    /// how much the result hangs on which images were tested, not on how training went. Draws come from `rng`.
    ///
    /// # Errors
    /// Lists of two lengths, scores that are NaN, and labels of one class.
    pub fn of(scores: &[f64], labels: &[bool], rng: &mut impl Rng) -> Result<Self, MeasureError> {
        let ranking = Ranking::new(scores, labels)?;
        let mut values = [const { Vec::new() }; 3];
        let mut sampler = Sampler::new(&ranking);
        for _ in 0..RESAMPLES {
            let drawn = sampler.draw(rng);
            values[0].push(drawn.auroc());
            values[1].push(drawn.average_precision());
            values[2].push(drawn.f1_max());
        }
        let [auroc_interval, average_precision_interval, f1_max_interval] = values.map(interval);
        Ok(Self {
            auroc: ranking.auroc(),
            auroc_interval,
            average_precision: ranking.average_precision(),
            average_precision_interval,
            f1_max: ranking.f1_max(),
            f1_max_interval,
        })
    }
}

/// Draws rankings with replacement. A draw only changes how many entries have each score.
struct Sampler {
    /// The position in the ranking of each anomaly.
    anomalies: Vec<usize>,
    /// And of each normal entry.
    normal: Vec<usize>,
    drawn: Ranking,
}

impl Sampler {
    fn new(ranking: &Ranking) -> Self {
        let positions = |count: fn(&Tied) -> u32| {
            let each = ranking.tied.iter().enumerate();
            each.flat_map(|(at, tied)| std::iter::repeat_n(at, count(tied) as usize))
                .collect()
        };
        Self {
            anomalies: positions(|tied| tied.anomalies),
            normal: positions(|tied| tied.normal),
            drawn: ranking.clone(),
        }
    }

    fn draw(&mut self, rng: &mut impl Rng) -> &Ranking {
        let tied = &mut self.drawn.tied;
        tied.fill(Tied::default());
        for _ in 0..self.anomalies.len() {
            tied[pick(&self.anomalies, rng)].anomalies += 1;
        }
        for _ in 0..self.normal.len() {
            tied[pick(&self.normal, rng)].normal += 1;
        }
        &self.drawn
    }
}

/// u64, so that the draw doesn't depend on the machine's word.
pub(super) fn pick(from: &[usize], rng: &mut impl Rng) -> usize {
    from[rng.random_range(0..from.len() as u64) as usize]
}

/// The quantiles at [`ENDS`].
pub(super) fn interval(mut values: Vec<f64>) -> Interval {
    values.sort_by(f64::total_cmp);
    ENDS.map(|end| quantile(&values, end))
}

/// The quantile at `q` in [0, 1] of sorted values, at least one: linear between neighbours, as NumPy's default.
pub fn quantile(sorted: &[f64], q: f64) -> f64 {
    let at = q * (sorted.len() - 1) as f64;
    let (low, high) = (sorted[at.floor() as usize], sorted[at.ceil() as usize]);
    low + (high - low) * at.fract()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    fn rng(seed: u64) -> ChaCha8Rng {
        ChaCha8Rng::seed_from_u64(seed)
    }

    /// `n` anomalies and `n` normal entries, their scores uniform in [shift, 1 + shift) and [0, 1).
    fn entries(n: usize, shift: f64, seed: u64) -> (Vec<f64>, Vec<bool>) {
        let mut rng = rng(seed);
        (0..2 * n)
            .map(|i| (rng.random_range(0.0..1.0) + if i < n { shift } else { 0.0 }, i < n))
            .unzip()
    }

    #[test]
    fn quantiles_lie_between_neighbours() {
        let values = [0.0, 1.0, 2.0, 4.0];
        assert_eq!([0.0, 0.5, 1.0].map(|q| quantile(&values, q)), [0.0, 1.5, 4.0]);
        assert_eq!(quantile(&[7.0], 0.3), 7.0);
    }

    #[test]
    fn the_same_draws_give_the_same_interval_and_other_draws_another() {
        let (scores, labels) = entries(50, 0.3, 1);
        let of = |seed| Measures::of(&scores, &labels, &mut rng(seed)).unwrap();
        assert_eq!(of(1), of(1));
        assert_ne!(of(1).auroc_interval, of(2).auroc_interval);
    }

    #[test]
    fn more_images_make_the_interval_narrower() {
        let width = |n| {
            let (scores, labels) = entries(n, 0.3, 3);
            let m = Measures::of(&scores, &labels, &mut rng(1)).unwrap();
            for (value, [low, high]) in [
                (m.auroc, m.auroc_interval),
                (m.average_precision, m.average_precision_interval),
                (m.f1_max, m.f1_max_interval),
            ] {
                assert!(0.0 <= low && low < value && value < high && high <= 1.0, "{m:?}");
            }
            m.auroc_interval[1] - m.auroc_interval[0]
        };
        let (few, many) = (width(50), width(5000));
        assert!(
            (8.0..12.0).contains(&(few / many)),
            "{few} and {many} are not about 10 to 1"
        );
    }

    #[test]
    fn perfect_scores_leave_nothing_open() {
        let (scores, labels) = entries(20, 5.0, 1);
        let m = Measures::of(&scores, &labels, &mut rng(1)).unwrap();
        assert_eq!((m.auroc, m.auroc_interval), (1.0, [1.0, 1.0]));
        assert_eq!((m.f1_max, m.f1_max_interval), (1.0, [1.0, 1.0]));
    }

    /// Of 200 data sets, about 190 have the true AUROC in their interval.
    #[test]
    fn the_interval_holds_what_it_says_about_as_often_as_it_says() {
        // P(U + 0.3 > V) for uniform U and V is 1 - 0.7^2 / 2.
        let truth = 1.0 - 0.7 * 0.7 / 2.0;
        let held = (0..200).filter(|&seed| {
            let (scores, labels) = entries(60, 0.3, seed);
            let [low, high] = Measures::of(&scores, &labels, &mut rng(seed)).unwrap().auroc_interval;
            low <= truth && truth <= high
        });
        let held = held.count();
        assert!((180..=198).contains(&held), "{held} of 200 intervals hold the truth");
    }
}
