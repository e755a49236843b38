//! Opens the store: lock, migrations, the writer's connection and the readers' pool.

use super::{Conn, Result};
use sqlx::{
    Connection, SqlSafeStr, Sqlite, SqliteConnection, SqlitePool, Transaction,
    migrate::{MigrateError, Migration, MigrationType, Migrator},
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};
use std::{
    fs::{File, TryLockError},
    io,
    path::{Path, PathBuf},
    time::Duration,
};
use thiserror::Error;

/// Every schema so far, oldest first. One that has been released is never edited.
const MIGRATIONS: [(i64, &str, &str); 6] = [
    (1, "initial", include_str!("../../migrations/0001_initial.sql")),
    (2, "variants", include_str!("../../migrations/0002_variants.sql")),
    (3, "reuse", include_str!("../../migrations/0003_reuse.sql")),
    (4, "order", include_str!("../../migrations/0004_order.sql")),
    (
        5,
        "early_stopping",
        include_str!("../../migrations/0005_early_stopping.sql"),
    ),
    (6, "verbs", include_str!("../../migrations/0006_verbs.sql")),
];

/// Connections that read beside the writer.
const READERS: u32 = 4;

/// Why the store can't be opened.
#[derive(Debug, Error)]
pub enum OpenError {
    /// The folder or the file can't be written.
    #[error("the store {path} can't be written; make its folder writable or choose another one with --store")]
    NotWritable {
        /// Where.
        path: String,
        /// What the system said.
        source: io::Error,
    },
    /// Another coordinator has it.
    #[error("the store {path} is in use by another coordinator; stop that one or choose another store with --store")]
    InUse {
        /// Where.
        path: String,
    },
    /// A later version of augur has migrated it.
    #[error("the store {path} is of a newer version of augur (schema {found}, this build knows {known}); update augur")]
    Newer {
        /// Where.
        path: String,
        /// Its schema.
        found: i64,
        /// The newest schema that this build knows.
        known: i64,
    },
    /// The database can't be used.
    #[error(
        "the store {path} can't be opened as an augur store; restore it from a backup or choose another one with --store"
    )]
    Unusable {
        /// Where.
        path: String,
        /// What the database said.
        source: sqlx::Error,
    },
}

/// The one connection that writes. The lock is held as long as it lives.
pub(crate) struct Writer {
    conn: SqliteConnection,
    _lock: File,
}

impl Writer {
    /// Begins a transaction; it is undone unless committed.
    pub(crate) async fn begin(&mut self) -> Result<Write<'_>> {
        Ok(Write(self.conn.begin().await?))
    }

    /// Writes what is left of the log into the database and closes it.
    pub(crate) async fn close(self) -> Result<()> {
        Ok(self.conn.close().await?)
    }
}

/// A transaction of the writer, or a savepoint within one.
pub(crate) struct Write<'a>(Transaction<'a, Sqlite>);

impl Write<'_> {
    /// Begins a part that can be undone alone.
    pub(crate) async fn savepoint(&mut self) -> Result<Write<'_>> {
        Ok(Write(self.0.begin().await?))
    }

    /// Keeps what was written; of a transaction, on disk.
    pub(crate) async fn commit(self) -> Result<()> {
        Ok(self.0.commit().await?)
    }

    /// Undoes what was written.
    pub(crate) async fn rollback(self) -> Result<()> {
        Ok(self.0.rollback().await?)
    }

    /// What the typed functions work on.
    pub(crate) fn conn(&mut self) -> &mut Conn {
        &mut self.0
    }
}

/// Connections that only read.
#[derive(Clone)]
pub(crate) struct Reader(SqlitePool);

impl Reader {
    /// A consistent view of the store for as long as it is held.
    pub(crate) async fn view(&self) -> Result<View> {
        Ok(View(self.0.begin().await?))
    }

    /// Waits until every view is given back.
    pub(crate) async fn close(&self) {
        self.0.close().await;
    }
}

