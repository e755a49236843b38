//! What the passes of a tuning step hand to each other, parameter by parameter.

use tch::Tensor;

/// dL/dtheta, of the parameters from `first` on.
#[derive(Debug)]
pub(super) struct Gradients {
    first: usize,
    tensors: Vec<Option<Tensor>>,
}

impl Gradients {
    /// Of `count` parameters those from `first` on are wanted.
    pub(super) fn wanted(first: usize, count: usize) -> Self {
        let tensors = (first..count).map(|_| None).collect();
        Self { first, tensors }
    }

    pub(super) fn wants(&self, index: usize) -> bool {
        (self.first..self.first + self.tensors.len()).contains(&index)
    }

    /// Takes the gradient of the parameter at `index`, if it is wanted.
    pub(super) fn put(&mut self, index: usize, gradient: impl FnOnce() -> Tensor) {
        if self.wants(index) {
            self.tensors[index - self.first] = Some(gradient());
        }
    }

    /// In the order of the parameters.
    pub(super) fn into_tensors(self) -> Vec<Tensor> {
        let all = self.tensors.into_iter().collect();
        let all: Option<Vec<Tensor>> = all;
        all.unwrap_or_else(|| unreachable!("every parameter that is wanted lies on the way back"))
    }
}

/// A direction v in the space of parameters: 0 outside of those from `first` on that it gives.
#[derive(Debug)]
pub struct Tangents<'a> {
    pub first: usize,
    pub tensors: &'a [Tensor],
}

impl Tangents<'_> {
    pub(super) fn at(&self, index: usize) -> Option<&Tensor> {
        self.tensors.get(index.checked_sub(self.first)?)
    }
}

/// Some of the images of a batch.
#[derive(Debug, Clone, Copy)]
pub enum Rows {
    All,
    /// `count` of them from `first` on.
    Part {
        first: i64,
        count: i64,
    },
}

impl Rows {
    pub(super) fn of(self, x: &Tensor) -> Tensor {
        match self {
            Self::All => x.shallow_clone(),
            Self::Part { first, count } => x.narrow(0, first, count),
        }
    }
}
