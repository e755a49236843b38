//! A model's folder: the card `model.json` and the tensors `model.safetensors`.
//!
//! Tensors: `param.NAME` and `buffer.NAME` of the network with torchvision's names, `normalisation.NAME`, `scorer.NAME`,
//! and the scores of normal images, `scores.train` and `scores.held_out`.

use std::collections::HashMap;
use std::fs;
use std::path::Path;

use augur_core::model::{CARD_FILE, MODEL_FORMAT, ModelCard, TENSORS_FILE};
use augur_core::selectors::{Embeddings, Rows};
use sha2::{Digest, Sha256};
use tch::{Device, Kind, Tensor};

use super::{Model, ModelError, NormalScores};
use crate::network::{Network, detector_of};
use crate::normalisation::Normalisation;
use crate::score::Scorer;
use crate::trial::{KIND, device_of};

impl Model {
    /// Writes the model into `folder`, which is made if need be. The card comes last: a folder with a card is whole.
    ///
    /// # Errors
    /// A folder that can't be written.
    pub fn save(&mut self, folder: &Path) -> Result<(), ModelError> {
        let failed = |path: &Path, source| ModelError::File {
            path: path.to_owned(),
            done: "written",
            source,
        };
        fs::create_dir_all(folder).map_err(|source| failed(folder, source))?;
        let path = folder.join(TENSORS_FILE);
        let partial = folder.join(format!("{TENSORS_FILE}.partial"));
        Tensor::write_safetensors(&self.tensors(), &partial)
            .map_err(|error| failed(&path, std::io::Error::other(error.to_string())))?;
        self.card.tensors_sha256 = sha256(&fs::read(&partial).map_err(|source| failed(&path, source))?);
        // On disk before the card that vouches for them.
        let synced = fs::File::open(&partial).and_then(|file| file.sync_all());
        synced.map_err(|source| failed(&path, source))?;
        fs::rename(&partial, &path).map_err(|source| failed(&path, source))?;

        let path = folder.join(CARD_FILE);
        let partial = folder.join(format!("{CARD_FILE}.partial"));
        let json = serde_json::to_string_pretty(&self.card).map_err(|error| failed(&path, error.into()))?;
        fs::write(&partial, json + "\n").map_err(|source| failed(&path, source))?;
        fs::rename(&partial, &path).map_err(|source| failed(&path, source))
    }

    /// Reads the model in `folder`, to score on the device and with the threads of its trial: both change the last bits.
    ///
    /// # Errors
    /// As [`Model::load`], and a device that isn't there.
    pub fn open(folder: &Path) -> Result<Self, ModelError> {
        let resources = read_card(&folder.join(CARD_FILE))?.spec.resources;
        Self::load(folder, device_of(&resources)?)
    }

    /// Reads the model in `folder`, for `device`.
    ///
    /// # Errors
    /// Files that are missing, damaged, or of another version.
    pub fn load(folder: &Path, device: Device) -> Result<Self, ModelError> {
        let card = read_card(&folder.join(CARD_FILE))?;
        let tensors = read_tensors(&folder.join(TENSORS_FILE), &card)?;
        let find = |prefix: &'static str| {
            let tensors = &tensors;
            move |name: &str| tensors.get(&format!("{prefix}.{name}")).map(Tensor::shallow_clone)
        };
        let on_device = |name: &str| find("normalisation")(name).map(|t| t.to_kind(KIND).to_device(device));
        let detector = detector_of(&card.spec.detector, card.images.channels.into());
        let network = Network {
            params: detector.params(KIND, device, find("param"))?,
            stats: detector.stats(KIND, device, find("buffer"))?,
            normalisation: Normalisation::from_tensors(card.spec.training.normalisation, on_device)?,
            detector,
        };
        let scorer = Scorer::from_tensors(card.spec.score, find("scorer"))?;
        let scores = |name| find("scores")(name).map(|t| values(&t)).unwrap_or_default();
        let normal = NormalScores {
            train: scores("train"),
            held_out: scores("held_out"),
        };
        Ok(Self::new(card, network, scorer, normal))
    }

    fn tensors(&self) -> Vec<(String, Tensor)> {
        let saved = |tensor: &Tensor| tensor.detach().to_device(Device::Cpu).contiguous();
        let network = &self.network;
        let params = network
            .params
            .iter()
            .map(|(name, t)| (format!("param.{name}"), saved(t)));
        let stats = network
            .stats
            .iter()
            .map(|(name, t)| (format!("buffer.{name}"), saved(t)));
        let normalisation = network.normalisation.tensors().into_iter();
        let normalisation = normalisation.map(|(name, t)| (format!("normalisation.{name}"), saved(&t)));
        let scorer = self.scorer.tensors().into_iter();
        let scorer = scorer.map(|(name, t)| (format!("scorer.{name}"), saved(&t)));
        let scores = [("train", &self.normal.train), ("held_out", &self.normal.held_out)];
        let scores = scores.map(|(name, values)| (format!("scores.{name}"), Tensor::from_slice(values)));
        params
            .chain(stats)
            .chain(normalisation)
            .chain(scorer)
            .chain(scores)
            .collect()
    }
}

