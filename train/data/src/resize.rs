//! Images brought to a square by area averaging: each output pixel is the mean of the input under it. Antialiased, and
//! in whole numbers up to the last division, so that every machine gives the same bits. Where the input is the smaller
//! one, the same rule makes blocks of its pixels, mixed where they meet.

/// A sample of an image.
pub(crate) trait Sample: Copy + Into<u64> {
    /// The value of full brightness.
    const WHITE: u64;
}

impl Sample for u8 {
    const WHITE: u64 = 255;
}

impl Sample for u16 {
    const WHITE: u64 = 65535;
}

/// An output channel as a mix of input channels: (channel, weight).
pub(crate) type Mix = &'static [(usize, u64)];

/// The first channel as it is.
pub(crate) const GREY: Mix = &[(0, 1)];

/// The share of each input pixel in one output pixel along one side: (first input pixel, overlaps).
/// Overlaps are in units of 1 / (`from` * `to`) of the side and sum to `from`.
fn overlaps(from: usize, to: usize) -> Vec<(usize, Vec<u64>)> {
    (0..to)
        .map(|i| {
            let (begin, end) = (i * from, (i + 1) * from);
            let (first, last) = (begin / to, end.div_ceil(to));
            let overlap = |k: usize| (end.min((k + 1) * to) - begin.max(k * to)) as u64;
            (first, (first..last).map(overlap).collect())
        })
        .collect()
}

/// Brings images of one size to `to` x `to` values in [0, 1].
pub(crate) struct Resizer {
    width: usize,
    height: usize,
    columns: Vec<(usize, Vec<u64>)>,
    rows: Vec<(usize, Vec<u64>)>,
}

impl Resizer {
    /// `from` is (width, height); all are in pixels, at least 1 and at most 2^15.
    pub fn new((width, height): (usize, usize), to: usize) -> Self {
        Self {
            width,
            height,
            columns: overlaps(width, to),
            rows: overlaps(height, to),
        }
    }

    /// Appends one output channel, row-major. `samples` are row-major with the `channels` of a pixel side by side.
    pub fn append<T: Sample>(&self, samples: &[T], channels: usize, mix: Mix, out: &mut Vec<f32>) {
        let value = |pixel: &[T]| -> u64 {
            mix.iter()
                .map(|&(channel, weight)| pixel[channel].into() * weight)
                .sum()
        };
        // Below 2^16 * 2^30 * 2^14: no sum overflows.
        let weights: u64 = mix.iter().map(|(_, weight)| weight).sum();
        let whole = (T::WHITE * weights * (self.width * self.height) as u64) as f64;
        for (top, rows) in &self.rows {
            for (left, columns) in &self.columns {
                let mut sum = 0;
                for (y, height) in rows.iter().enumerate() {
                    let first = (top + y) * self.width + left;
                    let row = samples[first * channels..][..columns.len() * channels].chunks_exact(channels);
                    let line: u64 = row.zip(columns).map(|(pixel, width)| value(pixel) * width).sum();
                    sum += line * height;
                }
                out.push((sum as f64 / whole) as f32);
            }
        }
    }
}

/// A mask brought to `to` x `to`: each output pixel is the input pixel under its centre. `mask` is row-major of
/// (width, height).
pub(crate) fn nearest<T: Copy>(mask: &[T], (width, height): (usize, usize), to: usize) -> Vec<T> {
    let under = |i: usize, from: usize| (2 * i + 1) * from / (2 * to);
    let pixel = |row: usize| move |column: usize| mask[under(row, height) * width + under(column, width)];
    (0..to).flat_map(|row| (0..to).map(pixel(row))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn resize(pixels: &[u8], from: (usize, usize), to: usize) -> Vec<f32> {
        let mut out = Vec::new();
        Resizer::new(from, to).append(pixels, 1, GREY, &mut out);
        out
    }

    #[test]
    fn full_size_keeps_every_value() {
        let pixels: Vec<u8> = (0..16).map(|i| i * 17).collect();
        let expected: Vec<f32> = pixels.iter().map(|&pixel| f32::from(pixel) / 255.0).collect();
        assert_eq!(resize(&pixels, (4, 4), 4), expected);
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
        assert_eq!(resize(&pixels, (3, 3), 2), expected);
    }

    #[test]
    fn each_side_has_its_own_scale() {
        // 4 x 1 -> 2 x 2: halved across, doubled down.
        let half = |a: f64, b: f64| ((a + b) / 2.0 / 255.0) as f32;
        let (left, right) = (half(0.0, 51.0), half(102.0, 255.0));
        assert_eq!(resize(&[0, 51, 102, 255], (4, 1), 2), [left, right, left, right]);
    }

    #[test]
    fn a_smaller_image_becomes_blocks() {
        // 2 -> 3: the middle column lies on the seam.
        let seam = 0.5;
        assert_eq!(resize(&[0, 255, 0, 255], (2, 2), 3), [[0.0, seam, 1.0]; 3].concat());
    }

    #[test]
    fn channels_are_mixed_by_weight() {
        const MIX: Mix = &[(0, 3), (2, 1)];
        let mut out = Vec::new();
        let pixels: [u16; 8] = [65535, 9, 0, 9, 0, 9, 65535, 9];
        Resizer::new((2, 1), 2).append(&pixels, 4, MIX, &mut out);
        assert_eq!(out, [0.75, 0.25, 0.75, 0.25]);
    }

    #[test]
    fn a_mask_keeps_its_values() {
        let mask = [1, 2, 3, 4, 5, 6];
        // 3 x 2 -> 2 x 2: the centres lie at 3/4 and 9/4 across.
        assert_eq!(nearest(&mask, (3, 2), 2), [1, 3, 4, 6]);
        assert_eq!(nearest(&mask, (3, 2), 1), [5]);
        // Larger: blocks.
        assert_eq!(nearest(&[7, 9], (2, 1), 4), [[7, 7, 9, 9]; 4].concat());
        assert_eq!(nearest(&mask[..4], (2, 2), 2), mask[..4]);
    }

    proptest! {
        #[test]
        fn a_mask_gets_no_new_values(width in 1_usize..40, height in 1_usize..40, to in 1_usize..50) {
            let mask: Vec<usize> = (0..width * height).collect();
            let out = nearest(&mask, (width, height), to);
            prop_assert_eq!(out.len(), to * to);
            // The places that are looked at lie evenly: no row or column is left out by more than the scale.
            let rows: Vec<_> = out.iter().step_by(to).map(|place| place / width).collect();
            prop_assert!(rows.is_sorted());
            prop_assert!(rows[0] <= height / to && height - 1 - rows[to - 1] <= height / to);
        }

        #[test]
        fn the_mean_stays(width in 1_usize..40, height in 1_usize..40, to in 8_usize..=28, seed: u8) {
            let pixels: Vec<u8> = (0..width * height).map(|i| (i * i * 7 + i) as u8 ^ seed).collect();
            let out = resize(&pixels, (width, height), to);
            prop_assert_eq!(out.len(), to * to);
            let before = pixels.iter().map(|&p| f64::from(p)).sum::<f64>() / 255.0 / (width * height) as f64;
            let after = out.iter().map(|&v| f64::from(v)).sum::<f64>() / (to * to) as f64;
            prop_assert!((before - after).abs() < 1e-6);
            prop_assert!(out.iter().all(|v| (0.0..=1.0).contains(v)));
        }
    }
}
