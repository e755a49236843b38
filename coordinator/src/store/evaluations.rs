//! Evaluations: one job for each sealed group.

use super::{
    Conn, Result, Row, SweepKey,
    backend::Dialect,
    from_json,
    job::{self, Job, job_columns},
    query, query_scalar, swapped, to_json,
};
use augur_core::{
    id::{LeaseToken, TrialId, WorkerId},
    leaderboard::Agreement,
    time::Timestamp,
};
use std::collections::BTreeMap;

/// An evaluation as it is stored.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct EvaluationRow {
    pub sweep: SweepKey,
    pub group: u32,
    pub job: Job,
}

/// How each ranked trial of a group agrees with the labels.
pub(crate) type Agreements = BTreeMap<TrialId, Agreement>;

macro_rules! select {
    ($rest:expr) => {
        concat!(
            "SELECT sweep_key, group_index, ",
            job_columns!(),
            ", NULL AS stopped_epoch FROM evaluations ",
            $rest
        )
    };
}

fn read(row: &Row) -> Result<EvaluationRow> {
    Ok(EvaluationRow {
        sweep: SweepKey(row.try_get("sweep_key")?),
        group: row.try_get("group_index")?,
        job: job::read(row)?,
    })
}

fn read_all(rows: &[Row]) -> Result<Vec<EvaluationRow>> {
    rows.iter().map(read).collect()
}

/// Creates the evaluation of a group, pending.
pub(crate) async fn insert(conn: &mut Conn, sweep: SweepKey, group: u32, now: Timestamp) -> Result<()> {
    query("INSERT INTO evaluations (sweep_key, group_index, state, updated_at) VALUES ($1, $2, 'pending', $3)")
        .bind(sweep.0)
        .bind(group)
        .bind(now.0)
        .execute(conn)
        .await?;
    Ok(())
}

/// The evaluation that a live lease has, or that it completed.
pub(crate) async fn by_token(conn: &mut Conn, token: LeaseToken) -> Result<Option<EvaluationRow>> {
    let row = query(select!("WHERE token = $1"))
        .bind(token.to_string())
        .fetch_optional(conn)
        .await?;
    row.as_ref().map(read).transpose()
}

/// The next evaluations to be leased, of sweeps that run: highest priority first, then oldest sweep.
pub(crate) async fn pending(conn: &mut Conn, limit: u32) -> Result<Vec<EvaluationRow>> {
    macro_rules! sql {
        ($index:literal) => {
            select!(concat!(
                $index,
                "WHERE state = 'pending' AND sweep_key IN (SELECT s.sweep_key FROM sweeps s WHERE s.state = 'running')
                 ORDER BY (SELECT s.priority FROM sweeps s WHERE s.sweep_key = evaluations.sweep_key) DESC, sweep_key,
                     group_index LIMIT $1"
            ))
        };
    }
    let sql = match conn.dialect() {
        Dialect::Sqlite => sql!("INDEXED BY evaluations_pending "),
        Dialect::Postgres => sql!(""),
    };
    read_all(&query(sql).bind(limit).fetch_all(conn).await?)
}

/// Evaluations whose lease has ended, or whose attempt is stalled.
pub(crate) async fn expired(conn: &mut Conn, now: Timestamp, limit: u32) -> Result<Vec<EvaluationRow>> {
    let rows = query(select!(
        "WHERE state = 'leased' AND (expires <= $1 OR deadline <= $1) ORDER BY expires LIMIT $2"
    ))
    .bind(now.0)
    .bind(limit)
    .fetch_all(conn)
    .await?;
    read_all(&rows)
}

/// Every leased evaluation.
pub(crate) async fn leased(conn: &mut Conn) -> Result<Vec<EvaluationRow>> {
    let rows = query(select!("WHERE state = 'leased' ORDER BY expires"))
        .fetch_all(conn)
        .await?;
    read_all(&rows)
}

/// The evaluations of a sweep that are not over.
pub(crate) async fn open_in(conn: &mut Conn, sweep: SweepKey) -> Result<Vec<EvaluationRow>> {
    let rows = query(select!(
        "WHERE sweep_key = $1 AND state IN ('pending', 'leased') ORDER BY group_index"
    ))
    .bind(sweep.0)
    .fetch_all(conn)
    .await?;
    read_all(&rows)
}

/// The evaluations that a worker has, in the order in which it got them: tokens are made in the order of time.
pub(crate) async fn leased_to(conn: &mut Conn, worker: WorkerId) -> Result<Vec<EvaluationRow>> {
    let rows = query(select!("WHERE worker = $1 AND state = 'leased' ORDER BY token"))
        .bind(worker.to_string())
        .fetch_all(conn)
        .await?;
    read_all(&rows)
}

/// Writes an evaluation's job, if it is still at the generation before.
pub(crate) async fn put(conn: &mut Conn, sweep: SweepKey, group: u32, job: &Job) -> Result<()> {
    let done = query(
        "UPDATE evaluations SET state = $1, begun = $2, charged = $3, too_little = $4, worker = $5, token = $6,
             expires = $7, deadline = $8, epoch = $9, cause = $10, generation = $11, updated_at = $12
         WHERE sweep_key = $13 AND group_index = $14 AND generation = $15",
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
    .bind(sweep.0)
    .bind(group)
    .bind(job.generation - 1)
    .execute(conn)
    .await?;
    swapped(&done, "evaluation")
}

/// Stores what an evaluation found.
pub(crate) async fn put_agreements(
    conn: &mut Conn,
    sweep: SweepKey,
    group: u32,
    agreements: &Agreements,
) -> Result<()> {
    let done = query("UPDATE evaluations SET agreements = $1 WHERE sweep_key = $2 AND group_index = $3")
        .bind(to_json(agreements))
        .bind(sweep.0)
        .bind(group)
        .execute(conn)
        .await?;
    swapped(&done, "evaluation")
}

/// What an evaluation found; empty where it failed or was not needed.
pub(crate) async fn agreements(conn: &mut Conn, sweep: SweepKey, group: u32) -> Result<Agreements> {
    let json: Option<Option<String>> =
        query_scalar("SELECT agreements FROM evaluations WHERE sweep_key = $1 AND group_index = $2")
            .bind(sweep.0)
            .bind(group)
            .fetch_optional(conn)
            .await?;
    json.flatten()
        .map_or(Ok(Agreements::default()), |json| from_json(&json, "agreement"))
}
