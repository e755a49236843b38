//! One epoch: at each batch a step of theta and, after the warm-up, a step of the augmentation.
//!
//! Within a batch, both steps start from the same theta, `a`, images and draws of phi, so one pass over the training
//! batch serves the step of theta and the virtual step theta'(a). Nothing waits for the device before the epoch's end.

use augur_core::plan::TrialSpec;
use augur_core::spec;
use tch::{Tensor, no_grad};

use super::setup::Trial;
use crate::augment::Draw;
use crate::checkpoint::{Keeper, Left};
use crate::detector::Mode;
use crate::hypergradient::{Hypergradient, HypergradientOrder};
use crate::loss::normalise;
use crate::optimiser::factor;

/// What an epoch's steps amount to.
pub struct Summary {
    /// Mean training loss over the epoch's images.
    pub training_loss: f64,
    /// Mean norm of the hypergradient over the epoch's tuning steps, if there were any.
    pub hypergradient_norm: Option<f64>,
}

/// What the steps of the epoch that is running amount to so far, a scalar for each.
#[derive(Debug, Default)]
pub struct Sums {
    /// Training losses, each times its images.
    pub losses: Vec<Tensor>,
    /// Norms of the hypergradient, of the tuning steps alone.
    pub norms: Vec<Tensor>,
}

/// Runs epoch `epoch`, counted from 1, after the steps in `sums`. With [`Left`] where the trial is to leave after a step.
pub fn run(trial: &mut Trial, epoch: u32, mut sums: Sums, keeper: &mut Keeper) -> Result<Summary, Left> {
    let order = trial.draws.order(trial.images.train.size()[0], epoch);
    let tuned = tuning_order(trial.spec, epoch);
    let lengths = batch_lengths(order.size()[0], trial.spec.training.batch.into());
    let epoch_steps = lengths.len() as u64;
    let done = sums.losses.len();
    for batch in order.split_with_sizes(lengths, 0).into_iter().skip(done) {
        let spec = &trial.spec.training;
        let factor = factor(&spec.schedule, trial.step, epoch_steps, spec.epochs);
        trial.optimiser.set_factor(factor);
        let x = trial.images.train.index_select(0, &batch);
        let x = trial.draws.moved(&x, &spec.augmentation, trial.step);
        let images = x.size()[0];
        let draw = trial.draws.augmentation(trial.augmentation.as_ref(), &x, trial.step);
        let due = trial.step.is_multiple_of(trial.spec.tuning.every.max(1).into());
        let loss = match tuned {
            Some(order) if due => {
                let (loss, norm) = both_steps(trial, order, &x, &draw);
                sums.norms.push(norm);
                loss
            }
            _ => theta_step(trial, &x, &draw),
        };
        sums.losses.push(loss * images as f64);
        trial.step += 1;
        if let Some(left) = keeper.pause(trial.place(), || trial.tensors(&sums)) {
            return Err(left);
        }
    }
    let total = |values: &[Tensor]| Tensor::stack(values, 0).sum(None).double_value(&[]);
    let norms = &sums.norms;
    Ok(Summary {
        training_loss: total(&sums.losses) / trial.images.train.size()[0] as f64,
        hypergradient_norm: (!norms.is_empty()).then(|| total(norms) / norms.len() as f64),
    })
}

/// Which hypergradient an epoch follows; none during warm-up and where the augmentation is not tuned.
fn tuning_order(spec: &TrialSpec, epoch: u32) -> Option<HypergradientOrder> {
    if !spec.is_tuned() || epoch <= spec.tuning.warmup_epochs {
        return None;
    }
    match spec.tuning.hypergradient {
        spec::Hypergradient::Exact => Some(HypergradientOrder::Exact),
        spec::Hypergradient::FirstOrder => Some(HypergradientOrder::FirstOrder),
        spec::Hypergradient::None => None,
    }
}

/// The lengths of an epoch's batches over `count` images, at least 2. The last may be shorter, but never a single
/// image, whose batch statistics could mean nothing: that one joins the batch before it.
pub fn batch_lengths(count: i64, batch: i64) -> Vec<i64> {
    let (whole, rest) = (count / batch, count % batch);
    let mut lengths = vec![batch; whole as usize];
    match (rest, lengths.last_mut()) {
        (0, _) => {}
        (1, Some(last)) => *last += 1,
        _ => lengths.push(rest),
    }
    lengths
}

/// A step of theta on L_trn; gives the loss before it.
fn theta_step(trial: &mut Trial, x: &Tensor, draw: &Draw) -> Tensor {
    let network = &mut trial.network;
    let x = no_grad(|| {
        let x_aug = trial.augmentation.apply(&trial.raw, x, draw);
        network.normalisation.apply(&Tensor::cat(&[x, &x_aug], 0))
    });
    let mode = Mode::Track(&mut network.stats);
    let pass = network.detector.training_pass(&network.params, &x, &mode, false);
    trial.optimiser.step(network.trained(), &pass.gradients);
    pass.loss
}

/// A step of theta on L_trn and one of `a` on L_val; gives the training loss before them and the hypergradient's norm.
fn both_steps(trial: &mut Trial, order: HypergradientOrder, x: &Tensor, draw: &Draw) -> (Tensor, Tensor) {
    let x_val = validation_batch(trial);
    let which = trial.spec.tuning.loss;
    let network = &mut trial.network;
    let hypergradient = Hypergradient {
        detector: &network.detector,
        augmentation: trial.augmentation.as_ref(),
        normalisation: &network.normalisation,
        loss: &move |z_trn, z_aug, z_val| normalise(z_trn, z_aug, z_val).loss(which),
        inner_lr: trial.spec.tuning.inner_lr,
        order,
    };
    let mode = Mode::Track(&mut network.stats);
    let mut pass = hypergradient.training_pass(&network.params, &trial.raw, x, draw, &mode);
    let total = hypergradient.follow(&mut pass, &network.params, &x_val).total;
    trial.optimiser.step(network.trained(), pass.gradients());
    let norm = total.norm();
    trial.raw_optimiser.step(&[trial.raw.shallow_clone()], &[total]);
    (pass.l_trn().shallow_clone(), norm)
}

/// All validation images, or a new sample of them at every step, as the spec says.
fn validation_batch(trial: &Trial) -> Tensor {
    let all = &trial.images.validation;
    let count = all.size()[0];
    match trial.spec.tuning.validation_batch {
        Some(batch) if i64::from(batch) < count => {
            all.index_select(0, &trial.draws.validation_batch(count, batch as usize, trial.step))
        }
        _ => all.shallow_clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::batch_lengths;

    #[test]
    fn every_image_is_in_a_batch_of_at_least_two() {
        assert_eq!(batch_lengths(6, 3), [3, 3]);
        assert_eq!(batch_lengths(8, 3), [3, 3, 2]);
        assert_eq!(batch_lengths(7, 3), [3, 4]);
        assert_eq!(batch_lengths(2, 64), [2]);
        assert_eq!(batch_lengths(3, 2), [3]);
    }
}
