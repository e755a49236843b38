//! Looks at who has a store, for somebody who waits for it, and ends the session of a leader that has gone silent.
//!
//! A leader's session does something twice a second at least, since leases are looked at so often. A process that is frozen, or
//! a machine that can't be reached, keeps its session and with it the lock. What counts is the server's view and its clock: the
//! session waits for its client, and has for too long. A session that computes is left alone however long it takes.

use super::{CONNECT, connect, in_time, lead::SESSION_NAME, lead::key};
use crate::store::backend::OpenError;
use sqlx::{PgConnection, postgres::PgConnectOptions};
use std::time::Duration;

/// A leader that has asked the server for nothing for so long has gone silent.
const SILENCE: Duration = Duration::from_secs(5);

/// The holder of the lock: a bigint key is stored in two halves.
const LOOK: &str = concat!(
    "SELECT a.pid, a.backend_start::text, COALESCE(host(a.client_addr), 'the server''s own machine'), \
            COALESCE(a.application_name = $1 AND (a.state <> 'active' OR a.wait_event_type = 'Client') \
                     AND clock_timestamp() - a.state_change > make_interval(secs => $2), FALSE) \
     FROM pg_locks l JOIN pg_stat_activity a USING (pid) \
     WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1 \
       AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database()) \
       AND (l.classid::bigint << 32 | l.objid::bigint) = ",
    key!()
);

/// Ends that session, if it still is the silent one.
const END: &str = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
                   WHERE pid = $1 AND backend_start::text = $2 AND application_name = $3 \
                     AND clock_timestamp() - state_change > make_interval(secs => $4)";

/// Watches one store.
pub(crate) struct Lookout {
    options: PgConnectOptions,
    store: String,
    conn: Option<PgConnection>,
}

/// Who has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Holder {
    /// The address that it comes from.
    pub from: String,
    /// Its process at the server.
    pub pid: i32,
    /// It had gone silent, and its session was ended.
    pub was_ended: bool,
}

impl Lookout {
    pub fn new(options: &PgConnectOptions, store: String) -> Self {
        Self {
            options: options.clone().application_name("augur standby"),
            store,
            conn: None,
        }
    }

    /// Who has the store now, if anybody.
    pub async fn look(&mut self) -> Result<Option<Holder>, OpenError> {
        let conn = match self.conn.take() {
            Some(conn) => Ok(conn),
            None => connect(&self.options).await,
        };
        let looked = match conn {
            Ok(mut conn) => match in_time(CONNECT, look(&mut conn)).await {
                Ok(holder) => {
                    self.conn = Some(conn);
                    Ok(holder)
                }
                Err(error) => Err(error),
            },
            Err(error) => Err(error),
        };
        looked.map_err(|source| OpenError::of_postgres(&self.store, source))
    }
}

async fn look(conn: &mut PgConnection) -> sqlx::Result<Option<Holder>> {
    let silence = SILENCE.as_secs_f64();
    let holder: Option<(i32, String, String, bool)> = sqlx::query_as(LOOK)
        .bind(SESSION_NAME)
        .bind(silence)
        .fetch_optional(&mut *conn)
        .await?;
    let Some((pid, started, from, is_silent)) = holder else {
        return Ok(None);
    };
    let mut was_ended = false;
    if is_silent {
        let end = sqlx::query_scalar(END)
            .bind(pid)
            .bind(started)
            .bind(SESSION_NAME)
            .bind(silence);
        match end.fetch_optional(conn).await {
            Ok(ended) => was_ended = ended.unwrap_or(false),
            // Another user's, say: then it stays, and is told of.
            Err(sqlx::Error::Database(refused)) => {
                tracing::warn!("the silent leader's session {pid} from {from} can't be ended: {refused}");
            }
            Err(other) => return Err(other),
        }
    }
    Ok(Some(Holder { from, pid, was_ended }))
}
