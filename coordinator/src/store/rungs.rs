//! What trials are compared by at the rungs of early stopping.

use super::{Conn, Result, SweepKey, query};
use std::{collections::BTreeMap, ops::Range};

/// Stores a trial's value at a rung, unless there is one; whether it is new.
pub(crate) async fn insert(conn: &mut Conn, sweep: SweepKey, index: u32, epoch: u32, value: f64) -> Result<bool> {
    let done = query(
        "INSERT INTO rung_values (sweep_key, trial_index, epoch, value) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
    )
    .bind(sweep.0)
    .bind(index)
    .bind(epoch)
    .bind(Some(value).filter(|value| value.is_finite()))
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// The values of a trial by rung.
pub(crate) type Values = BTreeMap<u32, f64>;

/// The values of the trials at positions `within`, by position.
pub(crate) async fn values(conn: &mut Conn, sweep: SweepKey, within: Range<u32>) -> Result<BTreeMap<u32, Values>> {
    let rows = query(
        "SELECT trial_index, epoch, value FROM rung_values
         WHERE sweep_key = $1 AND trial_index >= $2 AND trial_index < $3",
    )
    .bind(sweep.0)
    .bind(within.start)
    .bind(within.end)
    .fetch_all(conn)
    .await?;
    let mut all = BTreeMap::<u32, Values>::new();
    for row in &rows {
        let value: Option<f64> = row.try_get("value")?;
        all.entry(row.try_get("trial_index")?)
            .or_default()
            .insert(row.try_get("epoch")?, value.unwrap_or(f64::INFINITY));
    }
    Ok(all)
}
