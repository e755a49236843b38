//! The exact hypergradient of the validation loss with respect to the augmentation's raw parameters
//! (docs/method.md, "The two alternating steps").
//!
//! With theta' = theta - alpha * grad_theta L_trn(theta, a) and v = grad_theta' L_val at theta',
//!
//! d L_val / da = (direct) dL_val/da at fixed theta'  +  (second) -alpha * d/da <grad_theta L_trn(theta, a), v>.
//!
//! theta' enters L_val as a detached leaf, so only the pass over the training batch is differentiated twice.

use std::ops::Range;

use tch::Tensor;

use crate::augment::{Augmentation, Draw};
use crate::detector::{Detector, Mode, Params};
use crate::normalisation::Normalisation;

/// The validation loss over embeddings (z_trn [B, h], z_aug [B, h], z_val [V, h]) as a scalar tensor.
pub type ValidationLoss = dyn Fn(&Tensor, &Tensor, &Tensor) -> Tensor;

/// Which paths from `a` to the validation loss are followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HypergradientOrder {
    /// Both paths: the method.
    Exact,
    /// The direct path alone: the paper's first-order ablation.
    FirstOrder,
}

/// What stays the same from step to step.
pub struct Hypergradient<'a> {
    pub detector: &'a Detector,
    pub augmentation: &'a dyn Augmentation,
    pub normalisation: &'a Normalisation,
    pub loss: &'a ValidationLoss,
    /// alpha, the learning rate of the virtual step.
    pub inner_lr: f64,
    pub order: HypergradientOrder,
}

/// The hypergradient and what it was computed from; scalars have shape [], gradients [k].
#[derive(Debug)]
pub struct HypergradientOutput {
    /// Training loss at theta.
    pub l_trn: Tensor,
    /// Validation loss at theta'.
    pub l_val: Tensor,
    /// The direct path, through phi inside the validation loss.
    pub direct: Tensor,
    /// The second-order path, through theta'(a); zero for [`HypergradientOrder::FirstOrder`].
    pub second: Tensor,
    /// direct + second.
    pub total: Tensor,
}

/// The pass over the training batch: what both the step of theta and the hypergradient start from.
#[derive(Debug)]
pub struct TrainingPass {
    /// Training loss at theta, a scalar.
    pub l_trn: Tensor,
    /// Its gradient for every parameter that is trained, with the graph that leads back to `a` where the order is exact.
    gradients: Vec<Tensor>,
    /// The leaf `a` [k].
    raw: Tensor,
    /// Normalised images [B, C, H, W] and their augmented copies.
    x_trn: Tensor,
    x_aug: Tensor,
}

impl TrainingPass {
    /// grad_theta L_trn(theta, a), for every parameter that is trained, in the detector's order.
    pub fn gradients(&self) -> Vec<Tensor> {
        self.gradients.iter().map(Tensor::detach).collect()
    }
}

