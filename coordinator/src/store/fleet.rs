//! What workers offer, and whether they may take more.

use super::{Conn, Result, query, query_scalar};
use augur_core::{id::WorkerId, time::Timestamp};

/// Whether a worker takes leases.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd)]
pub(crate) enum Drain {
    /// It does.
    No,
    /// It takes nothing more, finishes what it has, and leaves.
    Finish,
    /// It gives back what it has, and leaves.
    Now,
}

impl Drain {
    pub(super) fn of(code: i64) -> Self {
        match code {
            0 => Self::No,
            1 => Self::Finish,
            _ => Self::Now,
        }
    }

    fn code(self) -> i64 {
        match self {
            Self::No => 0,
            Self::Finish => 1,
            Self::Now => 2,
        }
    }
}

/// Bytes, as a column holds them.
fn column(bytes: u64) -> i64 {
    i64::try_from(bytes).unwrap_or(i64::MAX)
}

/// Notes the memory that a worker's trials may take together; none where it doesn't say.
pub(crate) async fn set_memory(conn: &mut Conn, worker: WorkerId, memory: Option<u64>) -> Result<()> {
    query("UPDATE workers SET memory = $1 WHERE worker = $2")
        .bind(memory.map(column))
        .bind(worker.to_string())
        .execute(conn)
        .await?;
    Ok(())
}

/// The memory that a worker's trials may take together, where it says, and whether it takes more.
pub(crate) async fn offer(conn: &mut Conn, worker: WorkerId) -> Result<(Option<u64>, Drain)> {
    let row = query("SELECT memory, drain FROM workers WHERE worker = $1")
        .bind(worker.to_string())
        .fetch_optional(conn)
        .await?;
    let Some(row) = row else { return Ok((None, Drain::No)) };
    let memory: Option<i64> = row.try_get("memory")?;
    Ok((memory.map(i64::unsigned_abs), Drain::of(row.try_get("drain")?)))
}

/// The most memory that a worker offers which was heard of after `since` and takes leases; 0 where none says.
pub(crate) async fn most_memory(conn: &mut Conn, since: Timestamp) -> Result<u64> {
    let most: i64 = query_scalar(
        "SELECT COALESCE(MAX(memory), 0) FROM workers WHERE present = 1 AND drain = 0 AND last_heartbeat > $1",
    )
    .bind(since.0)
    .fetch_one(conn)
    .await?;
    Ok(most.unsigned_abs())
}

/// Has a worker take no more; one that was told to give all back goes on doing so. Whether it is there.
pub(crate) async fn drain(conn: &mut Conn, worker: WorkerId, drain: Drain) -> Result<bool> {
    let done = query(
        "UPDATE workers SET drain = CASE WHEN drain < $1 THEN $1 ELSE drain END WHERE worker = $2 AND present = 1",
    )
    .bind(drain.code())
    .bind(worker.to_string())
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}
