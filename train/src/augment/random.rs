//! The form `random`: hyperparameters drawn uniformly for each image; nothing is tuned (the paper's RD baselines).

use augur_core::spec::Parameter;
use tch::Tensor;

use super::parameter::raw_at;
use super::{AugmentError, Augmentation, Draw, Needs};

/// Each image has hyperparameters of its own, uniform over their ranges (of a size and of a factor uniform in the
/// logarithm, of an angle over one turn). It has no raw parameters.
pub struct Random(pub Box<dyn Augmentation>);

impl Augmentation for Random {
    fn name(&self) -> &'static str {
        self.0.name()
    }

    fn parameters(&self) -> Vec<Parameter> {
        Vec::new()
    }

    fn needs(&self) -> Needs {
        Needs {
            uniform: self.0.parameters().len(),
            ..self.0.needs()
        }
    }

    fn accepts(&self, channels: i64) -> Result<(), AugmentError> {
        self.0.accepts(channels)
    }

    fn apply(&self, _raw: &Tensor, x: &Tensor, draw: &Draw) -> Tensor {
        let places = draw.uniform.as_ref().expect("the draw holds what the family needs");
        let parameters = self.0.parameters();
        let raw = places
            .unbind(1)
            .into_iter()
            .zip(parameters)
            .map(|(u, p)| raw_at(&p.bound, &u));
        self.0.apply(&Tensor::stack(&raw.collect::<Vec<_>>(), 1), x, draw)
    }
}
