//! The logs of attempts, keyed by (trial, attempt, sequence): a repeated line changes nothing. Only the newest lines stay.

use super::{Conn, Result, SweepKey, query, query_scalar};

/// Lines of an attempt that are kept.
pub(crate) const KEPT: u32 = 500;

/// One line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LogLine {
    /// From 1 within the attempt.
    pub sequence: u32,
    /// Milliseconds since 1970, by the worker's clock.
    pub at: i64,
    /// Without an end of line.
    pub line: String,
}

/// Stores lines of an attempt, and drops those that are too many.
pub(crate) async fn insert(
    conn: &mut Conn,
    (sweep, index, attempt): (SweepKey, u32, u32),
    lines: Vec<LogLine>,
) -> Result<()> {
    let Some(newest) = lines.iter().map(|line| line.sequence).max() else {
        return Ok(());
    };
    for LogLine { sequence, at, line } in lines {
        query(
            "INSERT INTO log_lines (sweep_key, trial_index, attempt, sequence, at, line)
             VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING",
        )
        .bind(sweep.0)
        .bind(index)
        .bind(attempt)
        .bind(sequence)
        .bind(at)
        .bind(line)
        .execute(&mut *conn)
        .await?;
    }
    if newest > KEPT {
        query(
            "DELETE FROM log_lines
             WHERE sweep_key = $1 AND trial_index = $2 AND attempt = $3 AND sequence <= $4",
        )
        .bind(sweep.0)
        .bind(index)
        .bind(attempt)
        .bind(newest - KEPT)
        .execute(&mut *conn)
        .await?;
    }
    Ok(())
}

/// The lines of an attempt after one of them, oldest first.
pub(crate) async fn after(
    conn: &mut Conn,
    (sweep, index, attempt): (SweepKey, u32, u32),
    sequence: u32,
) -> Result<Vec<LogLine>> {
    let rows = query(
        "SELECT sequence, at, line FROM log_lines
         WHERE sweep_key = $1 AND trial_index = $2 AND attempt = $3 AND sequence > $4 ORDER BY sequence",
    )
    .bind(sweep.0)
    .bind(index)
    .bind(attempt)
    .bind(sequence)
    .fetch_all(conn)
    .await?;
    rows.iter()
        .map(|row| {
            Ok(LogLine {
                sequence: row.try_get("sequence")?,
                at: row.try_get("at")?,
                line: row.try_get("line")?,
            })
        })
        .collect()
}

/// The newest attempt that has lines, of those up to one.
pub(crate) async fn newest_attempt(conn: &mut Conn, sweep: SweepKey, index: u32, upto: u32) -> Result<Option<u32>> {
    query_scalar("SELECT MAX(attempt) FROM log_lines WHERE sweep_key = $1 AND trial_index = $2 AND attempt <= $3")
        .bind(sweep.0)
        .bind(index)
        .bind(upto)
        .fetch_one(conn)
        .await
}
