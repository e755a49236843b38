//! DSV, discordance and separability validation (Yoo, Zhao, Zhao, Akoglu, ECML PKDD 2023, arXiv 2307.06534).
//!
//! As the authors' code has it, but for their L2 normalisation of the embeddings, which total distance normalisation
//! replaces (arXiv 2306.12033), and for their number of augmented images, which they make fit the share of anomalies:
//! that would read labels.

use super::{
    Rows,
    pairs::Pairs,
    vector::{difference, dot, norm},
};

/// The separability above which more of it counts no more.
const MOST_SEPARABLE: f64 = 0.5;
/// Stands in for a distance of 0, so that a ratio stays a number.
const SMALLEST: f64 = 1e-12;

/// The parts of DSV.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Dsv {
    /// L_dis = d(Z_trn + Z_aug, Z_val) / d(Z_trn, Z_aug), at least 0: low where the augmentation spans the validation images.
    pub discordance: f64,
    /// L_sep, at least 0: the standard deviation of Z_val along the directions of the augmentation, over
    /// d(Z_trn, Z_aug) / 2; at most 1/2 is counted.
    pub separability: f64,
    /// L_dis - L_sep / L_dis; lower is better.
    pub loss: f64,
}

/// DSV of held-out, augmented and validation images; `d` are the mean distances of the same three groups.
///
/// L_sep = std over all (i, j) of <z_i - mean(Z_trn), u_j> / (d(Z_trn, Z_aug) / 2), where z_i is a validation
/// embedding and u_j the unit vector from mean(Z_trn) to the augmented embedding j.
pub fn dsv([normal, augmented, validation]: [&Rows; 3], d: &Pairs) -> Dsv {
    let (t, a) = (normal.count() as f64, augmented.count() as f64);
    let spread = d.ta.max(SMALLEST);
    let discordance = (t * d.tv + a * d.av) / (t + a) / spread;
    let separability = (2.0 * projected_deviation(normal, augmented, validation) / spread).min(MOST_SEPARABLE);
    Dsv {
        discordance,
        separability,
        loss: discordance - separability / discordance.max(SMALLEST),
    }
}

/// The standard deviation of <z_i - mean(Z_trn), u_j> over all (i, j).
fn projected_deviation(normal: &Rows, augmented: &Rows, validation: &Rows) -> f64 {
    let normal = normal.mean();
    let units: Vec<Vec<f64>> = augmented.iter().map(|row| unit(difference(row, &normal))).collect();
    let pairs = (validation.count() * units.len()) as f64;
    let (mut mean, mut square) = (0.0, 0.0);
    for row in validation.iter() {
        let row = difference(row, &normal);
        for u in &units {
            let along = dot(&row, u);
            mean += along;
            square += along * along;
        }
    }
    (square / pairs - (mean / pairs).powi(2)).max(0.0).sqrt()
}

fn unit(mut v: Vec<f64>) -> Vec<f64> {
    let length = norm(&v).max(SMALLEST);
    v.iter_mut().for_each(|x| *x /= length);
    v
}
