//! Inserts many rows with few statements.

use super::{Conn, Dialect, Value, query};
use crate::store::Result;

/// Arguments of one statement at most: SQLite takes 32766, PostgreSQL 65535.
const ARGUMENTS: usize = 8192;

/// Inserts rows, each with a value for each of `columns`. The names go into the statement as they are.
pub(crate) async fn insert_rows(
    conn: &mut Conn,
    table: &str,
    columns: &[&str],
    rows: impl IntoIterator<Item = Vec<Value>>,
) -> Result<()> {
    let most = (ARGUMENTS / columns.len().max(1)).max(1);
    let mut rows = rows.into_iter();
    loop {
        let chunk: Vec<_> = rows.by_ref().take(most).collect();
        if chunk.is_empty() {
            return Ok(());
        }
        let sql = statement(conn.dialect(), table, columns, chunk.len());
        query(sql).bind_all(chunk.into_iter().flatten()).execute(conn).await?;
    }
}

fn statement(dialect: Dialect, table: &str, columns: &[&str], rows: usize) -> String {
    let mut sql = format!("INSERT INTO {table} ({}) VALUES ", columns.join(", "));
    for row in 0..rows {
        sql.push_str(if row == 0 { "(" } else { ", (" });
        for column in 0..columns.len() {
            let comma = if column == 0 { "" } else { ", " };
            let place = match dialect {
                // SQLite looks numbered arguments up one by one.
                Dialect::Sqlite => "?".to_owned(),
                Dialect::Postgres => format!("${}", row * columns.len() + column + 1),
            };
            sql.push_str(comma);
            sql.push_str(&place);
        }
        sql.push(')');
    }
    sql
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_dialect_has_its_placeholders() {
        let sqlite = statement(Dialect::Sqlite, "t", &["a", "b"], 2);
        assert_eq!(sqlite, "INSERT INTO t (a, b) VALUES (?, ?), (?, ?)");
        let postgres = statement(Dialect::Postgres, "t", &["a", "b"], 2);
        assert_eq!(postgres, "INSERT INTO t (a, b) VALUES ($1, $2), ($3, $4)");
    }
}
