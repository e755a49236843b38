//! Requests that were carried out, by the identifier that the client chose: a repeat has no further effect (AIP-155).

use super::{Conn, Result, SweepKey, query};
use augur_core::time::Timestamp;

/// The fingerprint of a request and the sweep that it made or changed, if it was carried out.
pub(crate) async fn get(conn: &mut Conn, request: &str) -> Result<Option<(String, SweepKey)>> {
    let row = query("SELECT fingerprint, sweep_key FROM requests WHERE request = $1")
        .bind(request)
        .fetch_optional(conn)
        .await?;
    row.map(|row| Ok((row.try_get("fingerprint")?, SweepKey(row.try_get("sweep_key")?))))
        .transpose()
}

/// Remembers a request.
pub(crate) async fn insert(
    conn: &mut Conn,
    request: &str,
    fingerprint: &str,
    sweep: SweepKey,
    now: Timestamp,
) -> Result<()> {
    query("INSERT INTO requests (request, fingerprint, sweep_key, at) VALUES ($1, $2, $3, $4)")
        .bind(request)
        .bind(fingerprint)
        .bind(sweep.0)
        .bind(now.0)
        .execute(conn)
        .await?;
    Ok(())
}
