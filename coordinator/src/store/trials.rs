//! Trials: one row each, addressed by position in the plan.

use super::{
    Conn, Result, StoreError, SweepKey,
    job::{self, Job, job_columns},
    swapped, to_json,
};
use augur_core::{
    id::{LeaseToken, TrialId, WorkerId},
    time::Timestamp,
};
use sqlx::{Row, sqlite::SqliteRow};
use std::ops::Range;

/// Rows that one statement inserts.
const CHUNK: usize = 5_000;

/// A trial as it is stored.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct TrialRow {
    pub sweep: SweepKey,
    /// Position in the plan.
    pub index: u32,
    pub trial: TrialId,
    pub group: u32,
    pub job: Job,
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT sweep_key, trial_index, trial, group_index, ",
            job_columns!(),
            ", stopped_epoch FROM trials ",
            $rest
        )
    };
}

fn read(row: &SqliteRow) -> Result<TrialRow> {
    let trial: &str = row.try_get("trial")?;
    Ok(TrialRow {
        sweep: SweepKey(row.try_get("sweep_key")?),
        index: row.try_get("trial_index")?,
        trial: trial.parse().map_err(|_| StoreError::Damaged("trial identifier"))?,
        group: row.try_get("group_index")?,
        job: job::read(row)?,
    })
}

fn read_all(rows: &[SqliteRow]) -> Result<Vec<TrialRow>> {
    rows.iter().map(read).collect()
}

/// Inserts all trials of a sweep in order, each with its group and its rank, pending.
pub(crate) async fn insert(
    conn: &mut Conn,
    sweep: SweepKey,
    trials: &[(TrialId, u32, u32)],
    now: Timestamp,
) -> Result<()> {
    for (chunk, trials) in trials.chunks(CHUNK).enumerate() {
        sqlx::query(
            "INSERT INTO trials (sweep_key, trial_index, trial, group_index, rank, state, updated_at)
             SELECT ?1, ?2 + key, value ->> 0, value ->> 1, value ->> 2, 'pending', ?3 FROM json_each(?4)",
        )
        .bind(sweep.0)
        .bind((chunk * CHUNK) as i64)
        .bind(now.0)
        .bind(to_json(&trials))
        .execute(&mut *conn)
        .await?;
    }
    Ok(())
}

/// The trial with an identifier.
pub(crate) async fn by_id(conn: &mut Conn, sweep: SweepKey, trial: TrialId) -> Result<Option<TrialRow>> {
    let row = sqlx::query(select!("WHERE sweep_key = ? AND trial = ?"))
        .bind(sweep.0)
        .bind(trial.to_string())
        .fetch_optional(conn)
        .await?;
    row.as_ref().map(read).transpose()
}

/// The trial that a live lease has, or that it completed.
pub(crate) async fn by_token(conn: &mut Conn, token: LeaseToken) -> Result<Option<TrialRow>> {
    let row = sqlx::query(select!("WHERE token = ?"))
        .bind(token.to_string())
        .fetch_optional(conn)
        .await?;
    row.as_ref().map(read).transpose()
}

/// The next trials of a sweep to be leased to a worker of so much memory, where `most` is the most that any worker has: by
/// rank. One that has run out of memory waits for a worker with more, if there is one. One that the sweep shares with the
/// sweep it extends waits as long as that one runs it or is going to.
pub(crate) async fn pending(
    conn: &mut Conn,
    sweep: SweepKey,
    [memory, most]: [u64; 2],
    limit: u32,
) -> Result<Vec<TrialRow>> {
    let column = |bytes| i64::try_from(bytes).unwrap_or(i64::MAX);
    let rows = sqlx::query(select!(
        "INDEXED BY trials_pending WHERE sweep_key = $1 AND state = 'pending'
             AND (too_little IS NULL OR too_little < $2 OR too_little >= $3)
             AND NOT EXISTS (SELECT 1 FROM sweeps s JOIN sweeps o ON o.sweep_key = s.extends
                 JOIN trials u ON u.sweep_key = o.sweep_key AND u.trial = trials.trial
                 WHERE s.sweep_key = $1 AND (u.state = 'leased' OR (u.state = 'pending' AND o.state = 'running')))
         ORDER BY rank LIMIT $4"
    ))
    .bind(sweep.0)
    .bind(column(memory))
    .bind(column(most))
    .bind(limit)
    .fetch_all(conn)
    .await?;
    read_all(&rows)
}

