//! The loop that the trained baselines share: epochs of Adam over shuffled batches, flipped and moved as the detector's are; a
//! measurement after each.

use std::mem;

use augur_core::outcome::{Hyperparameters, Measurement};
use augur_core::spec;
use tch::{Kind, Tensor};

use super::state::{self, Resumed};
use super::{Halt, Run};
use crate::checkpoint::Place;
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

/// What a part of the training changes, and what it needs that earlier parts have made.
pub struct Tensors<'a> {
    /// Leaves that ask for gradients.
    pub params: &'a [Tensor],
    /// By name; not trained.
    pub fixed: &'a [(&'static str, &'a Tensor)],
}

/// Trains the parameters on a `loss` of images x [B, C, H, W] in [0, 1]. A part of the training that the trial has left behind
/// by its checkpoint is passed over: what it would make is in the checkpoint of a later part.
pub fn train(
    run: &mut Run,
    schedule: &Schedule,
    tensors: &Tensors,
    loss: &dyn Fn(&Tensor) -> Tensor,
) -> Result<(), Halt> {
    let adam = spec::Optimiser::Adam {
        lr: schedule.lr,
        weight_decay: schedule.weight_decay,
    };
    let params = tensors.params;
    let names: Vec<String> = (0..params.len()).map(|index| index.to_string()).collect();
    let mut optimiser = Optimiser::new(&adam, names.iter().map(String::as_str).zip(params));
    let (count, batch) = (run.images.train.size()[0], i64::from(schedule.batch));
    let epoch_steps = (count as u64).div_ceil(schedule.batch.into());
    let mut losses = match state::resume(run, schedule, epoch_steps, tensors, &mut optimiser)? {
        Resumed::Here(losses) => losses,
        Resumed::Later => return Ok(()),
    };
    for epoch in run.keeper.epoch() + 1..=schedule.after + schedule.epochs {
        let batches = run.draws.order(count, epoch).split(batch, 0);
        let first = u64::from(epoch - 1) * epoch_steps;
        let done = losses.len();
        for (step, batch) in (first..).zip(batches).skip(done) {
            let x = run.images.train.index_select(0, &batch);
            let loss = loss(&run.draws.moved(&x, &run.spec.training.augmentation, step));
            let gradients = Tensor::run_backward(&[&loss], params, false, false);
            optimiser.step(params, &gradients);
            losses.push(loss.detach() * batch.size()[0] as f64);
            pause(run, schedule, step + 1, || state::of(tensors, &optimiser, &losses))?;
        }
        let total = Tensor::stack(&mem::take(&mut losses), 0);
        report(run, epoch, total.sum(Kind::Double).double_value(&[]) / count as f64)?;
        pause(run, schedule, first + epoch_steps, || {
            state::of(tensors, &optimiser, &losses)
        })?;
    }
    Ok(())
}

/// Between two steps: a checkpoint where one is due, and the end where the trial is to leave.
fn pause(
    run: &mut Run,
    schedule: &Schedule,
    step: u64,
    tensors: impl FnOnce() -> Vec<(String, Tensor)>,
) -> Result<(), Halt> {
    let place = Place {
        step,
        after: schedule.after,
    };
    match run.keeper.pause(place, tensors) {
        None => Ok(()),
        Some(left) => Err(Halt::Left(left)),
    }
}

/// Hands on the epoch's mean training loss, and heeds the answer.
fn report(run: &mut Run, epoch: u32, training_loss: f64) -> Result<(), Halt> {
    if !training_loss.is_finite() {
        let what = "the training loss".to_owned();
        return Err(TrialError::NotFinite { what, epoch }.into());
    }
    let measurement = Measurement {
        epoch,
        training_loss,
        validation_loss: None,
        hyperparameters: Hyperparameters::new(),
        hypergradient_norm: None,
        validation: None,
        diagnostics: None,
        seconds: run.keeper.seconds(),
    };
    match run.keeper.measured(measurement) {
        Control::Continue => Ok(()),
        Control::Stop => Err(Halt::Stopped { epoch }),
    }
}
