//! How a cost grows: the exponent of a power law.

/// The exponent k of cost = c x^k through `points` (x, cost), all above 0, by least squares over their logarithms. None
/// of fewer than two points, or where all lie at one x.
pub fn exponent(points: &[(f64, f64)]) -> Option<f64> {
    let logs: Vec<(f64, f64)> = points.iter().map(|(x, cost)| (x.ln(), cost.ln())).collect();
    let count = logs.len() as f64;
    let mean = |of: &dyn Fn(&(f64, f64)) -> f64| logs.iter().map(of).sum::<f64>() / count;
    let (x, y) = (mean(&|p| p.0), mean(&|p| p.1));
    let along = logs.iter().map(|p| (p.0 - x).powi(2)).sum::<f64>();
    let slope = logs.iter().map(|p| (p.0 - x) * (p.1 - y)).sum::<f64>() / along;
    slope.is_finite().then_some(slope)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_power_law_gives_its_exponent() {
        let points = [16.0, 32.0, 64.0, 128.0].map(|x: f64| (x, 3.0 * x.powf(1.7)));
        assert!((exponent(&points).unwrap() - 1.7).abs() < 1e-12);
        assert!((exponent(&points[2..]).unwrap() - 1.7).abs() < 1e-12);
    }

    #[test]
    fn noise_is_averaged_over_logarithms() {
        // By hand: logarithms to base 2 are (0, 0), (1, 3), (2, 3), with slope 3/2.
        let points = [(1.0, 1.0), (2.0, 8.0), (4.0, 8.0)];
        assert!((exponent(&points).unwrap() - 1.5).abs() < 1e-12);
    }

    #[test]
    fn what_does_not_vary_has_no_exponent() {
        assert_eq!(exponent(&[]), None);
        assert_eq!(exponent(&[(2.0, 5.0)]), None);
        assert_eq!(exponent(&[(2.0, 5.0), (2.0, 6.0)]), None);
        assert_eq!(
            exponent(&[(2.0, 0.0), (4.0, 6.0)]),
            None,
            "a cost of nothing has no logarithm"
        );
    }
}
