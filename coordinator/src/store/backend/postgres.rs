//! PostgreSQL: a server, on which one session holds the lock of the store and writes, and a pool of others reads.

mod lead;
mod lookout;
mod pulse;

pub(crate) use lookout::{Holder, Lookout};

use super::{
    Answer, Backend, Conn, Connection, Dialect, Fault, FaultKind, OpenError, Opened, Sql, Value,
    fault::fault,
    migrations::{self, NEWEST, migrate},
    row::{Columns, Row},
};
use crate::store::{Result, StoreError};
use lead::{Again, Lead};
use pulse::Pulse;
use sqlx::{
    Arguments as _, AssertSqlSafe, Column, Connection as _, Decode, Encode, PgConnection, PgPool, Postgres, Row as _,
    SqlSafeStr, Type, TypeInfo, ValueRef as _,
    encode::IsNull,
    error::BoxDynError,
    pool::PoolConnection,
    postgres::{
        PgArgumentBuffer, PgArguments, PgConnectOptions, PgDatabaseError, PgPoolOptions, PgRow, PgSeverity,
        PgTransactionManager, PgTypeInfo, types::Oid,
    },
    query::Query,
};
use sqlx_core::transaction::TransactionManager;
use std::{future::Future, pin::Pin, sync::Arc, time::Duration};

/// Connections that read beside the writer.
const READERS: u32 = 4;

/// How long a server may take to accept a connection.
const CONNECT: Duration = Duration::from_secs(5);

/// How long a try to go on in a new session may take: whoever calls waits for it, and there will be another one.
const GO_ON: Duration = Duration::from_secs(3);

/// The oldest server that has what is needed, as `server_version_num` counts.
const OLDEST: i64 = 130_000;

/// Of the writer's session. One whose coordinator's machine vanished ends within 8 seconds, since it holds the lock.
const SESSION: [&str; 5] = [
    "SET synchronous_commit = on",
    "SET tcp_keepalives_idle = 2",
    "SET tcp_keepalives_interval = 2",
    "SET tcp_keepalives_count = 3",
    "SET tcp_user_timeout = 8000",
];

/// A view: one moment, and nothing written.
const VIEW: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";

struct PostgresBackend {
    store: Arc<str>,
    options: PgConnectOptions,
    pool: PgPool,
    lead: Lead,
}

/// Opens the store for a coordinator: takes its lock, makes or migrates it.
pub(super) async fn open(options: &PgConnectOptions, store: &str) -> std::result::Result<Opened, OpenError> {
    let backend = PostgresBackend::new(options, store);
    let mut conn = backend.connect_first().await?;
    let unusable = |source| OpenError::of_postgres(store, source);
    prepare(&mut conn).await.map_err(unusable)?;
    if !Lead::lock(&mut conn).await.map_err(unusable)? {
        return Err(OpenError::InUse { store: store.into() });
    }
    let found = schema(&mut conn).await.map_err(unusable)?;
    if found > NEWEST {
        return Err(OpenError::Newer {
            store: store.into(),
            found,
            known: NEWEST,
        });
    }
    // First, so that nobody who led before goes on once the schema is another one.
    backend.lead.begin(&mut conn).await.map_err(unusable)?;
    migrate(&mut conn, migrations::POSTGRES, store).await?;
    let conn = backend.hold(Held::Own(Box::new(conn)));
    Ok(Opened {
        backend: Arc::new(backend),
        conn,
        lock: None,
    })
}

/// Opens a store that is there to read it, beside a coordinator or without one.
pub(super) async fn open_to_read(
    options: &PgConnectOptions,
    store: &str,
) -> std::result::Result<Arc<dyn Backend>, OpenError> {
    let backend = PostgresBackend::new(options, store);
    let mut conn = backend.connect_first().await?;
    let found = schema(&mut conn).await;
    let found = found.map_err(|source| OpenError::of_postgres(store, source))?;
    super::open::require_newest(store, found)?;
    Ok(Arc::new(backend))
}

