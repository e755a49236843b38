//! Adam and SGD with PyTorch's update rules; their state is plain named tensors, so that a trial can be saved.

use augur_core::spec;
use tch::{Device, Kind, Tensor, no_grad};

/// What the spec leaves at PyTorch's defaults.
const BETA1: f64 = 0.9;
const BETA2: f64 = 0.999;
const EPSILON: f64 = 1e-8;

/// An optimiser with its state for one fixed list of parameters, all of one kind on one device.
#[derive(Debug)]
pub struct Optimiser {
    rule: Rule,
    steps: u64,
    slots: Vec<Slot>,
    /// Running averages over all parameters laid end to end: a step is a few operations, however many tensors there are.
    first: Tensor,
    second: Tensor,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Rule {
    Adam { lr: f64 },
    Sgd { lr: f64, momentum: f64 },
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
        let rule = match *spec {
            spec::Optimiser::Adam { lr } => Rule::Adam { lr },
            spec::Optimiser::Sgd { lr, momentum } => Rule::Sgd { lr, momentum },
        };
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
            rule,
            steps: 0,
            first: zeros(),
            second: zeros(),
            slots,
        }
    }

    /// One step: moves `params` in place against `gradients`, both in the order given to [`Optimiser::new`].
    pub fn step(&mut self, params: &[Tensor], gradients: &[Tensor]) {
        self.steps += 1;
        no_grad(|| {
            let flat: Vec<Tensor> = gradients.iter().map(|g| g.reshape([-1])).collect();
            let change = self.change(&Tensor::cat(&flat, 0));
            for (param, part) in params.iter().zip(self.split(&change)) {
                let _ = param.shallow_clone().g_add_(&part);
            }
        });
    }

    /// What the rule adds to the parameters.
    fn change(&mut self, gradient: &Tensor) -> Tensor {
        match self.rule {
            Rule::Adam { lr } => self.adam(gradient, lr),
            Rule::Sgd { lr, momentum } => self.sgd(gradient, lr, momentum),
        }
    }

    /// Adam (Kingma and Ba 2015), with the bias corrections where PyTorch applies them:
    /// m <- b1 m + (1 - b1) g;  v <- b2 v + (1 - b2) g^2;  p <- p - lr/(1 - b1^t) * m / (sqrt(v)/sqrt(1 - b2^t) + eps).
    fn adam(&mut self, gradient: &Tensor, lr: f64) -> Tensor {
        let power = i32::try_from(self.steps).unwrap_or(i32::MAX);
        let (correction1, correction2) = (1.0 - BETA1.powi(power), 1.0 - BETA2.powi(power));
        let _ = self.first.lerp_(gradient, 1.0 - BETA1);
        self.second *= BETA2;
        self.second += gradient.square() * (1.0 - BETA2);
        let denominator = self.second.sqrt() / correction2.sqrt() + EPSILON;
        &self.first / denominator * (-lr / correction1)
    }

    /// SGD with momentum as in PyTorch, whose buffer starts at the first gradient: b <- momentum * b + g;  p <- p - lr b.
    fn sgd(&mut self, gradient: &Tensor, lr: f64, momentum: f64) -> Tensor {
        self.first *= momentum;
        self.first += gradient;
        &self.first * -lr
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
    /// gradient) and, for Adam, `NAME.second` (of its square). The tensors are copies.
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
        self.first = loaded.next().unwrap_or_else(|| self.first.shallow_clone());
        self.second = loaded.next().unwrap_or_else(|| self.second.shallow_clone());
        Ok(())
    }

    /// The running averages that the rule uses.
    fn averages(&self) -> Vec<(&'static str, &Tensor)> {
        match self.rule {
            Rule::Adam { .. } => vec![("first", &self.first), ("second", &self.second)],
            Rule::Sgd { .. } => vec![("first", &self.first)],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The parameters after each of the given gradients, from (1, -2).
    fn path(optimiser: &mut Optimiser, gradients: &[[f64; 2]]) -> Vec<f64> {
        let params = [Tensor::from_slice(&[1.0]), Tensor::from_slice(&[-2.0])];
        let mut path = Vec::new();
        for [a, b] in gradients {
            optimiser.step(&params, &[Tensor::from_slice(&[*a]), Tensor::from_slice(&[*b])]);
            path.extend(params.iter().map(|p| p.double_value(&[0])));
        }
        path
    }

    fn new(spec: &spec::Optimiser) -> Optimiser {
        let param = Tensor::from_slice(&[0.0]);
        Optimiser::new(spec, [("a", &param), ("b", &param)])
    }

    fn assert_close(got: &[f64], want: &[f64]) {
        assert_eq!(got.len(), want.len());
        for (g, w) in got.iter().zip(want) {
            assert!((g - w).abs() < 1e-12, "{got:?} is not {want:?}");
        }
    }

    #[test]
    fn sgd_with_momentum_by_hand() {
        let mut sgd = new(&spec::Optimiser::Sgd { lr: 0.1, momentum: 0.5 });
        // Buffers: (2, -4), then 0.5 * (2, -4) + (1, 1) = (2, -1).
        assert_close(&path(&mut sgd, &[[2.0, -4.0], [1.0, 1.0]]), &[0.8, -1.6, 0.6, -1.5]);
    }

    #[test]
    fn adam_by_hand() {
        let mut adam = new(&spec::Optimiser::Adam { lr: 0.1 });
        let by_hand = |p: f64, g: [f64; 2]| {
            let (m1, v1) = (0.1 * g[0], 0.001 * g[0] * g[0]);
            let p1 = p - 0.1 * (m1 / 0.1) / ((v1 / 0.001).sqrt() + 1e-8);
            let (m2, v2) = (0.9 * m1 + 0.1 * g[1], 0.999 * v1 + 0.001 * g[1] * g[1]);
            let p2 = p1 - 0.1 * (m2 / (1.0 - 0.81)) / ((v2 / (1.0 - 0.999f64.powi(2))).sqrt() + 1e-8);
            [p1, p2]
        };
        let [a1, a2] = by_hand(1.0, [2.0, 1.0]);
        let [b1, b2] = by_hand(-2.0, [-4.0, 1.0]);
        assert_close(&path(&mut adam, &[[2.0, -4.0], [1.0, 1.0]]), &[a1, b1, a2, b2]);
    }

    #[test]
    fn goes_on_from_a_saved_state() {
        let gradients = [[2.0, -4.0], [1.0, 1.0], [0.5, -3.0]];
        for spec in [
            spec::Optimiser::Adam { lr: 0.1 },
            spec::Optimiser::Sgd { lr: 0.1, momentum: 0.9 },
        ] {
            let mut whole = new(&spec);
            path(&mut whole, &gradients[..2]);
            let saved = whole.state();
            let mut resumed = new(&spec);
            let find = |name: &str| saved.iter().find(|(n, _)| n == name).map(|(_, t)| t.shallow_clone());
            resumed.load_state(find).unwrap();
            assert_eq!(path(&mut whole, &gradients[2..]), path(&mut resumed, &gradients[2..]));
        }
    }

    #[test]
    fn refuses_the_state_of_another_optimiser() {
        let saved = new(&spec::Optimiser::Sgd { lr: 0.1, momentum: 0.9 }).state();
        let mut adam = new(&spec::Optimiser::Adam { lr: 0.1 });
        let find = |name: &str| saved.iter().find(|(n, _)| n == name).map(|(_, t)| t.shallow_clone());
        assert_eq!(
            adam.load_state(find),
            Err(StateError::Missing {
                name: "a.second".to_owned()
            })
        );
    }
}
