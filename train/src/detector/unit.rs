//! A convolution with what follows it: batch normalisation, or a bias, and a ReLU where there is one.
//!
//! With filters W, scale gamma, shift beta, and the batch's mean and deviation sigma of y = W * x, the unit is
//!
//! x^ = (y - mean) / sigma,   out = relu(gamma x^ + beta).
//!
//! Its four passes are those of docs/method.md, "Without differentiating twice"; what batch normalisation does in them is in
//! [`super::norm`].

use tch::{Kind, Tensor};

use super::norm::{Norm, Normalised, Source};
use super::params::{Init, Layout};
use super::slots::{Gradients, Rows, Tangents};
use super::theta::Theta;
use crate::kernels::{Step, conv2d, conv2d_transposed, conv2d_weight_gradient};

/// A square 2-d convolution and what follows it; holds where its tensors stand in the layout.
#[derive(Debug)]
pub(super) struct Unit {
    weight: usize,
    step: Step,
    after: After,
    pub(super) relu: bool,
}

#[derive(Debug)]
enum After {
    Bias(usize),
    Norm(Norm),
}

/// The shape of a [`Unit`]'s convolution.
pub(super) struct ConvShape {
    pub from: i64,
    pub to: i64,
    pub kernel: i64,
    pub stride: i64,
    pub padding: i64,
}

/// A convolution of so many channels is a small part of what follows it.
const FEW_CHANNELS: i64 = 4;

/// What a unit keeps from one pass to the next.
#[derive(Debug)]
pub(super) struct Kept {
    /// The shape of x.
    size: [i64; 4],
    /// y and what normalises it.
    pub(super) normalised: Option<Normalised>,
    /// From the backward pass: dL/dy without gamma's part in it.
    h: Option<Tensor>,
}

impl Unit {
    /// A convolution without bias and batch normalisation, by their names.
    pub(super) fn normalised(layout: &mut Layout, [conv, norm]: [&str; 2], shape: &ConvShape, relu: bool) -> Self {
        let weight = filters(layout, conv, shape);
        let norm = Norm::new(layout, norm, shape.to);
        Self::new(weight, shape, After::Norm(norm), relu)
    }

    /// A convolution with a bias, by its name.
    pub(super) fn biased(layout: &mut Layout, name: &str, shape: &ConvShape, relu: bool) -> Self {
        let weight = filters(layout, name, shape);
        let fan_in = shape.from * shape.kernel * shape.kernel;
        let bias = layout.param(format!("{name}.bias"), &[shape.to], Init::Uniform { fan_in });
        Self::new(weight, shape, After::Bias(bias), relu)
    }

    fn new(weight: usize, shape: &ConvShape, after: After, relu: bool) -> Self {
        let step = Step {
            stride: shape.stride,
            padding: shape.padding,
        };
        Self {
            weight,
            step,
            after,
            relu,
        }
    }

    /// What normalises the convolution's output, if anything does.
    pub(super) fn norm(&self) -> Option<&Norm> {
        match &self.after {
            After::Norm(norm) => Some(norm),
            After::Bias(_) => None,
        }
    }

    /// Where the parameters stand in the layout.
    pub(super) fn params(&self) -> Vec<usize> {
        match &self.after {
            After::Bias(bias) => vec![self.weight, *bias],
            After::Norm(norm) => vec![self.weight, norm.weight, norm.bias],
        }
    }

    /// x [N, from, H, W] -> out [N, to, H', W'], or none yet where a sum can take the normalised y as it is.
    pub(super) fn forward(&self, theta: &Theta, x: &Tensor, source: Source) -> (Option<Tensor>, Kept) {
        let size = x.size4().map(|(n, c, h, w)| [n, c, h, w]);
        let mut kept = Kept {
            size: size.unwrap_or_else(|_| unreachable!("images are [N, C, H, W]")),
            normalised: None,
            h: None,
        };
        match &self.after {
            After::Bias(bias) => {
                let out = self.conv(x, &theta.at(self.weight), Some(&theta.at(*bias)));
                (Some(if self.relu { out.relu() } else { out }), kept)
            }
            After::Norm(norm) => {
                let y = conv2d(x, &theta.at(self.weight), self.step);
                let normalised = norm.forward(theta, y, source);
                let out = self.relu.then(|| normalised.relu());
                kept.normalised = Some(normalised);
                (out, kept)
            }
        }
    }

    /// The same where nothing is kept and these running statistics normalise: of libtorch's own operations, which a trace for
    /// export can follow.
    pub(super) fn infer(&self, theta: &Theta, x: &Tensor, running: Option<[&Tensor; 2]>) -> Tensor {
        let weight = &theta.at(self.weight);
        let out = match (&self.after, running) {
            (After::Norm(norm), Some(running)) => norm.infer(theta, &self.conv(x, weight, None), running),
            (After::Bias(bias), _) => self.conv(x, weight, Some(&theta.at(*bias))),
            (After::Norm(_), None) => unreachable!("what is normalised has running statistics"),
        };
        if self.relu { out.relu() } else { out }
    }

