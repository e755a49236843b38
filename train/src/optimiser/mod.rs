//! Optimisers with PyTorch's update rules; their state is plain named tensors, so that a trial can be saved.

mod rule;
mod schedule;
#[cfg(test)]
mod tests;

use augur_core::spec;
use tch::{Device, Kind, Tensor, no_grad};

use rule::Averages;
pub use schedule::factor;

/// What PyTorch adds to the norm that a gradient is divided by when it is clipped.
const CLIP_EPSILON: f64 = 1e-6;

/// An optimiser with its state for one fixed list of parameters, all of one kind on one device.
#[derive(Debug)]
pub struct Optimiser {
    rule: spec::Optimiser,
    clip_norm: Option<f64>,
    /// What the schedule multiplies the step size by.
    factor: f64,
    steps: u64,
    slots: Vec<Slot>,
    /// Over all parameters laid end to end: a step is a few operations, however many tensors there are.
    averages: Averages,
}

#[derive(Debug)]
struct Slot {
    name: String,
    shape: Vec<i64>,
    len: i64,
}

/// A saved state that does not belong to this optimiser.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum StateError {
    #[error("the saved optimiser state has no tensor {name}: it was saved by another optimiser or detector")]
    Missing { name: String },
    #[error("the saved optimiser state {name} has shape {found:?} where {expected:?} is needed")]
    Shape {
        name: String,
        expected: Vec<i64>,
        found: Vec<i64>,
    },
}

impl Optimiser {
    /// An optimiser that has not made a step, for `params` by name.
    pub fn new<'a>(spec: &spec::Optimiser, params: impl IntoIterator<Item = (&'a str, &'a Tensor)>) -> Self {
        let (mut slots, mut options) = (Vec::new(), (Kind::Float, Device::Cpu));
        for (name, param) in params {
            options = (param.kind(), param.device());
            slots.push(Slot {
                name: name.to_owned(),
                shape: param.size(),
                len: param.numel() as i64,
            });
        }
        let zeros = || Tensor::zeros([slots.iter().map(|slot| slot.len).sum()], options);
        Self {
            rule: spec.clone(),
            clip_norm: None,
            factor: 1.0,
            steps: 0,
            averages: Averages {
                first: zeros(),
                second: zeros(),
            },
            slots,
        }
    }

    /// Scales gradients whose norm over all parameters together is above `norm` down to it.
    #[must_use]
    pub fn with_clip_norm(mut self, norm: Option<f64>) -> Self {
        self.clip_norm = norm;
        self
    }

    /// The next steps are of size `factor` times the spec's `lr`; see [`factor`].
    pub fn set_factor(&mut self, factor: f64) {
        self.factor = factor;
    }

    /// One step: moves `params` in place against `gradients`, both in the order given to [`Optimiser::new`].
    pub fn step(&mut self, params: &[Tensor], gradients: &[Tensor]) {
        if self.slots.is_empty() {
            return;
        }
        self.steps += 1;
        no_grad(|| {
            let mut gradient = flat(gradients);
            if let Some(norm) = self.clip_norm {
                gradient *= (norm / (gradient.norm() + CLIP_EPSILON)).clamp_max(1.0);
            }
            let change = self
                .averages
                .change(&self.rule, self.factor, self.steps, gradient, || flat(params));
            for (param, part) in params.iter().zip(self.split(&change)) {
                let _ = param.shallow_clone().g_add_(&part);
            }
        });
    }

    /// The parts of a flat tensor that belong to each parameter, in its shape.
    fn split(&self, flat: &Tensor) -> Vec<Tensor> {
        let lengths: Vec<i64> = self.slots.iter().map(|slot| slot.len).collect();
        let parts = flat.split_with_sizes(lengths, 0);
        parts
            .iter()
            .zip(&self.slots)
            .map(|(part, slot)| part.view(slot.shape.as_slice()))
            .collect()
    }

    /// The state by name: `steps` (int64, []), and for each parameter NAME its running averages `NAME.first` (of the
    /// gradient) and, for Adam and AdamW, `NAME.second` (of its square). The tensors are copies.
    pub fn state(&self) -> Vec<(String, Tensor)> {
        let mut state = vec![("steps".to_owned(), Tensor::from(self.steps as i64))];
        for (suffix, flat) in self.averages() {
            for (slot, part) in self.slots.iter().zip(self.split(flat)) {
                state.push((format!("{}.{suffix}", slot.name), part.copy()));
            }
        }
        state
    }

    /// Goes on from a state that [`Optimiser::state`] gave, found by name.
    ///
    /// # Errors
    /// A tensor that is missing or has another shape; the optimiser is then unchanged.
    pub fn load_state(&mut self, find: impl Fn(&str) -> Option<Tensor>) -> Result<(), StateError> {
        let take = |name: String, expected: &[i64]| match find(&name) {
            None => Err(StateError::Missing { name }),
            Some(tensor) if tensor.size() == expected => Ok(tensor),
            Some(tensor) => Err(StateError::Shape {
                name,
                expected: expected.to_vec(),
                found: tensor.size(),
            }),
        };
        let steps = take("steps".to_owned(), &[])?;
        let mut loaded = Vec::new();
        for (suffix, flat) in self.averages() {
            let mut parts = Vec::with_capacity(self.slots.len());
            for slot in &self.slots {
                parts.push(take(format!("{}.{suffix}", slot.name), &slot.shape)?.reshape([-1]));
            }
            loaded.push(Tensor::cat(&parts, 0).to_kind(flat.kind()).to_device(flat.device()));
        }
        self.steps = u64::try_from(steps.int64_value(&[])).unwrap_or(0);
        let mut loaded = loaded.into_iter();
        let averages = &mut self.averages;
        averages.first = loaded.next().unwrap_or_else(|| averages.first.shallow_clone());
        averages.second = loaded.next().unwrap_or_else(|| averages.second.shallow_clone());
        Ok(())
    }

    /// The running averages that the rule uses.
    fn averages(&self) -> Vec<(&'static str, &Tensor)> {
        let Averages { first, second } = &self.averages;
        match self.rule {
            spec::Optimiser::Adam { .. } | spec::Optimiser::Adamw { .. } => vec![("first", first), ("second", second)],
            spec::Optimiser::Sgd { .. } => vec![("first", first)],
        }
    }
}

/// Tensors laid end to end.
fn flat(tensors: &[Tensor]) -> Tensor {
    let parts: Vec<Tensor> = tensors.iter().map(|t| t.detach().reshape([-1])).collect();
    Tensor::cat(&parts, 0)
}
