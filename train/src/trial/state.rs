//! A trial on its way as tensors: what a checkpoint holds, and how a new trial takes it over.
//!
//! `param.NAME` (those that are trained) and `buffer.NAME` with torchvision's names, `raw` (a), `optimiser.NAME` and
//! `raw_optimiser.NAME`, and of the epoch that is running `epoch.losses` and `epoch.norms`, one number a step. Images,
//! normalisation and all else follow from the spec and the images.

use std::iter::once;

use tch::{Tensor, no_grad};

use super::Control;
use super::epochs::{Sums, batch_lengths};
use super::setup::Trial;
use crate::checkpoint::{Flaw, Keeper, Place, Saved};

const LOSSES: &str = "epoch.losses";
const NORMS: &str = "epoch.norms";

impl Trial<'_> {
    /// Goes on from the newest checkpoint that fits, if there is one: the sums of the epoch that was running. `Control::Stop`
    /// where the receiver of the measurements wants no more of them.
    pub fn resume(&mut self, keeper: &mut Keeper) -> (Sums, Control) {
        while let Some(saved) = keeper.next_saved() {
            match self.restore(&saved) {
                Ok(sums) => return (sums, keeper.resume(saved)),
                Err(flaw) => keeper.reject(flaw),
            }
        }
        (Sums::default(), Control::Continue)
    }

    /// Where it is.
    pub fn place(&self) -> Place {
        Place {
            step: self.step,
            after: 0,
        }
    }

    /// Everything that the next steps read and the ones before have changed.
    pub fn tensors(&self, sums: &Sums) -> Vec<(String, Tensor)> {
        let live = self.live().map(|(name, tensor)| (name, tensor.shallow_clone()));
        let optimisers = [("optimiser", &self.optimiser), ("raw_optimiser", &self.raw_optimiser)];
        let optimisers = optimisers.into_iter().flat_map(|(prefix, optimiser)| {
            let state = optimiser.state().into_iter();
            state.map(move |(name, tensor)| (format!("{prefix}.{name}"), tensor))
        });
        let lists = [(LOSSES, &sums.losses), (NORMS, &sums.norms)].into_iter();
        let lists = lists.filter(|(_, list)| !list.is_empty());
        let lists = lists.map(|(name, list)| (name.to_owned(), Tensor::stack(list, 0)));
        live.chain(optimisers).chain(lists).collect()
    }

    /// What steps change in place.
    fn live(&self) -> impl Iterator<Item = (String, &Tensor)> {
        let network = &self.network;
        let params = network.detector.trainable(&network.params);
        let params = params.map(|(name, tensor)| (format!("param.{name}"), tensor));
        let buffers = network.stats.iter();
        let buffers = buffers.map(|(name, tensor)| (format!("buffer.{name}"), tensor));
        params.chain(buffers).chain(once(("raw".to_owned(), &self.raw)))
    }

    /// Takes over a checkpoint, or leaves the trial as it is.
    fn restore(&mut self, saved: &Saved) -> Result<Sums, Flaw> {
        saved.check(&self.tensors(&Sums::default()))?;
        let sums = Sums {
            losses: saved.list(LOSSES),
            norms: saved.list(NORMS),
        };
        let training = &self.spec.training;
        let epoch_steps = batch_lengths(self.images.train.size()[0], training.batch.into()).len();
        let before = u64::from(saved.header.epoch) * epoch_steps as u64;
        if saved.header.epoch > training.epochs || before + sums.losses.len() as u64 != saved.header.step {
            return Err(Flaw::Unfit("its epochs and steps don't add up".into()));
        }
        for (name, tensor) in self.live() {
            copy(tensor, saved.tensor(&name));
        }
        for (prefix, optimiser) in [
            ("optimiser", &mut self.optimiser),
            ("raw_optimiser", &mut self.raw_optimiser),
        ] {
            let state = optimiser.load_state(|name| saved.tensor(&format!("{prefix}.{name}")));
            state.map_err(|error| Flaw::Unfit(error.to_string()))?;
        }
        self.step = saved.header.step;
        Ok(sums)
    }
}

/// Gives a tensor the values that were saved; how it lies in memory and who else holds it stay as they are.
pub(crate) fn copy(tensor: &Tensor, saved: Option<Tensor>) {
    if let Some(saved) = saved {
        no_grad(|| tensor.shallow_clone().copy_(&saved));
    }
}
