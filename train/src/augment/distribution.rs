//! The form `distribution`: hyperparameters drawn anew for each image, with a centre and a spread that are tuned.

use augur_core::spec::{Bound, Parameter};
use tch::Tensor;

use super::parameter::bounded;
use super::{AugmentError, Augmentation, Draw, Needs};

/// raw_i = centre + spread * eps_i for image i, with eps_i standard normal (reparameterisation, so that gradients flow
/// to both). The raw parameters [2k] are the k of the family, as centres, then those of the k spreads.
///
/// `NAME_spread` is the standard deviation of the raw parameter behind NAME: of an angle in degrees (below 180),
/// of a factor before tanh (below 1), of anything else before the sigmoid (below 2). Towards the upper bound the
/// values lie almost evenly over their range.
pub struct Distribution(pub Box<dyn Augmentation>);

impl Distribution {
    /// centre + spread * eps, [B, k], for `raw` [2k] or [B, 2k].
    pub(super) fn raw_of_images(&self, raw: &Tensor, eps: &Tensor) -> Tensor {
        let bounds: Vec<(Bound, f64)> = self.0.parameters().iter().map(|p| p.bound.spread()).collect();
        let count = bounds.len() as i64;
        let eps = eps.to_device_(raw.device(), raw.kind(), false, false);
        let spreads = raw.narrow(-1, count, count).unbind(-1);
        let spreads = spreads
            .iter()
            .zip(bounds)
            .map(|(raw, (bound, unit))| bounded(&bound, raw) * unit);
        raw.narrow(-1, 0, count) + Tensor::stack(&spreads.collect::<Vec<_>>(), -1) * eps
    }
}

impl Augmentation for Distribution {
    fn name(&self) -> &'static str {
        self.0.name()
    }

    fn parameters(&self) -> Vec<Parameter> {
        let own = self.0.parameters();
        let spreads: Vec<_> = own.iter().map(Parameter::spread).collect();
        own.into_iter().chain(spreads).collect()
    }

    fn needs(&self) -> Needs {
        Needs {
            eps: self.0.parameters().len(),
            ..self.0.needs()
        }
    }

    fn accepts(&self, channels: i64) -> Result<(), AugmentError> {
        self.0.accepts(channels)
    }

    fn apply(&self, raw: &Tensor, x: &Tensor, draw: &Draw) -> Tensor {
        let eps = draw.eps.as_ref().expect("the draw holds what the family needs");
        self.0.apply(&self.raw_of_images(raw, eps), x, draw)
    }
}
