//! The sweep's score on embeddings of the sweep's detector that this task has not trained: what its architecture alone,
//! or weights from elsewhere, are worth.

use augur_core::spec::{DetectorSpec, PretrainedSpec};
use tch::no_grad;

use super::{Run, Scorer};
use crate::detector::load_weights;
use crate::network::Network;
use crate::normalisation::Normalisation;
use crate::score;
use crate::trial::{KIND, TrialError};

/// Random weights, and running statistics of batch normalisation as they start: a trial before its first epoch.
pub fn untrained(run: &Run) -> Result<Scorer, TrialError> {
    let normalisation = Normalisation::for_training(&run.spec.training, &run.images.train);
    scorer(run, drawn(run, normalisation)?)
}

/// Weights and running statistics from a file.
pub fn pretrained(run: &Run, options: &PretrainedSpec) -> Result<Scorer, TrialError> {
    let normalisation = Normalisation::from_spec(options.normalisation, &run.images.train);
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
