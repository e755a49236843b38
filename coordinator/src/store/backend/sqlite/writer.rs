//! The connection that writes a file. Each statement is carried out where it is asked for, so that the engine, which has a
//! thread of its own for it, does not wait for another thread's turn with every one of some dozens in a command.

use super::{
    super::{
        Answer, Connection, Dialect, Sql, Value,
        fault::fault,
        row::{Columns, Row},
    },
    refused::refused,
};
use crate::store::Result;
use rusqlite::{
    OpenFlags, Statement, ToSql,
    types::{ToSqlOutput, ValueRef},
};
use std::{path::Path, sync::Arc, time::Duration};

/// Statements that stay prepared: more than there are texts.
const PREPARED: usize = 256;

/// As those that read have it, and kept on disk by every commit.
const SETTINGS: &str = "PRAGMA foreign_keys = ON; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;";

/// How long another program may keep the file busy.
const BUSY: Duration = Duration::from_secs(5);

pub(super) struct FileConn {
    conn: rusqlite::Connection,
    store: Arc<str>,
    /// Transactions and savepoints that are open.
    depth: usize,
    broken: bool,
}

impl FileConn {
    /// Connects to a file that is there.
    pub fn open(path: &Path, store: Arc<str>) -> sqlx::Result<Self> {
        let open = || {
            let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
            let conn = rusqlite::Connection::open_with_flags(path, flags)?;
            conn.busy_timeout(BUSY)?;
            conn.execute_batch(SETTINGS)?;
            conn.set_prepared_statement_cache_capacity(PREPARED);
            Ok(conn)
        };
        Ok(Self {
            conn: open().map_err(refused)?,
            store,
            depth: 0,
            broken: false,
        })
    }

    /// After an error SQLite may have undone the whole transaction by itself: a new connection is cheap and knows where it
    /// stands.
    fn told<T>(&mut self, answer: rusqlite::Result<T>) -> Result<T> {
        answer.map_err(|error| {
            self.broken = true;
            fault(&self.store, refused(error)).into()
        })
    }

    fn now<'a, T: Send + 'a>(&mut self, answer: rusqlite::Result<T>) -> Answer<'a, T> {
        let answer = self.told(answer);
        Box::pin(std::future::ready(answer))
    }

    fn control(&self, sql: &str) -> rusqlite::Result<()> {
        self.conn.prepare_cached(sql)?.execute([]).map(|_| ())
    }

    fn end(&mut self, whole: &str, part: &[&str]) -> rusqlite::Result<()> {
        match self.depth {
            0 | 1 => self.control(whole)?,
            depth => {
                for verb in part {
                    self.control(&format!("{verb} part_{}", depth - 1))?;
                }
            }
        }
        self.depth = self.depth.saturating_sub(1);
        Ok(())
    }
}

impl Connection for FileConn {
    fn dialect(&self) -> Dialect {
        Dialect::Sqlite
    }

    fn blocks(&self) -> bool {
        true
    }

    fn execute(&mut self, sql: Sql, arguments: Vec<Value>) -> Answer<'_, u64> {
        let done = prepared(&self.conn, &sql, |statement| {
            bind(statement, &arguments)?;
            let rows = statement.raw_execute()?;
            Ok(u64::try_from(rows).unwrap_or(u64::MAX))
        });
        self.now(done)
    }

    fn fetch(&mut self, sql: Sql, arguments: Vec<Value>) -> Answer<'_, Vec<Row>> {
        let rows = prepared(&self.conn, &sql, |statement| rows(statement, &arguments));
        self.now(rows)
    }

    fn begin(&mut self) -> Answer<'_, ()> {
        let begun = match self.depth {
            0 => self.control("BEGIN"),
            depth => self.control(&format!("SAVEPOINT part_{depth}")),
        };
        self.depth += usize::from(begun.is_ok());
        self.now(begun)
    }

    fn commit(&mut self) -> Answer<'_, ()> {
        let ended = self.end("COMMIT", &["RELEASE"]);
        self.now(ended)
    }

    fn rollback(&mut self) -> Answer<'_, ()> {
        let ended = self.end("ROLLBACK", &["ROLLBACK TO", "RELEASE"]);
        self.now(ended)
    }

    fn undo(&mut self) {
        if !self.broken {
            self.broken = self.end("ROLLBACK", &["ROLLBACK TO", "RELEASE"]).is_err();
        }
    }

    fn is_broken(&self) -> bool {
        self.broken
    }

    fn close(self: Box<Self>) -> Answer<'static, ()> {
        let closed = self.conn.close().map_err(|(_, error)| error);
        Box::pin(std::future::ready(
            closed.map_err(|error| fault(&self.store, refused(error)).into()),
        ))
    }
}

/// Longer statements are of many rows: not worth keeping.
const LONGEST: usize = 2048;

fn prepared<T>(
    conn: &rusqlite::Connection,
    sql: &Sql,
    act: impl FnOnce(&mut Statement<'_>) -> rusqlite::Result<T>,
) -> rusqlite::Result<T> {
    match sql.len() <= LONGEST {
        true => act(&mut *conn.prepare_cached(sql)?),
        false => act(&mut conn.prepare(sql)?),
    }
}

/// `$2` is the second argument wherever it stands; SQLite itself counts in the order of the text.
fn bind(statement: &mut Statement<'_>, arguments: &[Value]) -> rusqlite::Result<()> {
    for place in 1..=statement.parameter_count() {
        let named = statement
            .parameter_name(place)
            .and_then(|name| name.get(1..)?.parse().ok());
        let number: usize = named.unwrap_or(place);
        let missing = rusqlite::Error::InvalidParameterCount(arguments.len(), number);
        let argument = number.checked_sub(1).and_then(|at| arguments.get(at));
        statement.raw_bind_parameter(place, argument.ok_or(missing)?)?;
    }
    Ok(())
}

fn rows(statement: &mut Statement<'_>, arguments: &[Value]) -> rusqlite::Result<Vec<Row>> {
    let names = statement.column_names();
    let columns: Columns = names.into_iter().map(str::to_owned).collect();
    bind(statement, arguments)?;
    let mut found = statement.raw_query();
    let mut rows = Vec::new();
    while let Some(row) = found.next()? {
        let value = |at| row.get_ref(at).and_then(read);
        let values = (0..columns.len()).map(value).collect::<rusqlite::Result<_>>()?;
        rows.push(Row::new(Arc::clone(&columns), values));
    }
    Ok(rows)
}

fn read(value: ValueRef<'_>) -> rusqlite::Result<Value> {
    Ok(match value {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(value) => Value::Integer(value),
        ValueRef::Real(value) => Value::Real(value),
        ValueRef::Text(value) => Value::Text(std::str::from_utf8(value)?.to_owned()),
        ValueRef::Blob(value) => Value::Blob(value.to_vec()),
    })
}

impl ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Null => ValueRef::Null,
            Self::Integer(value) => ValueRef::Integer(*value),
            Self::Real(value) => ValueRef::Real(*value),
            Self::Text(value) => ValueRef::Text(value.as_bytes()),
            Self::Blob(value) => ValueRef::Blob(value),
        }))
    }
}
