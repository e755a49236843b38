//! The file of tokens: read by the coordinator whenever it changes, replaced whole by the commands that change it.

use super::{
    error::{Denial, SafetyError},
    tokens::{Entry, Hash, Tokens},
    watched::Watched,
};
use augur_core::time::Timestamp;
use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write},
    os::unix::fs::{MetadataExt, OpenOptionsExt, fchown},
    path::{Path, PathBuf},
};

/// Whoever may call, as the file says now.
pub struct TokenFile(Watched<Tokens>);

impl TokenFile {
    /// Reads the file.
    ///
    /// # Errors
    /// A file that can't be read, or a line that is wrong.
    pub fn open(path: &Path) -> Result<Self, SafetyError> {
        let file = path.to_owned();
        Watched::open(vec![path.to_owned()], move || read(&file)).map(Self)
    }

    /// Whose token this is.
    ///
    /// # Errors
    /// Nobody's, or not any more.
    pub fn find(&self, hash: Hash, now: Timestamp) -> Result<Entry, Denial> {
        self.0.current().find(hash, now).cloned()
    }
}

/// Reads it.
///
/// # Errors
/// As of [`TokenFile::open`].
pub fn read(path: &Path) -> Result<Tokens, SafetyError> {
    let text = fs::read_to_string(path).map_err(|source| SafetyError::Read {
        what: "file of the tokens",
        flag: "--tokens",
        path: path.to_owned(),
        source,
    })?;
    Tokens::parse(&text, path)
}

/// Changes it, one process at a time. Whoever reads it meanwhile sees the old one or the new one. One that isn't there is made.
///
/// # Errors
/// What `change` says, and what keeps the file from being read or written.
pub fn change<T>(path: &Path, change: impl FnOnce(&mut Tokens) -> Result<T, SafetyError>) -> Result<T, SafetyError> {
    let failed = |source| SafetyError::Write {
        path: path.to_owned(),
        source,
    };
    let lock = beside(path, "lock");
    let lock = private().create(true).truncate(false).open(lock).map_err(failed)?;
    lock.lock().map_err(failed)?;
    let mut tokens = match fs::exists(path) {
        Ok(false) => Tokens::default(),
        _ => read(path)?,
    };
    let answer = change(&mut tokens)?;
    replace(path, &tokens.to_string()).map_err(failed)?;
    Ok(answer)
}

fn replace(path: &Path, text: &str) -> io::Result<()> {
    let new = beside(path, "new");
    let mut file = private().create(true).truncate(true).open(&new)?;
    if let Ok(old) = fs::metadata(path) {
        // Whoever could read it still can: the coordinator may run as another user than whoever changes it.
        file.set_permissions(old.permissions())?;
        let made = file.metadata()?;
        if (made.uid(), made.gid()) != (old.uid(), old.gid()) {
            fchown(&file, Some(old.uid()), Some(old.gid()))?;
        }
    }
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    fs::rename(&new, path)?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
}

/// What only its owner may read.
fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true).mode(0o600);
    options
}

fn beside(path: &Path, what: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{what}"));
    name.into()
}
