//! Who leads a store: whoever's session holds its advisory lock, until it lets go of it or ends.
//!
//! All writes go through that one session. PostgreSQL undoes what a session has not committed before it lets go of its lock, so
//! whoever gets the lock finds a store that the one before can't write any more. One who lost its session may get the lock
//! again in a new one. It must not go on where somebody else has led meanwhile, since what it knows of the store is old then: a
//! row says who had the lock last.

use sqlx::{AssertSqlSafe, PgConnection, postgres::PgTransactionManager};
use sqlx_core::transaction::TransactionManager;
use std::sync::{
    Mutex, MutexGuard, PoisonError,
    atomic::{AtomicI64, Ordering},
};

/// How the session of a leader is called in PostgreSQL's list of sessions.
pub(super) const SESSION_NAME: &str = "augur leader";

/// The key of the lock of a store: one for each schema of a database.
macro_rules! key {
    () => {
        "hashtextextended(current_schema(), 7022920001)"
    };
}
pub(super) use key;

/// It ends with its session at the latest.
const LOCK: &str = concat!("SELECT pg_try_advisory_lock(", key!(), ")");

const LEAVE: &str = "SELECT pg_advisory_unlock_all()";

/// No migration makes it: it belongs to this database's lock and not to what is stored.
const TABLE: &str = "CREATE TABLE augur_leader (only_row BOOLEAN PRIMARY KEY DEFAULT TRUE CHECK (only_row), \
                     term BIGINT NOT NULL, since TIMESTAMPTZ NOT NULL)";

const NOTE: &str = "INSERT INTO augur_leader (term, since) VALUES (1, clock_timestamp()) ON CONFLICT (only_row) \
                    DO UPDATE SET term = augur_leader.term + 1, since = excluded.since RETURNING term";

/// A session: its process at the server, and when that began, since numbers of processes come back.
const WHICH: &str = "SELECT pid, backend_start::text FROM pg_stat_activity WHERE pid = pg_backend_pid()";

const END: &str = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid = $1 AND backend_start::text = $2";

/// One opening of a store, whatever sessions it comes to use.
#[derive(Default)]
pub(super) struct Lead {
    /// Counts the leaders of a store; 0 before this one leads.
    term: AtomicI64,
    session: Mutex<Option<Session>>,
}

/// A session at the server.
#[derive(Clone, Debug)]
pub(super) struct Session {
    pub pid: i32,
    pub started: String,
}

/// What came of a try to go on in a new session.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Again {
    /// It leads as before.
    Leads,
    /// Its own last session has not ended yet.
    Early,
    /// Another one leads, or has led.
    Deposed,
}

impl Lead {
    /// Takes the lock, if nobody has it.
    pub async fn lock(conn: &mut PgConnection) -> sqlx::Result<bool> {
        sqlx::query_scalar(LOCK).fetch_one(conn).await
    }

    /// Lets go of the lock before the session ends: the server would do so some moments after the client has gone, and
    /// whoever comes next would be told that the store is in use. Where a transaction is open, that has to go first, and the
    /// end of the session sees to both.
    pub async fn leave(conn: &mut PgConnection) -> sqlx::Result<()> {
        if PgTransactionManager::get_transaction_depth(conn) == 0 {
            sqlx::query(LEAVE).execute(conn).await?;
        }
        Ok(())
    }

    /// Notes that this one leads from now on. Its session holds the lock.
    pub async fn begin(&self, conn: &mut PgConnection) -> sqlx::Result<()> {
        let is_there = sqlx::query_scalar("SELECT to_regclass('augur_leader') IS NOT NULL");
        if !is_there.fetch_one(&mut *conn).await? {
            sqlx::query(TABLE).execute(&mut *conn).await?;
        }
        let term = sqlx::query_scalar(NOTE).fetch_one(&mut *conn).await?;
        self.term.store(term, Ordering::Relaxed);
        self.remember(conn).await
    }

    /// Goes on in a new session, unless another one has led since this one did.
    pub async fn go_on(&self, conn: &mut PgConnection) -> sqlx::Result<Again> {
        let has_lock = Self::lock(conn).await?;
        let last = sqlx::query_scalar("SELECT term FROM augur_leader");
        let last: Option<i64> = last.fetch_optional(&mut *conn).await?;
        if last != Some(self.term.load(Ordering::Relaxed)) {
            return Ok(Again::Deposed);
        }
        if !has_lock {
            // Nobody else has noted that it leads, so it is most likely our own, whose connection broke on this side alone.
            self.end_session(conn).await?;
            return Ok(Again::Early);
        }
        self.remember(conn).await?;
        Ok(Again::Leads)
    }

    async fn remember(&self, conn: &mut PgConnection) -> sqlx::Result<()> {
        let name = AssertSqlSafe(format!("SET application_name = '{SESSION_NAME}'"));
        sqlx::query(name).execute(&mut *conn).await?;
        let (pid, started) = sqlx::query_as(WHICH).fetch_one(conn).await?;
        *self.held() = Some(Session { pid, started });
        Ok(())
    }

    async fn end_session(&self, conn: &mut PgConnection) -> sqlx::Result<()> {
        if let Some(Session { pid, started }) = self.session() {
            sqlx::query(END).bind(pid).bind(started).execute(conn).await?;
        }
        Ok(())
    }

    /// The session that leads, or did last.
    pub fn session(&self) -> Option<Session> {
        self.held().clone()
    }

    fn held(&self) -> MutexGuard<'_, Option<Session>> {
        self.session.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic here is a failed test")]

    use super::*;
    use crate::store::contract::postgres::Server;
    use sqlx::Connection;

    #[tokio::test]
    async fn the_lock_goes_before_the_session_but_not_before_a_transaction() {
        let Some(server) = Server::start() else { return };
        let connect = async || PgConnection::connect(&server.url("postgres")).await.unwrap();
        let (mut leader, mut other) = (connect().await, connect().await);
        assert!(Lead::lock(&mut leader).await.unwrap());

        PgTransactionManager::begin(&mut leader, None).await.unwrap();
        Lead::leave(&mut leader).await.unwrap();
        assert!(!Lead::lock(&mut other).await.unwrap());

        PgTransactionManager::rollback(&mut leader).await.unwrap();
        Lead::leave(&mut leader).await.unwrap();
        assert!(Lead::lock(&mut other).await.unwrap());
    }
}
