//! Sweeps: the spec, the state and the counters, which every transition keeps up to date.

use super::{Conn, Result, Row, StoreError, SweepKey, from_json, job, query, query_scalar, to_json};
use augur_core::{id::SweepId, spec::SweepSpec, state::JobState, time::Timestamp};

pub(crate) use augur_core::sweep::SweepState;

/// A sweep as it is stored, without its spec.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct SweepRow {
    pub key: SweepKey,
    pub sweep: SweepId,
    pub name: String,
    pub spec_sha256: String,
    pub state: SweepState,
    pub created_at: Timestamp,
    pub ended_at: Option<Timestamp>,
    pub trials_pending: u32,
    pub trials_leased: u32,
    pub trials_completed: u32,
    pub trials_failed: u32,
    pub trials_cancelled: u32,
    pub trials_stopped: u32,
    pub groups_total: u32,
    pub groups_done: u32,
    /// Groups that have a selected trial.
    pub groups_selected: u32,
    /// Seconds of completed attempts, and of stopped ones as far as they reported.
    pub trial_seconds: f64,
    /// Trials whose outcome an earlier sweep computed.
    pub trials_reused: u32,
    /// Why it is paused, if it is.
    pub pause_reason: Option<String>,
    /// Higher is leased first.
    pub priority: i32,
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT sweep_key, sweep, name, spec_sha256, state, created_at, ended_at, trials_pending, trials_leased,
                 trials_completed, trials_failed, trials_cancelled, trials_stopped, groups_total, groups_done, groups_selected,
                 trial_seconds, trials_reused, pause_reason, priority FROM sweeps ",
            $rest
        )
    };
}

fn read(row: &Row) -> Result<SweepRow> {
    let sweep: &str = row.try_get("sweep")?;
    let ended_at: Option<i64> = row.try_get("ended_at")?;
    Ok(SweepRow {
        key: SweepKey(row.try_get("sweep_key")?),
        sweep: sweep.parse().map_err(|_| StoreError::Damaged("sweep identifier"))?,
        name: row.try_get("name")?,
        spec_sha256: row.try_get("spec_sha256")?,
        state: SweepState::of(row.try_get("state")?).ok_or(StoreError::Damaged("sweep"))?,
        created_at: Timestamp(row.try_get("created_at")?),
        ended_at: ended_at.map(Timestamp),
        trials_pending: row.try_get("trials_pending")?,
        trials_leased: row.try_get("trials_leased")?,
        trials_completed: row.try_get("trials_completed")?,
        trials_failed: row.try_get("trials_failed")?,
        trials_cancelled: row.try_get("trials_cancelled")?,
        trials_stopped: row.try_get("trials_stopped")?,
        groups_total: row.try_get("groups_total")?,
        groups_done: row.try_get("groups_done")?,
        groups_selected: row.try_get("groups_selected")?,
        trial_seconds: row.try_get("trial_seconds")?,
        trials_reused: row.try_get("trials_reused")?,
        pause_reason: row.try_get("pause_reason")?,
        priority: row.try_get("priority")?,
    })
}

/// Creates a sweep of so many groups and trials, running; with `reuse`, what was computed before is not computed again.
pub(crate) async fn insert(
    conn: &mut Conn,
    spec: &SweepSpec,
    yaml: &str,
    [groups, trials]: [u32; 2],
    reuse: bool,
    now: Timestamp,
) -> Result<SweepKey> {
    let key = query_scalar(
        "INSERT INTO sweeps (sweep, name, spec_sha256, spec_yaml, spec_json, state, created_at, trials_pending,
             groups_total, reuse)
         VALUES ($1, $2, $3, $4, $5, 'running', $6, $7, $8, $9)
         RETURNING sweep_key",
    )
    .bind(spec.id().to_string())
    .bind(&spec.name)
    .bind(spec.sha256())
    .bind(yaml)
    .bind(to_json(spec))
    .bind(now.0)
    .bind(trials)
    .bind(groups)
    .bind(reuse)
    .fetch_one(conn)
    .await?;
    Ok(SweepKey(key))
}

/// The sweep with a key.
pub(crate) async fn get(conn: &mut Conn, key: SweepKey) -> Result<SweepRow> {
    let row = query(select!("WHERE sweep_key = $1"))
        .bind(key.0)
        .fetch_optional(conn)
        .await?;
    read(row.as_ref().ok_or(StoreError::Damaged("sweep"))?)
}

