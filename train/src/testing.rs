//! Values for unit tests: the same in every run, irregular enough that no two of them agree by chance.

use tch::{Device, Kind, Tensor};

/// A tensor of float64 values in [0, 1]; another `seed` gives other ones.
pub fn noise(shape: &[i64], seed: f64) -> Tensor {
    let count = shape.iter().product::<i64>();
    let x = Tensor::arange(count, (Kind::Double, Device::Cpu)) * 12.9898 + seed * 78.233;
    (x.sin() * 43758.5453).frac().abs().view(shape)
}

/// The largest absolute difference of two tensors of one shape.
pub fn difference(a: &Tensor, b: &Tensor) -> f64 {
    assert_eq!(a.size(), b.size());
    (a - b).abs().max().double_value(&[])
}
