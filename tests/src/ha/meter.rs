//! What the store says of take-overs, read beside the coordinators. All clocks are of one machine.

use anyhow::{Context, Result, bail};
use sqlx::{Connection, PgConnection};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use tokio::time::sleep;

/// A fault after which nothing is leased for so long has stopped the sweep.
const HANGS: Duration = Duration::from_secs(60);

/// The first lease that was new after a moment, by the coordinator's clock: of a job and an attempt that nobody had before.
const FIRST: &str = "SELECT MIN(t.at) FROM transitions t WHERE t.revision > $1 AND t.at > $2 AND t.kind IN ('trial', 'evaluation') \
                     AND t.payload::json->>'state' = 'leased'";

/// Reads the store.
pub struct Meter(PgConnection);

/// Where the store stood when a fault struck.
pub struct Mark {
    /// Milliseconds since 1970.
    at: i64,
    revision: i64,
    term: i64,
}

impl Meter {
    /// Of the store at `url`.
    ///
    /// # Errors
    /// A server that is away.
    pub async fn new(url: &str) -> Result<Self> {
        Ok(Self(PgConnection::connect(url).await?))
    }

    /// Now.
    ///
    /// # Errors
    /// A server that is away.
    pub async fn mark(&mut self) -> Result<Mark> {
        let revision = sqlx::query_scalar("SELECT COALESCE(MAX(revision), 0) FROM transitions");
        Ok(Mark {
            revision: revision.fetch_one(&mut self.0).await?,
            term: self.term().await?,
            at: now()?,
        })
    }

    /// How often the leader has changed.
    ///
    /// # Errors
    /// A server that is away.
    pub async fn term(&mut self) -> Result<i64> {
        Ok(sqlx::query_scalar("SELECT term FROM augur_leader")
            .fetch_one(&mut self.0)
            .await?)
    }

    /// Ends the leader's session.
    ///
    /// # Errors
    /// There is none.
    pub async fn end_session(&mut self) -> Result<()> {
        let end = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE application_name = 'augur leader' \
                   AND datname = current_database()";
        let ended: Option<bool> = sqlx::query_scalar(end).fetch_optional(&mut self.0).await?;
        ended.filter(|ended| *ended).context("no leader has a session")?;
        Ok(())
    }

    /// Seconds from the mark to the first new lease: of the next leader, or of any where `term_changes` is false.
    ///
    /// # Errors
    /// There is none for a minute.
    pub async fn until_lease(&mut self, mark: &Mark, term_changes: bool) -> Result<f64> {
        let begin = Instant::now();
        while begin.elapsed() < HANGS {
            let leader = "SELECT term, (EXTRACT(EPOCH FROM since) * 1000)::bigint FROM augur_leader";
            let (term, since): (i64, i64) = sqlx::query_as(leader).fetch_one(&mut self.0).await?;
            if term > mark.term || !term_changes {
                let after = if term > mark.term { since } else { mark.at };
                let first = sqlx::query_scalar(FIRST).bind(mark.revision).bind(after);
                let first: Option<i64> = first.fetch_one(&mut self.0).await?;
                if let Some(first) = first {
                    return Ok(first.saturating_sub(mark.at) as f64 / 1000.0);
                }
            }
            sleep(Duration::from_millis(20)).await;
        }
        bail!("nothing was leased for {HANGS:?} after the fault")
    }
}

fn now() -> Result<i64> {
    Ok(i64::try_from(
        SystemTime::now().duration_since(UNIX_EPOCH)?.as_millis(),
    )?)
}