/// The sweep with an identifier.
pub(crate) async fn by_id(conn: &mut Conn, sweep: SweepId) -> Result<Option<SweepRow>> {
    let row = query(select!("WHERE sweep = $1"))
        .bind(sweep.to_string())
        .fetch_optional(conn)
        .await?;
    row.as_ref().map(read).transpose()
}

/// The sweep that its spec calls `name`.
pub(crate) async fn by_name(conn: &mut Conn, name: &str) -> Result<Option<SweepRow>> {
    let row = query(select!("WHERE name = $1"))
        .bind(name)
        .fetch_optional(conn)
        .await?;
    row.as_ref().map(read).transpose()
}

/// The sweeps before `before`, newest first.
pub(crate) async fn list(conn: &mut Conn, before: SweepKey, limit: u32) -> Result<Vec<SweepRow>> {
    let rows = query(select!("WHERE sweep_key < $1 ORDER BY sweep_key DESC LIMIT $2"))
        .bind(before.0)
        .bind(limit)
        .fetch_all(conn)
        .await?;
    rows.iter().map(read).collect()
}

/// The spec as it was submitted.
pub(crate) async fn yaml(conn: &mut Conn, key: SweepKey) -> Result<String> {
    let yaml = query_scalar("SELECT spec_yaml FROM sweeps WHERE sweep_key = $1");
    yaml.bind(key.0).fetch_one(conn).await
}

/// The spec.
pub(crate) async fn spec(conn: &mut Conn, key: SweepKey) -> Result<SweepSpec> {
    let json: String = query_scalar("SELECT spec_json FROM sweeps WHERE sweep_key = $1")
        .bind(key.0)
        .fetch_one(conn)
        .await?;
    from_json(&json, "spec")
}

/// What never changes of a sweep.
pub(crate) struct Fixed {
    pub sweep: SweepId,
    pub spec: SweepSpec,
    /// Whether it wants trials reused.
    pub reuse: bool,
}

/// The same, read.
pub(crate) async fn fixed(conn: &mut Conn, key: SweepKey) -> Result<Fixed> {
    let row = query("SELECT sweep, spec_json, reuse FROM sweeps WHERE sweep_key = $1")
        .bind(key.0)
        .fetch_optional(conn)
        .await?;
    let row = row.ok_or(StoreError::Damaged("sweep"))?;
    let sweep: &str = row.try_get("sweep")?;
    Ok(Fixed {
        sweep: sweep.parse().map_err(|_| StoreError::Damaged("sweep identifier"))?,
        spec: from_json(row.try_get("spec_json")?, "spec")?,
        reuse: row.try_get("reuse")?,
    })
}

/// Counts `n` trials that went from one state to another.
pub(crate) async fn count(conn: &mut Conn, key: SweepKey, from: &JobState, to: &JobState, n: u64) -> Result<()> {
    let (from, to) = (job::tag(from), job::tag(to));
    if from == to {
        return Ok(());
    }
    // A counter is called after its state.
    let sql = format!(
        "UPDATE sweeps SET trials_{from} = trials_{from} - $1, trials_{to} = trials_{to} + $1 WHERE sweep_key = $2"
    );
    let n = i64::try_from(n).unwrap_or(i64::MAX);
    query(sql).bind(n).bind(key.0).execute(conn).await?;
    Ok(())
}

/// Adds the seconds of an attempt that completed or was stopped.
pub(crate) async fn add_seconds(conn: &mut Conn, key: SweepKey, seconds: f64) -> Result<()> {
    query("UPDATE sweeps SET trial_seconds = trial_seconds + $1 WHERE sweep_key = $2")
        .bind(seconds)
        .bind(key.0)
        .execute(conn)
        .await?;
    Ok(())
}

/// Counts a group that is done, with a selected trial or without one.
pub(crate) async fn count_group(conn: &mut Conn, key: SweepKey, selected: bool) -> Result<()> {
    query(
        "UPDATE sweeps SET groups_done = groups_done + 1, groups_selected = groups_selected + $1 WHERE sweep_key = $2",
    )
    .bind(u32::from(selected))
    .bind(key.0)
    .execute(conn)
    .await?;
    Ok(())
}

/// Ends a running or paused sweep.
pub(crate) async fn end(conn: &mut Conn, key: SweepKey, state: SweepState, now: Timestamp) -> Result<()> {
    let done = query(
        "UPDATE sweeps SET state = $1, ended_at = $2, pause_reason = NULL, recall = 0
         WHERE sweep_key = $3 AND state IN ('running', 'paused')",
    )
    .bind(state.name())
    .bind(now.0)
    .bind(key.0)
    .execute(conn)
    .await?;
    super::swapped(&done, "sweep")
}