fn read_card(path: &Path) -> Result<ModelCard, ModelError> {
    let text = fs::read_to_string(path).map_err(|source| ModelError::File {
        path: path.to_owned(),
        done: "read",
        source,
    })?;
    let bad = |reason: String| ModelError::Card {
        path: path.to_owned(),
        reason,
    };
    // The version first: another one may have other fields.
    let value: serde_json::Value = serde_json::from_str(&text).map_err(|error| bad(error.to_string()))?;
    let format = value["format"]
        .as_u64()
        .ok_or_else(|| bad("it has no `format`".into()))?;
    if format != u64::from(MODEL_FORMAT) {
        return Err(ModelError::Format {
            path: path.to_owned(),
            found: u32::try_from(format).unwrap_or(u32::MAX),
            known: MODEL_FORMAT,
        });
    }
    serde_json::from_value(value).map_err(|error| bad(error.to_string()))
}

fn read_tensors(path: &Path, card: &ModelCard) -> Result<HashMap<String, Tensor>, ModelError> {
    let bytes = fs::read(path).map_err(|source| ModelError::File {
        path: path.to_owned(),
        done: "read",
        source,
    })?;
    if sha256(&bytes) != card.tensors_sha256 {
        return Err(ModelError::Damaged { path: path.to_owned() });
    }
    let tensors = Tensor::read_safetensors(path).map_err(|error| ModelError::Tensors {
        path: path.to_owned(),
        reason: error.to_string(),
    })?;
    Ok(tensors.into_iter().collect())
}

fn values(tensor: &Tensor) -> Vec<f64> {
    let tensor = tensor.to_kind(Kind::Double);
    (0..tensor.size()[0]).map(|i| tensor.double_value(&[i])).collect()
}

fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Writes what the losses of a trial were computed from: `z_train`, `z_held_out`, `z_augmented` (of the held-out images),
/// `z_augmented_train` and `z_validation`, each [N, h] in float32 as the network gave them, and `scores` [N] of the
/// validation images in float64.
///
/// # Errors
/// A file that can't be written.
pub fn save_embeddings(path: &Path, z: &Embeddings, scores: &[f64]) -> Result<(), ModelError> {
    let named = [
        ("z_train", Some(&z.train)),
        ("z_held_out", Some(&z.held_out)),
        ("z_augmented", Some(&z.augmented)),
        ("z_augmented_train", z.augmented_train.as_ref()),
        ("z_validation", Some(&z.validation)),
    ];
    let mut tensors: Vec<(&str, Tensor)> = named
        .into_iter()
        .filter_map(|(name, rows)| Some((name, matrix(rows?))))
        .collect();
    tensors.push(("scores", Tensor::from_slice(scores)));
    let failed = |reason: String| ModelError::File {
        path: path.to_owned(),
        done: "written",
        source: std::io::Error::other(reason),
    };
    let partial = path.with_extension("partial");
    Tensor::write_safetensors(&tensors, &partial).map_err(|error| failed(error.to_string()))?;
    fs::rename(&partial, path).map_err(|error| failed(error.to_string()))
}

fn matrix(rows: &Rows) -> Tensor {
    let values: Vec<f32> = rows.iter().flatten().map(|&value| value as f32).collect();
    Tensor::from_slice(&values).view([rows.count() as i64, rows.width() as i64])
}
