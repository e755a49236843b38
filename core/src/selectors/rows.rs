//! Rows of float64 numbers in one block of memory: embeddings, one row an image.

use super::SelectorError;

/// n rows of h numbers, all finite, n and h at least 1.
#[derive(Clone, Debug, PartialEq)]
pub struct Rows {
    values: Vec<f64>,
    width: usize,
}

impl Rows {
    /// The rows that lie one after another in `values`, each `width` numbers long.
    ///
    /// # Errors
    /// No row, no column, a last row that is cut short, and numbers that are not finite.
    pub fn new(values: Vec<f64>, width: usize) -> Result<Self, SelectorError> {
        if values.is_empty() || width == 0 || !values.len().is_multiple_of(width) {
            return Err(SelectorError::Shape {
                values: values.len(),
                width,
            });
        }
        match values.iter().position(|v| !v.is_finite()) {
            Some(index) => Err(SelectorError::NotFinite { row: index / width }),
            None => Ok(Self { values, width }),
        }
    }

    /// n.
    pub fn count(&self) -> usize {
        self.values.len() / self.width
    }

    /// h.
    pub fn width(&self) -> usize {
        self.width
    }

    /// The row at `index`, below n.
    pub fn row(&self, index: usize) -> &[f64] {
        &self.values[index * self.width..(index + 1) * self.width]
    }

    /// All rows in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &[f64]> {
        self.values.chunks_exact(self.width)
    }

    /// The mean row, [h].
    pub fn mean(&self) -> Vec<f64> {
        let mut mean = vec![0.0; self.width];
        for row in self.iter() {
            mean.iter_mut().zip(row).for_each(|(m, x)| *m += x);
        }
        let n = self.count() as f64;
        mean.iter_mut().for_each(|m| *m /= n);
        mean
    }

    /// At most `limit` rows, evenly spaced, the first among them: what an order may say (such as that anomalies come
    /// last) is kept in proportion.
    pub fn thinned(&self, limit: usize) -> Self {
        let n = self.count();
        if n <= limit {
            return self.clone();
        }
        let kept = (0..limit).flat_map(|i| self.row(i * n / limit)).copied();
        Self {
            values: kept.collect(),
            width: self.width,
        }
    }

    /// These rows and then the others', which are as wide.
    pub fn followed_by(&self, other: &Self) -> Self {
        debug_assert_eq!(self.width, other.width);
        Self {
            values: [self.values.as_slice(), &other.values].concat(),
            width: self.width,
        }
    }

    /// Each row through `map`, which writes as many numbers as it reads.
    pub(super) fn map(&self, mut map: impl FnMut(&[f64], &mut [f64])) -> Self {
        let mut values = vec![0.0; self.values.len()];
        for (row, out) in self.iter().zip(values.chunks_exact_mut(self.width)) {
            map(row, out);
        }
        Self {
            values,
            width: self.width,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thinning_keeps_the_order_and_the_proportions() {
        let rows = Rows::new((0..20).map(f64::from).collect(), 2).unwrap();
        let thin = rows.thinned(5);
        assert_eq!(
            thin.iter().map(|r| r[0]).collect::<Vec<_>>(),
            [0.0, 4.0, 8.0, 12.0, 16.0]
        );
        assert_eq!(rows.thinned(10), rows);
    }

    #[test]
    fn what_are_no_rows_is_refused() {
        let shape = |values, width| Err(SelectorError::Shape { values, width });
        assert_eq!(Rows::new(vec![], 2), shape(0, 2));
        assert_eq!(Rows::new(vec![1.0; 3], 2), shape(3, 2));
        assert_eq!(Rows::new(vec![1.0; 3], 0), shape(3, 0));
        let broken = vec![1.0, 2.0, 3.0, f64::NAN];
        assert_eq!(Rows::new(broken, 2), Err(SelectorError::NotFinite { row: 1 }));
    }
}
