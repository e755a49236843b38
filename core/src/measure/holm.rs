//! Holm's correction: p-values of several tests, adjusted so that the chance of any false finding stays bounded.

/// The adjusted p-values, in the order of `p` (each in [0, 1]): an adjusted one below a level is a finding at that level
/// over all tests together (Holm 1979). The i-th smallest of m, from 0, is multiplied by m - i; none is below a smaller
/// one's, none above 1.
pub fn holm(p: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..p.len()).collect();
    order.sort_by(|&i, &j| p[i].total_cmp(&p[j]));
    let mut adjusted = vec![0.0; p.len()];
    let mut largest = 0.0_f64;
    for (rank, &index) in order.iter().enumerate() {
        largest = largest.max(p[index] * (p.len() - rank) as f64).min(1.0);
        adjusted[index] = largest;
    }
    adjusted
}

#[cfg(test)]
mod tests {
    use super::holm;

    #[test]
    fn agrees_with_p_adjust_of_r() {
        // p.adjust(c(0.01, 0.04, 0.03, 0.005), "holm"), and the same of c(0.4, 0.6, 0.04).
        for (p, expected) in [
            (vec![0.01, 0.04, 0.03, 0.005], vec![0.03, 0.06, 0.06, 0.02]),
            (vec![0.4, 0.6, 0.04], vec![0.8, 0.8, 0.12]),
            (vec![0.2], vec![0.2]),
            (vec![], vec![]),
        ] {
            let adjusted = holm(&p);
            assert_eq!(adjusted.len(), expected.len());
            for (a, e) in adjusted.iter().zip(&expected) {
                assert!((a - e).abs() < 1e-12, "{adjusted:?}, not {expected:?}");
            }
        }
    }
}
