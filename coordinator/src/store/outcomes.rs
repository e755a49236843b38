//! Outcomes of completed trials; the scores apart, since few readers need them.

use super::{Conn, Result, StoreError, SweepKey, from_json, to_json};
use augur_core::outcome::Outcome;
use sqlx::{Row, sqlite::SqliteRow};
use std::{collections::BTreeMap, ops::Range};

/// Stores the outcome of an attempt.
pub(crate) async fn insert(
    conn: &mut Conn,
    sweep: SweepKey,
    index: u32,
    attempt: u32,
    (libtorch_version, fingerprint): (&str, &str),
    outcome: &Outcome,
) -> Result<()> {
    let bytes = |scores: &[f64]| -> Vec<u8> { scores.iter().flat_map(|score| score.to_le_bytes()).collect() };
    let test_scores = (!outcome.test_scores.is_empty()).then(|| bytes(&outcome.test_scores));
    let mut rest = outcome.clone();
    rest.scores.clear();
    rest.test_scores.clear();
    sqlx::query(
        "INSERT INTO outcomes (sweep_key, trial_index, attempt, libtorch_version, fingerprint, outcome, scores,
             test_scores)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(sweep.0)
    .bind(index)
    .bind(attempt)
    .bind(libtorch_version)
    .bind(fingerprint)
    .bind(to_json(&rest))
    .bind(bytes(&outcome.scores))
    .bind(test_scores)
    .execute(conn)
    .await?;
    Ok(())
}

fn read(row: &SqliteRow) -> Result<(u32, Outcome)> {
    Ok((
        row.try_get("trial_index")?,
        from_json(row.try_get("outcome")?, "outcome")?,
    ))
}

/// The outcomes at positions `within`, by position, without scores.
pub(crate) async fn without_scores(
    conn: &mut Conn,
    sweep: SweepKey,
    within: Range<u32>,
) -> Result<BTreeMap<u32, Outcome>> {
    let rows = sqlx::query(
        "SELECT trial_index, outcome FROM outcomes WHERE sweep_key = ? AND trial_index >= ? AND trial_index < ?",
    )
    .bind(sweep.0)
    .bind(within.start)
    .bind(within.end)
    .fetch_all(conn)
    .await?;
    rows.iter().map(read).collect()
}

/// The scores of one trial.
#[derive(Debug, Default)]
pub(crate) struct Scores {
    /// Of each validation image.
    pub validation: Vec<f64>,
    /// Of each test image.
    pub test: Vec<f64>,
}

/// The scores of one trial, if it completed.
pub(crate) async fn scores(conn: &mut Conn, sweep: SweepKey, index: u32) -> Result<Option<Scores>> {
    let row: Option<(Vec<u8>, Option<Vec<u8>>)> =
        sqlx::query_as("SELECT scores, test_scores FROM outcomes WHERE sweep_key = ? AND trial_index = ?")
            .bind(sweep.0)
            .bind(index)
            .fetch_optional(conn)
            .await?;
    row.map(|(validation, test)| {
        Ok(Scores {
            validation: floats(&validation)?,
            test: floats(&test.unwrap_or_default())?,
        })
    })
    .transpose()
}

fn floats(bytes: &[u8]) -> Result<Vec<f64>> {
    let (floats, rest) = bytes.as_chunks::<8>();
    if rest.is_empty() {
        Ok(floats.iter().map(|bytes| f64::from_le_bytes(*bytes)).collect())
    } else {
        Err(StoreError::Damaged("list of scores"))
    }
}

/// The versions of libtorch that made the outcomes of a sweep, sorted.
pub(crate) async fn libtorch_versions(conn: &mut Conn, sweep: SweepKey) -> Result<Vec<String>> {
    let versions = sqlx::query_scalar(
        "SELECT DISTINCT libtorch_version FROM outcomes WHERE sweep_key = ? ORDER BY libtorch_version",
    );
    Ok(versions.bind(sweep.0).fetch_all(conn).await?)
}
