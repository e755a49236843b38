//! What ends a command: one sentence for the person at the terminal, and an exit code for scripts.

mod data;
mod depot;
mod explain;
mod render;
mod spec;
mod status;
mod yaml;

pub use render::render;
pub use status::{from_first, from_status};
pub(crate) use status::{is_compacted, is_transient, is_unimplemented, other_api};

use crate::report::ReportError;
use std::{fmt, io, path::Path, process::ExitCode};

/// Why a command did not do what it should; docs/cli.md and `augur --help` list them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// Anything that has no code of its own.
    Unexpected = 1,
    /// The command line (clap ends with the same code).
    CommandLine = 2,
    /// The config can't be read or used.
    BadConfig = 3,
    /// The data isn't there, is damaged, or lacks what the config asks for.
    BadData = 4,
    /// A folder or file can't be written.
    CannotWrite = 5,
    /// The coordinator can't start: its port is taken, its program isn't there.
    CannotStart = 6,
    /// No coordinator answers.
    Unreachable = 7,
    /// The coordinator speaks another API.
    OtherApi = 8,
    /// The sweep ended, and for at least one (task, seed) the method has no selected trial.
    NoSelection = 9,
    /// The sweep was cancelled.
    Cancelled = 10,
    /// The folder or its store is in use by another process.
    InUse = 11,
    /// The coordinator knows nothing of that name.
    NotFound = 12,
    /// The folder, or the name, belongs to another sweep.
    OtherSweep = 13,
    /// `augur doctor` found something missing.
    Incomplete = 14,
    /// The sweep was paused, by somebody or by its circuit breaker.
    Paused = 15,
    /// `augur verify` found a choice that is not the one that was sealed.
    BrokenSeal = 17,
    /// Ctrl-C or SIGTERM.
    Interrupted = 130,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// The end of a command that went wrong.
#[derive(Debug)]
pub struct Failure {
    /// The exit code.
    pub exit: Exit,
    /// Each a sentence without a full stop, with the place in the config where there is one. At least one.
    pub faults: Vec<Complaint>,
}

/// One sentence, and the piece of text that it is about.
#[derive(Debug)]
pub struct Complaint {
    /// What, where, what to do.
    pub message: String,
    /// The place in the config.
    pub excerpt: Option<Excerpt>,
    /// More that helps, in a line of its own.
    pub help: Option<String>,
}

/// A place in a text.
#[derive(Debug)]
pub struct Excerpt {
    /// The file's name as the user gave it.
    pub file: String,
    /// The whole text.
    pub text: String,
    /// Line and column, from 1.
    pub position: (u64, u64),
    /// What to write beside the underlined piece.
    pub label: Option<String>,
}

impl Failure {
    /// A failure of one sentence.
    pub fn new(exit: Exit, message: impl Into<String>) -> Self {
        let complaint = Complaint {
            message: message.into(),
            excerpt: None,
            help: None,
        };
        Self {
            exit,
            faults: vec![complaint],
        }
    }

    /// The same with a line of help.
    pub fn help(mut self, help: impl Into<String>) -> Self {
        if let Some(fault) = self.faults.last_mut() {
            fault.help = Some(help.into());
        }
        self
    }

    /// A file or folder that can't be written.
    pub fn cannot_write(path: &Path, error: &io::Error) -> Self {
        Self::new(
            Exit::CannotWrite,
            format!(
                "can't write {}: {}; choose another folder with --out, or mend its permissions",
                path.display(),
                os_text(error)
            ),
        )
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sentences: Vec<_> = self.faults.iter().map(|fault| fault.message.as_str()).collect();
        f.write_str(&sentences.join("; "))
    }
}

impl From<ReportError> for Failure {
    fn from(error: ReportError) -> Self {
        Self::cannot_write(&error.path, &error.source)
    }
}

/// What the system says, without Rust's "(os error 20)".
pub fn os_text(error: &io::Error) -> String {
    let text = error.to_string();
    let text = text.split(" (os error").next().unwrap_or_default();
    let mut letters = text.chars();
    match letters.next() {
        Some(first) => first.to_lowercase().chain(letters).collect(),
        None => error.kind().to_string(),
    }
}
