//! What a trial's result depends on beyond its spec: the bytes of its images and weights, the code, the kind of machine. Two
//! computations of one trial with the same fingerprint give the same bits (docs/reproducibility.md), so that the second one
//! may be left out.

use std::fmt::Write as _;
use std::fs::File;
use std::io;
use std::path::Path;

use augur_core::plan::{Method, TrialSpec};
use augur_core::spec::{BaselineSpec, DetectorSpec, sha256_of};
use augur_data::{Images, TaskImages};
use sha2::{Digest, Sha256};

use super::device_of;
use crate::device::{self, DeviceError, LIBTORCH_VERSION};

/// The revision of everything here and in `augur-core` that computes an outcome: raise it with every change after which some
/// trial's numbers may differ in any bit (another formula, another order of sums, another draw), and with a bug fixed in
/// them. Results of another revision are not reused. A new version of the package has the same effect.
pub const TRAINING_REVISION: u32 = 6;

/// A trial whose fingerprint can't be taken.
#[derive(Debug, thiserror::Error)]
pub enum FingerprintError {
    #[error("the weights {path} can't be read ({source}); check the name in the spec")]
    Weights { path: String, source: io::Error },
    #[error(transparent)]
    Device(#[from] DeviceError),
}

/// SHA-256 (hexadecimal) of what the trial `spec` is computed from here. `images` is the [`images_sha256`] of its task's
/// images; paths of weights are relative to `base`.
///
/// # Errors
/// Weights that can't be read, a device that isn't there.
pub fn fingerprint(spec: &TrialSpec, images: &str, base: &Path) -> Result<String, FingerprintError> {
    let weights = weights(spec).map(|path| file_sha256(&base.join(path)));
    let inputs = (images, weights.collect::<Result<Vec<_>, _>>()?);
    let code = (env!("CARGO_PKG_VERSION"), TRAINING_REVISION, LIBTORCH_VERSION);
    let machine = device::machine(device_of(&spec.resources)?);
    Ok(sha256_of(&(inputs, code, machine)))
}

/// The weights files that a spec names.
pub fn weights(spec: &TrialSpec) -> impl Iterator<Item = &str> {
    let of_detector = match &spec.detector {
        DetectorSpec::Resnet(resnet) => resnet.weights.as_deref(),
        DetectorSpec::Tiny(_) => None,
    };
    let of_baseline = match &spec.method {
        Method::Baseline(BaselineSpec::Pretrained(options)) => Some(options.weights.as_str()),
        _ => None,
    };
    of_detector.into_iter().chain(of_baseline)
}

/// SHA-256 (hexadecimal) of a task's images as they were loaded: all groups, their shapes and every value.
pub fn images_sha256(images: &TaskImages) -> String {
    let mut hash = Sha256::new();
    for group in [&images.train, &images.held_out, &images.validation, &images.test] {
        add(&mut hash, group);
    }
    hex(hash)
}

fn add(hash: &mut Sha256, images: &Images) {
    for n in [images.count, images.channels, images.height, images.width] {
        hash.update((n as u64).to_le_bytes());
    }
    // A buffer of some thousand values at once: one call of the hash for each value would take longer than the hash.
    let mut bytes = Vec::with_capacity(4 * CHUNK);
    for values in images.data.chunks(CHUNK) {
        bytes.clear();
        bytes.extend(values.iter().flat_map(|value| value.to_le_bytes()));
        hash.update(&bytes);
    }
}

/// Values hashed at once.
const CHUNK: usize = 1 << 14;

fn file_sha256(path: &Path) -> Result<String, FingerprintError> {
    let mut hash = Sha256::new();
    let copied = File::open(path).and_then(|mut file| io::copy(&mut file, &mut hash));
    copied.map_err(|source| FingerprintError::Weights {
        path: path.display().to_string(),
        source,
    })?;
    Ok(hex(hash))
}

/// A hash in hexadecimal.
pub(crate) fn hex(hash: Sha256) -> String {
    hash.finalize().iter().fold(String::new(), |mut text, byte| {
        // Writing to a String does not fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn task(first: f32) -> TaskImages {
        let images = |count: usize, first: f32| Images {
            data: (0..count * 4).map(|i| first + i as f32 / 100.0).collect(),
            count,
            channels: 1,
            height: 2,
            width: 2,
        };
        TaskImages {
            train: images(3, 0.0),
            held_out: images(1, 0.0),
            validation: images(2, first),
            test: images(0, 0.0),
        }
    }

    #[test]
    fn every_bit_and_every_shape_of_the_images_counts() {
        let of = images_sha256(&task(0.5));
        assert_eq!(of, images_sha256(&task(0.5)));
        assert_ne!(of, images_sha256(&task(0.5 + f32::EPSILON)), "one bit");
        let mut moved = task(0.5);
        let image = moved.train.data.split_off(8);
        (moved.train.count, moved.held_out.count) = (2, 2);
        moved.held_out.data.splice(0..0, image);
        assert_ne!(of, images_sha256(&moved), "the same values in other groups");
    }
}
