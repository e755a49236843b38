//! Whether a trial need not be computed: it completed before with the same fingerprint, and what it left can be had.

use super::protocol::{Computed, Earlier, Run};
use augur_core::{
    model::{CARD_FILE, EMBEDDINGS_FILE, TENSORS_FILE},
    plan::Method,
};
use std::{
    fs,
    io::{self, ErrorKind},
    path::Path,
};

/// An earlier result that stands for that of `run`; none where it has to be computed.
///
/// Where this worker keeps what trials leave behind, the embeddings must be here, for `augur select` reads them. A detector
/// may be gone, since only those that were selected stay; if this one is selected now, it is trained once more.
pub(super) fn reuse(run: &Run, fingerprint: &str) -> Option<Computed> {
    let same = run.earlier.iter().filter(|earlier| earlier.fingerprint == fingerprint);
    let Some(folder) = leaves(run) else {
        return same.map(|earlier| before(earlier, false)).next();
    };
    let mut best = None;
    for earlier in same {
        match earlier.artifacts.as_deref().map(|kept| adopt(kept, folder)) {
            Some(Ok(true)) => return Some(before(earlier, false)),
            Some(Ok(false)) => best = best.or(Some(earlier)),
            // Nothing of it is here, or it can't be had: the next one.
            Some(Err(_)) | None => {}
        }
    }
    best.map(|earlier| before(earlier, true))
}

/// The folder of what the trial leaves behind; none where it leaves nothing.
fn leaves(run: &Run) -> Option<&Path> {
    match run.spec.method {
        Method::Augmented { .. } => run.artifacts.as_deref(),
        Method::Baseline(_) => None,
    }
}

fn before(earlier: &Earlier, detector_missing: bool) -> Computed {
    Computed::Before {
        trial: earlier.trial.clone(),
        detector_missing,
    }
}

/// Takes over the embeddings of an earlier completion, which must be there, and its detector; whether that is there too.
fn adopt(from: &Path, to: &Path) -> io::Result<bool> {
    fs::create_dir_all(to)?;
    link(from, to, EMBEDDINGS_FILE)?;
    // The card last: a folder with a card is whole.
    for file in [TENSORS_FILE, CARD_FILE] {
        match link(from, to, file) {
            Err(fault) if fault.kind() == ErrorKind::NotFound => return Ok(false),
            linked => linked?,
        }
    }
    Ok(true)
}

/// The same file under a second name, or a copy of it where the file system has no such thing. Nobody writes into a file of a
/// trial: they are replaced whole or removed.
fn link(from: &Path, to: &Path, file: &str) -> io::Result<()> {
    let (from, to) = (from.join(file), to.join(file));
    match fs::remove_file(&to) {
        Err(fault) if fault.kind() != ErrorKind::NotFound => return Err(fault),
        _ => {}
    }
    match fs::hard_link(&from, &to) {
        Err(fault) if fault.kind() != ErrorKind::NotFound => fs::copy(&from, &to).map(drop),
        linked => linked,
    }
}
