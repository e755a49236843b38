//! A baseline in training as tensors: what a checkpoint holds, and how a new run takes it over.
//!
//! `param.N`, `fixed.NAME`, `optimiser.NAME`, and of the epoch that is running `epoch.losses`, one number a step.

use tch::Tensor;

use super::training::{Schedule, Tensors};
use super::{Halt, Run};
use crate::checkpoint::{Flaw, Saved};
use crate::optimiser::Optimiser;
use crate::trial::{Control, copy};

const LOSSES: &str = "epoch.losses";

/// Where a part of the training goes on.
pub enum Resumed {
    /// In it, after steps of these losses in the epoch that is running.
    Here(Vec<Tensor>),
    /// Behind it.
    Later,
}

/// Everything that the next steps read and the ones before have changed.
pub fn of(tensors: &Tensors, optimiser: &Optimiser, losses: &[Tensor]) -> Vec<(String, Tensor)> {
    let live = live(tensors).map(|(name, tensor)| (name, tensor.shallow_clone()));
    let state = optimiser.state().into_iter();
    let state = state.map(|(name, tensor)| (format!("optimiser.{name}"), tensor));
    let losses = (!losses.is_empty()).then(|| (LOSSES.to_owned(), Tensor::stack(losses, 0)));
    live.chain(state).chain(losses).collect()
}

fn live<'a>(tensors: &'a Tensors) -> impl Iterator<Item = (String, &'a Tensor)> {
    let params = tensors.params.iter().enumerate();
    let params = params.map(|(index, tensor)| (format!("param.{index}"), tensor));
    let fixed = tensors.fixed.iter();
    params.chain(fixed.map(|(name, tensor)| (format!("fixed.{name}"), *tensor)))
}

/// Takes over the run's checkpoint if it was taken in this part of the training.
pub fn resume(
    run: &mut Run,
    schedule: &Schedule,
    epoch_steps: u64,
    tensors: &Tensors,
    optimiser: &mut Optimiser,
) -> Result<Resumed, Halt> {
    let Some(saved) = run
        .saved
        .take_if(|saved| saved.header.after == schedule.after && schedule.epochs > 0)
    else {
        // One of a later part stays for that.
        return Ok(run.saved.as_ref().map_or(Resumed::Here(Vec::new()), |_| Resumed::Later));
    };
    let losses = restore(&saved, schedule, epoch_steps, tensors, optimiser).map_err(Halt::Unfit)?;
    match run.keeper.resume(saved) {
        Control::Continue => Ok(Resumed::Here(losses)),
        Control::Stop => Err(Halt::Stopped {
            epoch: run.keeper.epoch(),
        }),
    }
}

fn restore(
    saved: &Saved,
    schedule: &Schedule,
    epoch_steps: u64,
    tensors: &Tensors,
    optimiser: &mut Optimiser,
) -> Result<Vec<Tensor>, Flaw> {
    saved.check(&of(tensors, optimiser, &[]))?;
    let (losses, header) = (saved.list(LOSSES), &saved.header);
    let epochs = schedule.after..=schedule.after + schedule.epochs;
    if !epochs.contains(&header.epoch) || u64::from(header.epoch) * epoch_steps + losses.len() as u64 != header.step {
        return Err(Flaw::Unfit("its epochs and steps don't add up".into()));
    }
    for (name, tensor) in live(tensors) {
        copy(tensor, saved.tensor(&name));
    }
    let state = optimiser.load_state(|name| saved.tensor(&format!("optimiser.{name}")));
    state.map_err(|error| Flaw::Unfit(error.to_string()))?;
    Ok(losses)
}
