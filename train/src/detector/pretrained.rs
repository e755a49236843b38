//! Weights from a safetensors file with torchvision's names.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use tch::{TchError, Tensor};

use super::{Detector, Params, Slot, Stats};

/// How the names of the head's tensors begin; no file has them.
const HEAD: &str = "head.";
/// The one convolution that sees the image's channels.
const FIRST: &str = "conv1.weight";

/// A file of weights that can't be used.
#[derive(Debug, thiserror::Error)]
pub enum WeightsError {
    #[error("the weights in {} can't be read: name a safetensors file that is there", .path.display())]
    Read {
        path: PathBuf,
        #[source]
        source: TchError,
    },
    #[error(
        "the weights in {} don't fit the detector: {}; make `width`, `blocks` and `stem` those of the network that was \\
         saved, with torchvision's names",
        .path.display(),
        .faults.join("; ")
    )]
    Fit {
        path: PathBuf,
        /// Every tensor that is missing or has another shape.
        faults: Vec<String>,
    },
}

/// The detector's parameters and running statistics with all but the head's taken from the safetensors file at `path`, of
/// the kind and on the device of those given. A stem that sees one channel takes the sum over the file's channels: what
/// the file's network says of a grey image in all of them. Further tensors in the file, such as a classifier, are left.
///
/// # Errors
/// A file that can't be read, or lacks tensors, or has them in other shapes: all are named.
pub fn load_weights(
    detector: &Detector,
    params: &Params,
    stats: &Stats,
    path: &Path,
) -> Result<(Params, Stats), WeightsError> {
    let tensors = Tensor::read_safetensors(path).map_err(|source| WeightsError::Read {
        path: path.to_owned(),
        source,
    })?;
    let file: BTreeMap<String, Tensor> = tensors.into_iter().collect();
    let mut faults = Vec::new();
    let mut take = |slots: &[Slot], drawn: &[Tensor]| -> Vec<Tensor> {
        let pairs = slots.iter().zip(drawn);
        let found = pairs.map(|(slot, drawn)| {
            if slot.name.starts_with(HEAD) {
                return drawn.shallow_clone();
            }
            find(&file, slot).map_or_else(
                |fault| {
                    faults.push(fault);
                    drawn.shallow_clone()
                },
                |tensor| tensor.to_kind(drawn.kind()).to_device(drawn.device()),
            )
        });
        found.collect()
    };
    let layout = detector.layout();
    let loaded = params.with(take(&layout.params, params.tensors()));
    let stats = stats.with(take(&layout.stats, stats.tensors()));
    if faults.is_empty() {
        Ok((detector.laid_out(&loaded).leaves(), stats))
    } else {
        let path = path.to_owned();
        Err(WeightsError::Fit { path, faults })
    }
}

/// The file's tensor for `slot`, or what is wrong with it.
fn find(file: &BTreeMap<String, Tensor>, slot: &Slot) -> Result<Tensor, String> {
    let tensor = file
        .get(&slot.name)
        .ok_or_else(|| format!("{} is missing", slot.name))?;
    let grey = slot.name == FIRST && slot.shape[1] == 1 && tensor.dim() == 4;
    let tensor = if grey {
        tensor.sum_dim_intlist(1, true, tensor.kind())
    } else {
        tensor.shallow_clone()
    };
    if tensor.size() == slot.shape {
        Ok(tensor)
    } else {
        let (found, needed) = (tensor.size(), &slot.shape);
        Err(format!("{} has shape {found:?} where {needed:?} is needed", slot.name))
    }
}

#[cfg(test)]
#[path = "pretrained_tests.rs"]
mod tests;
