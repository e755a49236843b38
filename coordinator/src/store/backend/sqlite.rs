//! SQLite: a file with a write-ahead log, one connection that writes, a pool of others that read beside it.

mod refused;
mod writer;

use super::{
    Answer, Backend, Conn, Connection, Dialect, OpenError, Opened, Sql, Value, backup,
    fault::fault,
    lock::lock,
    migrations::{self, migrate},
    row::{Columns, Row},
};
use crate::store::Result;
use sqlx::{
    Arguments as _, AssertSqlSafe, Column, Connection as _, Decode, Row as _, Sqlite, SqliteConnection, SqlitePool,
    TypeInfo, ValueRef as _,
    pool::PoolConnection,
    query::Query,
    sqlite::{
        SqliteArguments, SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteRow, SqliteSynchronous,
        SqliteTransactionManager,
    },
};
use sqlx_core::transaction::TransactionManager;
use std::{
    future::Future,
    path::{Path, PathBuf},
    pin::Pin,
    sync::Arc,
    time::Duration,
};
use writer::FileConn;

/// The code of a file that is none of SQLite's.
const NOT_A_DATABASE: &str = "26";
/// Connections that read beside the writer.
const READERS: u32 = 4;

/// An SQLite file.
pub(super) struct SqliteBackend {
    store: Arc<str>,
    path: PathBuf,
    pool: SqlitePool,
}

/// Opens the file for a coordinator: takes its lock, makes or migrates it.
pub(super) async fn open(path: &Path) -> std::result::Result<Opened, OpenError> {
    let lock = lock(path)?;
    let options = options(path).create_if_missing(true);
    let mut conn = connect(path, &options).await?;
    backup::before_migration(&mut conn, path).await?;
    migrate(&mut conn, migrations::SQLITE, &path.display().to_string()).await?;
    let backend = SqliteBackend::new(path, options.create_if_missing(false)).await?;
    let writer = FileConn::open(path, Arc::clone(&backend.store)).map_err(|source| unusable(path, source))?;
    // Closed now and not before: the last one to close writes the log into the database.
    conn.close().await.map_err(|source| unusable(path, source))?;
    Ok(Opened {
        backend: Arc::new(backend),
        conn: Box::new(writer),
        lock: Some(lock),
    })
}

/// Opens a file that is there to read it, beside a coordinator or without one.
pub(super) async fn open_to_read(path: &Path) -> std::result::Result<Arc<dyn Backend>, OpenError> {
    let store = path.display().to_string();
    std::fs::metadata(path).map_err(|source| OpenError::NotReadable {
        store: store.clone(),
        source,
    })?;
    let options = options(path);
    let mut conn = connect(path, &options).await?;
    let found = schema(&mut conn).await.map_err(|source| unusable(path, source))?;
    // Closed before the pool opens: the last one to close writes the log into the database.
    conn.close().await.map_err(|source| unusable(path, source))?;
    super::open::require_newest(&store, found)?;
    Ok(Arc::new(SqliteBackend::new(path, options).await?))
}

fn options(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .foreign_keys(true)
        .journal_mode(SqliteJournalMode::Wal)
        // An acknowledged transition is on disk.
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(Duration::from_secs(5))
}

async fn connect(path: &Path, options: &SqliteConnectOptions) -> std::result::Result<SqliteConnection, OpenError> {
    let conn = SqliteConnection::connect_with(options).await;
    conn.map_err(|source| unusable(path, source))
}

fn unusable(path: &Path, source: sqlx::Error) -> OpenError {
    let store = path.display().to_string();
    let code = source.as_database_error().and_then(sqlx::error::DatabaseError::code);
    match code.as_deref() {
        Some(NOT_A_DATABASE) => OpenError::NoStore { store },
        _ => OpenError::Unusable { store, source },
    }
}

/// The version of the schema of a database; 0 where it has none yet.
pub(super) async fn schema(conn: &mut SqliteConnection) -> sqlx::Result<i64> {
    let has_any = "SELECT COUNT(*) FROM sqlite_master WHERE type = 'table' AND name = '_sqlx_migrations'";
    if sqlx::query_scalar::<_, i64>(has_any).fetch_one(&mut *conn).await? == 0 {
        return Ok(0);
    }
    let newest = sqlx::query_scalar("SELECT COALESCE(MAX(version), 0) FROM _sqlx_migrations");
    newest.fetch_one(conn).await
}

impl SqliteBackend {
    async fn new(path: &Path, options: SqliteConnectOptions) -> std::result::Result<Self, OpenError> {
        let pool = SqlitePoolOptions::new()
            .max_connections(READERS)
            // A file does not hang up, and each question takes a turn of another thread.
            .test_before_acquire(false)
            .connect_with(options.read_only(true))
            .await
            .map_err(|source| unusable(path, source))?;
        Ok(Self {
            store: path.display().to_string().into(),
            path: path.to_owned(),
            pool,
        })
    }
}

