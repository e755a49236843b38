//! A network's tensors as plain values: ordered, named, replaceable. A detector is a function of them;
//! the virtual parameters theta' of the hypergradient are a [`super::Theta`].

use std::sync::Arc;

use tch::{Device, Kind, Tensor};

/// Ordered tensors with torchvision's names.
#[derive(Debug)]
pub struct NamedTensors {
    names: Arc<[String]>,
    tensors: Vec<Tensor>,
}

/// The learnt parameters theta: first those of the embedding f, then those of the head g.
pub type Params = NamedTensors;

/// Batch-norm's running means and variances.
pub type Stats = NamedTensors;

/// A set of tensors that does not fit the network.
#[derive(Debug, thiserror::Error)]
pub enum ParamsError {
    #[error("the tensor {name} is missing; give one for every name of the detector's layout")]
    Missing { name: String },
    #[error("the tensor {name} has shape {found:?} where the detector needs {expected:?}")]
    Shape {
        name: String,
        expected: Vec<i64>,
        found: Vec<i64>,
    },
}

impl NamedTensors {
    /// Pairs each name with its tensor, in order.
    pub fn new(names: Arc<[String]>, tensors: Vec<Tensor>) -> Self {
        debug_assert_eq!(names.len(), tensors.len());
        Self { names, tensors }
    }

    pub fn names(&self) -> &[String] {
        &self.names
    }

    pub fn tensors(&self) -> &[Tensor] {
        &self.tensors
    }

    pub fn iter(&self) -> impl Iterator<Item = (&str, &Tensor)> {
        self.names.iter().map(String::as_str).zip(&self.tensors)
    }

    /// The same names with other tensors.
    pub fn with(&self, tensors: Vec<Tensor>) -> Self {
        Self::new(Arc::clone(&self.names), tensors)
    }

    /// Leaves that share these tensors' storage and ask for gradients.
    pub fn leaves(&self) -> Self {
        let leaf = |t: &Tensor| t.detach().set_requires_grad(true);
        self.with(self.tensors.iter().map(leaf).collect())
    }

    /// Copies that share nothing with these tensors.
    pub fn copied(&self) -> Self {
        self.with(self.tensors.iter().map(|t| t.detach().copy()).collect())
    }

    pub(super) fn at(&self, index: usize) -> &Tensor {
        &self.tensors[index]
    }
}

/// How a parameter starts; see [`crate::init`] for the formulas.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Init {
    /// Normal with variance 2 / fan_out (He et al. 2015), as torchvision's ResNet draws its convolutions.
    KaimingNormal,
    /// Uniform within +-1 / sqrt(fan_in), PyTorch's default for linear layers and biases.
    Uniform {
        fan_in: i64,
    },
    Constant(f64),
}

/// One tensor of a network: what it is called, its shape, how it starts.
#[derive(Debug, Clone, PartialEq)]
pub struct Slot {
    pub name: String,
    pub shape: Vec<i64>,
    pub init: Init,
}

/// All tensors of a network; layers hold indices into it.
#[derive(Debug, Default)]
pub struct Layout {
    pub params: Vec<Slot>,
    pub stats: Vec<Slot>,
}

impl Layout {
    pub(super) fn param(&mut self, name: String, shape: &[i64], init: Init) -> usize {
        Self::push(&mut self.params, name, shape, init)
    }

    pub(super) fn stat(&mut self, name: String, shape: &[i64], start: f64) -> usize {
        Self::push(&mut self.stats, name, shape, Init::Constant(start))
    }

    fn push(slots: &mut Vec<Slot>, name: String, shape: &[i64], init: Init) -> usize {
        slots.push(Slot {
            name,
            shape: shape.to_vec(),
            init,
        });
        slots.len() - 1
    }
}

/// One tensor for every slot, found by its name, moved to `kind` and `device`.
pub(super) fn gather(
    slots: &[Slot],
    kind: Kind,
    device: Device,
    mut find: impl FnMut(&str) -> Option<Tensor>,
) -> Result<NamedTensors, ParamsError> {
    let mut tensors = Vec::with_capacity(slots.len());
    for Slot { name, shape, .. } in slots {
        let name = name.clone();
        let Some(tensor) = find(&name) else {
            return Err(ParamsError::Missing { name });
        };
        if tensor.size() != *shape {
            return Err(ParamsError::Shape {
                name,
                expected: shape.clone(),
                found: tensor.size(),
            });
        }
        tensors.push(tensor.detach().to_kind(kind).to_device(device));
    }
    Ok(NamedTensors::new(names(slots), tensors))
}

pub(crate) fn names(slots: &[Slot]) -> Arc<[String]> {
    slots.iter().map(|slot| slot.name.clone()).collect()
}
