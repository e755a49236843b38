//! Additive Gaussian noise, independent in every pixel and channel.

use augur_core::spec::{NoiseSpec, Parameter};
use tch::Tensor;

use super::geometry::drawn;
use super::{Augmentation, Draw, Needs, values};

/// y = clamp(x + sigma eps, 0, 1), with eps standard normal: reparameterised, so that gradients flow to sigma.
impl Augmentation for NoiseSpec {
    fn name(&self) -> &'static str {
        "noise"
    }

    fn parameters(&self) -> Vec<Parameter> {
        self.parameters()
    }

    fn needs(&self) -> Needs {
        Needs {
            noise: true,
            ..Needs::default()
        }
    }

    fn apply(&self, raw: &Tensor, x: &Tensor, draw: &Draw) -> Tensor {
        let sigma = values(&self.parameters(), raw, x).remove(0);
        (x + sigma * drawn(draw.noise.as_ref(), x)).clamp(0.0, 1.0)
    }
}
