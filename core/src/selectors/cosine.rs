//! The whitened cosine: does the augmentation move embeddings the way the validation images are moved?

use super::{
    Embeddings, Rows,
    vector::{difference, dot},
};

/// Part of the mean variance that every direction gets besides its own, so that the covariance can be inverted where
/// there are fewer images than dimensions.
const RIDGE: f64 = 0.01;

/// -<dv, C^-1 da> / sqrt(<dv, C^-1 dv> <da, C^-1 da>), in [-1, 1]; 0 where nothing is moved. Over held-out images,
///
/// dv = mean(Z_val) - mean(Z_trn), da = mean(Z_aug) - mean(Z_trn),
/// C = (cov(Z_trn) + cov(Z_aug)) / 2 + 0.01 * mean variance * I.
pub fn whitened_cosine(z: &Embeddings) -> f64 {
    let normal = z.held_out.mean();
    let moved = |group: &Rows| difference(&group.mean(), &normal);
    let mut c = covariance(&z.held_out, &z.augmented);
    let Some(factor) = cholesky(&mut c, z.held_out.width()) else {
        return 0.0;
    };
    let (v, a) = (
        forward(factor, moved(&z.validation)),
        forward(factor, moved(&z.augmented)),
    );
    let norms = (dot(&v, &v) * dot(&a, &a)).sqrt();
    if norms > 0.0 {
        (-dot(&v, &a) / norms).clamp(-1.0, 1.0)
    } else {
        0.0
    }
}

/// The lower half of C, [h * h]: the mean of the groups' covariances (each divided by its n) and the ridge.
fn covariance(normal: &Rows, augmented: &Rows) -> Vec<f64> {
    let h = normal.width();
    let mut c = vec![0.0; h * h];
    for group in [normal, augmented] {
        let mean = group.mean();
        let weight = 0.5 / group.count() as f64;
        for row in group.iter() {
            let x = difference(row, &mean);
            for i in 0..h {
                let scaled = weight * x[i];
                for (c, x) in c[i * h..=i * h + i].iter_mut().zip(&x) {
                    *c += scaled * x;
                }
            }
        }
    }
    let mean_variance = (0..h).map(|i| c[i * h + i]).sum::<f64>() / h as f64;
    (0..h).for_each(|i| c[i * h + i] += RIDGE * mean_variance);
    c
}

/// L with L L' = C, in place in the lower half of `c` [h * h]; none where C is not positive definite.
fn cholesky(c: &mut [f64], h: usize) -> Option<&[f64]> {
    for i in 0..h {
        for j in 0..=i {
            let rest = c[i * h + j] - dot(&c[i * h..i * h + j], &c[j * h..j * h + j]);
            c[i * h + j] = if i == j {
                if rest <= 0.0 {
                    return None;
                }
                rest.sqrt()
            } else {
                rest / c[j * h + j]
            };
        }
    }
    Some(c)
}

/// L^-1 b, so that <L^-1 a, L^-1 b> = <a, C^-1 b>.
fn forward(l: &[f64], mut b: Vec<f64>) -> Vec<f64> {
    let h = b.len();
    for i in 0..h {
        b[i] = (b[i] - dot(&l[i * h..i * h + i], &b[..i])) / l[i * h + i];
    }
    b
}

#[cfg(test)]
mod tests {
    use super::*;

    /// C = [[4, 2], [2, 5]], of which L = [[2, 0], [1, 2]].
    #[test]
    fn cholesky_of_a_known_matrix() {
        let mut c = [4.0, f64::NAN, 2.0, 5.0];
        let l = cholesky(&mut c, 2).unwrap();
        assert_eq!((l[0], l[2], l[3]), (2.0, 1.0, 2.0));
        // C^-1 = [[5, -2], [-2, 4]] / 16.
        let (a, b) = (forward(l, vec![1.0, 3.0]), forward(l, vec![2.0, -1.0]));
        let expected = (1.0 * (5.0 * 2.0 + 2.0) + 3.0 * (-2.0 * 2.0 - 4.0)) / 16.0;
        assert!((dot(&a, &b) - expected).abs() < 1e-12);
    }

    #[test]
    fn what_has_no_variance_has_no_factor() {
        assert!(cholesky(&mut [1.0, 0.0, 1.0, 1.0], 2).is_none());
    }
}
