//! The update rules: what one step adds to the parameters.

use augur_core::spec::Optimiser;
use tch::Tensor;

/// What the spec leaves at PyTorch's defaults.
const BETA1: f64 = 0.9;
const BETA2: f64 = 0.999;
const EPSILON: f64 = 1e-8;

/// Running averages of the gradient and of its square, flat.
#[derive(Debug)]
pub(super) struct Averages {
    pub first: Tensor,
    pub second: Tensor,
}

impl Averages {
    /// What step `steps`, counted from 1, adds to the parameters (`params` gives them flat; they're asked for only where
    /// weights decay). The step size is `factor` times the rule's.
    pub(super) fn change(
        &mut self,
        rule: &Optimiser,
        factor: f64,
        steps: u64,
        gradient: Tensor,
        params: impl FnOnce() -> Tensor,
    ) -> Tensor {
        match *rule {
            Optimiser::Adam { lr, weight_decay } => {
                let gradient = penalised(gradient, weight_decay, params);
                self.adam(&gradient, factor * lr, steps)
            }
            Optimiser::Adamw { lr, weight_decay } => {
                let change = self.adam(&gradient, factor * lr, steps);
                if weight_decay > 0.0 {
                    change - params() * (factor * lr * weight_decay)
                } else {
                    change
                }
            }
            Optimiser::Sgd {
                lr,
                momentum,
                weight_decay,
                nesterov,
            } => {
                let gradient = penalised(gradient, weight_decay, params);
                self.sgd(&gradient, factor * lr, momentum, nesterov)
            }
        }
    }

    /// Adam (Kingma and Ba 2015), with the bias corrections where PyTorch applies them:
    /// m <- b1 m + (1 - b1) g;  v <- b2 v + (1 - b2) g^2;  p <- p - lr/(1 - b1^t) * m / (sqrt(v)/sqrt(1 - b2^t) + eps).
    fn adam(&mut self, gradient: &Tensor, lr: f64, steps: u64) -> Tensor {
        let power = i32::try_from(steps).unwrap_or(i32::MAX);
        let (correction1, correction2) = (1.0 - BETA1.powi(power), 1.0 - BETA2.powi(power));
        let _ = self.first.lerp_(gradient, 1.0 - BETA1);
        self.second *= BETA2;
        self.second += gradient.square() * (1.0 - BETA2);
        let denominator = self.second.sqrt() / correction2.sqrt() + EPSILON;
        &self.first / denominator * (-lr / correction1)
    }

    /// SGD as in PyTorch, whose buffer starts at the first gradient: b <- momentum * b + g;  p <- p - lr b, or with
    /// Nesterov's momentum p <- p - lr (g + momentum * b).
    fn sgd(&mut self, gradient: &Tensor, lr: f64, momentum: f64, nesterov: bool) -> Tensor {
        self.first *= momentum;
        self.first += gradient;
        if nesterov {
            (&self.first * momentum + gradient) * -lr
        } else {
            &self.first * -lr
        }
    }
}

/// The gradient of the loss with weight_decay / 2 times the squared norm of the parameters added.
fn penalised(gradient: Tensor, weight_decay: f64, params: impl FnOnce() -> Tensor) -> Tensor {
    if weight_decay > 0.0 {
        gradient + params() * weight_decay
    } else {
        gradient
    }
}
