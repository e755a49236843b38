//! The embeddings that workers saved, and every criterion computed from them again.

use crate::failure::{Exit, Failure};
use augur_core::{
    draws::{Purpose, stream},
    leaderboard::Leaderboard,
    model::EMBEDDINGS_FILE,
    outcome::Validation,
    selectors::{Embeddings, Rows, SelectorError, validate},
};
use rand::RngCore;
use safetensors::{Dtype, SafeTensors, tensor::TensorView};
use std::{fs, path::Path};

/// Puts the losses computed from `folder`/SWEEP/TRIAL/embeddings.safetensors in place of those that the board has. Baselines,
/// which have none, are left alone.
///
/// # Errors
/// The first candidate whose embeddings are missing, damaged, or of another form.
pub fn validate_again(board: &mut Leaderboard, folder: &Path) -> Result<(), Failure> {
    let folder = folder.join(board.sweep.id.to_string());
    for task in &mut board.tasks {
        for candidate in &mut task.candidates {
            let Some(validation) = &mut candidate.validation else {
                continue;
            };
            let path = folder.join(candidate.trial.to_string()).join(EMBEDDINGS_FILE);
            let mut draws = stream(task.seed, &candidate.trial, Purpose::Permutation, 0);
            *validation = read(&path, &mut draws)?;
        }
    }
    Ok(())
}

/// The losses of one trial. Tensors, float32 or float64: `z_train`, `z_held_out`, `z_augmented` (of the held-out images),
/// `z_validation`, each [N, h], and if it is there `z_augmented_train`; `scores` [N] of the validation images.
fn read(path: &Path, draws: &mut impl RngCore) -> Result<Validation, Failure> {
    let failed = |problem: &dyn std::fmt::Display| {
        let text = format!("{} {problem}; run its trial again with artifacts kept", path.display());
        Failure::new(Exit::BadData, text)
    };
    let bytes = fs::read(path).map_err(|error| failed(&format!("can't be read ({error})")))?;
    let tensors = SafeTensors::deserialize(&bytes).map_err(|error| failed(&format!("is damaged ({error})")))?;
    let rows = |name: &str| {
        let tensor = tensors
            .tensor(name)
            .map_err(|_| failed(&format!("has no tensor {name}")))?;
        rows(&tensor).map_err(|error| failed(&format!("has a bad tensor {name} ({error})")))
    };
    let embeddings = Embeddings {
        train: rows("z_train")?,
        held_out: rows("z_held_out")?,
        augmented: rows("z_augmented")?,
        augmented_train: match tensors.tensor("z_augmented_train") {
            Ok(_) => Some(rows("z_augmented_train")?),
            Err(_) => None,
        },
        validation: rows("z_validation")?,
    };
    let embeddings = embeddings
        .checked()
        .map_err(|error| failed(&format!("doesn't fit ({error})")))?;
    let scores = rows("scores")?;
    let scores: Vec<f64> = scores.iter().flatten().copied().collect();
    Ok(validate(&embeddings, &scores, draws))
}

/// A tensor's numbers; of a list each number is a row.
fn rows(tensor: &TensorView<'_>) -> Result<Rows, SelectorError> {
    let numbers = match tensor.dtype() {
        Dtype::F64 => numbers(tensor.data(), f64::from_le_bytes),
        Dtype::F32 => numbers(tensor.data(), |bytes| f64::from(f32::from_le_bytes(bytes))),
        _ => vec![],
    };
    Rows::new(numbers, tensor.shape().get(1).copied().unwrap_or(1))
}

fn numbers<const N: usize>(bytes: &[u8], number: impl Fn([u8; N]) -> f64) -> Vec<f64> {
    let (numbers, _) = bytes.as_chunks::<N>();
    numbers.iter().map(|bytes| number(*bytes)).collect()
}
