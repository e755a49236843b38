//! Outcomes of completed trials; the scores apart, since few readers need them.

use super::{
    AT_ONCE, Conn, Result, Row, StoreError, SweepKey, from_json, placeholders, query, query_scalar, reuse::Place,
    to_json,
};
use augur_core::{id::TrialId, outcome::Outcome, select::Criterion};
use std::{
    collections::{BTreeMap, HashMap},
    ops::Range,
};

/// Stores the outcome of an attempt, with the value of the sweep's criterion.
pub(crate) async fn insert(
    conn: &mut Conn,
    (sweep, index, attempt): Place,
    (libtorch_version, fingerprint): (&str, &str),
    outcome: &Outcome,
    criterion: Criterion,
) -> Result<()> {
    let bytes = |scores: &[f64]| -> Vec<u8> { scores.iter().flat_map(|score| score.to_le_bytes()).collect() };
    let test_scores = (!outcome.test_scores.is_empty()).then(|| bytes(&outcome.test_scores));
    let mut rest = outcome.clone();
    rest.scores.clear();
    rest.test_scores.clear();
    query(
        "INSERT INTO outcomes (sweep_key, trial_index, attempt, libtorch_version, fingerprint, outcome, scores,
             test_scores, loss)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    )
    .bind(sweep.0)
    .bind(index)
    .bind(attempt)
    .bind(libtorch_version)
    .bind(fingerprint)
    .bind(to_json(&rest))
    .bind(bytes(&outcome.scores))
    .bind(test_scores)
    .bind(criterion.loss_of(outcome))
    .execute(conn)
    .await?;
    Ok(())
}

/// Stores the value of the sweep's criterion with an outcome that came without: from another sweep, or from a file.
pub(crate) async fn set_loss(
    conn: &mut Conn,
    sweep: SweepKey,
    index: u32,
    outcome: &Outcome,
    criterion: Criterion,
) -> Result<()> {
    query("UPDATE outcomes SET loss = $1 WHERE sweep_key = $2 AND trial_index = $3")
        .bind(criterion.loss_of(outcome))
        .bind(sweep.0)
        .bind(index)
        .execute(conn)
        .await?;
    Ok(())
}

fn read(row: &Row) -> Result<(u32, Outcome)> {
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
    let rows = query(
        "SELECT trial_index, outcome FROM outcomes WHERE sweep_key = $1 AND trial_index >= $2 AND trial_index < $3",
    )
    .bind(sweep.0)
    .bind(within.start)
    .bind(within.end)
    .fetch_all(conn)
    .await?;
    rows.iter().map(read).collect()
}

/// The outcomes of single trials, by position, without scores.
pub(crate) async fn of(conn: &mut Conn, sweep: SweepKey, trials: &[u32]) -> Result<BTreeMap<u32, Outcome>> {
    let mut found = BTreeMap::new();
    for trials in trials.chunks(AT_ONCE) {
        let sql = format!(
            "SELECT trial_index, outcome FROM outcomes WHERE sweep_key = $1 AND trial_index IN ({})",
            placeholders(2, trials.len())
        );
        let rows = query(sql)
            .bind(sweep.0)
            .bind_all(trials.iter().map(|index| (*index).into()));
        for row in rows.fetch_all(conn).await? {
            let (index, outcome) = read(&row)?;
            found.insert(index, outcome);
        }
    }
    Ok(found)
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
    let row = query("SELECT scores, test_scores FROM outcomes WHERE sweep_key = $1 AND trial_index = $2")
        .bind(sweep.0)
        .bind(index)
        .fetch_optional(conn)
        .await?;
    row.as_ref().map(read_scores).transpose()
}

/// The scores of the trials at positions `within` that completed, each with its position.
pub(crate) async fn scores_within(
    conn: &mut Conn,
    sweep: SweepKey,
    within: Range<u32>,
) -> Result<HashMap<TrialId, (u32, Scores)>> {
    let rows = query(
        "SELECT t.trial, o.trial_index, o.scores, o.test_scores FROM outcomes o JOIN trials t USING (sweep_key, trial_index)
         WHERE o.sweep_key = $1 AND o.trial_index >= $2 AND o.trial_index < $3",
    );
    let rows = rows
        .bind(sweep.0)
        .bind(within.start)
        .bind(within.end)
        .fetch_all(conn)
        .await?;
    let scored = |row: &Row| -> Result<_> {
        let trial: &str = row.try_get("trial")?;
        let trial = trial.parse().map_err(|_| StoreError::Damaged("trial identifier"))?;
        Ok((trial, (row.try_get("trial_index")?, read_scores(row)?)))
    };
    rows.iter().map(scored).collect()
}

fn read_scores(row: &Row) -> Result<Scores> {
    let test: Option<&[u8]> = row.try_get("test_scores")?;
    Ok(Scores {
        validation: floats(row.try_get("scores")?)?,
        test: floats(test.unwrap_or_default())?,
    })
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
    let versions =
        query_scalar("SELECT DISTINCT libtorch_version FROM outcomes WHERE sweep_key = $1 ORDER BY libtorch_version");
    versions.bind(sweep.0).fetch_all(conn).await
}

/// What the outcomes at positions `within` were computed from, by position; without those whose workers did not know.
pub(crate) async fn fingerprints(
    conn: &mut Conn,
    sweep: SweepKey,
    within: Range<u32>,
) -> Result<BTreeMap<u32, String>> {
    let rows = query(
        "SELECT trial_index, fingerprint FROM outcomes
         WHERE sweep_key = $1 AND trial_index >= $2 AND trial_index < $3 AND fingerprint <> ''",
    )
    .bind(sweep.0)
    .bind(within.start)
    .bind(within.end)
    .fetch_all(conn)
    .await?;
    let read = |row: &Row| Ok((row.try_get("trial_index")?, row.try_get("fingerprint")?));
    rows.iter().map(read).collect()
}
