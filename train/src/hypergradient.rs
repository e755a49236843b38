//! The exact hypergradient of the validation loss with respect to the augmentation's raw parameters
//! (docs/method.md, "The two alternating steps").
//!
//! With theta' = theta - alpha * grad_theta L_trn(theta, a) and v = grad_theta' L_val at theta',
//!
//! d L_val / da = (direct) dL_val/da at fixed theta'  +  (second) -alpha * d/da <grad_theta L_trn(theta, a), v>.
//!
//! `a` enters both through the augmented images x~ = phi_a(x) alone, so with J = dx~/da
//!
//! d L_val / da = J^T ( dL_val/dx~ - alpha * d/dx~ <grad_theta L_trn, v> ),
//!
//! and the detector's part, [`Detector::mixed_derivative`], needs no graph of a graph.

use tch::Tensor;

use crate::augment::{Augmentation, Draw};
use crate::detector::{self, Detector, Mode, Params, Rows, Theta, VirtualStep};
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

/// The hypergradient [k] and what it was computed from.
#[derive(Debug)]
pub struct HypergradientOutput {
    /// Training loss at theta, a scalar.
    pub l_trn: Tensor,
    /// Validation loss at theta', a scalar.
    pub l_val: Tensor,
    /// direct + second.
    pub total: Tensor,
    augmented: Augmented,
    /// dL_val/dx~ at fixed theta' [B, C, H, W].
    for_images: Tensor,
}

impl HypergradientOutput {
    /// The direct path [k], through phi inside the validation loss.
    pub fn direct(&self) -> Tensor {
        self.augmented.pull_back(&self.for_images)
    }

    /// The second-order path [k], through theta'(a); zero for [`HypergradientOrder::FirstOrder`].
    pub fn second(&self) -> Tensor {
        &self.total - self.direct()
    }
}

/// The pass over the training batch: what both the step of theta and the hypergradient start from.
#[derive(Debug)]
pub struct TrainingPass {
    pass: detector::TrainingPass,
    /// Normalised images [B, C, H, W] and their augmented copies, [2B, C, H, W].
    x: Tensor,
    augmented: Augmented,
}

/// Augmented and normalised images with the graph that leads back to `a`.
#[derive(Debug)]
struct Augmented {
    /// The leaf `a` [k].
    raw: Tensor,
    /// x~ [B, C, H, W]
    x: Tensor,
}

impl Augmented {
    /// J^T g for g [B, C, H, W].
    fn pull_back(&self, g: &Tensor) -> Tensor {
        let inner = (&self.x * g).sum(None);
        Tensor::run_backward(&[inner], &[&self.raw], true, false).swap_remove(0)
    }
}

impl TrainingPass {
    /// Training loss at theta, a scalar.
    pub fn l_trn(&self) -> &Tensor {
        &self.pass.loss
    }

    /// grad_theta L_trn(theta, a), for every parameter that is trained, in the detector's order.
    pub fn gradients(&self) -> &[Tensor] {
        &self.pass.gradients
    }

    /// The same, when the pass has been followed.
    pub fn into_gradients(self) -> Vec<Tensor> {
        self.pass.gradients
    }

    fn batch(&self) -> i64 {
        self.x.size()[0] / 2
    }

    /// Where the augmented images stand in x.
    fn augmented_rows(&self) -> Rows {
        let batch = self.batch();
        Rows::Part {
            first: batch,
            count: batch,
        }
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
        let mut pass = self.training_pass(params, raw, x_trn, draw, &Mode::Train);
        self.follow(&mut pass, params, x_val)
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
        let raw = raw.detach().set_requires_grad(true);
        let x_aug = self.normalisation.apply(&self.augmentation.apply(&raw, x_trn, draw));
        let x = Tensor::cat(&[&self.normalisation.apply(x_trn), &x_aug.detach()], 0);
        let exact = self.order == HypergradientOrder::Exact;
        TrainingPass {
            pass: self.detector.training_pass(params, &x, mode, exact),
            x,
            augmented: Augmented { raw, x: x_aug },
        }
    }

    /// The hypergradient from a training pass at `params` and a validation batch x_val [V, C, H, W] in [0, 1]. The pass can
    /// be followed once.
    pub fn follow(&self, pass: &mut TrainingPass, params: &Params, x_val: &Tensor) -> HypergradientOutput {
        let (l_val, v, for_images) = self.validation_gradient(params, pass, x_val);
        let rows = pass.augmented_rows();
        let mixed = self.detector.mixed_derivative(params, &mut pass.pass, &v, rows);
        let total = match mixed {
            Some(mixed) => pass.augmented.pull_back(&(&for_images - mixed * self.inner_lr)),
            // Where every part of the embedding is frozen, theta' doesn't depend on `a`.
            None => pass.augmented.pull_back(&for_images),
        };
        HypergradientOutput {
            l_trn: pass.l_trn().shallow_clone(),
            l_val,
            total,
            augmented: pass.augmented.shallow_clone(),
            for_images,
        }
    }

    /// theta'; the head doesn't enter L_val, so it makes no step, nor do frozen parameters.
    fn after_virtual_step<'a>(&self, params: &'a Params, gradients: &'a [Tensor]) -> Theta<'a> {
        let first = self.detector.frozen_params();
        let step = VirtualStep {
            gradients: &gradients[..self.detector.embedding_params() - first],
            first,
            lr: self.inner_lr,
        };
        Theta::after(params, step)
    }

    /// L_val over the embeddings of cat(x_trn, x~, x_val) at theta', v, and dL_val/dx~.
    fn validation_gradient(
        &self,
        params: &Params,
        pass: &TrainingPass,
        x_val: &Tensor,
    ) -> (Tensor, Vec<Tensor>, Tensor) {
        let theta = self.after_virtual_step(params, pass.gradients());
        let x = Tensor::cat(&[&pass.x, &self.normalisation.apply(x_val)], 0);
        let (batch, validation) = (pass.batch(), x_val.size()[0]);
        let embedded = self.detector.validation_pass(&theta, &x);
        let z = embedded.z.detach().set_requires_grad(true);
        let parts = z.split_with_sizes([batch, batch, validation], 0);
        let loss = (self.loss)(&parts[0], &parts[1], &parts[2]);
        let for_z = Tensor::run_backward(&[&loss], &[&z], false, false);
        let (v, for_images) = self.detector.validation_gradient(
            &theta,
            embedded,
            &for_z[0],
            pass.augmented_rows(),
            self.order == HypergradientOrder::FirstOrder,
        );
        (loss.detach(), v, for_images)
    }
}

impl Augmented {
    fn shallow_clone(&self) -> Self {
        Self {
            raw: self.raw.shallow_clone(),
            x: self.x.shallow_clone(),
        }
    }
}

#[cfg(test)]
#[path = "hypergradient_tests.rs"]
mod tests;
