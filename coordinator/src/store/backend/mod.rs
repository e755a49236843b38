//! The databases that can hold a store, behind two small traits: [`Backend`] opens connections, [`Connection`] carries
//! out statements. The typed functions of the store know no more than these.
//!
//! A new database is a file here with both traits, a list of migrations, and a line in [`open`].

pub(crate) mod backup;
mod fault;
mod insert;
mod location;
mod lock;
mod memory;
mod migrations;
mod observed;
mod open;
mod postgres;
mod query;
mod row;
mod sqlite;
mod value;

pub use fault::{Fault, FaultKind};
pub use location::{BadLocation, Location};
pub use memory::Memory;
pub use observed::{Fate, Observer, Step};
pub use open::OpenError;

pub(crate) use insert::insert_rows;
pub(crate) use migrations::NEWEST;
pub(crate) use observed::observed;
pub(crate) use open::{Opened, open, open_to_read};
pub(crate) use postgres::{Holder, Lookout};
pub(crate) use query::{Done, query, query_scalar};
pub(crate) use row::Row;
pub(crate) use value::Value;

use super::Result;
use std::{borrow::Cow, future::Future, pin::Pin};

/// A statement: literal text wherever possible.
pub(crate) type Sql = Cow<'static, str>;

/// What a connection does, in time.
pub(crate) type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T>> + Send + 'a>>;

/// A connection, inside a transaction or not: what the typed functions work on.
pub(crate) type Conn = dyn Connection;

/// Opens connections to one store.
pub(crate) trait Backend: Send + Sync {
    /// The connection that writes. Asked for again when the last one broke; never two at a time.
    fn writer(&self) -> Answer<'_, Box<Conn>>;
    /// A connection that writes nothing and whose transactions see one moment.
    fn reader(&self) -> Answer<'_, Box<Conn>>;
    /// Waits until every reader is given back; there are none afterwards.
    fn close(&self) -> Pin<Box<dyn Future<Output = ()> + Send + '_>>;
}

/// A connection to a store.
pub(crate) trait Connection: Send {
    /// What its SQL has to be like.
    fn dialect(&self) -> Dialect;
    /// Whether its answers are there when a call returns, and the caller's thread waited for the disk.
    fn blocks(&self) -> bool {
        false
    }
    /// Carries out a statement with its arguments `$1`, `$2`, ...; the number of rows that it changed.
    fn execute(&mut self, sql: Sql, arguments: Vec<Value>) -> Answer<'_, u64>;
    /// The rows that a statement gives.
    fn fetch(&mut self, sql: Sql, arguments: Vec<Value>) -> Answer<'_, Vec<Row>>;
    /// Begins a transaction, or a savepoint within one.
    fn begin(&mut self) -> Answer<'_, ()>;
    /// Keeps what was written since the last `begin`; of a transaction, on disk.
    fn commit(&mut self) -> Answer<'_, ()>;
    /// Undoes what was written since the last `begin`.
    fn rollback(&mut self) -> Answer<'_, ()>;
    /// The same, where nobody can wait for it: before anything else is done on this connection.
    fn undo(&mut self);
    /// Whether a new one has to take its place.
    fn is_broken(&self) -> bool;
    /// Closes it in order.
    fn close(self: Box<Self>) -> Answer<'static, ()>;
}

/// The SQL of a kind of database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// 3.38 or newer.
    Sqlite,
    /// 13 or newer.
    Postgres,
}

impl Dialect {
    /// A table that is read by one of its indexes. SQLite does not count what is in a table and takes another one; PostgreSQL does.
    pub fn by_index(self, table: &str, index: &str) -> String {
        match self {
            Self::Postgres => table.to_owned(),
            Self::Sqlite => format!("{table} INDEXED BY {index}"),
        }
    }

    /// A statement that reads JSON, as it is written for PostgreSQL: SQLite has the same operators, on text.
    pub fn json(self, sql: impl Into<Sql>) -> Sql {
        let sql = sql.into();
        match self {
            Self::Postgres => sql,
            Self::Sqlite => sql
                .replace("::json", "")
                .replace("json_array_elements", "json_each")
                .into(),
        }
    }
}
