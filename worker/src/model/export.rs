//! `augur-worker export`: a saved detector for programs that have libtorch and not augur.

use super::{Export, fail};
use augur_train::model::Model;
use std::process::ExitCode;

/// Writes the TorchScript module.
pub fn main(options: &Export) -> ExitCode {
    match Model::open(&options.model).and_then(|model| model.export_torchscript(&options.out)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(&error),
    }
}
