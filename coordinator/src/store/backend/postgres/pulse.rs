//! Whether a server that has not answered for a while still works on the answer.
//!
//! A statement may take its time. But where the network drops what it carries, or somebody has ended the session and the word of it
//! was lost, no answer will ever come, and TCP alone would not say so for many minutes. So whoever waits asks over another
//! connection.

use super::{connect, in_time, lead::Session};
use sqlx::postgres::PgConnectOptions;
use std::{future::Future, io, time::Duration};
use tokio::time::{sleep, timeout};

/// An answer that takes longer is asked after, again and again.
const LONG: Duration = Duration::from_secs(1);

/// How long the server may take to say that it is there.
const PROMPT: Duration = Duration::from_secs(2);

const ALIVE: &str = "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE pid = $1 AND backend_start::text = $2)";

/// Feels it.
pub(super) struct Pulse {
    options: PgConnectOptions,
    /// The session that has to be alive; none: the server is enough.
    session: Option<Session>,
}

impl Pulse {
    /// Of a server with the session that leads.
    pub fn of_session(options: &PgConnectOptions, session: Option<Session>) -> Self {
        let options = options.clone().application_name("augur pulse");
        Self { options, session }
    }

    /// Of a server.
    pub fn of_server(options: &PgConnectOptions) -> Self {
        Self::of_session(options, None)
    }

    /// Waits for an answer as long as somebody works on it. Half of one can't be taken up again: after an error the connection is
    /// broken.
    pub async fn watch<T>(&self, answer: impl Future<Output = sqlx::Result<T>>) -> sqlx::Result<T> {
        tokio::select! {
            biased;
            answer = answer => answer,
            gone = self.gone() => Err(gone),
        }
    }

    /// Ends when nobody works on an answer any more.
    async fn gone(&self) -> sqlx::Error {
        loop {
            sleep(LONG).await;
            match timeout(PROMPT, self.beats()).await {
                Ok(Ok(true)) => {}
                Ok(Ok(false)) => {
                    let ended = "the session was ended, and the word of it was lost";
                    return io::Error::new(io::ErrorKind::ConnectionAborted, ended).into();
                }
                Ok(Err(sqlx::Error::Io(lost))) => return lost.into(),
                // It is there, and says why it can't be asked.
                Ok(Err(_)) => {}
                Err(elapsed) => return sqlx::Error::Io(elapsed.into()),
            }
        }
    }

    async fn beats(&self) -> sqlx::Result<bool> {
        let mut conn = connect(&self.options).await?;
        let alive = match &self.session {
            None => true,
            Some(Session { pid, started }) => {
                let alive = sqlx::query_scalar(ALIVE).bind(pid).bind(started);
                in_time(PROMPT, alive.fetch_one(&mut conn)).await?
            }
        };
        // Whether it hears the goodbye does not matter.
        drop(conn);
        Ok(alive)
    }
}
