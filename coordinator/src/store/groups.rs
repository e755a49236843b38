//! Groups: one row for each (task, seed, variant), with its counters and its choice.

use super::{
    Conn, Result, Row, StoreError, SweepKey, backend::Value, from_json, insert_rows, query, query_scalar, swapped,
    to_json,
};
use augur_core::select::Choice;
use serde::{Deserialize, Serialize};

/// Where a group stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum GroupState {
    /// Trials are running or waiting.
    Searching,
    /// The choice is made and hashed; labels may now be read.
    Sealed,
    /// Nothing more will happen to it.
    Done,
}

impl GroupState {
    fn tag(self) -> &'static str {
        match self {
            Self::Searching => "searching",
            Self::Sealed => "sealed",
            Self::Done => "done",
        }
    }

    fn of(tag: &str) -> Result<Self> {
        match tag {
            "searching" => Ok(Self::Searching),
            "sealed" => Ok(Self::Sealed),
            "done" => Ok(Self::Done),
            _ => Err(StoreError::Damaged("group")),
        }
    }
}

/// A group as it is stored, without its choice.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct GroupRow {
    pub index: u32,
    pub state: GroupState,
    pub trials_total: u32,
    pub trials_completed: u32,
    pub trials_failed: u32,
    /// Missing in records of an earlier schema.
    #[serde(default)]
    pub trials_stopped: u32,
    /// Lowest loss so far and the position of the trial that has it.
    pub best: Option<(f64, u32)>,
}

impl GroupRow {
    /// Whether every trial has ended with an outcome or without one.
    pub fn is_complete(&self) -> bool {
        self.trials_completed + self.trials_failed + self.trials_stopped == self.trials_total
    }
}

fn read(row: &Row) -> Result<GroupRow> {
    let loss: Option<f64> = row.try_get("best_val_loss")?;
    let trial: Option<u32> = row.try_get("best_trial")?;
    Ok(GroupRow {
        index: row.try_get("group_index")?,
        state: GroupState::of(row.try_get("state")?)?,
        trials_total: row.try_get("trials_total")?,
        trials_completed: row.try_get("trials_completed")?,
        trials_failed: row.try_get("trials_failed")?,
        trials_stopped: row.try_get("trials_stopped")?,
        best: loss.zip(trial),
    })
}

/// Inserts the groups of a sweep; `candidates` has the number of trials of each variant's.
pub(crate) async fn insert(conn: &mut Conn, sweep: SweepKey, groups: u32, candidates: &[u32]) -> Result<()> {
    let columns = ["sweep_key", "group_index", "state", "trials_total"];
    let row = |(index, trials): (u32, &u32)| -> Vec<Value> {
        vec![sweep.0.into(), index.into(), "searching".into(), (*trials).into()]
    };
    let rows = (0..groups).zip(candidates.iter().cycle()).map(row);
    insert_rows(conn, "groups", &columns, rows).await
}

/// The group at a position.
pub(crate) async fn get(conn: &mut Conn, sweep: SweepKey, index: u32) -> Result<Option<GroupRow>> {
    let row = query("SELECT * FROM groups WHERE sweep_key = $1 AND group_index = $2")
        .bind(sweep.0)
        .bind(index)
        .fetch_optional(conn)
        .await?;
    row.as_ref().map(read).transpose()
}

/// The groups from position `from` on, in order.
pub(crate) async fn list(conn: &mut Conn, sweep: SweepKey, from: u32, limit: u32) -> Result<Vec<GroupRow>> {
    let rows = query("SELECT * FROM groups WHERE sweep_key = $1 AND group_index >= $2 ORDER BY group_index LIMIT $3")
        .bind(sweep.0)
        .bind(from)
        .bind(limit)
        .fetch_all(conn)
        .await?;
    rows.iter().map(read).collect()
}

/// Writes a group's state and counters.
pub(crate) async fn put(conn: &mut Conn, sweep: SweepKey, group: &GroupRow) -> Result<()> {
    let done = query(
        "UPDATE groups SET state = $1, trials_completed = $2, trials_failed = $3, trials_stopped = $4, best_val_loss = $5,
             best_trial = $6
         WHERE sweep_key = $7 AND group_index = $8",
    )
    .bind(group.state.tag())
    .bind(group.trials_completed)
    .bind(group.trials_failed)
    .bind(group.trials_stopped)
    .bind(group.best.map(|(loss, _)| loss))
    .bind(group.best.map(|(_, trial)| trial))
    .bind(sweep.0)
    .bind(group.index)
    .execute(conn)
    .await?;
    swapped(&done, "group")
}

/// Number of groups of the method itself, the first of every `variants`, whose choice selects nothing.
pub(crate) async fn without_choice(conn: &mut Conn, sweep: SweepKey, variants: usize) -> Result<u32> {
    let sql = "SELECT COUNT(*) FROM groups WHERE sweep_key = $1 AND group_index % $2 = 0
         AND COALESCE(json_array_length(choice::json -> 'ranking'), 0) = 0";
    let count = query_scalar(conn.dialect().json(sql));
    count.bind(sweep.0).bind(variants as i64).fetch_one(conn).await
}

/// Stores the choice of a group with its seal, once and for all.
pub(crate) async fn seal(conn: &mut Conn, sweep: SweepKey, group: u32, choice: &Choice) -> Result<()> {
    let done =
        query("UPDATE groups SET choice = $1, seal = $2 WHERE sweep_key = $3 AND group_index = $4 AND choice IS NULL")
            .bind(to_json(choice))
            .bind(choice.seal())
            .bind(sweep.0)
            .bind(group)
            .execute(conn)
            .await?;
    swapped(&done, "choice")
}

/// The choice of a group, if it is made: as it was sealed, or not at all.
pub(crate) async fn choice(conn: &mut Conn, sweep: SweepKey, group: u32) -> Result<Option<Choice>> {
    let row = query("SELECT choice, seal FROM groups WHERE sweep_key = $1 AND group_index = $2 AND choice IS NOT NULL")
        .bind(sweep.0)
        .bind(group)
        .fetch_optional(conn)
        .await?;
    let Some(row) = row else { return Ok(None) };
    let choice: Choice = from_json(row.try_get("choice")?, "choice")?;
    let seal: &str = row.try_get("seal")?;
    if choice.seal() == seal {
        Ok(Some(choice))
    } else {
        Err(StoreError::Damaged("choice"))
    }
}
