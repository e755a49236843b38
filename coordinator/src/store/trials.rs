//! Trials: one row each, addressed by position in the plan.

use super::{
    Conn, Result, Row, StoreError, SweepKey,
    backend::{Dialect, Value},
    insert_rows,
    job::{self, Job, job_columns},
    query, query_scalar, swapped,
    transitions::{self, Change},
};
use augur_core::{
    id::{LeaseToken, TrialId, WorkerId},
    state::JobState,
    time::Timestamp,
};
use std::ops::Range;

/// Trials that are cancelled at once.
const CHUNK: u32 = 1_000;

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

macro_rules! columns {
    () => {
        concat!(
            "sweep_key, trial_index, trial, group_index, ",
            job_columns!(),
            ", stopped_epoch"
        )
    };
}

/// What [`read`] reads.
pub(super) const COLUMNS: &str = columns!();

macro_rules! select {
    ($rest:expr) => {
        concat!("SELECT ", columns!(), " FROM trials ", $rest)
    };
}

pub(super) fn read(row: &Row) -> Result<TrialRow> {
    let trial: &str = row.try_get("trial")?;
    Ok(TrialRow {
        sweep: SweepKey(row.try_get("sweep_key")?),
        index: row.try_get("trial_index")?,
        trial: trial.parse().map_err(|_| StoreError::Damaged("trial identifier"))?,
        group: row.try_get("group_index")?,
        job: job::read(row)?,
    })
}

fn read_all(rows: &[Row]) -> Result<Vec<TrialRow>> {
    rows.iter().map(read).collect()
}

/// Inserts all trials of a sweep in order, each with its group and its rank, pending.
pub(crate) async fn insert(
    conn: &mut Conn,
    sweep: SweepKey,
    trials: &[(TrialId, u32, u32)],
    now: Timestamp,
) -> Result<()> {
    const COLUMNS: [&str; 7] = [
        "sweep_key",
        "trial_index",
        "trial",
        "group_index",
        "rank",
        "state",
        "updated_at",
    ];
    let row = |(index, (trial, group, rank)): (u32, &(TrialId, u32, u32))| -> Vec<Value> {
        vec![
            sweep.0.into(),
            index.into(),
            trial.to_string().into(),
            (*group).into(),
            (*rank).into(),
            "pending".into(),
            now.0.into(),
        ]
    };
    insert_rows(conn, "trials", &COLUMNS, (0..).zip(trials).map(row)).await
}

/// The trial with an identifier.
pub(crate) async fn by_id(conn: &mut Conn, sweep: SweepKey, trial: TrialId) -> Result<Option<TrialRow>> {
    let row = query(select!("WHERE sweep_key = $1 AND trial = $2"))
        .bind(sweep.0)
        .bind(trial.to_string())
        .fetch_optional(conn)
        .await?;
    row.as_ref().map(read).transpose()
}

/// The trial that a live lease has, or that it completed.
pub(crate) async fn by_token(conn: &mut Conn, token: LeaseToken) -> Result<Option<TrialRow>> {
    let row = query(select!("WHERE token = $1"))
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
    macro_rules! sql {
        ($index:literal) => {
            select!(concat!(
                $index,
                "WHERE sweep_key = $1 AND state = 'pending'
                     AND (too_little IS NULL OR too_little < $2 OR too_little >= $3)
                     AND NOT EXISTS (SELECT 1 FROM sweeps s JOIN sweeps o ON o.sweep_key = s.extends
                         JOIN trials u ON u.sweep_key = o.sweep_key AND u.trial = trials.trial
                         WHERE s.sweep_key = $1 AND (u.state = 'leased' OR (u.state = 'pending' AND o.state = 'running')))
                 ORDER BY rank LIMIT $4"
            ))
        };
    }
    let sql = match conn.dialect() {
        Dialect::Sqlite => sql!("INDEXED BY trials_pending "),
        Dialect::Postgres => sql!(""),
    };
    let rows = query(sql)
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
    let rows = query(select!(
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
    let rows = query(select!("WHERE state = 'leased' ORDER BY expires"))
        .fetch_all(conn)
        .await?;
    read_all(&rows)
}

/// The leased trials of a sweep.
pub(crate) async fn leased_in(conn: &mut Conn, sweep: SweepKey) -> Result<Vec<TrialRow>> {
    let rows = query(select!(
        "WHERE sweep_key = $1 AND state = 'leased' ORDER BY trial_index"
    ))
    .bind(sweep.0)
    .fetch_all(conn)
    .await?;
    read_all(&rows)
}

/// How many trials at positions `within` are leased.
pub(crate) async fn count_leased(conn: &mut Conn, sweep: SweepKey, within: Range<u32>) -> Result<u32> {
    let count = query_scalar(
        "SELECT COUNT(*) FROM trials WHERE sweep_key = $1 AND state = 'leased' AND trial_index >= $2 AND trial_index < $3",
    );
    count
        .bind(sweep.0)
        .bind(within.start)
        .bind(within.end)
        .fetch_one(conn)
        .await
}

/// The trials that a worker has, in the order in which it got them: tokens are made in the order of time.
pub(crate) async fn leased_to(conn: &mut Conn, worker: WorkerId) -> Result<Vec<TrialRow>> {
    let rows = query(select!("WHERE worker = $1 AND state = 'leased' ORDER BY token"))
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
        None => query(select!(
            "WHERE sweep_key = $1 AND trial_index >= $2 AND trial_index < $3 ORDER BY trial_index LIMIT $4"
        )),
        Some(_) => query(select!(
            "WHERE sweep_key = $1 AND state = $5 AND trial_index >= $2 AND trial_index < $3
             ORDER BY trial_index LIMIT $4"
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
    let done = query(
        "UPDATE trials SET state = $1, begun = $2, charged = $3, too_little = $4, worker = $5, token = $6, expires = $7,
             deadline = $8, epoch = $9, cause = $10, generation = $11, updated_at = $12, stopped_epoch = $13
         WHERE sweep_key = $14 AND trial_index = $15 AND generation = $16",
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
    let mut from = 0;
    loop {
        let rows = list(conn, sweep, from..u32::MAX, Some("pending"), CHUNK).await?;
        let Some(last) = rows.last() else { break };
        from = last.index + 1;
        let change = |row: &TrialRow| {
            let cancelled = row.job.moved(JobState::Cancelled, None, now);
            Change::Trial(row.index, (&cancelled).into())
        };
        transitions::append_all(conn, sweep, rows.iter().map(change), now).await?;
    }
    let done = query(
        "UPDATE trials SET state = 'cancelled', generation = generation + 1, updated_at = $1
         WHERE sweep_key = $2 AND state = 'pending'",
    )
    .bind(now.0)
    .bind(sweep.0)
    .execute(conn)
    .await?;
    Ok(done.rows_affected())
}
