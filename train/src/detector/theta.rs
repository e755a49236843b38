//! The parameters as the passes read them: as they are, or after the virtual step.

use tch::Tensor;

use super::Params;

/// theta, or theta' = theta - alpha * gradient. Of theta' nothing is kept: each tensor is computed where it is read, twice in
/// all, instead of lying there beside the gradients.
#[derive(Debug, Clone, Copy)]
pub struct Theta<'a> {
    params: &'a Params,
    step: Option<VirtualStep<'a>>,
}

/// A step of plain gradient descent.
#[derive(Debug, Clone, Copy)]
pub struct VirtualStep<'a> {
    /// Of the parameters from `first` on; the others make no step.
    pub gradients: &'a [Tensor],
    pub first: usize,
    /// alpha
    pub lr: f64,
}

impl<'a> Theta<'a> {
    /// theta'
    pub fn after(params: &'a Params, step: VirtualStep<'a>) -> Self {
        let step = Some(step);
        Self { params, step }
    }

    /// The parameter at `index`.
    pub(super) fn at(&self, index: usize) -> Tensor {
        self.moved(index)
            .unwrap_or_else(|| self.params.at(index).shallow_clone())
    }

    /// The parameter at `index` times a factor, where there is one.
    pub(super) fn scaled(&self, index: usize, factor: Option<&Tensor>) -> Tensor {
        match (self.moved(index), factor) {
            (Some(mut moved), Some(factor)) => moved.g_mul_(factor),
            (None, Some(factor)) => self.params.at(index) * factor,
            (Some(param), None) => param,
            (None, None) => self.params.at(index).shallow_clone(),
        }
    }

    /// The parameter at `index` where it makes the step; shares no memory.
    fn moved(&self, index: usize) -> Option<Tensor> {
        let step = self.step?;
        let gradient = step.gradients.get(index.checked_sub(step.first)?)?;
        Some((gradient * -step.lr).g_add_(self.params.at(index)))
    }

    /// A tensor of its shape, for who doesn't read the values.
    pub(super) fn like(&self, index: usize) -> &Tensor {
        self.params.at(index)
    }
}

impl<'a> From<&'a Params> for Theta<'a> {
    fn from(params: &'a Params) -> Self {
        Self { params, step: None }
    }
}
