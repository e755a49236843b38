//! The record of who changed what, and of who was refused: one line of JSON for each.

use super::error::SafetyError;
use serde::Serialize;
use std::{
    cell::RefCell,
    fs::{self, File, OpenOptions},
    io::{self, Write},
    os::unix::fs::{MetadataExt, OpenOptionsExt},
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
    time::Duration,
};
use tokio::time::Instant;
use tonic::Request;

/// Refusals that are written within a second; the others are counted. Whoever has no token must not fill the disk.
const REFUSALS: u32 = 100;

/// A line.
#[derive(Debug, Default, Serialize)]
pub(super) struct Line<'a> {
    /// As of RFC 3339.
    pub time: String,
    /// The path of the call, or method and path of a request of the page.
    pub rpc: &'a str,
    /// What came of it: gRPC's code.
    pub outcome: String,
    /// Why not.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub reason: String,
    /// The name of its token.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token: Option<&'a str>,
    /// Its role.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<&'a str>,
    /// The subject of its certificate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub certificate: Option<&'a str>,
    /// Its address and port.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub peer: Option<String>,
    /// What it is about.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub resource: String,
    /// As the client gave it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub request_id: String,
    /// Refusals before this one that were not written, since there were too many.
    #[serde(skip_serializing_if = "is_zero")]
    pub left_out: u64,
}

fn is_zero(number: &u64) -> bool {
    *number == 0
}

/// The file.
pub struct Audit {
    path: PathBuf,
    state: Mutex<State>,
}

struct State {
    file: File,
    /// Since when refusals are counted, how many were written, how many left out.
    since: Instant,
    written: u32,
    left_out: u64,
    /// That it can't be written was told.
    told: bool,
}

impl Audit {
    /// Opens it at its end; makes it if it isn't there.
    ///
    /// # Errors
    /// A file that can't be written.
    pub fn open(path: &Path) -> Result<Self, SafetyError> {
        let file = append(path).map_err(|source| SafetyError::Write {
            path: path.to_owned(),
            source,
        })?;
        let state = State {
            file,
            since: Instant::now(),
            written: 0,
            left_out: 0,
            told: false,
        };
        Ok(Self {
            path: path.to_owned(),
            state: Mutex::new(state),
        })
    }

    /// Writes a line. The coordinator goes on where that fails, and says so.
    pub(super) fn write(&self, line: Line<'_>) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        self.put(&mut state, line);
    }

    /// Writes that a call was refused, unless there are too many.
    pub(super) fn refused(&self, line: Line<'_>, now: Instant) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if now.duration_since(state.since) >= Duration::from_secs(1) {
            (state.since, state.written) = (now, 0);
        }
        if state.written >= REFUSALS {
            state.left_out += 1;
            return;
        }
        state.written += 1;
        let left_out = std::mem::take(&mut state.left_out);
        self.put(&mut state, Line { left_out, ..line });
    }

    fn put(&self, state: &mut State, line: Line<'_>) {
        match self.try_put(state, line) {
            Ok(()) => state.told = false,
            Err(error) if !state.told => {
                state.told = true;
                let path = self.path.display();
                tracing::error!("the record of changes, {path}, can't be written: {error}; calls go on unrecorded");
            }
            Err(_) => {}
        }
    }

    fn try_put(&self, state: &mut State, line: Line<'_>) -> io::Result<()> {
        // Whoever rotates logs moves the file away: then a new one begins.
        let here = fs::metadata(&self.path).map(|data| (data.dev(), data.ino())).ok();
        let open = state.file.metadata()?;
        if here != Some((open.dev(), open.ino())) {
            state.file = append(&self.path)?;
        }
        let mut text = serde_json::to_vec(&line)?;
        text.push(b'\n');
        // One write: lines of two processes don't mix.
        state.file.write_all(&text)
    }
}

fn append(path: &Path) -> io::Result<File> {
    OpenOptions::new().append(true).create(true).mode(0o600).open(path)
}

/// What a call is about, as its handler says.
#[derive(Clone, Debug, Default)]
pub(super) struct Note {
    pub resource: String,
    pub request_id: String,
    /// It only asked what would be.
    pub is_trial: bool,
}

tokio::task_local! {
    pub(super) static NOTE: RefCell<Note>;
}

/// A request that changes something.
pub(crate) trait Subject {
    /// The name of what it is about.
    fn resource(&self) -> String;
    /// The client's identifier of the request.
    fn request_id(&self) -> &str {
        ""
    }
    /// Whether it only asks what would be.
    fn is_trial(&self) -> bool {
        false
    }
}

/// The message of a request, whose subject goes into the record.
pub(crate) fn noted<T: Subject>(request: Request<T>) -> T {
    let message = request.into_inner();
    // Outside of a recorded call there is nothing to note.
    let _ = NOTE.try_with(|note| {
        *note.borrow_mut() = Note {
            resource: message.resource(),
            request_id: short(message.request_id()),
            is_trial: message.is_trial(),
        };
    });
    message
}

/// What is created gets its name with the answer.
pub(crate) fn note_resource(name: &str) {
    let _ = NOTE.try_with(|note| name.clone_into(&mut note.borrow_mut().resource));
}

/// What a client wrote, cut to what a line takes.
fn short(text: &str) -> String {
    text[..text.floor_char_boundary(256)].to_owned()
}

mod subjects {
    use super::{Subject, short};
    use augur_proto::v1;

    macro_rules! verbs {
        ($($message:ident)*) => {
            $(impl Subject for v1::$message {
                fn resource(&self) -> String {
                    short(&self.name)
                }

                fn request_id(&self) -> &str {
                    &self.request_id
                }
            })*
        };
    }

    macro_rules! of_workers {
        ($($message:ident)*) => {
            $(impl Subject for v1::$message {
                fn resource(&self) -> String {
                    format!("workers/{}", short(&self.worker_id))
                }
            })*
        };
    }

    verbs! {
        CancelSweepRequest PauseSweepRequest ResumeSweepRequest RetryTrialsRequest SetPriorityRequest ExtendSweepRequest
    }

    of_workers! {
        RegisterWorkerRequest CompleteTrialRequest CompleteEvaluationRequest FailLeaseRequest LeaveWorkerRequest
    }

    impl Subject for v1::CreateSweepRequest {
        fn resource(&self) -> String {
            String::new()
        }

        fn request_id(&self) -> &str {
            &self.request_id
        }

        fn is_trial(&self) -> bool {
            self.validate_only
        }
    }

    impl Subject for v1::DrainWorkerRequest {
        fn resource(&self) -> String {
            short(&self.name)
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a panic here is a failed test")]
mod tests {
    use super::*;

    #[test]
    fn who_is_refused_all_the_time_does_not_fill_the_disk() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("audit.jsonl");
        let audit = Audit::open(&path).unwrap();
        let begin = Instant::now();
        for _ in 0..1000 {
            audit.refused(Line::default(), begin);
        }
        let text = || fs::read_to_string(&path).unwrap();
        assert_eq!(text().lines().count(), REFUSALS as usize);
        // Changes are written all the same.
        audit.write(Line::default());
        audit.refused(Line::default(), begin + Duration::from_secs(1));
        let left_out = 1000 - u64::from(REFUSALS);
        assert_eq!(text().lines().count(), REFUSALS as usize + 2);
        assert!(text().ends_with(&format!("\"left_out\":{left_out}}}\n")), "{}", text());
    }
}
