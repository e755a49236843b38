//! The append-only record of what happened, in the order of its revisions.

use super::{
    Conn, Result, Row, StoreError, SweepKey,
    backend::Value,
    from_json,
    groups::GroupRow,
    insert_rows,
    job::{self, Job},
    query, query_scalar,
    sweeps::SweepState,
    to_json,
};
use augur_core::{id::WorkerId, state::Cause, time::Timestamp};
use serde::{Deserialize, Serialize};

/// Something in its new state.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Change {
    /// The trial at a position.
    Trial(u32, TrialChange),
    /// A group.
    Group(GroupRow),
    /// The sweep itself.
    Sweep(SweepState),
    /// The evaluation of the group at a position; not shown to watchers.
    Evaluation(u32, TrialChange),
}

/// What a transition says of a job.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct TrialChange {
    pub state: String,
    pub begun: u32,
    pub worker: Option<WorkerId>,
    pub cause: Option<Cause>,
    /// Missing in records of an earlier schema.
    #[serde(default)]
    pub stopped_epoch: Option<u32>,
}

impl From<&Job> for TrialChange {
    fn from(job: &Job) -> Self {
        Self {
            state: job::tag(&job.state).to_owned(),
            begun: job.begun,
            worker: job.worker,
            cause: job.cause.clone(),
            stopped_epoch: job.stopped_epoch(),
        }
    }
}

/// A change with its place in the order.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Transition {
    pub revision: i64,
    pub at: Timestamp,
    pub change: Change,
}

/// Appends a change.
pub(crate) async fn append(conn: &mut Conn, sweep: SweepKey, change: &Change, now: Timestamp) -> Result<()> {
    append_all(conn, sweep, [change.clone()], now).await
}

/// Appends changes, in order.
pub(crate) async fn append_all(
    conn: &mut Conn,
    sweep: SweepKey,
    changes: impl IntoIterator<Item = Change>,
    now: Timestamp,
) -> Result<()> {
    let row = |change| -> Vec<Value> {
        let (kind, entity, payload) = match change {
            Change::Trial(index, job) => ("trial", index, to_json(&job)),
            Change::Evaluation(group, job) => ("evaluation", group, to_json(&job)),
            Change::Group(group) => ("group", group.index, to_json(&group)),
            Change::Sweep(state) => ("sweep", 0, to_json(&state)),
        };
        vec![sweep.0.into(), kind.into(), entity.into(), payload.into(), now.0.into()]
    };
    let columns = ["sweep_key", "kind", "entity", "payload", "at"];
    insert_rows(conn, "transitions", &columns, changes.into_iter().map(row)).await
}

/// The newest revision; 0 where nothing has happened yet.
pub(crate) async fn newest(conn: &mut Conn) -> Result<i64> {
    let newest = query_scalar("SELECT COALESCE(MAX(revision), 0) FROM transitions");
    newest.fetch_one(conn).await
}

/// What happened to a sweep after a revision, in order.
pub(crate) async fn after(conn: &mut Conn, sweep: SweepKey, revision: i64, limit: u32) -> Result<Vec<Transition>> {
    let rows = query(
        "SELECT revision, kind, entity, payload, at FROM transitions
         WHERE sweep_key = $1 AND revision > $2 ORDER BY revision LIMIT $3",
    )
    .bind(sweep.0)
    .bind(revision)
    .bind(limit)
    .fetch_all(conn)
    .await?;
    rows.iter().map(read).collect()
}

fn read(row: &Row) -> Result<Transition> {
    let entity = row.try_get("entity")?;
    let payload = row.try_get("payload")?;
    let what = "transition";
    let change = match row.try_get("kind")? {
        "trial" => Change::Trial(entity, from_json(payload, what)?),
        "evaluation" => Change::Evaluation(entity, from_json(payload, what)?),
        "group" => Change::Group(from_json(payload, what)?),
        "sweep" => Change::Sweep(from_json(payload, what)?),
        _ => return Err(StoreError::Damaged(what)),
    };
    Ok(Transition {
        revision: row.try_get("revision")?,
        at: Timestamp(row.try_get("at")?),
        change,
    })
}