impl Backend for SqliteBackend {
    fn writer(&self) -> Answer<'_, Box<Conn>> {
        let conn = FileConn::open(&self.path, Arc::clone(&self.store));
        let conn = conn.map_err(|error| fault(&self.store, error).into());
        Box::pin(std::future::ready(conn.map(|conn| Box::new(conn) as Box<Conn>)))
    }

    fn reader(&self) -> Answer<'_, Box<Conn>> {
        Box::pin(async move {
            let conn = self.pool.acquire().await;
            Ok(Box::new(ReadConn {
                conn: conn.map_err(|error| fault(&self.store, error))?,
                store: Arc::clone(&self.store),
                broken: false,
            }) as Box<Conn>)
        })
    }

    fn close(&self) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(self.pool.close())
    }
}

/// A connection that reads.
struct ReadConn {
    conn: PoolConnection<Sqlite>,
    store: Arc<str>,
    broken: bool,
}

impl ReadConn {
    fn raw(&mut self) -> &mut SqliteConnection {
        &mut self.conn
    }

    /// After an error SQLite may have undone the whole transaction by itself, which sqlx does not notice: a new
    /// connection is cheap and knows where it stands.
    fn told<T>(&mut self, answer: sqlx::Result<T>) -> Result<T> {
        answer.map_err(|error| {
            self.broken = true;
            fault(&self.store, error).into()
        })
    }
}

impl Connection for ReadConn {
    fn dialect(&self) -> Dialect {
        Dialect::Sqlite
    }

    fn execute(&mut self, sql: Sql, arguments: Vec<Value>) -> Answer<'_, u64> {
        Box::pin(async move {
            let done = execute(self.raw(), sql, arguments).await;
            self.told(done)
        })
    }

    fn fetch(&mut self, sql: Sql, arguments: Vec<Value>) -> Answer<'_, Vec<Row>> {
        Box::pin(async move {
            let rows = fetch(self.raw(), sql, arguments).await;
            self.told(rows)
        })
    }

    fn begin(&mut self) -> Answer<'_, ()> {
        Box::pin(async move {
            let begun = SqliteTransactionManager::begin(self.raw(), None).await;
            self.told(begun)
        })
    }

    fn commit(&mut self) -> Answer<'_, ()> {
        Box::pin(async move {
            let committed = SqliteTransactionManager::commit(self.raw()).await;
            self.told(committed)
        })
    }

    fn rollback(&mut self) -> Answer<'_, ()> {
        Box::pin(async move {
            let undone = SqliteTransactionManager::rollback(self.raw()).await;
            self.told(undone)
        })
    }

    fn undo(&mut self) {
        SqliteTransactionManager::start_rollback(self.raw());
    }

    fn is_broken(&self) -> bool {
        self.broken
    }

    fn close(self: Box<Self>) -> Answer<'static, ()> {
        // The pool has it back.
        Box::pin(async { Ok(()) })
    }
}

pub(super) async fn execute(conn: &mut SqliteConnection, sql: Sql, values: Vec<Value>) -> sqlx::Result<u64> {
    Ok(statement(sql, values)?.execute(conn).await?.rows_affected())
}

pub(super) async fn fetch(conn: &mut SqliteConnection, sql: Sql, values: Vec<Value>) -> sqlx::Result<Vec<Row>> {
    let rows = statement(sql, values)?.fetch_all(conn).await?;
    let Some(first) = rows.first() else {
        return Ok(Vec::new());
    };
    let columns: Columns = first.columns().iter().map(|column| column.name().to_owned()).collect();
    rows.iter().map(|row| read(&columns, row)).collect()
}

fn statement(sql: Sql, values: Vec<Value>) -> sqlx::Result<Query<'static, Sqlite, SqliteArguments>> {
    let mut arguments = SqliteArguments::default();
    for value in values {
        let added = match value {
            Value::Null => arguments.add(None::<i64>),
            Value::Integer(value) => arguments.add(value),
            Value::Real(value) => arguments.add(value),
            Value::Text(value) => arguments.add(value),
            Value::Blob(value) => arguments.add(value),
        };
        added.map_err(sqlx::Error::Encode)?;
    }
    Ok(sqlx::query_with(AssertSqlSafe(sql), arguments))
}

fn read(columns: &Columns, row: &SqliteRow) -> sqlx::Result<Row> {
    let value = |at: usize| -> sqlx::Result<Value> {
        let raw = row.try_get_raw(at)?;
        // The type of a NULL would be that of its column.
        if raw.is_null() {
            return Ok(Value::Null);
        }
        let value = match raw.type_info().name() {
            "REAL" => <f64 as Decode<Sqlite>>::decode(raw).map(Value::Real),
            "TEXT" => <String as Decode<Sqlite>>::decode(raw).map(Value::Text),
            "BLOB" => <Vec<u8> as Decode<Sqlite>>::decode(raw).map(Value::Blob),
            _ => <i64 as Decode<Sqlite>>::decode(raw).map(Value::Integer),
        };
        value.map_err(sqlx::Error::Decode)
    };
    let values = (0..columns.len()).map(value).collect::<sqlx::Result<_>>()?;
    Ok(Row::new(Arc::clone(columns), values))
}

#[cfg(test)]
mod tests;
