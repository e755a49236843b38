//! An affine map of embeddings, with a ReLU where there is one.

use tch::{Kind, Tensor};

use super::params::{Init, Layout};
use super::slots::Gradients;
use super::theta::Theta;

/// An affine map; holds where its tensors stand in the layout.
#[derive(Debug)]
pub(super) struct Linear {
    weight: usize,
    bias: usize,
    pub(super) relu: bool,
}

impl Linear {
    pub(super) fn new(layout: &mut Layout, name: &str, [from, to]: [i64; 2], relu: bool) -> Self {
        let init = Init::Uniform { fan_in: from };
        Self {
            weight: layout.param(format!("{name}.weight"), &[to, from], init),
            bias: layout.param(format!("{name}.bias"), &[to], init),
            relu,
        }
    }

    /// Where the parameters stand in the layout.
    pub(super) fn params(&self) -> Vec<usize> {
        vec![self.weight, self.bias]
    }

    /// x [N, from] -> [N, to]
    pub(super) fn forward(&self, theta: &Theta, x: &Tensor) -> Tensor {
        let out = x.linear(&theta.at(self.weight), Some(&theta.at(self.bias)));
        if self.relu { out.relu() } else { out }
    }

    /// From g = dL/dout, already masked by the ReLU: the gradients of the parameters into `gradients`, and dL/dx.
    pub(super) fn backward(&self, theta: &Theta, [x, g]: [&Tensor; 2], gradients: &mut Gradients) -> Tensor {
        gradients.put(self.weight, || g.tr().matmul(x));
        gradients.put(self.bias, || g.sum_dim_intlist([0i64].as_slice(), false, None::<Kind>));
        self.transposed(theta, g)
    }

    /// The tangent of out, not yet masked by the ReLU, along one of x.
    pub(super) fn tangent(&self, theta: &Theta, x_dot: &Tensor) -> Tensor {
        x_dot.matmul(&theta.at(self.weight).tr())
    }

    /// g [N, to] -> [N, from]; of gradients and, as the head has no tangent, of their tangents.
    pub(super) fn transposed(&self, theta: &Theta, g: &Tensor) -> Tensor {
        g.matmul(&theta.at(self.weight))
    }
}