/// What a [`Reader`] sees at one moment.
pub(crate) struct View(Transaction<'static, Sqlite>);

impl View {
    /// What the typed functions work on.
    pub(crate) fn conn(&mut self) -> &mut Conn {
        &mut self.0
    }
}

/// Opens the store at `path`, creating or migrating it.
///
/// # Errors
/// [`OpenError`], each with what to do.
pub(crate) async fn open(path: &Path) -> std::result::Result<(Writer, Reader), OpenError> {
    let lock = lock(path)?;
    let options = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .foreign_keys(true)
        .journal_mode(SqliteJournalMode::Wal)
        // An acknowledged transition is on disk.
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(Duration::from_secs(5));
    let unusable = |source| OpenError::Unusable {
        path: path.display().to_string(),
        source,
    };
    let mut conn = SqliteConnection::connect_with(&options).await.map_err(unusable)?;
    migrate(&mut conn, path).await?;
    let pool = SqlitePoolOptions::new()
        .max_connections(READERS)
        .connect_with(options.create_if_missing(false).read_only(true))
        .await
        .map_err(unusable)?;
    Ok((Writer { conn, _lock: lock }, Reader(pool)))
}

/// Takes the lock of the store: a file beside it, since closing a second handle of the database file itself would drop
/// SQLite's own locks.
fn lock(path: &Path) -> std::result::Result<File, OpenError> {
    let shown = path.display().to_string();
    let not_writable = |source| OpenError::NotWritable {
        path: shown.clone(),
        source,
    };
    let mut beside = path.as_os_str().to_owned();
    beside.push(".lock");
    let file = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(PathBuf::from(beside))
        .map_err(not_writable)?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Err(OpenError::InUse { path: shown }),
        Err(TryLockError::Error(source)) => return Err(not_writable(source)),
    }
    // SQLite would say no more than "unable to open database file".
    File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(path)
        .map_err(not_writable)?;
    Ok(file)
}

fn migrator(migrations: &[(i64, &'static str, &'static str)]) -> Migrator {
    let migration = |&(version, name, sql): &(i64, &'static str, &'static str)| {
        Migration::new(version, name.into(), MigrationType::Simple, sql.into_sql_str(), false)
    };
    Migrator::with_migrations(migrations.iter().map(migration).collect())
}

async fn migrate(conn: &mut Conn, path: &Path) -> std::result::Result<(), OpenError> {
    let known = MIGRATIONS[MIGRATIONS.len() - 1].0;
    let path = path.display().to_string();
    match migrator(&MIGRATIONS).run(conn).await {
        Ok(()) => Ok(()),
        Err(MigrateError::VersionMissing(found)) => Err(OpenError::Newer { path, found, known }),
        Err(MigrateError::Execute(source) | MigrateError::ExecuteMigration(source, _)) => {
            Err(OpenError::Unusable { path, source })
        }
        Err(other) => Err(OpenError::Unusable {
            path,
            source: sqlx::Error::Migrate(Box::new(other)),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A store as the first schema left it, with an outcome in it.
    #[tokio::test]
    async fn a_store_of_an_older_schema_is_migrated_and_keeps_what_it_has() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.sqlite");
        let options = SqliteConnectOptions::new().filename(&path).create_if_missing(true);
        let mut conn = SqliteConnection::connect_with(&options).await.unwrap();
        migrator(&MIGRATIONS[..1]).run(&mut conn).await.unwrap();
        let insert = "INSERT INTO outcomes VALUES (1, 2, 1, '2.13.0', '{}', x'0000000000000840')";
        sqlx::query(insert).execute(&mut conn).await.unwrap();
        conn.close().await.unwrap();
        let (mut writer, _reader) = open(&path).await.unwrap();
        let kept = crate::store::outcomes::scores(&mut writer.conn, crate::store::SweepKey(1), 2)
            .await
            .unwrap()
            .unwrap();
        assert_eq!((kept.validation, kept.test), (vec![3.0], vec![]));
    }

    #[tokio::test]
    async fn a_store_of_a_newer_schema_is_refused_and_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.sqlite");
        let (mut writer, reader) = open(&path).await.unwrap();
        sqlx::query(
            "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
             VALUES (7, 'later', 1, x'00', 0)",
        )
        .execute(&mut writer.conn)
        .await
        .unwrap();
        reader.close().await;
        writer.close().await.unwrap();
        for _ in 0..2 {
            let refused = open(&path).await.err().unwrap();
            assert!(
                matches!(&refused, OpenError::Newer { found: 7, known: 6, .. }),
                "{refused:?}"
            );
            let told = refused.to_string().replace(&folder.path().display().to_string(), "DIR");
            assert_eq!(
                told,
                "the store DIR/a.sqlite is of a newer version of augur (schema 7, this build knows 6); update augur"
            );
        }
    }
}
