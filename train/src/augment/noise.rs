//! Additive Gaussian noise, independent in every pixel and channel.

use tch::Tensor;

use super::geometry::drawn;
use super::{Augmentation, Bound, Draw, Needs, Parameter, named, values};

/// y = clamp(x + sigma eps, 0, 1), with eps standard normal: reparameterised, so that gradients flow to sigma.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Noise {
    /// Bounds of `sigma`, a standard deviation in units of the images' range [0, 1]; at least 0.
    pub sigma: (f64, f64),
}

impl Default for Noise {
    fn default() -> Self {
        Self { sigma: (0.0, 0.5) }
    }
}

impl Augmentation for Noise {
    fn name(&self) -> &'static str {
        "noise"
    }

    fn parameters(&self) -> Vec<Parameter> {
        let (lo, hi) = self.sigma;
        named([("sigma", Bound::Between { lo, hi })])
    }

    fn needs(&self) -> Needs {
        Needs {
            noise: true,
            ..Needs::default()
        }
    }

    fn apply(&self, raw: &Tensor, x: &Tensor, draw: &Draw) -> Tensor {
        let sigma = values(self, raw, x).remove(0);
        (x + sigma * drawn(draw.noise.as_ref(), x)).clamp(0.0, 1.0)
    }
}
