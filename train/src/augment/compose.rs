//! Compositions: several families at once, each image taking one of them by learned weights.

use augur_core::spec::{ComposeSpec, Form, Parameter};
use tch::Tensor;

use super::geometry::drawn;
use super::{AugmentError, Augmentation, Draw, Needs, from_spec};

/// Image i takes part c with c = argmax_p (ln w_p + g_ip), where g is standard Gumbel noise: that is part p with
/// probability w_p / sum(w) (the Gumbel-max trick). The choice has no gradient, so backwards the relaxed weights
/// softmax((ln w + g_i) / T) stand in for it (straight-through Gumbel-softmax, Jang et al. 2017, arXiv 1611.01144).
///
/// So the gradient of the weights is biased: it is that of mixed images at the place of the choice. It tends to the
/// exact one as T tends to 0, while its variance grows. The gradients of the parts' own hyperparameters are exact.
pub struct Compose {
    spec: ComposeSpec,
    parts: Vec<Box<dyn Augmentation>>,
}

impl Compose {
    /// The composition that a spec describes.
    pub fn new(spec: ComposeSpec) -> Self {
        let part = |(_, part): &(String, _)| from_part(part);
        let parts = spec.named_parts().iter().map(part).collect();
        Self { spec, parts }
    }

    /// `raw` [.., k] cut into the raw parameters of each part and, last, the logarithms of the weights [.., parts].
    fn cut(&self, raw: &Tensor) -> (Vec<Tensor>, Tensor) {
        let mut lengths: Vec<i64> = self.parts.iter().map(|part| part.raw_len()).collect();
        lengths.push(self.parts.len() as i64);
        let mut pieces = raw.split_with_sizes(lengths, -1);
        let weights = pieces.split_off(self.parts.len()).remove(0);
        (pieces, weights)
    }

    /// softmax((ln w + g) / T), [B, parts].
    fn relaxed(&self, raw: &Tensor, x: &Tensor, draw: &Draw) -> Tensor {
        let (_, weights) = self.cut(raw);
        let weights = weights.to_device_(x.device(), x.kind(), false, false);
        ((weights + drawn(draw.gumbel.as_ref(), x)) / self.spec.temperature).softmax(-1, x.kind())
    }

    /// The parts' images, weighted by `weights` [B, parts].
    fn mix(&self, weights: &Tensor, raw: &Tensor, x: &Tensor, draw: &Draw) -> Tensor {
        let (raw, _) = self.cut(raw);
        let parts = self.parts.iter().zip(&raw).zip(&draw.parts);
        let weighted = parts
            .zip(weights.unbind(1))
            .map(|(((part, raw), draw), weight)| part.apply(raw, x, draw) * weight.view([-1, 1, 1, 1]));
        weighted.reduce(|sum, y| sum + y).unwrap_or_else(|| x.shallow_clone())
    }
}

impl Augmentation for Compose {
    fn name(&self) -> &'static str {
        "compose"
    }

    fn parameters(&self) -> Vec<Parameter> {
        self.spec.parameters()
    }

    fn needs(&self) -> Needs {
        Needs {
            gumbel: self.parts.len(),
            parts: self.parts.iter().map(|part| part.needs()).collect(),
            ..Needs::default()
        }
    }

    fn accepts(&self, channels: i64) -> Result<(), AugmentError> {
        self.parts.iter().try_for_each(|part| part.accepts(channels))
    }

    fn apply(&self, raw: &Tensor, x: &Tensor, draw: &Draw) -> Tensor {
        let relaxed = self.relaxed(raw, x, draw);
        let chosen = relaxed
            .argmax(-1, false)
            .one_hot(self.parts.len() as i64)
            .to_kind(x.kind());
        // The bracket is exactly 0, but has the gradient of the relaxed weights.
        let weights = chosen + (&relaxed - relaxed.detach());
        self.mix(&weights, raw, x, draw)
    }

    /// The weights are given as shares: they sum to 1.
    fn hyperparameters(&self, raw: &[f64]) -> Vec<(String, f64)> {
        let parameters = self.parameters();
        let first_weight = parameters.len() - self.parts.len();
        let largest = raw[first_weight..].iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let sum: f64 = raw[first_weight..].iter().map(|w| (w - largest).exp()).sum();
        let named = parameters.into_iter().zip(raw).enumerate();
        let value = |(i, (p, raw)): (usize, (Parameter, &f64))| {
            let raw = if i < first_weight {
                *raw
            } else {
                raw - largest - sum.ln()
            };
            (p.name, p.bound.value(raw))
        };
        named.map(value).collect()
    }
}

fn from_part(part: &augur_core::spec::FamilySpec) -> Box<dyn Augmentation> {
    match part.form() {
        Form::Fixed => Box::new(Fixed(from_spec(part))),
        Form::Tuned | Form::Distribution | Form::Random => from_spec(part),
    }
}

/// A part that keeps its hyperparameters while others are tuned.
struct Fixed(Box<dyn Augmentation>);

impl Augmentation for Fixed {
    fn name(&self) -> &'static str {
        self.0.name()
    }

    fn parameters(&self) -> Vec<Parameter> {
        self.0.parameters()
    }

    fn needs(&self) -> Needs {
        self.0.needs()
    }

    fn accepts(&self, channels: i64) -> Result<(), AugmentError> {
        self.0.accepts(channels)
    }

    fn apply(&self, raw: &Tensor, x: &Tensor, draw: &Draw) -> Tensor {
        self.0.apply(&raw.detach(), x, draw)
    }
}

#[cfg(test)]
#[path = "tests/compose.rs"]
mod tests;