    /// From g = dL/dout: the gradients of the parameters into `gradients`, unless they are frozen. A unit that is normalised
    /// masks g by its ReLU itself.
    pub(super) fn backward(&self, theta: &Theta, x: &Tensor, g: Tensor, kept: &mut Kept, gradients: &mut Gradients) {
        let h = match (&self.after, &mut kept.normalised) {
            (After::Norm(norm), Some(normalised)) => normalised.backward(norm, g, self.relu, gradients),
            (After::Bias(bias), _) => {
                gradients.put(*bias, || {
                    g.sum_dim_intlist([0i64, 2, 3].as_slice(), false, None::<Kind>)
                });
                g
            }
            (After::Norm(_), None) => unreachable!("forward keeps what it normalises"),
        };
        gradients.put(self.weight, || {
            let mut for_weight = conv2d_weight_gradient(&h, x, theta.like(self.weight), self.step);
            match self.scale(theta) {
                Some(scale) => for_weight.g_mul_(&scale),
                None => for_weight,
            }
        });
        kept.h = Some(h);
    }

    /// After [`Unit::backward`]: dL/dx of the `rows` that are wanted. Nothing but h is read of what was kept.
    pub(super) fn for_input(&self, theta: &Theta, kept: &Kept, rows: Rows) -> Tensor {
        let h = kept.h.as_ref();
        let h = h.unwrap_or_else(|| unreachable!("backward comes before"));
        let filters = theta.scaled(self.weight, self.scale(theta).as_ref());
        self.transposed(h, kept.size, &filters, rows)
    }

    /// Whether y costs little beside what it takes of memory: its images have a few channels.
    pub(super) fn is_cheap(&self, kept: &Kept) -> bool {
        kept.normalised.is_some() && kept.size[1] <= FEW_CHANNELS
    }

    /// Computes y again after it was forgotten: the same number for number.
    pub(super) fn remember(&self, theta: &Theta, x: &Tensor, kept: &mut Kept) {
        if let Some(normalised) = &mut kept.normalised {
            normalised.remember(conv2d(x, &theta.at(self.weight), self.step));
        }
    }

    /// The tangent of out along a tangent of x and one of the parameters; none where both are. A unit that is normalised masks
    /// it by its ReLU itself.
    pub(super) fn tangent(
        &self,
        theta: &Theta,
        tangents: &Tangents,
        x: &Tensor,
        x_dot: Option<&Tensor>,
        kept: &mut Kept,
    ) -> Option<Tensor> {
        let along_x = x_dot.map(|x_dot| conv2d(x_dot, &theta.at(self.weight), self.step));
        let along_w = tangents.at(self.weight).map(|v| conv2d(x, v, self.step));
        let y_dot = match (along_x, along_w) {
            (Some(a), Some(mut b)) => b.g_add_(&a),
            (Some(one), None) | (None, Some(one)) => one,
            (None, None) => return None,
        };
        Some(match (&self.after, &mut kept.normalised) {
            (After::Norm(norm), Some(normalised)) => normalised.tangent(norm, theta, tangents, y_dot, self.relu),
            (After::Bias(bias), _) => match tangents.at(*bias) {
                Some(v) => y_dot + v.view([-1, 1, 1]),
                None => y_dot,
            },
            (After::Norm(_), None) => unreachable!("forward keeps what it normalises"),
        })
    }

    /// From g' = (dL/dout)': (dL/dx)' of the `rows` that are wanted. A unit that is normalised masks g' by its ReLU itself.
    ///
    /// With U = gamma W, dL/dx = U^T h; so (dL/dx)' = U^T q + U'^T h, where q is h'.
    pub(super) fn tangent_backward(
        &self,
        theta: &Theta,
        tangents: &Tangents,
        g_dot: Tensor,
        kept: &Kept,
        rows: Rows,
    ) -> Tensor {
        let scale = self.scale(theta);
        let scale_dot = self.norm().and_then(|norm| tangents.at(norm.weight)).map(column);
        let q = match &kept.normalised {
            Some(normalised) => normalised.tangent_backward(g_dot, kept.h.as_ref(), self.relu),
            None => g_dot,
        };
        let mut for_x = self.transposed(&q, kept.size, &theta.scaled(self.weight, scale.as_ref()), rows);
        if let (Some(v), Some(h)) = (tangents.at(self.weight), &kept.h) {
            let mut filters_dot = scaled(v, scale.as_ref());
            if let Some(scale_dot) = &scale_dot {
                filters_dot += theta.at(self.weight) * scale_dot;
            }
            for_x = for_x.g_add_(&self.transposed(h, kept.size, &filters_dot, rows));
        }
        for_x
    }

    /// gamma, where there is one.
    fn scale(&self, theta: &Theta) -> Option<Tensor> {
        self.norm().map(|norm| column(&theta.at(norm.weight)))
    }

    fn conv(&self, x: &Tensor, weight: &Tensor, bias: Option<&Tensor>) -> Tensor {
        let Step { stride, padding } = self.step;
        x.conv2d(weight, bias, [stride; 2], [padding; 2], [1, 1], 1)
    }

    fn transposed(&self, g: &Tensor, size: [i64; 4], weight: &Tensor, rows: Rows) -> Tensor {
        let [_, c, h, w] = size;
        let g = rows.of(g);
        conv2d_transposed(&g, [g.size()[0], c, h, w], weight, self.step)
    }
}

fn filters(layout: &mut Layout, name: &str, shape: &ConvShape) -> usize {
    let size = [shape.to, shape.from, shape.kernel, shape.kernel];
    layout.param(format!("{name}.weight"), &size, Init::KaimingNormal)
}

/// [to] -> [to, 1, 1, 1]
fn column(scale: &Tensor) -> Tensor {
    scale.view([-1, 1, 1, 1])
}

fn scaled(filters: &Tensor, scale: Option<&Tensor>) -> Tensor {
    scale.map_or_else(|| filters.shallow_clone(), |scale| filters * scale)
}