/// Trials whose lease has ended, or whose attempt is stalled.
pub(crate) async fn expired(conn: &mut Conn, now: Timestamp, limit: u32) -> Result<Vec<TrialRow>> {
    let rows = sqlx::query(select!(
        "WHERE state = 'leased' AND (expires <= $1 OR deadline <= $1) ORDER BY expires LIMIT $2"
    ))
    .bind(now.0)
    .bind(limit)
    .fetch_all(conn)
    .await?;
    read_all(&rows)
}

/// Every leased trial.
pub(crate) async fn leased(conn: &mut Conn) -> Result<Vec<TrialRow>> {
    let rows = sqlx::query(select!("WHERE state = 'leased' ORDER BY expires"))
        .fetch_all(conn)
        .await?;
    read_all(&rows)
}

/// The leased trials of a sweep.
pub(crate) async fn leased_in(conn: &mut Conn, sweep: SweepKey) -> Result<Vec<TrialRow>> {
    let rows = sqlx::query(select!("WHERE sweep_key = ? AND state = 'leased' ORDER BY trial_index"))
        .bind(sweep.0)
        .fetch_all(conn)
        .await?;
    read_all(&rows)
}

/// The trials that a worker has.
pub(crate) async fn leased_to(conn: &mut Conn, worker: WorkerId) -> Result<Vec<TrialRow>> {
    let rows = sqlx::query(select!(
        "WHERE worker = ? AND state = 'leased' ORDER BY sweep_key, trial_index"
    ))
    .bind(worker.to_string())
    .fetch_all(conn)
    .await?;
    read_all(&rows)
}

/// The trials at positions `within`, in order, at most `limit`; only those in `state`, if given.
pub(crate) async fn list(
    conn: &mut Conn,
    sweep: SweepKey,
    within: Range<u32>,
    state: Option<&str>,
    limit: u32,
) -> Result<Vec<TrialRow>> {
    let query = match state {
        None => sqlx::query(select!(
            "WHERE sweep_key = ?1 AND trial_index >= ?2 AND trial_index < ?3 ORDER BY trial_index LIMIT ?4"
        )),
        Some(_) => sqlx::query(select!(
            "WHERE sweep_key = ?1 AND state = ?5 AND trial_index >= ?2 AND trial_index < ?3
             ORDER BY trial_index LIMIT ?4"
        )),
    };
    let query = query.bind(sweep.0).bind(within.start).bind(within.end).bind(limit);
    let query = match state {
        None => query,
        Some(state) => query.bind(state),
    };
    read_all(&query.fetch_all(conn).await?)
}

/// Writes a trial's job, if it is still at the generation before.
pub(crate) async fn put(conn: &mut Conn, sweep: SweepKey, index: u32, job: &Job) -> Result<()> {
    let done = sqlx::query(
        "UPDATE trials SET state = ?, begun = ?, charged = ?, too_little = ?, worker = ?, token = ?, expires = ?,
             deadline = ?, epoch = ?, cause = ?, generation = ?, updated_at = ?, stopped_epoch = ?
         WHERE sweep_key = ? AND trial_index = ? AND generation = ?",
    )
    .bind(job::tag(&job.state))
    .bind(job.begun)
    .bind(job.charged)
    .bind(job.too_little())
    .bind(job.worker_text())
    .bind(job.token())
    .bind(job.expires())
    .bind(job.deadline())
    .bind(job.epoch())
    .bind(job.cause_json())
    .bind(job.generation)
    .bind(job.updated_at.0)
    .bind(job.stopped_epoch())
    .bind(sweep.0)
    .bind(index)
    .bind(job.generation - 1)
    .execute(conn)
    .await?;
    swapped(&done, "trial")
}

/// Cancels every pending trial of a sweep, with a transition for each; returns how many.
pub(crate) async fn cancel_pending(conn: &mut Conn, sweep: SweepKey, now: Timestamp) -> Result<u64> {
    sqlx::query(
        "INSERT INTO transitions (sweep_key, kind, entity, payload, at)
         SELECT sweep_key, 'trial', trial_index,
                json_object('state', 'cancelled', 'begun', begun, 'worker', worker, 'cause', json(cause)), ?1
         FROM trials WHERE sweep_key = ?2 AND state = 'pending' ORDER BY trial_index",
    )
    .bind(now.0)
    .bind(sweep.0)
    .execute(&mut *conn)
    .await?;
    let done = sqlx::query(
        "UPDATE trials SET state = 'cancelled', generation = generation + 1, updated_at = ?1
         WHERE sweep_key = ?2 AND state = 'pending'",
    )
    .bind(now.0)
    .bind(sweep.0)
    .execute(conn)
    .await?;
    Ok(done.rows_affected())
}
