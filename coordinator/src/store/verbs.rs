//! What verbs change of a sweep: pauses, priorities, the circuit breaker, second tries, extensions.

use super::{Conn, Result, SweepKey, from_json, query, query_scalar, swapped, to_json};
use augur_core::{breaker::Breaker, sweep::SweepState};

/// Pauses a running sweep, or adds to the pause of a paused one: the first reason stands, and so does a recall.
pub(crate) async fn pause(conn: &mut Conn, sweep: SweepKey, reason: &str, recall: bool) -> Result<()> {
    let done = query(
        "UPDATE sweeps SET state = 'paused', pause_reason = COALESCE(pause_reason, $1),
             recall = CASE WHEN $2 = 1 THEN 1 ELSE recall END
         WHERE sweep_key = $3 AND state IN ('running', 'paused')",
    )
    .bind(reason)
    .bind(i64::from(recall))
    .bind(sweep.0)
    .execute(conn)
    .await?;
    swapped(&done, "sweep")
}

/// Puts a sweep into the state of one that is leased from: out of a pause, or out of its end.
pub(crate) async fn run(conn: &mut Conn, sweep: SweepKey) -> Result<()> {
    let done = query(
        "UPDATE sweeps SET state = $1, pause_reason = NULL, recall = 0, breaker = NULL, ended_at = NULL
         WHERE sweep_key = $2",
    )
    .bind(SweepState::Running.name())
    .bind(sweep.0)
    .execute(conn)
    .await?;
    swapped(&done, "sweep")
}

/// The sweeps whose running trials are to be given back.
pub(crate) async fn recalled(conn: &mut Conn) -> Result<Vec<SweepKey>> {
    let keys: Vec<i64> = query_scalar("SELECT sweep_key FROM sweeps WHERE recall = 1")
        .fetch_all(conn)
        .await?;
    Ok(keys.into_iter().map(SweepKey).collect())
}

/// Higher is leased first.
pub(crate) async fn set_priority(conn: &mut Conn, sweep: SweepKey, priority: i32) -> Result<()> {
    let done = query("UPDATE sweeps SET priority = $1 WHERE sweep_key = $2")
        .bind(i64::from(priority))
        .bind(sweep.0)
        .execute(conn)
        .await?;
    swapped(&done, "sweep")
}

/// The row of identical causes so far.
pub(crate) async fn breaker(conn: &mut Conn, sweep: SweepKey) -> Result<Breaker> {
    let json: Option<String> = query_scalar("SELECT breaker FROM sweeps WHERE sweep_key = $1")
        .bind(sweep.0)
        .fetch_one(conn)
        .await?;
    json.map_or(Ok(Breaker::default()), |json| from_json(&json, "circuit breaker"))
}

/// Writes that row.
pub(crate) async fn put_breaker(conn: &mut Conn, sweep: SweepKey, breaker: &Breaker) -> Result<()> {
    let done = query("UPDATE sweeps SET breaker = $1 WHERE sweep_key = $2")
        .bind(to_json(breaker))
        .bind(sweep.0)
        .execute(conn)
        .await?;
    swapped(&done, "sweep")
}

/// Breaks that row.
pub(crate) async fn reset_breaker(conn: &mut Conn, sweep: SweepKey) -> Result<()> {
    query("UPDATE sweeps SET breaker = NULL WHERE sweep_key = $1 AND breaker IS NOT NULL")
        .bind(sweep.0)
        .execute(conn)
        .await?;
    Ok(())
}

/// Takes back the choice of a group that is done and selected nobody.
pub(crate) async fn unseal(conn: &mut Conn, sweep: SweepKey, group: u32) -> Result<()> {
    let done = query(
        "UPDATE groups SET state = 'searching', choice = NULL, seal = NULL
         WHERE sweep_key = $1 AND group_index = $2 AND state = 'done'",
    )
    .bind(sweep.0)
    .bind(i64::from(group))
    .execute(conn)
    .await?;
    swapped(&done, "group")?;
    let done = query("UPDATE sweeps SET groups_done = groups_done - 1 WHERE sweep_key = $1")
        .bind(sweep.0)
        .execute(conn)
        .await?;
    swapped(&done, "sweep")
}

/// Notes which sweep's trials this one has too.
pub(crate) async fn set_extends(conn: &mut Conn, sweep: SweepKey, source: SweepKey) -> Result<()> {
    let done = query("UPDATE sweeps SET extends = $1 WHERE sweep_key = $2")
        .bind(source.0)
        .bind(sweep.0)
        .execute(conn)
        .await?;
    swapped(&done, "sweep")
}

/// Whether a running sweep waits for the trials of this one.
pub(crate) async fn is_extended(conn: &mut Conn, sweep: SweepKey) -> Result<bool> {
    let count: i64 = query_scalar("SELECT COUNT(*) FROM sweeps WHERE extends = $1 AND state = 'running'")
        .bind(sweep.0)
        .fetch_one(conn)
        .await?;
    Ok(count > 0)
}

/// The sweeps of which trials may be leased: highest priority first, then oldest.
pub(crate) async fn leasable(conn: &mut Conn) -> Result<Vec<SweepKey>> {
    let keys: Vec<i64> = query_scalar(
        "SELECT sweep_key FROM sweeps WHERE state = 'running' AND trials_pending > 0
         ORDER BY priority DESC, sweep_key",
    )
    .fetch_all(conn)
    .await?;
    Ok(keys.into_iter().map(SweepKey).collect())
}
