//! What can be wrong with a MATLAB file.

use thiserror::Error;

/// Why a MATLAB file doesn't give what was asked of it. Its text goes on after the file's path.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Mat5Error {
    /// The system doesn't give it.
    #[error("can't be read: {0}; mend its permissions or get the file anew")]
    Unreadable(String),
    /// Its content begins as no MATLAB file does.
    #[error("is no MATLAB v5 file; get the file anew")]
    Format,
    /// It is an HDF5 file.
    #[error(
        "is a MATLAB v7.3 (HDF5) file, which augur doesn't read; load it in MATLAB and save it with \
         `save(NAME, 'X', 'y', '-v7')`, or with `scipy.io.savemat` in Python"
    )]
    Hdf5,
    /// It begins as it should and then goes wrong.
    #[error("is damaged: {0}; get the file anew")]
    Damaged(String),
    /// It doesn't hold the variable that was asked for.
    #[error("has no variable `{name}`; it has {}", list(found))]
    NoVariable {
        /// The variable's name.
        name: String,
        /// The names that it has.
        found: Vec<String>,
    },
    /// It holds the variable, but not as it should be.
    #[error("holds `{name}` as {found} instead of {expected}; get the file anew")]
    Content {
        /// The variable's name.
        name: String,
        /// What should be there.
        expected: String,
        /// What is there.
        found: String,
    },
}

fn list(names: &[String]) -> String {
    if names.is_empty() {
        return "none".into();
    }
    let quoted: Vec<_> = names.iter().map(|name| format!("`{name}`")).collect();
    quoted.join(", ")
}
