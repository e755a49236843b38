//! Smaller images by area averaging: each output pixel is the mean of the input under it. Antialiased, and in whole
//! numbers up to the last division, so that every machine gives the same bits.

/// The share of each input pixel in one output pixel along one side: (first input pixel, overlaps).
/// Overlaps are in units of 1 / (`from` * `to`) of the side and sum to `from`.
fn overlaps(from: usize, to: usize) -> Vec<(usize, Vec<u32>)> {
    (0..to)
        .map(|i| {
            let (begin, end) = (i * from, (i + 1) * from);
            let (first, last) = (begin / to, end.div_ceil(to));
            let overlap = |k: usize| (end.min((k + 1) * to) - begin.max(k * to)) as u32;
            (first, (first..last).map(overlap).collect())
        })
        .collect()
}

/// Brings square images of `from` x `from` bytes to `to` x `to` values in [0, 1].
pub(crate) struct Resizer {
    from: usize,
    overlaps: Vec<(usize, Vec<u32>)>,
}

impl Resizer {
    /// `from` and `to` are in pixels, at least 1 and at most 256.
    pub fn new(from: usize, to: usize) -> Self {
        Self {
            from,
            overlaps: overlaps(from, to),
        }
    }

    /// Appends the resized image, row-major.
    pub fn append(&self, pixels: &[u8], out: &mut Vec<f32>) {
        // At most 255 * 256^2 < 2^24: whole and exact in f32 too.
        let whole = (255 * self.from * self.from) as f32;
        for (top, rows) in &self.overlaps {
            for (left, columns) in &self.overlaps {
                let mut sum = 0;
                for (y, height) in rows.iter().enumerate() {
                    let row = &pixels[(top + y) * self.from + left..][..columns.len()];
                    let line: u32 = row
                        .iter()
                        .zip(columns)
                        .map(|(&pixel, width)| u32::from(pixel) * width)
                        .sum();
                    sum += line * height;
                }
                out.push(sum as f32 / whole);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn resize(pixels: &[u8], from: usize, to: usize) -> Vec<f32> {
        let mut out = Vec::new();
        Resizer::new(from, to).append(pixels, &mut out);
        out
    }

    #[test]
    fn full_size_keeps_every_value() {
        let pixels: Vec<u8> = (0..16).map(|i| i * 17).collect();
        let expected: Vec<f32> = pixels.iter().map(|&pixel| f32::from(pixel) / 255.0).collect();
        assert_eq!(resize(&pixels, 4, 4), expected);
    }

    #[test]
    fn an_output_pixel_is_the_mean_under_it() {
        // 3 -> 2: the middle pixel belongs to both halves.
        let pixels = [0, 30, 60, 90, 120, 150, 180, 210, 240];
        let mean = |a: f64, b: f64, c: f64, d: f64| ((a + b / 2.0 + c / 2.0 + d / 4.0) / 2.25 / 255.0) as f32;
        let expected = [
            mean(0., 30., 90., 120.),
            mean(60., 30., 150., 120.),
            mean(180., 210., 90., 120.),
            mean(240., 210., 150., 120.),
        ];
        assert_eq!(resize(&pixels, 3, 2), expected);
    }

    proptest! {
        #[test]
        fn the_mean_stays(pixels in proptest::collection::vec(any::<u8>(), 28 * 28), to in 8_usize..=28) {
            let out = resize(&pixels, 28, to);
            prop_assert_eq!(out.len(), to * to);
            let before = pixels.iter().map(|&p| f64::from(p)).sum::<f64>() / 255.0 / 784.0;
            let after = out.iter().map(|&v| f64::from(v)).sum::<f64>() / (to * to) as f64;
            prop_assert!((before - after).abs() < 1e-6);
            prop_assert!(out.iter().all(|v| (0.0..=1.0).contains(v)));
        }
    }
}
