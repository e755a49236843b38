//! What else is done with a saved detector: `augur-worker score` and `augur-worker export`, for `augur` of the same names.

mod export;
mod options;
mod score;
mod write;

pub use export::main as export;
pub use options::{Export, Normal, Score, Table};
pub use score::main as score;

use std::{error::Error, process::ExitCode};

/// Exit code for a model or images that can't be used.
const BAD_INPUT: u8 = 4;
/// Exit code for a file that can't be written.
const CANNOT_WRITE: u8 = 5;

/// Says what went wrong, its sources in one line.
fn fail(error: &dyn Error) -> ExitCode {
    let sources = std::iter::successors(error.source(), |source| (*source).source());
    let text = sources.fold(error.to_string(), |text, source| format!("{text}: {source}"));
    eprintln!("error: {text}");
    ExitCode::from(BAD_INPUT)
}
