//! The passes of a tuning step over a detector: L_trn with its gradient, L_val's gradient, and the derivative of
//! <grad_theta L_trn, v> for the images, all by first-order kernels (docs/method.md, "Without differentiating twice").

use tch::{Reduction, Tensor, no_grad};

use super::program::{Keep, Place, Tape};
use super::slots::{Gradients, Rows, Tangents};
use super::{Detector, MemoryFormat, Mode, Params, Theta};

/// A pass over a training batch, forward and backward.
#[derive(Debug)]
pub struct TrainingPass {
    /// L_trn, a scalar.
    pub loss: Tensor,
    /// Its gradient for every parameter that is trained, in the detector's order.
    pub gradients: Vec<Tensor>,
    /// sigmoid(logit) [2B, 1], the probability of "augmented".
    probability: Tensor,
    tape: Option<Tape>,
}

/// A pass over validation images, forward and not yet backward.
#[derive(Debug)]
pub struct ValidationPass {
    /// Embeddings [N, h].
    pub z: Tensor,
    tape: Tape,
}

impl Detector {
    /// L_trn: the mean binary cross-entropy of telling the first half of x [2B, C, H, W], normal images (label 0), from the
    /// second, their augmented copies (label 1), and its gradient (docs/method.md, "Detector"). With `keep` the pass can
    /// go on to [`Detector::mixed_derivative`].
    pub fn training_pass(&self, params: &Params, x: &Tensor, mode: &Mode, keep: bool) -> TrainingPass {
        no_grad(|| {
            let (logit, mut tape) = self.run(&params.into(), x, self.logit(), mode, Keep::Tape);
            let count = logit.size()[0];
            let label = logit.zeros_like();
            let _ = label.narrow(0, count / 2, count - count / 2).fill_(1.0);
            let none = None::<Tensor>;
            let loss = logit.binary_cross_entropy_with_logits(&label, none.as_ref(), none.as_ref(), Reduction::Mean);

            let probability = logit.sigmoid();
            let g = (&probability - label) / count as f64;
            let mut gradients = Gradients::wanted(self.frozen_params(), self.layout.params.len());
            self.program.backward(
                &params.into(),
                &mut tape,
                (self.logit(), g),
                &mut gradients,
                None,
                !keep,
            );
            self.program.pause(&mut tape);
            TrainingPass {
                loss,
                gradients: gradients.into_tensors(),
                probability,
                tape: keep.then_some(tape),
            }
        })
    }

    /// Embeddings of x [N, C, H, W] in training mode, with what [`Detector::validation_gradient`] needs.
    pub fn validation_pass(&self, theta: &Theta, x: &Tensor) -> ValidationPass {
        no_grad(|| {
            let (z, tape) = self.run(theta, x, self.embedding, &Mode::Train, Keep::Tape);
            ValidationPass { z, tape }
        })
    }

    /// From dL/dz [N, h]: dL/dtheta for every parameter of the embedding that is trained, unless `images_only`; and dL/dx for
    /// the images in `rows`.
    pub fn validation_gradient(
        &self,
        theta: &Theta,
        pass: ValidationPass,
        g: &Tensor,
        rows: Rows,
        images_only: bool,
    ) -> (Vec<Tensor>, Tensor) {
        no_grad(|| {
            let mut tape = pass.tape;
            let end = self.embedding_params();
            let first = if images_only { end } else { self.frozen_params() };
            let mut gradients = Gradients::wanted(first, end);
            let seed = (self.embedding, g.shallow_clone());
            let for_x = self
                .program
                .backward(theta, &mut tape, seed, &mut gradients, Some(rows), true);
            let for_x = for_x.unwrap_or_else(|| unreachable!("every embedding depends on its image"));
            (gradients.into_tensors(), for_x)
        })
    }

    /// d/dx <grad_theta L_trn, v> for the images in `rows`, where v gives the first trained parameters a direction and is 0
    /// for the others; none where v is empty.
    ///
    /// The directional derivative of grad_x L_trn along v is the same mixed second derivative.
    pub fn mixed_derivative(
        &self,
        params: &Params,
        pass: &mut TrainingPass,
        v: &[Tensor],
        rows: Rows,
    ) -> Option<Tensor> {
        let mut tape = pass.tape.take()?;
        let theta = &params.into();
        let tangents = Tangents {
            first: self.frozen_params(),
            tensors: v,
        };
        no_grad(|| {
            self.program.resume(theta, &mut tape);
            let logit_dot = self.program.tangent(theta, &tangents, &mut tape, self.logit())?;
            // dL/dlogit = (p - label) / N, so its tangent is p (1 - p) logit' / N.
            let p = &pass.probability;
            let g_dot = (p - p.square()) * logit_dot / p.size()[0] as f64;
            let seed = (self.logit(), g_dot);
            self.program.tangent_backward(theta, &tangents, tape, seed, rows)
        })
    }

    /// Where the program has the logit.
    pub(super) fn logit(&self) -> Place {
        self.program.nodes.len() - 1
    }

    pub(super) fn run(&self, theta: &Theta, x: &Tensor, last: Place, mode: &Mode, keep: Keep) -> (Tensor, Tape) {
        let format = self.memory_format;
        let x = format
            .unwrap_or_else(|| MemoryFormat::safe(self.width, &x.size()))
            .of(x);
        self.program
            .forward((theta, &x), last, mode, self.frozen.as_ref(), keep)
    }
}
