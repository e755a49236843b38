//! The loop that the trained baselines share: epochs of Adam over shuffled batches, flipped and moved as the detector's are; a
//! measurement after each.

use augur_core::outcome::{Hyperparameters, Measurement};
use augur_core::spec;
use tch::{Kind, Tensor};

use super::{Halt, Run};
use crate::optimiser::Optimiser;
use crate::trial::{Control, TrialError};

/// How long and how fast.
pub struct Schedule {
    /// Epochs that came before these; they count on from there.
    pub after: u32,
    pub epochs: u32,
    /// Images in a step; the last of an epoch may have fewer.
    pub batch: u32,
    pub lr: f64,
    /// Half of it times the squared norm of the parameters is part of the loss that is minimised.
    pub weight_decay: f64,
}

/// Trains `params`, leaves that ask for gradients, on a `loss` of images x [B, C, H, W] in [0, 1].
pub fn train(
    run: &mut Run,
    schedule: &Schedule,
    params: &[Tensor],
    loss: &dyn Fn(&Tensor) -> Tensor,
) -> Result<(), Halt> {
    let adam = spec::Optimiser::Adam {
        lr: schedule.lr,
        weight_decay: schedule.weight_decay,
    };
    let mut optimiser = Optimiser::new(&adam, params.iter().map(|param| ("", param)));
    for epoch in schedule.after + 1..=schedule.after + schedule.epochs {
        let count = run.images.train.size()[0];
        let mut losses = Vec::new();
        let batches = run.draws.order(count, epoch).split(schedule.batch.into(), 0);
        let first = u64::from(epoch - 1) * batches.len() as u64;
        for (step, batch) in (first..).zip(batches) {
            let x = run.images.train.index_select(0, &batch);
            let loss = loss(&run.draws.moved(&x, &run.spec.training.augmentation, step));
            let gradients = Tensor::run_backward(&[&loss], params, false, false);
            optimiser.step(params, &gradients);
            losses.push(loss.detach() * batch.size()[0] as f64);
        }
        let total = Tensor::stack(&losses, 0).sum(Kind::Double).double_value(&[]);
        report(run, epoch, total / count as f64)?;
    }
    Ok(())
}

/// Hands on the epoch's mean training loss, and heeds the answer.
fn report(run: &mut Run, epoch: u32, training_loss: f64) -> Result<(), Halt> {
    if !training_loss.is_finite() {
        let what = "the training loss".to_owned();
        return Err(TrialError::NotFinite { what, epoch }.into());
    }
    run.epoch = epoch;
    let measurement = Measurement {
        epoch,
        training_loss,
        validation_loss: None,
        hyperparameters: Hyperparameters::new(),
        hypergradient_norm: None,
        validation: None,
        diagnostics: None,
        seconds: run.start.elapsed().as_secs_f64(),
    };
    match (run.report)(measurement) {
        Control::Continue => Ok(()),
        Control::Stop => Err(Halt::Stopped { epoch }),
    }
}
