//! Workers: who registered, and when each was last heard of.

use super::{Conn, Result, Row, StoreError, fleet::Drain, query, query_scalar};
use augur_core::{id::WorkerId, time::Timestamp};

/// A worker as it is stored.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct WorkerRow {
    /// Grows with every registration of a new worker.
    pub key: i64,
    pub worker: WorkerId,
    pub host: String,
    pub slots: u32,
    pub augur_version: String,
    pub libtorch_version: String,
    /// It has not said goodbye.
    pub present: bool,
    /// It takes nothing more.
    pub drains: bool,
    /// Bytes that its trials may take together, where it says.
    pub memory: Option<u64>,
    pub last_heartbeat: Timestamp,
    /// Trials and evaluations in its hands.
    pub leases: u32,
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT *, (SELECT COUNT(*) FROM trials t WHERE t.worker = w.worker AND t.state = 'leased')
                 + (SELECT COUNT(*) FROM evaluations e WHERE e.worker = w.worker AND e.state = 'leased') AS leases
             FROM workers w ",
            $rest
        )
    };
}

fn read(row: &Row) -> Result<WorkerRow> {
    let worker: &str = row.try_get("worker")?;
    Ok(WorkerRow {
        key: row.try_get("worker_key")?,
        worker: worker.parse().map_err(|_| StoreError::Damaged("worker identifier"))?,
        host: row.try_get("host")?,
        slots: row.try_get("slots")?,
        augur_version: row.try_get("augur_version")?,
        libtorch_version: row.try_get("libtorch_version")?,
        present: row.try_get("present")?,
        drains: Drain::of(row.try_get("drain")?) != Drain::No,
        memory: row.try_get::<Option<i64>>("memory")?.map(i64::unsigned_abs),
        last_heartbeat: Timestamp(row.try_get("last_heartbeat")?),
        leases: row.try_get("leases")?,
    })
}

/// Registers a worker, or hears again from one that registered before.
pub(crate) async fn register(
    conn: &mut Conn,
    worker: WorkerId,
    host: &str,
    slots: u32,
    versions: [&str; 2],
    now: Timestamp,
) -> Result<()> {
    let [augur, libtorch] = versions;
    query(
        "INSERT INTO workers (worker, host, slots, augur_version, libtorch_version, present, last_heartbeat)
         VALUES ($1, $2, $3, $4, $5, 1, $6)
         ON CONFLICT (worker) DO UPDATE SET host = excluded.host, slots = excluded.slots,
             augur_version = excluded.augur_version, libtorch_version = excluded.libtorch_version, present = 1,
             last_heartbeat = excluded.last_heartbeat",
    )
    .bind(worker.to_string())
    .bind(host)
    .bind(slots)
    .bind(augur)
    .bind(libtorch)
    .bind(now.0)
    .execute(conn)
    .await?;
    Ok(())
}

/// Notes that a worker was heard of now; false where it is not registered or has left.
pub(crate) async fn heard(conn: &mut Conn, worker: WorkerId, now: Timestamp) -> Result<bool> {
    let done = query("UPDATE workers SET last_heartbeat = $1 WHERE worker = $2 AND present = 1")
        .bind(now.0)
        .bind(worker.to_string())
        .execute(conn)
        .await?;
    Ok(done.rows_affected() == 1)
}

/// Notes that a worker said goodbye.
pub(crate) async fn left(conn: &mut Conn, worker: WorkerId) -> Result<()> {
    query("UPDATE workers SET present = 0 WHERE worker = $1")
        .bind(worker.to_string())
        .execute(conn)
        .await?;
    Ok(())
}

/// The version of libtorch that a worker was built with.
pub(crate) async fn libtorch_version(conn: &mut Conn, worker: WorkerId) -> Result<String> {
    let version = query_scalar("SELECT libtorch_version FROM workers WHERE worker = $1");
    version.bind(worker.to_string()).fetch_one(conn).await
}

/// A worker.
pub(crate) async fn get(conn: &mut Conn, worker: WorkerId) -> Result<Option<WorkerRow>> {
    let row = query(select!("WHERE worker = $1"))
        .bind(worker.to_string())
        .fetch_optional(conn)
        .await?;
    row.as_ref().map(read).transpose()
}

/// The workers of a host that have not said goodbye and were heard of after `since`.
pub(crate) async fn of_host(conn: &mut Conn, host: &str, since: Timestamp) -> Result<Vec<WorkerId>> {
    let rows: Vec<String> = query_scalar(
        "SELECT worker FROM workers WHERE host = $1 AND present = 1 AND last_heartbeat > $2 ORDER BY worker_key",
    )
    .bind(host)
    .bind(since.0)
    .fetch_all(conn)
    .await?;
    let parse = |text: &String| text.parse().map_err(|_| StoreError::Damaged("worker identifier"));
    rows.iter().map(parse).collect()
}

/// The workers after a key, oldest first.
pub(crate) async fn list(conn: &mut Conn, after: i64, limit: u32) -> Result<Vec<WorkerRow>> {
    let rows = query(select!("WHERE worker_key > $1 ORDER BY worker_key LIMIT $2"))
        .bind(after)
        .bind(limit)
        .fetch_all(conn)
        .await?;
    rows.iter().map(read).collect()
}

/// Workers present that were heard of after `since`.
pub(crate) async fn connected(conn: &mut Conn, since: Timestamp) -> Result<u32> {
    let count = query_scalar("SELECT COUNT(*) FROM workers WHERE present = 1 AND last_heartbeat > $1");
    count.bind(since.0).fetch_one(conn).await
}
