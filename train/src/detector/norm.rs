//! Batch normalisation in the four passes of a unit (docs/method.md, "Without differentiating twice").
//!
//! P g = g - mean(g) - x^ mean(x^ g), over [N, H, W] for each channel, is what its derivative consists of: dL/dy = gamma h with
//! h = P g / sigma, and x^' = P y' / sigma. All of it is a few sums and one linear combination of images; what is written below
//! are the coefficients, each [C]. Where running statistics normalise, mean and sigma are constants and P is the identity.

use tch::Tensor;

use super::params::{Init, Layout};
use super::slots::{Gradients, Tangents};
use super::theta::Theta;
use crate::kernels::{Combination, Gate, channel_moments, channel_sums};

/// Batch-norm's constants, as in PyTorch.
const MOMENTUM: f64 = 0.1;
const EPSILON: f64 = 1e-5;

/// Where its tensors stand in the layout.
#[derive(Debug)]
pub(super) struct Norm {
    /// gamma
    pub weight: usize,
    /// beta
    pub bias: usize,
    mean: usize,
    var: usize,
}

/// Where the statistics come from.
pub(super) enum Source<'a> {
    /// From the batch; the running mean and variance follow it where they are given.
    Batch(Option<[&'a Tensor; 2]>),
    /// From this mean and variance.
    Running([&'a Tensor; 2]),
}

/// y and its statistics, and what the passes add.
#[derive(Debug)]
pub(super) struct Normalised {
    /// [N, C, H, W]; undefined between [`Normalised::forget`] and [`Normalised::remember`].
    y: Tensor,
    /// N H W
    count: f64,
    /// The statistics are y's own.
    of_batch: bool,
    mean: Tensor,
    invstd: Tensor,
    /// out = slope y + shift, before the ReLU.
    slope: Tensor,
    shift: Tensor,
    /// From the backward pass: mean(x^ g).
    mean_xg: Option<Tensor>,
    along: Option<Along>,
}

/// From the tangent pass: x^' = of_y_dot y' + of_y y + constant.
#[derive(Debug)]
struct Along {
    y_dot: Tensor,
    /// mean(x^ y') = sigma'
    sigma_dot: Tensor,
    of_y_dot: Tensor,
    of_y: Tensor,
    constant: Tensor,
}

impl Norm {
    pub(super) fn new(layout: &mut Layout, name: &str, channels: i64) -> Self {
        let size = [channels];
        Self {
            weight: layout.param(format!("{name}.weight"), &size, Init::Constant(1.0)),
            bias: layout.param(format!("{name}.bias"), &size, Init::Constant(0.0)),
            mean: layout.stat(format!("{name}.running_mean"), &size, 0.0),
            var: layout.stat(format!("{name}.running_var"), &size, 1.0),
        }
    }

    /// Where the running mean and variance stand among the statistics.
    pub(super) fn running(&self) -> [usize; 2] {
        [self.mean, self.var]
    }

    /// gamma x^ + beta by a running mean and variance.
    pub(super) fn infer(&self, theta: &Theta, y: &Tensor, [mean, var]: [&Tensor; 2]) -> Tensor {
        let [weight, bias] = [self.weight, self.bias].map(|index| theta.at(index));
        y.batch_norm(
            Some(&weight),
            Some(&bias),
            Some(mean),
            Some(var),
            false,
            MOMENTUM,
            EPSILON,
            true,
        )
    }

    /// y [N, C, H, W], normalised when it is read.
    pub(super) fn forward(&self, theta: &Theta, y: Tensor, source: Source) -> Normalised {
        let of_batch = matches!(source, Source::Batch(_));
        let size = y.size();
        let count = (size[0] * size[2] * size[3]) as f64;
        let (mean, var) = match source {
            Source::Batch(running) => statistics(&y, count, running),
            Source::Running([mean, var]) => (mean.shallow_clone(), var.shallow_clone()),
        };
        let invstd = (var + EPSILON).rsqrt();
        let slope = theta.at(self.weight) * &invstd;
        let shift = theta.at(self.bias) - &slope * &mean;
        Normalised {
            count,
            y,
            of_batch,
            mean,
            invstd,
            slope,
            shift,
            mean_xg: None,
            along: None,
        }
    }
}

/// Mean and variance, which is biased, of each channel; the running ones follow, the variance unbiased.
fn statistics(y: &Tensor, count: f64, running: Option<[&Tensor; 2]>) -> (Tensor, Tensor) {
    let [running_mean, running_var] = [0, 1].map(|i| running.map(|pair| pair[i]));
    if y.is_contiguous() {
        return y.batch_norm_update_stats(running_mean, running_var, MOMENTUM);
    }
    // Where channels lie last, libtorch sums a hundred thousand numbers in single precision: 50 times the rounding, and as
    // many ReLUs whose input changes its sign.
    let [mean, var] = channel_moments(y);
    if let (Some(running_mean), Some(running_var)) = (running_mean, running_var) {
        let _ = running_mean.shallow_clone().lerp_(&mean, MOMENTUM);
        let _ = running_var
            .shallow_clone()
            .lerp_(&(&var * (count / (count - 1.0))), MOMENTUM);
    }
    (mean, var)
}

impl Normalised {
    /// relu(slope y + shift)
    pub(super) fn relu(&self) -> Tensor {
        Combination::of([(&self.y, Some(&self.slope))])
            .plus(Some(&self.shift))
            .relu()
    }

    /// Drops y, which [`Normalised::remember`] has to give back before anything here is asked again.
    pub(super) fn forget(&mut self) {
        self.y = Tensor::new();
    }

    pub(super) fn remember(&mut self, y: Tensor) {
        self.y = y;
    }

    /// y, slope and shift.
    pub(super) fn affine(&self) -> (&Tensor, &Tensor, &Tensor) {
        (&self.y, &self.slope, &self.shift)
    }

    /// h from g = dL/dout, of out as cut off at 0 where `relu` is; gradients of gamma and beta into `gradients`.
    pub(super) fn backward(&mut self, norm: &Norm, g: Tensor, relu: bool, gradients: &mut Gradients) -> Tensor {
        let [sum_g, sum_gy] = channel_sums(&g, self.gate(relu), &self.y, Some(&self.mean));
        let sum_xg = sum_gy * &self.invstd;
        let mean_xg = &sum_xg / self.count;
        let h = if self.of_batch {
            let [of_y, constant] = self.minus_projection(&(&sum_g / self.count), &mean_xg);
            Combination::over((g, Some(&self.invstd)), [(&self.y, Some(&of_y))])
                .plus(Some(&constant))
                .first_gated(self.gate(relu))
        } else {
            Combination::over((g, Some(&self.invstd)), []).gated(self.gate(relu))
        };
        self.mean_xg = Some(mean_xg);
        gradients.put(norm.weight, || sum_xg);
        gradients.put(norm.bias, || sum_g);
        h
    }

    /// out' = gamma x^' + gamma' x^ + beta', 0 where `relu` cut out off at 0, from y'.
    pub(super) fn tangent(
        &mut self,
        norm: &Norm,
        theta: &Theta,
        tangents: &Tangents,
        y_dot: Tensor,
        relu: bool,
    ) -> Tensor {
        let along = self.along(y_dot);
        let scale = &theta.at(norm.weight);
        let (mut of_y, mut constant) = (scale * &along.of_y, scale * &along.constant);
        if let (Some(scale_dot), Some(shift_dot)) = (tangents.at(norm.weight), tangents.at(norm.bias)) {
            let slope_dot = scale_dot * &self.invstd;
            constant += shift_dot - &slope_dot * &self.mean;
            of_y += slope_dot;
        }
        let of_y_dot = scale * &along.of_y_dot;
        let out_dot = Combination::of([(&along.y_dot, Some(&of_y_dot)), (&self.y, Some(&of_y))])
            .plus(Some(&constant))
            .gated(self.gate(relu));
        self.along = Some(along);
        out_dot
    }

    fn along(&self, y_dot: Tensor) -> Along {
        if !self.of_batch {
            let zero = self.invstd.zeros_like();
            return Along {
                y_dot,
                sigma_dot: zero.shallow_clone(),
                of_y_dot: self.invstd.shallow_clone(),
                of_y: zero.shallow_clone(),
                constant: zero,
            };
        }
        let [sum, sum_y] = channel_sums(&y_dot, None, &self.y, Some(&self.mean));
        let sigma_dot = sum_y * &self.invstd / self.count;
        let [of_y, constant] = self.minus_projection(&(sum / self.count), &sigma_dot);
        Along {
            y_dot,
            sigma_dot,
            of_y_dot: self.invstd.shallow_clone(),
            of_y,
            constant,
        }
    }

    /// q = h' = (P g' - sigma' h - mean(x^ g) x^' - mean(x^' g) x^) / sigma, from g' = (dL/dout)'.
    pub(super) fn tangent_backward(&self, g_dot: Tensor, h: Option<&Tensor>, relu: bool) -> Tensor {
        let gate = self.gate(relu);
        let (true, Some(h), Some(along), Some(mean_xg)) = (self.of_batch, h, &self.along, &self.mean_xg) else {
            return Combination::over((g_dot, Some(&self.invstd)), []).gated(gate);
        };
        let [sum_g_dot, sum_g_dot_y] = channel_sums(&g_dot, gate, &self.y, Some(&self.mean));
        // mean(x^' g) = mean(P y' g) / sigma = mean(y' h), as P is symmetric.
        let [_, sum_hy_dot] = channel_sums(h, None, &along.y_dot, None);
        let mean_xg_dot = (sum_g_dot_y * &self.invstd + sum_hy_dot) / self.count;
        let [of_y, constant] = self.minus_projection(&(sum_g_dot / self.count), &mean_xg_dot);
        let minus_mean_xg = -(mean_xg * &self.invstd);
        let of_h = -(&along.sigma_dot * &self.invstd);
        let of_y_dot = &minus_mean_xg * &along.of_y_dot;
        let of_y = of_y + &minus_mean_xg * &along.of_y;
        let constant = constant + &minus_mean_xg * &along.constant;
        let others = [
            (h, Some(&of_h)),
            (&along.y_dot, Some(&of_y_dot)),
            (&self.y, Some(&of_y)),
        ];
        Combination::over((g_dot, Some(&self.invstd)), others)
            .plus(Some(&constant))
            .first_gated(gate)
    }

    /// What (- mean - x^ mean_x) / sigma is of y, and its constant.
    fn minus_projection(&self, mean: &Tensor, mean_x: &Tensor) -> [Tensor; 2] {
        let of_y = -(mean_x * self.invstd.square());
        let constant = -(mean * &self.invstd) - &of_y * &self.mean;
        [of_y, constant]
    }

    /// The ReLU's, where there is one.
    fn gate(&self, relu: bool) -> Option<Gate<'_>> {
        relu.then_some(Gate {
            x: &self.y,
            affine: Some([&self.slope, &self.shift]),
        })
    }
}
