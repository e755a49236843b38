//! Copies of an SQLite file: of one of an older schema before it is migrated, and of any when somebody asks.

use super::{OpenError, migrations::NEWEST, sqlite::schema};
use sqlx::{Connection, SqliteConnection, sqlite::SqliteConnectOptions};
use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
};

/// Copies the database to `NAME.schema-N.bak` beside it, if a migration is due.
pub(super) async fn before_migration(conn: &mut SqliteConnection, path: &Path) -> Result<(), OpenError> {
    let store = || path.display().to_string();
    let found = schema(conn)
        .await
        .map_err(|source| OpenError::Unusable { store: store(), source })?;
    if found == 0 || found >= NEWEST {
        return Ok(());
    }
    let backup = free_name(path, found);
    let copied = copy(conn, &backup).await;
    copied.map_err(|source| OpenError::Backup {
        store: store(),
        backup: backup.display().to_string(),
        source,
    })?;
    tracing::warn!(
        "the store {} is of an older version of augur (schema {found}): copied to {} and migrated to schema {NEWEST}",
        store(),
        backup.display()
    );
    Ok(())
}

/// Copies the store in the file `path` to `backup`, beside a coordinator or without one.
pub(crate) async fn of_file(path: &Path, backup: &Path) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    if backup.exists() {
        return Err(io::Error::from(io::ErrorKind::AlreadyExists).into());
    }
    let mut conn = SqliteConnection::connect_with(&SqliteConnectOptions::new().filename(path)).await?;
    let copied = copy(&mut conn, backup).await;
    conn.close().await?;
    copied
}

/// The first of `NAME.schema-N.bak`, `NAME.schema-N.2.bak`, ... that is not there: no backup replaces another.
fn free_name(path: &Path, schema: i64) -> PathBuf {
    let beside = |ending: String| {
        let mut name = path.as_os_str().to_owned();
        name.push(format!(".schema-{schema}{ending}"));
        PathBuf::from(name)
    };
    let mut backup = beside(".bak".into());
    let mut number = 1;
    while backup.exists() {
        number += 1;
        backup = beside(format!(".{number}.bak"));
    }
    backup
}

/// A consistent copy, log included. It gets its name once it is whole and on disk.
async fn copy(conn: &mut SqliteConnection, backup: &Path) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let mut part = backup.as_os_str().to_owned();
    part.push(".part");
    let part = PathBuf::from(part);
    match fs::remove_file(&part) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error.into()),
        _ => {}
    }
    let name = part.to_str().ok_or("its name is not UTF-8")?;
    sqlx::query("VACUUM INTO ?").bind(name).execute(conn).await?;
    File::open(&part)?.sync_all()?;
    fs::rename(&part, backup)?;
    let folder = backup.parent().filter(|folder| !folder.as_os_str().is_empty());
    File::open(folder.unwrap_or(Path::new(".")))?.sync_all()?;
    Ok(())
}
