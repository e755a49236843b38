//! The sweep's score on embeddings of the sweep's detector that this task has not trained: what its architecture alone,
//! or weights from elsewhere, are worth.

use augur_core::spec::{DetectorSpec, PretrainedSpec, TrainingSpec, UntrainedSpec};
use tch::no_grad;

use super::{Run, Scorer};
use crate::detector::{Mode, load_weights};
use crate::network::Network;
use crate::normalisation::Normalisation;
use crate::score;
use crate::trial::{KIND, TrialError};

/// Batches of training images that an untrained network's running statistics follow, at least: what remains of their
/// start is then 0.9^50, half a percent.
const TRACKED_BATCHES: u32 = 50;

/// Random weights, with batch normalisation's running statistics as training gives them: a trial whose learning rate
/// is 0. Statistics as they start would fit no layer, and make a weaker control.
pub fn untrained(run: &Run, options: &UntrainedSpec) -> Result<Scorer, TrialError> {
    let training = TrainingSpec {
        normalisation: options.normalisation.unwrap_or(run.spec.training.normalisation),
        ..run.spec.training.clone()
    };
    let normalisation = Normalisation::for_training(&training, &run.images.train)?;
    let mut network = drawn(run, normalisation)?;
    no_grad(|| track(run, &mut network));
    scorer(run, network)
}

fn track(run: &Run, network: &mut Network) {
    let train = &run.images.train;
    let batch = i64::from(run.spec.training.batch).min(train.size()[0]);
    let mut batches = 0;
    for epoch in 1.. {
        for chosen in run.draws.order(train.size()[0], epoch).split(batch, 0) {
            // Fewer would have other statistics.
            if chosen.size()[0] == batch {
                let x = network.normalisation.apply(&train.index_select(0, &chosen));
                let mode = Mode::Track(&mut network.stats);
                let _ = network.detector.embed(&network.params, &x, &mode);
                batches += 1;
            }
        }
        if batches >= TRACKED_BATCHES {
            return;
        }
    }
}

/// Weights and running statistics from a file.
pub fn pretrained(run: &Run, options: &PretrainedSpec) -> Result<Scorer, TrialError> {
    let normalisation = Normalisation::from_spec(options.normalisation, &run.images.train)?;
    let mut network = drawn(run, normalisation)?;
    let Network {
        detector,
        params,
        stats,
        ..
    } = &network;
    (network.params, network.stats) = load_weights(detector, params, stats, &run.base.join(&options.weights))?;
    scorer(run, network)
}

/// The trial's detector with random weights, whatever its spec says of weights.
fn drawn(run: &Run, normalisation: Normalisation) -> Result<Network, TrialError> {
    let mut spec = run.spec.detector.clone();
    if let DetectorSpec::Resnet(resnet) = &mut spec {
        resnet.weights = None;
        resnet.frozen_stages = 0;
    }
    let train = &run.images.train;
    Ok(Network::new(
        &spec,
        train.size()[1],
        normalisation,
        run.base,
        &mut run.draws.weights(),
        (KIND, run.device),
    )?)
}

fn scorer(run: &Run, network: Network) -> Result<Scorer, TrialError> {
    let z = no_grad(|| network.outputs(&run.images.train)).z;
    let scorer = score::Scorer::fit(run.spec.score, &z)?;
    Ok(Box::new(move |x| Ok(scorer.score(&network.outputs(x))?)))
}
