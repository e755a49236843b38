//! Mean and standard deviation of a few numbers, for angles those of directions.

/// The sample mean and standard deviation (n - 1); no deviation for a single value, nothing for none.
pub fn mean_sd(values: &[f64]) -> Option<(f64, Option<f64>)> {
    if values.is_empty() {
        return None;
    }
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    Some((mean, deviation(values.iter().map(|value| value - mean))))
}

/// The mean direction of angles in degrees, given as near to the first angle as whole turns allow, and the
/// deviation about it: 359 and 1 have mean 360, not 180.
pub fn mean_sd_deg(angles: &[f64]) -> Option<(f64, Option<f64>)> {
    let first = *angles.first()?;
    let n = angles.len() as f64;
    let (sin, cos) = angles.iter().fold((0.0, 0.0), |(sin, cos), angle| {
        let radians = angle.to_radians();
        (sin + radians.sin() / n, cos + radians.cos() / n)
    });
    let direction = sin.atan2(cos).to_degrees();
    let mean = first + wrapped(direction - first);
    Some((mean, deviation(angles.iter().map(|angle| wrapped(angle - mean)))))
}

/// The same turn in [-180, 180).
fn wrapped(degrees: f64) -> f64 {
    (degrees + 180.0).rem_euclid(360.0) - 180.0
}

fn deviation(residuals: impl ExactSizeIterator<Item = f64>) -> Option<f64> {
    let n = residuals.len();
    let squares: f64 = residuals.map(|r| r * r).sum();
    (n > 1).then(|| (squares / (n - 1) as f64).sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(got: Option<(f64, Option<f64>)>, mean: f64, sd: f64) {
        let (m, s) = got.unwrap();
        assert!((m - mean).abs() < 1e-9 && (s.unwrap() - sd).abs() < 1e-9, "{m} {s:?}");
    }

    #[test]
    fn the_deviation_is_that_of_a_sample() {
        close(mean_sd(&[1.0, 2.0, 3.0]), 2.0, 1.0);
        assert_eq!(mean_sd(&[4.0]), Some((4.0, None)));
        assert_eq!(mean_sd(&[]), None);
    }

    #[test]
    fn angles_are_averaged_as_directions() {
        close(mean_sd_deg(&[359.0, 1.0]), 360.0, 2.0_f64.sqrt());
        close(mean_sd_deg(&[149.0, 151.0, 510.0]), 150.0, 1.0);
    }
}
