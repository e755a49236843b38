//! The faults of a config, each with its place.

use super::{
    Complaint, Excerpt, Exit, Failure,
    explain::{Explained, Found, explain},
    render, yaml,
};
use augur_core::spec::{Fault, SpecError};
use std::path::Path;

impl Failure {
    /// A config that can't be used. `text` is what stands in the file.
    pub fn bad_config(path: &Path, text: &str, error: &SpecError) -> Self {
        Self {
            exit: Exit::BadConfig,
            faults: error.faults.iter().map(|fault| complaint(path, text, fault)).collect(),
        }
    }
}

fn complaint(path: &Path, text: &str, fault: &Fault) -> Complaint {
    let (position, Explained { message, label, help }) = match stays_open(text, fault) {
        Some((explained, position)) => (Some(position), explained),
        None => {
            let position = moved(text, fault);
            (
                position,
                explain(&fault.message, Found::at(text, position), fault.path.is_empty()),
            )
        }
    };
    let subject = match fault.path.as_str() {
        "" => String::new(),
        path => format!("`{path}`: "),
    };
    Complaint::at(path, text, position, &format!("{subject}{message}"), label, help)
}

impl Complaint {
    /// A sentence about a place in a config.
    pub(super) fn at(
        path: &Path,
        text: &str,
        position: Option<(u64, u64)>,
        message: &str,
        label: Option<String>,
        help: Option<String>,
    ) -> Self {
        let file = path.display().to_string();
        let place = match position {
            Some((line, column)) => format!("{file}:{line}:{column}"),
            None => file.clone(),
        };
        // The end of a text has no line that could be shown.
        let shown = position.filter(|position| !render::lines_from(text, *position).trim().is_empty());
        Self {
            message: format!("{place}: {message}"),
            excerpt: shown.map(|position| Excerpt {
                file,
                text: text.to_owned(),
                position,
                label,
            }),
            help,
        }
    }
}

/// A bracket that is never closed, if the reader stumbled behind it: whatever it says is a consequence.
fn stays_open(text: &str, fault: &Fault) -> Option<(Explained, (u64, u64))> {
    let is_of_keys = ["unknown field", "missing field", "duplicate mapping key"]
        .iter()
        .any(|kind| fault.message.starts_with(kind));
    let (open, place) = yaml::unclosed(text).filter(|_| fault.path.is_empty() && !is_of_keys)?;
    let close = if open == '[' { ']' } else { '}' };
    fault.position.is_none_or(|position| position >= place).then(|| {
        let message = format!("the `{open}` that opens here is not closed; write the `{close}`");
        (
            Explained {
                message,
                ..Explained::default()
            },
            place,
        )
    })
}

/// Where a fault is shown: of tabs the first one in the line.
fn moved(text: &str, fault: &Fault) -> Option<(u64, u64)> {
    let (line, column) = fault.position?;
    let tab = fault
        .message
        .starts_with("tabs")
        .then(|| yaml::tab(text, line))
        .flatten();
    Some(tab.unwrap_or((line, column)))
}
