//! What was computed before: the completed trials of an identifier in all sweeps, and copying what came of one.

use super::{
    AT_ONCE, Conn, Result, Row, StoreError, SweepKey, backend::Dialect, measurements, placeholders, query,
    query_scalar, swapped,
};
use augur_core::{
    id::{SweepId, TrialId},
    outcome::Measurement,
};
use std::{collections::BTreeMap, ops::Range};

/// Earlier completions of one trial that a lease names at most: they differ only where data or code changed.
const MOST: u32 = 8;

/// An earlier completion of a trial.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Earlier {
    pub sweep: SweepId,
    pub fingerprint: String,
    place: Place,
}

macro_rules! select {
    ($indexed:literal) => {
        concat!(
            "SELECT s.sweep, o.fingerprint, t.sweep_key, t.trial_index, t.begun FROM trials t ",
            $indexed,
            " JOIN outcomes o USING (sweep_key, trial_index) JOIN sweeps s USING (sweep_key)
             WHERE t.trial = $1 AND t.state = 'completed' AND o.fingerprint <> '' ORDER BY t.sweep_key DESC LIMIT $2"
        )
    };
}

/// The trials of this identifier that completed with a fingerprint and were judged at the epochs `rungs`, newest sweep first.
pub(crate) async fn earlier(conn: &mut Conn, trial: TrialId, rungs: &[u32]) -> Result<Vec<Earlier>> {
    let sql = match conn.dialect() {
        Dialect::Sqlite => select!("INDEXED BY trials_completed"),
        Dialect::Postgres => select!(""),
    };
    let rows = query(sql)
        .bind(trial.to_string())
        .bind(MOST)
        .fetch_all(&mut *conn)
        .await?;
    let read = |row: &Row| -> Result<Earlier> {
        let sweep: &str = row.try_get("sweep")?;
        Ok(Earlier {
            sweep: sweep.parse().map_err(|_| StoreError::Damaged("sweep identifier"))?,
            fingerprint: row.try_get("fingerprint")?,
            place: (
                SweepKey(row.try_get("sweep_key")?),
                row.try_get("trial_index")?,
                row.try_get("begun")?,
            ),
        })
    };
    let mut earlier = Vec::with_capacity(rows.len());
    for row in &rows {
        let completion = read(row)?;
        if judged(conn, completion.place, rungs).await?.is_some() {
            earlier.push(completion);
        }
    }
    Ok(earlier)
}

/// What an attempt measured at the epochs `rungs`; none where it was not judged at one of them.
pub(crate) async fn judged(conn: &mut Conn, place: Place, rungs: &[u32]) -> Result<Option<Vec<Measurement>>> {
    let mut measured = measurements::at(conn, place, rungs).await?;
    measured.retain(|measurement| measurement.validation.is_some() && measurement.diagnostics.is_some());
    Ok((measured.len() == rungs.len()).then_some(measured))
}

/// The fingerprint with which a trial completed; none where it did not.
pub(crate) async fn fingerprint(conn: &mut Conn, sweep: SweepKey, index: u32) -> Result<Option<String>> {
    let fingerprint = query_scalar("SELECT fingerprint FROM outcomes WHERE sweep_key = $1 AND trial_index = $2");
    fingerprint.bind(sweep.0).bind(index).fetch_optional(conn).await
}

/// An attempt: (sweep, position of the trial, number).
pub(crate) type Place = (SweepKey, u32, u32);

/// Copies the outcome of `from` and its attempt's measurements to `to`. The sweep that is named as their origin is the one
/// that computed them, however often they were copied since.
pub(crate) async fn copy(conn: &mut Conn, from: Place, to: Place, detector_missing: bool) -> Result<()> {
    let done = query(
        "INSERT INTO outcomes (sweep_key, trial_index, attempt, libtorch_version, outcome, scores, test_scores,
             fingerprint, reused_from, detector_missing)
         SELECT $1, $2, $3, libtorch_version, outcome, scores, test_scores, fingerprint,
             COALESCE(reused_from, sweep_key), $4
         FROM outcomes WHERE sweep_key = $5 AND trial_index = $6",
    )
    .bind(to.0.0)
    .bind(to.1)
    .bind(to.2)
    .bind(detector_missing)
    .bind(from.0.0)
    .bind(from.1)
    .execute(&mut *conn)
    .await?;
    swapped(&done, "outcome")?;
    query(
        "INSERT INTO measurements (sweep_key, trial_index, attempt, epoch, measurement)
         SELECT $1, $2, $3, epoch, measurement FROM measurements
         WHERE sweep_key = $4 AND trial_index = $5 AND attempt = $6
         ON CONFLICT DO NOTHING",
    )
    .bind(to.0.0)
    .bind(to.1)
    .bind(to.2)
    .bind(from.0.0)
    .bind(from.1)
    .bind(from.2)
    .execute(&mut *conn)
    .await?;
    query("UPDATE sweeps SET trials_reused = trials_reused + 1 WHERE sweep_key = $1")
        .bind(to.0.0)
        .execute(conn)
        .await?;
    Ok(())
}

/// The names of the sweeps that computed the reused trials at positions `within`, by position.
pub(crate) async fn origins(conn: &mut Conn, sweep: SweepKey, within: Range<u32>) -> Result<BTreeMap<u32, String>> {
    let rows = query(
        "SELECT o.trial_index, s.name FROM outcomes o JOIN sweeps s ON s.sweep_key = o.reused_from
         WHERE o.sweep_key = $1 AND o.trial_index >= $2 AND o.trial_index < $3",
    );
    let rows = rows
        .bind(sweep.0)
        .bind(within.start)
        .bind(within.end)
        .fetch_all(conn)
        .await?;
    let origin = |row: &Row| Ok((row.try_get("trial_index")?, row.try_get("name")?));
    rows.iter().map(origin).collect()
}

/// The same of single trials.
pub(crate) async fn origins_of(conn: &mut Conn, sweep: SweepKey, trials: &[u32]) -> Result<BTreeMap<u32, String>> {
    let mut origins = BTreeMap::new();
    for trials in trials.chunks(AT_ONCE) {
        let sql = format!(
            "SELECT o.trial_index, s.name FROM outcomes o JOIN sweeps s ON s.sweep_key = o.reused_from
             WHERE o.sweep_key = $1 AND o.trial_index IN ({})",
            placeholders(2, trials.len())
        );
        let rows = query(sql)
            .bind(sweep.0)
            .bind_all(trials.iter().map(|index| (*index).into()));
        for row in rows.fetch_all(conn).await? {
            origins.insert(row.try_get("trial_index")?, row.try_get("name")?);
        }
    }
    Ok(origins)
}

/// Whether a trial was reused without the detector that was wanted of it.
pub(crate) async fn detector_missing(conn: &mut Conn, sweep: SweepKey, index: u32) -> Result<bool> {
    let missing = query_scalar("SELECT detector_missing FROM outcomes WHERE sweep_key = $1 AND trial_index = $2");
    let missing: Option<bool> = missing.bind(sweep.0).bind(index).fetch_optional(conn).await?;
    Ok(missing.unwrap_or(false))
}