/// Sets a session up as the writer's.
async fn prepare(conn: &mut PgConnection) -> sqlx::Result<()> {
    for set in SESSION {
        sqlx::query(set).execute(&mut *conn).await?;
    }
    Ok(())
}

async fn connect(options: &PgConnectOptions) -> sqlx::Result<PgConnection> {
    in_time(CONNECT, PgConnection::connect_with(options)).await
}

/// The version of the schema of a database; 0 where it has none yet.
async fn schema(conn: &mut PgConnection) -> sqlx::Result<i64> {
    let has_any = "SELECT to_regclass('_sqlx_migrations') IS NOT NULL";
    if !sqlx::query_scalar::<_, bool>(has_any).fetch_one(&mut *conn).await? {
        return Ok(0);
    }
    let newest = sqlx::query_scalar("SELECT COALESCE(MAX(version), 0) FROM _sqlx_migrations");
    newest.fetch_one(conn).await
}

impl PostgresBackend {
    fn new(options: &PgConnectOptions, store: &str) -> Self {
        let options = options.clone().application_name("augur");
        let pool = PgPoolOptions::new()
            .max_connections(READERS)
            .acquire_timeout(CONNECT)
            .connect_lazy_with(options.clone());
        Self {
            store: store.into(),
            options,
            pool,
            lead: Lead::default(),
        }
    }

    /// The first connection, to a server that may be of any kind.
    async fn connect_first(&self) -> std::result::Result<PgConnection, OpenError> {
        let store = &*self.store;
        let conn = connect(&self.options).await;
        let mut conn = conn.map_err(|source| OpenError::of_postgres(store, source))?;
        let version = sqlx::query_scalar("SELECT current_setting('server_version_num')::bigint");
        let found: i64 = match version.fetch_one(&mut conn).await {
            Ok(found) => found,
            Err(source) => return Err(OpenError::of_postgres(store, source)),
        };
        match found < OLDEST {
            false => Ok(conn),
            true => Err(OpenError::TooOld {
                store: store.into(),
                found: found / 10_000,
            }),
        }
    }

    /// A session that goes on where the last one ended.
    async fn go_on(&self) -> sqlx::Result<(PgConnection, Again)> {
        let session = async {
            let mut conn = connect(&self.options).await?;
            prepare(&mut conn).await?;
            let again = self.lead.go_on(&mut conn).await?;
            Ok((conn, again))
        };
        in_time(GO_ON, session).await
    }

    fn fault(&self, error: sqlx::Error) -> StoreError {
        fault(&self.store, error).into()
    }

    fn hold(&self, conn: Held) -> Box<Conn> {
        Box::new(PostgresConn {
            pulse: match conn {
                Held::Own(_) => Pulse::of_session(&self.options, self.lead.session()),
                Held::Pooled(_) => Pulse::of_server(&self.options),
            },
            conn,
            store: Arc::clone(&self.store),
            broken: false,
            failed: false,
        })
    }
}

impl Backend for PostgresBackend {
    fn writer(&self) -> Answer<'_, Box<Conn>> {
        Box::pin(async move {
            let (conn, again) = self.go_on().await.map_err(|error| self.fault(error))?;
            let kind = match again {
                Again::Leads => return Ok(self.hold(Held::Own(Box::new(conn)))),
                Again::Early => FaultKind::Away,
                Again::Deposed => FaultKind::Taken,
            };
            let (store, source) = (Arc::clone(&self.store), None);
            Err(Fault { store, kind, source }.into())
        })
    }

    fn reader(&self) -> Answer<'_, Box<Conn>> {
        Box::pin(async move {
            let conn = self.pool.acquire().await.map_err(|error| self.fault(error))?;
            Ok(self.hold(Held::Pooled(Lent { conn, unsure: false })))
        })
    }

    fn close(&self) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(self.pool.close())
    }
}

enum Held {
    Own(Box<PgConnection>),
    Pooled(Lent),
}

