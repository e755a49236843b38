//! Baselines: sizes and step sizes that mean something.

use super::Faults;
use crate::spec::{AutoencoderSpec, BaselineSpec, DeepSvddSpec};

/// The baseline that stands at `place`, such as `variants[2].baseline`.
pub(super) fn baseline(baseline: &BaselineSpec, place: &str, faults: &mut Faults) {
    let place = format!("{place}.{}", baseline.name());
    match baseline {
        BaselineSpec::Autoencoder(options) => autoencoder(options, &place, faults),
        BaselineSpec::DeepSvdd(options) => deep_svdd(options, &place, faults),
        BaselineSpec::PixelPca(options) => {
            count(options.components, 1, 65536, format!("{place}.components"), faults);
        }
        BaselineSpec::Pretrained(options) => {
            faults.check(!options.weights.is_empty(), format!("{place}.weights"), || {
                "name the safetensors file that holds the weights".into()
            });
        }
        BaselineSpec::MeanIntensity(_) | BaselineSpec::Untrained(_) => {}
    }
}

fn autoencoder(options: &AutoencoderSpec, place: &str, faults: &mut Faults) {
    let AutoencoderSpec {
        latent,
        width,
        epochs,
        batch,
        lr,
    } = *options;
    network(latent, width, batch, lr, place, faults);
    count(epochs, 1, 1_000_000, format!("{place}.epochs"), faults);
}

fn deep_svdd(options: &DeepSvddSpec, place: &str, faults: &mut Faults) {
    let DeepSvddSpec {
        latent,
        width,
        pretrain_epochs,
        epochs,
        batch,
        lr,
        weight_decay,
    } = *options;
    network(latent, width, batch, lr, place, faults);
    count(
        pretrain_epochs,
        0,
        1_000_000,
        format!("{place}.pretrain_epochs"),
        faults,
    );
    count(epochs, 1, 1_000_000, format!("{place}.epochs"), faults);
    faults.check(
        weight_decay >= 0.0 && weight_decay.is_finite(),
        format!("{place}.weight_decay"),
        || format!("{weight_decay} must be a number of at least 0"),
    );
}

fn network(latent: u32, width: u32, batch: u32, lr: f64, place: &str, faults: &mut Faults) {
    count(latent, 1, 65536, format!("{place}.latent"), faults);
    count(width, 1, 1024, format!("{place}.width"), faults);
    count(batch, 1, 65536, format!("{place}.batch"), faults);
    faults.positive(lr, &format!("{place}.lr"));
}

fn count(value: u32, least: u32, most: u32, path: String, faults: &mut Faults) {
    faults.check((least..=most).contains(&value), path, || {
        format!("{value} is out of range; use {least} to {most}")
    });
}
