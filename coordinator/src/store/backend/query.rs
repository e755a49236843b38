//! A statement with its arguments, put together and carried out on any connection.

use super::{Conn, Sql, Value, row::Row, value::FromValue};
use crate::store::{Result, StoreError};

/// A statement whose arguments `$1`, `$2`, ... are bound one after the other.
#[must_use]
pub(crate) struct Query {
    sql: Sql,
    arguments: Vec<Value>,
}

/// A statement that changes rows or gives some.
pub(crate) fn query(sql: impl Into<Sql>) -> Query {
    Query {
        sql: sql.into(),
        arguments: Vec::new(),
    }
}

/// What a statement changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Done(u64);

impl Done {
    /// Rows that it inserted, updated or deleted.
    pub fn rows_affected(self) -> u64 {
        self.0
    }
}

impl Query {
    /// Binds the next argument.
    pub fn bind(mut self, value: impl Into<Value>) -> Self {
        self.arguments.push(value.into());
        self
    }

    /// Binds all that are left.
    pub fn bind_all(mut self, values: impl IntoIterator<Item = Value>) -> Self {
        self.arguments.extend(values);
        self
    }

    /// Carries it out.
    pub async fn execute(self, conn: &mut Conn) -> Result<Done> {
        self.check()?;
        Ok(Done(conn.execute(self.sql, self.arguments).await?))
    }

    /// All rows.
    pub async fn fetch_all(self, conn: &mut Conn) -> Result<Vec<Row>> {
        self.check()?;
        conn.fetch(self.sql, self.arguments).await
    }

    /// The first row, if there is one.
    pub async fn fetch_optional(self, conn: &mut Conn) -> Result<Option<Row>> {
        Ok(self.fetch_all(conn).await?.into_iter().next())
    }

    /// The first row, which has to be there.
    pub async fn fetch_one(self, conn: &mut Conn) -> Result<Row> {
        self.fetch_optional(conn)
            .await?
            .ok_or(StoreError::Damaged("table: a row is missing"))
    }

    /// PostgreSQL keeps no NUL in a text; what one database refuses, all do.
    fn check(&self) -> Result<()> {
        let has_nul = |value: &Value| matches!(value, Value::Text(text) if text.contains('\0'));
        match self.arguments.iter().any(has_nul) {
            true => Err(StoreError::NulInText),
            false => Ok(()),
        }
    }
}

/// A statement of which the first column is wanted.
#[must_use]
pub(crate) struct Scalar(Query);

/// A statement that gives one column.
pub(crate) fn query_scalar(sql: impl Into<Sql>) -> Scalar {
    Scalar(query(sql))
}

impl Scalar {
    /// Binds the next argument.
    pub fn bind(self, value: impl Into<Value>) -> Self {
        Self(self.0.bind(value))
    }

    /// The values of all rows.
    pub async fn fetch_all<T: for<'r> FromValue<'r>>(self, conn: &mut Conn) -> Result<Vec<T>> {
        self.0.fetch_all(conn).await?.iter().map(Row::first).collect()
    }

    /// The value of the first row, if there is one.
    pub async fn fetch_optional<T: for<'r> FromValue<'r>>(self, conn: &mut Conn) -> Result<Option<T>> {
        let row = self.0.fetch_optional(conn).await?;
        row.as_ref().map(Row::first).transpose()
    }

    /// The value of the first row, which has to be there.
    pub async fn fetch_one<T: for<'r> FromValue<'r>>(self, conn: &mut Conn) -> Result<T> {
        self.0.fetch_one(conn).await?.first()
    }
}