/// A connection of the pool, which gets it back unless nobody knows where it stands: whoever gave up waiting for a BEGIN may have
/// left a transaction behind, in which the next one would read an old store.
struct Lent {
    conn: PoolConnection<Postgres>,
    unsure: bool,
}

impl Drop for Lent {
    fn drop(&mut self) {
        if self.unsure {
            self.conn.close_on_drop();
        }
    }
}

struct PostgresConn {
    conn: Held,
    pulse: Pulse,
    store: Arc<str>,
    broken: bool,
    /// Something of this transaction failed and was not undone: its COMMIT would be a ROLLBACK.
    failed: bool,
}

impl PostgresConn {
    fn raw(&mut self) -> &mut PgConnection {
        self.parts().0
    }

    fn parts(&mut self) -> (&mut PgConnection, &Pulse) {
        let conn = match &mut self.conn {
            Held::Own(conn) => &mut **conn,
            Held::Pooled(lent) => &mut *lent.conn,
        };
        (conn, &self.pulse)
    }

    fn told<T>(&mut self, answer: sqlx::Result<T>) -> Result<T> {
        answer.map_err(|error| {
            let is_fatal = has_ended(&error);
            let fault = fault(&self.store, error);
            self.failed = true;
            self.broken |= is_fatal || fault.kind.is_away();
            if self.broken {
                self.doubt(true);
            }
            fault.into()
        })
    }

    /// Whether it is known where a connection of the pool stands.
    fn doubt(&mut self, unsure: bool) {
        if let Held::Pooled(lent) = &mut self.conn {
            lent.unsure = unsure;
        }
    }
}

/// Whether the server ended the session with this error.
fn has_ended(error: &sqlx::Error) -> bool {
    let error = error
        .as_database_error()
        .and_then(|error| error.try_downcast_ref::<PgDatabaseError>());
    error.is_some_and(|error| matches!(error.severity(), PgSeverity::Fatal | PgSeverity::Panic))
}

/// An answer that has to come in time. Half of one can't be taken up again: the connection is broken then.
async fn in_time<T>(limit: Duration, answer: impl Future<Output = sqlx::Result<T>>) -> sqlx::Result<T> {
    let answer = tokio::time::timeout(limit, answer).await;
    answer.unwrap_or_else(|elapsed| Err(sqlx::Error::Io(elapsed.into())))
}

impl Connection for PostgresConn {
    fn dialect(&self) -> Dialect {
        Dialect::Postgres
    }

    fn execute(&mut self, sql: Sql, arguments: Vec<Value>) -> Answer<'_, u64> {
        Box::pin(async move {
            let (conn, pulse) = self.parts();
            let done = match statement(sql, arguments) {
                Ok(statement) => pulse.watch(statement.execute(conn)).await,
                Err(error) => Err(error),
            };
            self.told(done.map(|done| done.rows_affected()))
        })
    }

    fn fetch(&mut self, sql: Sql, arguments: Vec<Value>) -> Answer<'_, Vec<Row>> {
        Box::pin(async move {
            let (conn, pulse) = self.parts();
            let rows = match statement(sql, arguments) {
                Ok(statement) => pulse.watch(statement.fetch_all(conn)).await,
                Err(error) => Err(error),
            };
            self.told(rows.and_then(|rows| read_all(&rows)))
        })
    }

    fn begin(&mut self) -> Answer<'_, ()> {
        Box::pin(async move {
            let is_view = matches!(self.conn, Held::Pooled(_));
            let depth = PgTransactionManager::get_transaction_depth(self.raw());
            let statement = (is_view && depth == 0).then(|| VIEW.into_sql_str());
            self.failed &= depth > 0;
            self.doubt(true);
            let (conn, pulse) = self.parts();
            let begun = pulse.watch(PgTransactionManager::begin(conn, statement)).await;
            self.doubt(begun.is_err());
            self.told(begun)
        })
    }

    fn commit(&mut self) -> Answer<'_, ()> {
        Box::pin(async move {
            let failed = self.failed;
            let (conn, pulse) = self.parts();
            let committed = match failed {
                false => pulse.watch(PgTransactionManager::commit(conn)).await,
                true => Err(sqlx::Error::InvalidArgument(
                    "a part of the transaction had failed".into(),
                )),
            };
            self.told(committed)
        })
    }

    fn rollback(&mut self) -> Answer<'_, ()> {
        Box::pin(async move {
            let (conn, pulse) = self.parts();
            let undone = pulse.watch(PgTransactionManager::rollback(conn)).await;
            self.failed = false;
            self.told(undone)
        })
    }

    fn undo(&mut self) {
        PgTransactionManager::start_rollback(self.raw());
        self.failed = false;
    }

    fn is_broken(&self) -> bool {
        self.broken
    }

    fn close(self: Box<Self>) -> Answer<'static, ()> {
        Box::pin(async move {
            match self.conn {
                // With a broken one there is nobody to say goodbye to.
                Held::Own(mut conn) if !self.broken => {
                    // With one that does not answer the lock goes when the server notices.
                    if in_time(GO_ON, Lead::leave(&mut conn)).await.is_err() {
                        return Ok(());
                    }
                    conn.close().await.map_err(|error| fault(&self.store, error).into())
                }
                _ => Ok(()),
            }
        })
    }
}

