//! What operators watch: sums of the counters that sweeps keep, never a walk over trials.

use super::{Conn, Result, StoreError, query, query_scalar};
use augur_core::{sweep::SweepState, time::Timestamp};

/// Sweeps that are not over, by name, at most so many: each is a further series.
const MOST_OPEN: i64 = 200;

/// Trials by state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Trials {
    pub pending: i64,
    pub running: i64,
    pub completed: i64,
    pub failed: i64,
    pub cancelled: i64,
    pub stopped: i64,
}

/// Sweeps in a state, and everything in them.
pub(crate) struct SweepsIn {
    pub state: SweepState,
    pub sweeps: i64,
    pub trials: Trials,
    pub groups: i64,
    pub groups_done: i64,
    pub groups_selected: i64,
}

/// A sweep that is running or paused.
pub(crate) struct Open {
    pub name: String,
    pub trials: Trials,
    /// Why it is paused, if it is.
    pub pause_reason: Option<String>,
}

/// Workers that have not said goodbye.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Fleet {
    /// Heard of lately, and take leases.
    pub connected: i64,
    /// Heard of lately, and take nothing more.
    pub draining: i64,
    /// Not heard of for as long as a lease lasts.
    pub silent: i64,
    /// Slots of those that were heard of.
    pub slots: i64,
    /// When the one was last heard of that was heard of last, of all that ever registered.
    pub newest: Option<Timestamp>,
    /// When the one was last heard of that was heard of longest ago, of those that were heard of lately.
    pub oldest: Option<Timestamp>,
}

/// The sums of all sweeps, by their state.
pub(crate) async fn sweeps(conn: &mut Conn) -> Result<Vec<SweepsIn>> {
    let rows = query(
        "SELECT state, COUNT(*) AS sweeps,
             CAST(SUM(trials_pending) AS BIGINT) AS pending, CAST(SUM(trials_leased) AS BIGINT) AS running,
             CAST(SUM(trials_completed) AS BIGINT) AS completed, CAST(SUM(trials_failed) AS BIGINT) AS failed,
             CAST(SUM(trials_cancelled) AS BIGINT) AS cancelled, CAST(SUM(trials_stopped) AS BIGINT) AS stopped,
             CAST(SUM(groups_total) AS BIGINT) AS groups, CAST(SUM(groups_done) AS BIGINT) AS groups_done,
             CAST(SUM(groups_selected) AS BIGINT) AS groups_selected
         FROM sweeps GROUP BY state",
    )
    .fetch_all(conn)
    .await?;
    let read = |row: &super::Row| {
        Ok(SweepsIn {
            state: SweepState::of(row.try_get("state")?).ok_or(StoreError::Damaged("sweep"))?,
            sweeps: row.try_get("sweeps")?,
            trials: trials(row)?,
            groups: row.try_get("groups")?,
            groups_done: row.try_get("groups_done")?,
            groups_selected: row.try_get("groups_selected")?,
        })
    };
    rows.iter().map(read).collect()
}

fn trials(row: &super::Row) -> Result<Trials> {
    Ok(Trials {
        pending: row.try_get("pending")?,
        running: row.try_get("running")?,
        completed: row.try_get("completed")?,
        failed: row.try_get("failed")?,
        cancelled: row.try_get("cancelled")?,
        stopped: row.try_get("stopped")?,
    })
}

/// The sweeps that are running or paused, newest first, at most [`MOST_OPEN`].
pub(crate) async fn open(conn: &mut Conn) -> Result<Vec<Open>> {
    let rows = query(
        "SELECT name, state, pause_reason, trials_pending AS pending, trials_leased AS running,
             trials_completed AS completed, trials_failed AS failed, trials_cancelled AS cancelled,
             trials_stopped AS stopped
         FROM sweeps WHERE state IN ('running', 'paused') ORDER BY sweep_key DESC LIMIT $1",
    )
    .bind(MOST_OPEN)
    .fetch_all(conn)
    .await?;
    let read = |row: &super::Row| {
        let reason: Option<String> = row.try_get("pause_reason")?;
        let is_paused = SweepState::of(row.try_get("state")?) == Some(SweepState::Paused);
        Ok(Open {
            name: row.try_get("name")?,
            trials: trials(row)?,
            pause_reason: is_paused.then(|| reason.unwrap_or_default()),
        })
    };
    rows.iter().map(read).collect()
}

/// Evaluations that wait, and that workers have: both have an index of just these.
pub(crate) async fn evaluations(conn: &mut Conn) -> Result<[i64; 2]> {
    let waiting = query_scalar("SELECT COUNT(*) FROM evaluations WHERE state = 'pending'");
    let waiting = waiting.fetch_one(&mut *conn).await?;
    let running = query_scalar("SELECT COUNT(*) FROM evaluations WHERE state = 'leased'");
    Ok([waiting, running.fetch_one(conn).await?])
}

/// The workers; one that was not heard of since `since` is silent.
pub(crate) async fn fleet(conn: &mut Conn, since: Timestamp) -> Result<Fleet> {
    let rows = query(
        "SELECT CASE WHEN last_heartbeat <= $1 THEN 2 WHEN drain > 0 THEN 1 ELSE 0 END AS kind, COUNT(*) AS workers,
             CAST(SUM(slots) AS BIGINT) AS slots, MIN(last_heartbeat) AS oldest
         FROM workers WHERE present = 1 GROUP BY 1",
    )
    .bind(since.0)
    .fetch_all(&mut *conn)
    .await?;
    let mut fleet = Fleet::default();
    for row in &rows {
        let (kind, workers): (i64, i64) = (row.try_get("kind")?, row.try_get("workers")?);
        match kind {
            0 => fleet.connected = workers,
            1 => fleet.draining = workers,
            _ => fleet.silent = workers,
        }
        if kind < 2 {
            fleet.slots += row.try_get::<i64>("slots")?;
            let oldest = Timestamp(row.try_get("oldest")?);
            fleet.oldest = Some(fleet.oldest.map_or(oldest, |known| known.min(oldest)));
        }
    }
    let newest: Option<i64> = query_scalar("SELECT MAX(last_heartbeat) FROM workers")
        .fetch_one(conn)
        .await?;
    fleet.newest = newest.map(Timestamp);
    Ok(fleet)
}
