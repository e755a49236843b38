//! What the selected trials of sealed groups saw and made, for reports.

use super::{Conn, Result, Row, StoreError, SweepKey, backend::Value, insert_rows, query};
use augur_core::picture::Picture;

const COLUMNS: [&str; 9] = [
    "sweep_key",
    "group_index",
    "position",
    "kind",
    "media_type",
    "data",
    "image",
    "score",
    "anomalous",
];

/// Stores the pictures of a group, in this order.
pub(crate) async fn insert(conn: &mut Conn, sweep: SweepKey, group: u32, pictures: Vec<Picture>) -> Result<()> {
    let row = |(position, picture): (u32, Picture)| -> Vec<Value> {
        vec![
            sweep.0.into(),
            group.into(),
            position.into(),
            picture.kind.name().into(),
            picture.media_type.name().into(),
            picture.data.into(),
            picture.image.into(),
            picture.score.into(),
            picture.anomalous.into(),
        ]
    };
    insert_rows(conn, "pictures", &COLUMNS, (0..).zip(pictures).map(row)).await
}

/// The pictures of a group, in their order.
pub(crate) async fn list(conn: &mut Conn, sweep: SweepKey, group: u32) -> Result<Vec<Picture>> {
    let rows = query(
        "SELECT kind, media_type, data, image, score, anomalous FROM pictures
         WHERE sweep_key = $1 AND group_index = $2 ORDER BY position",
    )
    .bind(sweep.0)
    .bind(group)
    .fetch_all(conn)
    .await?;
    rows.iter().map(read).collect()
}

fn read(row: &Row) -> Result<Picture> {
    let name = |column| row.try_get::<&str>(column);
    Ok(Picture {
        kind: name("kind")?.parse().map_err(|_| StoreError::Damaged("kind"))?,
        media_type: name("media_type")?
            .parse()
            .map_err(|_| StoreError::Damaged("media_type"))?,
        data: row.try_get("data")?,
        image: row.try_get("image")?,
        score: row.try_get("score")?,
        anomalous: row.try_get("anomalous")?,
    })
}
