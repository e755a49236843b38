//! Export to TorchScript: the network with its normalisation, for programs that have libtorch and not augur.

use std::path::Path;

use tch::{CModule, Device, Kind, Tensor, no_grad};

use super::{Model, ModelError};

/// The method of the exported module.
pub const METHOD: &str = "forward";

impl Model {
    /// Writes a TorchScript module to `path`. Its `forward` takes images [N, C, H, W] in [0, 1], float32, already of the
    /// card's height and width, and gives [N, h + 1]: an image's embedding, then its logit. The score is not part of it:
    /// its tensors, `scorer.*`, stand in model.safetensors.
    ///
    /// # Errors
    /// A network that libtorch can't trace, a file that can't be written.
    pub fn export_torchscript(&self, path: &Path) -> Result<(), ModelError> {
        let failed = |error: tch::TchError| ModelError::Export {
            path: path.to_owned(),
            reason: error.to_string(),
        };
        let images = self.card.images;
        let size = [2, images.channels.into(), images.height.into(), images.width.into()];
        let device = self
            .network
            .params
            .tensors()
            .first()
            .map_or(Device::Cpu, Tensor::device);
        // Two images: a trace with one might take a batch for a single image.
        let example = Tensor::full(size, 0.5, (Kind::Float, device));
        let mut forward = |inputs: &[Tensor]| {
            let output = self.network.forward(&inputs[0]);
            // A traced method has one value.
            vec![Tensor::cat(&[output.z, output.logit.view([-1, 1])], 1)]
        };
        let traced = no_grad(|| CModule::create_by_tracing("augur", METHOD, &[example], &mut forward));
        traced.and_then(|module| module.save(path)).map_err(failed)
    }
}