/// A NULL whose type the server takes from where it stands.
struct Untyped;

/// PostgreSQL's pseudo-type `unknown`.
const UNKNOWN: Oid = Oid(705);

impl Type<Postgres> for Untyped {
    fn type_info() -> PgTypeInfo {
        PgTypeInfo::with_oid(UNKNOWN)
    }
}

impl Encode<'_, Postgres> for Untyped {
    fn encode_by_ref(&self, _: &mut PgArgumentBuffer) -> std::result::Result<IsNull, BoxDynError> {
        Ok(IsNull::Yes)
    }
}

fn statement(sql: Sql, values: Vec<Value>) -> sqlx::Result<Query<'static, Postgres, PgArguments>> {
    let mut arguments = PgArguments::default();
    for value in values {
        let added = match value {
            Value::Null => arguments.add(Untyped),
            Value::Integer(value) => arguments.add(value),
            Value::Real(value) => arguments.add(value),
            Value::Text(value) => arguments.add(value),
            Value::Blob(value) => arguments.add(value),
        };
        added.map_err(sqlx::Error::Encode)?;
    }
    Ok(sqlx::query_with(AssertSqlSafe(sql), arguments))
}

fn read_all(rows: &[PgRow]) -> sqlx::Result<Vec<Row>> {
    let Some(first) = rows.first() else {
        return Ok(Vec::new());
    };
    let columns: Columns = first.columns().iter().map(|column| column.name().to_owned()).collect();
    rows.iter().map(|row| read(&columns, row)).collect()
}

fn read(columns: &Columns, row: &PgRow) -> sqlx::Result<Row> {
    let value = |at: usize| -> sqlx::Result<Value> {
        let raw = row.try_get_raw(at)?;
        if raw.is_null() {
            return Ok(Value::Null);
        }
        let kind = raw.type_info().name().to_owned();
        let value = match kind.as_str() {
            "INT8" => <i64 as Decode<Postgres>>::decode(raw).map(Value::Integer),
            "INT4" => <i32 as Decode<Postgres>>::decode(raw).map(|value| Value::Integer(value.into())),
            "BOOL" => <bool as Decode<Postgres>>::decode(raw).map(Value::from),
            "FLOAT8" => <f64 as Decode<Postgres>>::decode(raw).map(Value::Real),
            "BYTEA" => <Vec<u8> as Decode<Postgres>>::decode(raw).map(Value::Blob),
            _ => <String as Decode<Postgres>>::decode(raw).map(Value::Text),
        };
        value.map_err(|source| sqlx::Error::ColumnDecode {
            index: columns[at].clone(),
            source,
        })
    };
    let values = (0..columns.len()).map(value).collect::<sqlx::Result<_>>()?;
    Ok(Row::new(Arc::clone(columns), values))
}
