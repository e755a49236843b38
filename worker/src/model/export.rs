//! `augur-worker export`: a saved detector for programs that have libtorch and not augur.

use super::{CANNOT_WRITE, Export, fail};
use augur_train::model::{Model, ModelError};
use std::process::ExitCode;

/// Writes the TorchScript module.
pub fn main(options: &Export) -> ExitCode {
    match Model::open(&options.model).and_then(|model| model.export_torchscript(&options.out)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error @ ModelError::Export { .. }) => {
            fail(&error);
            ExitCode::from(CANNOT_WRITE)
        }
        Err(error) => fail(&error),
    }
}
