//! From tensors to the selectors of core, which need no libtorch.

use augur_core::selectors::{Rows, SelectorError};
use tch::{Device, Kind, Tensor};

/// The rows of embeddings [N, h], in float64.
///
/// # Errors
/// No rows, and numbers that are not finite.
pub fn rows(z: &Tensor) -> Result<Rows, SelectorError> {
    let z = z
        .detach()
        .to_device_(Device::Cpu, Kind::Double, false, false)
        .contiguous();
    let mut values = vec![0.0; z.numel()];
    z.copy_data(&mut values, z.numel());
    Rows::new(values, usize::try_from(z.size()[1]).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::noise;

    #[test]
    fn rows_are_those_of_the_tensor() {
        let z = noise(&[4, 3], 1.0);
        let transposed = rows(&z.tr()).unwrap();
        assert_eq!((transposed.count(), transposed.width()), (3, 4));
        for i in 0..3 {
            for j in 0..4 {
                assert_eq!(transposed.row(i)[j as usize], z.double_value(&[j, i as i64]));
            }
        }
        assert!(rows(&(z / 0.0)).is_err());
    }
}
