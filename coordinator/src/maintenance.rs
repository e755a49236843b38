//! What is done to a store beside running a coordinator on it: check it, write a sweep to a file, take one from a file.

use crate::store::{
    self, FaultKind, Location, StoreError, TransferError,
    backend::{Dialect, Row},
    invariants, query, query_scalar,
    sweeps::{self, SweepRow},
    transfer,
};
use augur_core::time::Timestamp;
use std::{
    fs::{self, File},
    io::{self, BufWriter},
    path::{Path, PathBuf},
};

pub use crate::store::Imported;

/// What a check found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Findings {
    /// A line for each thing that does not hold; none, if all is well.
    pub wrong: Vec<String>,
    /// Sweeps that were looked at.
    pub sweeps: u64,
    /// Trials that were looked at.
    pub trials: u64,
}

/// Checks a store: the database's own structure, where it has a check of it, and every invariant. Reads all of it, at one moment,
/// beside a coordinator or without one.
///
/// # Errors
/// [`TransferError::Open`], or [`TransferError::Store`] where the store can't be read for another reason than damage.
pub async fn check(location: &Location) -> Result<Findings, TransferError> {
    let reader = store::open_to_read(location).await?;
    let mut findings = Findings::default();
    let found = look(&reader, &mut findings).await;
    reader.close().await;
    match found {
        // A page that can't be right is what was looked for.
        Err(error) if is_damage(&error) => findings.wrong.push(crate::error::chain(&error)),
        found => found?,
    }
    Ok(findings)
}

fn is_damage(error: &StoreError) -> bool {
    match error {
        StoreError::Database(fault) => fault.kind == FaultKind::Corrupt,
        StoreError::Damaged(_) => true,
        StoreError::Conflict(_) | StoreError::NulInText => false,
    }
}

async fn look(reader: &store::Reader, findings: &mut Findings) -> store::Result<()> {
    let mut view = reader.view().await?;
    let conn = view.conn();
    if conn.dialect() == Dialect::Sqlite {
        let lines = query("PRAGMA integrity_check").fetch_all(conn).await?;
        for line in lines.iter().map(|row: &Row| row.try_get::<&str>("integrity_check")) {
            match line? {
                "ok" => {}
                line => findings.wrong.push(format!("the database file: {line}")),
            }
        }
    }
    findings.sweeps = count(conn, "SELECT COUNT(*) FROM sweeps").await?;
    findings.trials = count(conn, "SELECT COUNT(*) FROM trials").await?;
    for violation in invariants::check(conn).await? {
        findings.wrong.push(violation.to_string());
    }
    Ok(())
}

async fn count(conn: &mut store::Conn, sql: &'static str) -> store::Result<u64> {
    let count: i64 = query_scalar(sql).fetch_one(conn).await?;
    Ok(count.unsigned_abs())
}

/// Copies a store in a file to a new file, beside a coordinator or without one: a moment of it, whole and on disk.
///
/// # Errors
/// [`TransferError::NotAFile`], [`TransferError::Copy`], or [`TransferError::Open`] of what is no store of this version.
pub async fn backup(location: &Location, file: &Path) -> Result<(), TransferError> {
    let Location::Sqlite(path) = location else {
        return Err(TransferError::NotAFile(location.to_string()));
    };
    store::open_to_read(location).await?.close().await;
    let copied = store::backup(path, file).await;
    copied.map_err(|source| TransferError::Copy {
        path: file.display().to_string(),
        source,
    })
}

/// Writes the sweep called `name` to a new file; `now` is when its leases end in it.
///
/// # Errors
/// [`TransferError`]; there is no file then.
pub async fn export(location: &Location, name: &str, file: &Path, now: Timestamp) -> Result<(), TransferError> {
    let reader = store::open_to_read(location).await?;
    let exported = write(&reader, name, file, now).await;
    reader.close().await;
    exported
}

async fn write(reader: &store::Reader, name: &str, file: &Path, now: Timestamp) -> Result<(), TransferError> {
    let mut view = reader.view().await?;
    let name = name.strip_prefix("sweeps/").unwrap_or(name);
    let sweep: Option<SweepRow> = sweeps::by_name(view.conn(), name).await?;
    let sweep = sweep.ok_or_else(|| TransferError::NoSweep(name.to_owned()))?;
    let path = file.display().to_string();
    let failed = |source| TransferError::Write {
        path: path.clone(),
        source,
    };
    if file.exists() {
        return Err(failed(io::ErrorKind::AlreadyExists.into()));
    }
    // It gets its name once it is whole and on disk.
    let mut part = file.as_os_str().to_owned();
    part.push(".part");
    let part = PathBuf::from(part);
    let out = File::create(&part).map_err(failed)?;
    let written = transfer::export(view.conn(), &sweep, now, BufWriter::new(&out)).await;
    let named = match written {
        Ok(_) => out.sync_all().and_then(|()| fs::rename(&part, file)).map_err(failed),
        Err(error) => Err(error.at(&path)),
    };
    if named.is_err() {
        // The first error is the one to tell.
        let _ = fs::remove_file(&part);
    }
    named
}

/// Takes the sweep in a file into a store, which is made if it isn't there.
///
/// # Errors
/// [`TransferError`]; nothing has changed then.
pub async fn import(location: &Location, file: &Path, now: Timestamp) -> Result<Imported, TransferError> {
    // Before the store is held: whoever waits for it takes a holder that does nothing for dead.
    let whole = transfer::Whole::verify(file)?;
    let (mut writer, reader) = store::open(location).await?;
    let imported = transfer::import(&mut writer, whole, now).await;
    reader.close().await;
    let closed = writer.close().await;
    let imported = imported?;
    closed?;
    Ok(imported)
}