impl Hypergradient<'_> {
    /// The hypergradient at parameters `params` and raw hyperparameters `raw` [k], over a training batch
    /// x_trn [B, C, H, W] and a validation batch x_val [V, C, H, W], both in [0, 1] and not yet normalised. The draws
    /// of phi in `draw` serve both losses. Running statistics are left alone. Nothing waits for the device.
    pub fn compute(
        &self,
        params: &Params,
        raw: &Tensor,
        x_trn: &Tensor,
        x_val: &Tensor,
        draw: &Draw,
    ) -> HypergradientOutput {
        let pass = self.training_pass(params, raw, x_trn, draw, &Mode::Train);
        self.follow(&pass, params, x_val)
    }

    /// L_trn(theta, a) and its gradient for theta, over x_trn [B, C, H, W] in [0, 1], not yet normalised.
    pub fn training_pass(
        &self,
        params: &Params,
        raw: &Tensor,
        x_trn: &Tensor,
        draw: &Draw,
        mode: &Mode,
    ) -> TrainingPass {
        let exact = self.order == HypergradientOrder::Exact;
        let raw = raw.detach().set_requires_grad(true);
        let x_aug = self.augmentation.apply(&raw, x_trn, draw);
        let x_aug = self.normalisation.apply(&x_aug);
        let x_trn = self.normalisation.apply(x_trn);
        let x_seen = if exact { x_aug.shallow_clone() } else { x_aug.detach() };
        let loss = self.detector.training_loss(params, &x_trn, &x_seen, mode);
        let gradients = Tensor::run_backward(&[&loss], self.trained(params), exact, exact);
        TrainingPass {
            l_trn: loss.detach(),
            gradients,
            raw,
            x_trn,
            x_aug,
        }
    }

    /// The hypergradient from a training pass at `params` and a validation batch x_val [V, C, H, W] in [0, 1].
    pub fn follow(&self, pass: &TrainingPass, params: &Params, x_val: &Tensor) -> HypergradientOutput {
        // The head doesn't enter L_val, so its virtual step is not needed.
        let gradient = &pass.gradients[..self.embedding_params().len()];
        let virtual_params = self.virtual_step(params, gradient);
        let (l_val, v, direct) = self.validation_gradient(&virtual_params, pass, x_val);
        let second = match self.order {
            // With every part of the embedding frozen, theta' doesn't depend on `a`.
            HypergradientOrder::Exact if gradient.is_empty() => pass.raw.zeros_like(),
            HypergradientOrder::Exact => self.second_path(gradient, &v, &pass.raw),
            HypergradientOrder::FirstOrder => pass.raw.zeros_like(),
        };
        HypergradientOutput {
            l_trn: pass.l_trn.shallow_clone(),
            l_val: l_val.detach(),
            total: &direct + &second,
            direct,
            second,
        }
    }

    /// The parameters that are trained: those of the embedding, then the head's.
    fn trained<'p>(&self, params: &'p Params) -> &'p [Tensor] {
        &params.tensors()[self.detector.frozen_params()..]
    }

    /// Positions of the embedding's parameters that are trained.
    fn embedding_params(&self) -> Range<usize> {
        self.detector.frozen_params()..self.detector.embedding_params()
    }

    /// theta' as leaves; the head and frozen parameters keep their places but make no step.
    fn virtual_step(&self, params: &Params, gradient: &[Tensor]) -> Params {
        let mut moved: Vec<Tensor> = params.tensors().iter().map(Tensor::detach).collect();
        for (theta, g) in moved[self.embedding_params()].iter_mut().zip(gradient) {
            *theta = (&*theta - g.detach() * self.inner_lr).set_requires_grad(true);
        }
        params.with(moved)
    }

    /// L_val over the embeddings of cat(x_trn, x_aug, x_val) at theta', its gradient v for theta' and the direct path.
    fn validation_gradient(
        &self,
        virtual_params: &Params,
        pass: &TrainingPass,
        x_val: &Tensor,
    ) -> (Tensor, Vec<Tensor>, Tensor) {
        let x_val = self.normalisation.apply(x_val);
        let (batch, validation) = (pass.x_trn.size()[0], x_val.size()[0]);
        let x = Tensor::cat(&[&pass.x_trn, &pass.x_aug, &x_val], 0);
        let z = self.detector.embed(virtual_params, &x, &Mode::Train);
        let parts = z.split_with_sizes([batch, batch, validation], 0);
        let loss = (self.loss)(&parts[0], &parts[1], &parts[2]);

        let exact = self.order == HypergradientOrder::Exact;
        let mut inputs = vec![&pass.raw];
        if exact {
            inputs.extend(&virtual_params.tensors()[self.embedding_params()]);
        }
        // The graph of x_aug is used once more by the second path.
        let mut gradients = Tensor::run_backward(&[&loss], &inputs, exact, false);
        let v = gradients.split_off(1);
        let direct = gradients.swap_remove(0);
        (loss, v, direct)
    }

    /// -alpha * d/da <grad_theta L_trn(theta, a), v>
    fn second_path(&self, gradient: &[Tensor], v: &[Tensor], raw: &Tensor) -> Tensor {
        let flat = |tensors: &[Tensor]| {
            let flat: Vec<Tensor> = tensors.iter().map(|t| t.reshape([-1])).collect();
            Tensor::cat(&flat, 0)
        };
        let inner = flat(gradient).dot(&flat(v));
        let path = Tensor::run_backward(&[inner], &[raw], false, false);
        &path[0] * -self.inner_lr
    }
}

#[cfg(test)]
#[path = "hypergradient_tests.rs"]
mod tests;
