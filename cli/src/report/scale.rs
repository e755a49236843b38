//! Axes: from data to round ticks, and lines broken where a periodic quantity wraps.

/// Values beyond this are shown as missing: nothing that is measured here comes near it.
const LARGEST: f64 = 1e100;

/// A linear axis.
#[derive(Clone, Debug, PartialEq)]
pub struct Axis {
    /// Its lower end.
    pub low: f64,
    /// Its upper end, above `low`.
    pub high: f64,
    /// The labelled values, ascending, all on the axis.
    pub ticks: Vec<f64>,
    /// Decimals that tell the ticks apart.
    pub decimals: usize,
}

impl Axis {
    /// The axis that holds every drawable value, its ends moved out to round numbers; about `wanted` ticks.
    pub fn around(values: impl IntoIterator<Item = f64>, wanted: u32) -> Self {
        let (low, high) = values
            .into_iter()
            .filter(|value| is_drawable(*value))
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| {
                (low.min(value), high.max(value))
            });
        let (low, high) = match (low.is_finite(), high - low) {
            (false, _) => (0.0, 1.0),
            // A flat line still needs an axis with a height.
            (true, span) if span <= low.abs() * 1e-9 => (low - pad(low), high + pad(high)),
            (true, _) => (low, high),
        };
        let step = round_step((high - low) / f64::from(wanted.max(1)));
        Self::stepped((low / step).floor() * step, (high / step).ceil() * step, step)
    }

    /// The axis from `low` to `high` exactly, with about `wanted` ticks at whole numbers.
    pub fn whole(low: u32, high: u32, wanted: u32) -> Self {
        let high = high.max(low.saturating_add(1));
        let step = round_step(f64::from(high - low) / f64::from(wanted.max(1)))
            .max(1.0)
            .round();
        Self::stepped(f64::from(low), f64::from(high), step)
    }

    /// One turn of a quantity with this period, in so many parts.
    pub fn turn(period: f64, parts: u32) -> Self {
        Self::stepped(0.0, period, period / f64::from(parts.max(1)))
    }

    /// Where `value` lies between the ends: 0 at `low`, 1 at `high`.
    pub fn fraction(&self, value: f64) -> f64 {
        (value - self.low) / (self.high - self.low)
    }

    fn stepped(low: f64, high: f64, step: f64) -> Self {
        let (first, last) = ((low / step - 1e-9).ceil(), (high / step + 1e-9).floor());
        let ticks = (0..100)
            .map(|i| first + f64::from(i))
            .take_while(|i| *i <= last)
            .map(|i| i * step)
            .collect();
        let decimals = (0..12)
            .find(|decimals| {
                let scaled = step * 10_f64.powi(*decimals);
                (scaled - scaled.round()).abs() < 1e-6 * scaled
            })
            .unwrap_or(12);
        Self {
            low,
            high,
            ticks,
            decimals: usize::try_from(decimals).unwrap_or(0),
        }
    }
}

fn pad(value: f64) -> f64 {
    if value == 0.0 { 0.5 } else { value.abs() * 0.05 }
}

/// The next of 1, 2, 5 times a power of ten that is at least about `step`.
fn round_step(step: f64) -> f64 {
    let power = 10_f64.powf(step.log10().floor());
    let mantissa = step / power;
    let round = [1.0, 2.0, 5.0].into_iter().find(|round| mantissa <= round * 1.001);
    round.unwrap_or(10.0) * power
}

/// Whether a value can be drawn at all.
pub fn is_drawable(value: f64) -> bool {
    value.abs() < LARGEST
}

/// `value` in [0, period).
pub fn wrapped(value: f64, period: f64) -> f64 {
    let value = value.rem_euclid(period);
    // A tiny negative value rounds up to a whole period.
    if value < period { value } else { 0.0 }
}

/// The points (x ascending, y) as unbroken runs: a point that can't be drawn ends a run, and so does a wrap, which is
/// taken to be a step of more than half a period. There the line leaves through one end of the axis and comes back
/// through the other, at the place where the shorter way round crosses it.
pub fn runs(points: impl IntoIterator<Item = (f64, f64)>, period: Option<f64>) -> Vec<Vec<(f64, f64)>> {
    let mut runs: Vec<Vec<(f64, f64)>> = vec![Vec::new()];
    for (x, y) in points {
        if !is_drawable(x) || !is_drawable(y) {
            runs.push(Vec::new());
            continue;
        }
        let y = period.map_or(y, |period| wrapped(y, period));
        let before = runs.last().and_then(|run| run.last()).copied();
        if let (Some(before), Some(period)) = (before, period)
            && let Some((end, begin)) = crossing(before, (x, y), period)
        {
            runs.last_mut().into_iter().for_each(|run| run.push(end));
            runs.push(vec![begin]);
        }
        runs.last_mut().into_iter().for_each(|run| run.push((x, y)));
    }
    runs.retain(|run| !run.is_empty());
    runs
}

/// At most about `most` of the points of a line, such that every peak stays: the first, the last, and of equal parts between them
/// the lowest and the highest.
pub fn thinned(run: Vec<(f64, f64)>, most: usize) -> Vec<(f64, f64)> {
    if run.len() <= most.max(4) {
        return run;
    }
    let last = run.len() - 1;
    let part = (2 * (last - 1)).div_ceil(most.max(4) - 2);
    let mut kept = vec![run[0]];
    for points in run[1..last].chunks(part) {
        let by_value = |a: &&(f64, f64), b: &&(f64, f64)| a.1.total_cmp(&b.1);
        let (lowest, highest) = (points.iter().min_by(by_value), points.iter().max_by(by_value));
        let mut ends: Vec<(f64, f64)> = lowest.into_iter().chain(highest).copied().collect();
        ends.sort_by(|a, b| a.0.total_cmp(&b.0));
        ends.dedup();
        kept.extend(ends);
    }
    kept.push(run[last]);
    kept
}

/// Where the shorter way from one point to the next crosses the end of the axis: the last point before, the first after.
fn crossing(from: (f64, f64), to: (f64, f64), period: f64) -> Option<((f64, f64), (f64, f64))> {
    let ((x0, y0), (x1, y1)) = (from, to);
    if (y1 - y0).abs() <= period / 2.0 {
        return None;
    }
    let upwards = y1 < y0;
    let (left, travelled) = if upwards {
        (period - y0, period - y0 + y1)
    } else {
        (y0, y0 + period - y1)
    };
    let x = x0 + (x1 - x0) * left / travelled;
    let (end, begin) = if upwards { (period, 0.0) } else { (0.0, period) };
    Some(((x, end), (x, begin)))
}
