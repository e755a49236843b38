//! A row that was read, by the names of its columns.

use super::value::{FromValue, Value};
use crate::store::{Result, StoreError};
use std::sync::Arc;

/// The names of a statement's columns, shared by its rows.
pub(crate) type Columns = Arc<[String]>;

/// One row.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Row {
    columns: Columns,
    values: Vec<Value>,
}

impl Row {
    pub(super) fn new(columns: Columns, values: Vec<Value>) -> Self {
        Self { columns, values }
    }

    /// The value in a column.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] where it is of another type, or there is no such column.
    pub fn try_get<'r, T: FromValue<'r>>(&'r self, column: &'static str) -> Result<T> {
        let at = self.columns.iter().position(|name| name == column);
        at.and_then(|at| T::from_value(&self.values[at]))
            .ok_or(StoreError::Damaged(column))
    }

    /// The value in the first column.
    pub fn first<'r, T: FromValue<'r>>(&'r self) -> Result<T> {
        let value = self.values.first().and_then(T::from_value);
        value.ok_or(StoreError::Damaged("value"))
    }

    /// Every column's name and value.
    pub fn into_pairs(self) -> impl Iterator<Item = (String, Value)> {
        let names: Vec<_> = self.columns.to_vec();
        names.into_iter().zip(self.values)
    }
}
