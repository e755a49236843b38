//! Measurements, keyed by (trial, attempt, epoch): a repeated report changes nothing.

use super::{AT_ONCE, Conn, Result, Row, StoreError, SweepKey, backend::Value, placeholders, query, query_scalar};
use augur_core::outcome::Measurement;
use augur_proto::v1;
use prost::Message;
use std::{collections::BTreeMap, ops::Range};

/// Stores what an attempt measured; epochs that are there already stay as they are.
pub(crate) async fn insert(
    conn: &mut Conn,
    sweep: SweepKey,
    index: u32,
    attempt: u32,
    measurements: Vec<Measurement>,
) -> Result<()> {
    let values = |measurement: Measurement| -> [Value; 5] {
        [
            sweep.0.into(),
            index.into(),
            attempt.into(),
            measurement.epoch.into(),
            v1::Measurement::from(measurement).encode_to_vec().into(),
        ]
    };
    let mut rest = measurements.into_iter();
    loop {
        let values: Vec<_> = rest.by_ref().take(TOGETHER).flat_map(values).collect();
        if values.is_empty() {
            return Ok(());
        }
        let rows: Vec<_> = (1..=values.len())
            .step_by(5)
            .map(|first| format!("({})", placeholders(first, 5)))
            .collect();
        let sql = format!(
            "INSERT INTO measurements (sweep_key, trial_index, attempt, epoch, measurement)
             VALUES {} ON CONFLICT DO NOTHING",
            rows.join(", ")
        );
        query(sql).bind_all(values).execute(&mut *conn).await?;
    }
}

/// Measurements that one statement stores: few enough that each number of them has a statement that stays prepared.
const TOGETHER: usize = 16;

/// What the newest attempts of the trials at positions `within` measured, by position, epochs in order.
pub(crate) async fn newest(
    conn: &mut Conn,
    sweep: SweepKey,
    within: Range<u32>,
) -> Result<BTreeMap<u32, Vec<v1::Measurement>>> {
    let rows = query(
        "SELECT m.trial_index, m.measurement
         FROM trials t JOIN measurements m
             ON m.sweep_key = t.sweep_key AND m.trial_index = t.trial_index AND m.attempt = t.begun
         WHERE t.sweep_key = $1 AND t.trial_index >= $2 AND t.trial_index < $3
         ORDER BY m.trial_index, m.epoch",
    )
    .bind(sweep.0)
    .bind(within.start)
    .bind(within.end)
    .fetch_all(conn)
    .await?;
    let mut measurements = BTreeMap::<u32, Vec<_>>::new();
    for row in &rows {
        let of = measurements.entry(row.try_get("trial_index")?).or_default();
        of.push(read(row)?);
    }
    Ok(measurements)
}

/// (epoch, validation loss), epochs in order.
pub(crate) type Losses = Vec<(u32, f64)>;

/// The validation losses that the newest attempts of single trials reported at some epochs, by position.
pub(crate) async fn losses(
    conn: &mut Conn,
    sweep: SweepKey,
    trials: &[u32],
    epochs: &[u32],
) -> Result<BTreeMap<u32, Losses>> {
    let mut losses = BTreeMap::<u32, Losses>::new();
    for trials in trials.chunks(AT_ONCE) {
        let sql = format!(
            "SELECT m.trial_index, m.measurement
             FROM trials t JOIN measurements m
                 ON m.sweep_key = t.sweep_key AND m.trial_index = t.trial_index AND m.attempt = t.begun
             WHERE t.sweep_key = $1 AND t.trial_index IN ({}) AND m.epoch IN ({})
             ORDER BY m.trial_index, m.epoch",
            placeholders(2, trials.len()),
            placeholders(2 + trials.len(), epochs.len())
        );
        let numbers = trials.iter().chain(epochs).map(|number| (*number).into());
        for row in query(sql).bind(sweep.0).bind_all(numbers).fetch_all(conn).await? {
            let measurement = read(&row)?;
            if let Some(loss) = measurement.validation_loss {
                let index = row.try_get("trial_index")?;
                losses.entry(index).or_default().push((measurement.epoch, loss));
            }
        }
    }
    Ok(losses)
}

fn read(row: &Row) -> Result<v1::Measurement> {
    let bytes: &[u8] = row.try_get("measurement")?;
    v1::Measurement::decode(bytes).map_err(|_| StoreError::Damaged("measurement"))
}

/// Seconds that the newest attempt of a trial had run when it reported last.
pub(crate) async fn seconds(conn: &mut Conn, sweep: SweepKey, index: u32) -> Result<Option<f64>> {
    let bytes: Option<Vec<u8>> = query_scalar(
        "SELECT m.measurement
         FROM trials t JOIN measurements m
             ON m.sweep_key = t.sweep_key AND m.trial_index = t.trial_index AND m.attempt = t.begun
         WHERE t.sweep_key = $1 AND t.trial_index = $2
         ORDER BY m.epoch DESC LIMIT 1",
    )
    .bind(sweep.0)
    .bind(index)
    .fetch_optional(conn)
    .await?;
    let Some(bytes) = bytes else { return Ok(None) };
    let measurement = v1::Measurement::decode(&*bytes).map_err(|_| StoreError::Damaged("measurement"))?;
    Ok(Some(measurement.seconds))
}

/// What an attempt of a trial measured at the end of some epochs; those that it didn't report are left out.
pub(crate) async fn at(
    conn: &mut Conn,
    (sweep, index, attempt): (SweepKey, u32, u32),
    epochs: &[u32],
) -> Result<Vec<Measurement>> {
    let mut found = Vec::with_capacity(epochs.len());
    for epoch in epochs {
        let bytes: Option<Vec<u8>> = query_scalar(
            "SELECT measurement FROM measurements
             WHERE sweep_key = $1 AND trial_index = $2 AND attempt = $3 AND epoch = $4",
        )
        .bind(sweep.0)
        .bind(index)
        .bind(attempt)
        .bind(*epoch)
        .fetch_optional(&mut *conn)
        .await?;
        if let Some(bytes) = bytes {
            let measurement = v1::Measurement::decode(&*bytes).map_err(|_| StoreError::Damaged("measurement"))?;
            found.push(measurement.into());
        }
    }
    Ok(found)
}

/// Epochs that the running trials of a sweep have finished.
pub(crate) async fn running_epochs(conn: &mut Conn, sweep: SweepKey) -> Result<u32> {
    let epochs = query_scalar(
        "SELECT CAST(COALESCE(SUM((SELECT MAX(epoch) FROM measurements m
             WHERE m.sweep_key = t.sweep_key AND m.trial_index = t.trial_index AND m.attempt = t.begun)), 0) AS BIGINT)
         FROM trials t WHERE t.sweep_key = $1 AND t.state = 'leased'",
    );
    epochs.bind(sweep.0).fetch_one(conn).await
}
