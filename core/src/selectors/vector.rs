//! Sums over vectors, in a fixed order that the compiler may spread over the lanes of a processor.

/// Sums that run side by side. Plain sums of floats have one order and so use one lane.
const LANES: usize = 8;

/// Sum of f(a_i, b_i) over two slices of one length.
fn sum(a: &[f64], b: &[f64], f: impl Fn(f64, f64) -> f64) -> f64 {
    debug_assert_eq!(a.len(), b.len());
    let mut lanes = [0.0; LANES];
    let (a, b) = (a.chunks_exact(LANES), b.chunks_exact(LANES));
    let rest: f64 = a.remainder().iter().zip(b.remainder()).map(|(x, y)| f(*x, *y)).sum();
    for (a, b) in a.zip(b) {
        for lane in 0..LANES {
            lanes[lane] += f(a[lane], b[lane]);
        }
    }
    lanes.iter().sum::<f64>() + rest
}

/// <a, b>.
pub(super) fn dot(a: &[f64], b: &[f64]) -> f64 {
    sum(a, b, |x, y| x * y)
}

/// ||a||.
pub(super) fn norm(a: &[f64]) -> f64 {
    dot(a, a).sqrt()
}

/// ||a - b||, from differences: the quicker form with squared norms loses what near points differ by.
pub(super) fn distance(a: &[f64], b: &[f64]) -> f64 {
    sum(a, b, |x, y| (x - y) * (x - y)).sqrt()
}

/// a - b.
pub(super) fn difference(a: &[f64], b: &[f64]) -> Vec<f64> {
    a.iter().zip(b).map(|(x, y)| x - y).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_length_is_summed_whole() {
        for n in 0..40 {
            let a: Vec<f64> = (0..n).map(f64::from).collect();
            let squares: f64 = a.iter().map(|x| x * x).sum();
            assert_eq!(dot(&a, &a), squares);
            assert_eq!(distance(&a, &vec![0.0; a.len()]), squares.sqrt());
        }
    }
}
