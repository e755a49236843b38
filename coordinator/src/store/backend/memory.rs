//! A store in memory, for tests: an SQLite database without a file. There is one connection; whoever has a transaction
//! has it alone, so that nobody sees what is not committed. Every answer comes at once, while its caller's thread waits: what is
//! simulated does not depend on how fast SQLite's own thread is.

use super::{
    Answer, Backend, Conn, Connection, Dialect, OpenError, Opened, Sql, Value,
    fault::fault,
    migrations::{self, migrate},
    row::Row,
    sqlite,
};
use crate::store::Result;
use sqlx::{
    Connection as _, SqliteConnection,
    sqlite::{SqliteConnectOptions, SqliteTransactionManager},
};
use sqlx_core::transaction::TransactionManager;
use std::{
    future::Future,
    pin::{Pin, pin},
    sync::Arc,
    task::{Context, Poll, Wake},
    thread::{self, Thread},
};
use tokio::sync::{Mutex, OwnedMutexGuard};

const STORE: &str = "in memory";

/// A store in memory. It lives as long as a handle on it, so that one coordinator after the other can be started on it.
#[derive(Clone)]
pub struct Memory(Arc<Mutex<SqliteConnection>>);

impl Memory {
    /// A new store.
    ///
    /// # Errors
    /// [`OpenError::Unusable`], where there is no memory for it.
    pub async fn new() -> std::result::Result<Self, OpenError> {
        let options = SqliteConnectOptions::new().filename(":memory:").foreign_keys(true);
        let conn = SqliteConnection::connect_with(&options).await;
        let mut conn = conn.map_err(|source| OpenError::Unusable {
            store: STORE.into(),
            source,
        })?;
        migrate(&mut conn, migrations::SQLITE, STORE).await?;
        Ok(Self(Arc::new(Mutex::new(conn))))
    }

    /// Opens it for a coordinator.
    pub(super) fn open(&self) -> Opened {
        Opened {
            backend: Arc::new(self.clone()),
            conn: self.connection(),
            lock: None,
        }
    }

    fn connection(&self) -> Box<Conn> {
        Box::new(MemoryConn {
            all: Arc::clone(&self.0),
            mine: None,
            depth: 0,
        })
    }
}

impl Backend for Memory {
    fn writer(&self) -> Answer<'_, Box<Conn>> {
        Box::pin(async move { Ok(self.connection()) })
    }

    fn reader(&self) -> Answer<'_, Box<Conn>> {
        Box::pin(async move { Ok(self.connection()) })
    }

    fn close(&self) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        // Whoever waited for the connection has had it.
        Box::pin(async move { drop(self.0.lock().await) })
    }
}

struct MemoryConn {
    all: Arc<Mutex<SqliteConnection>>,
    /// Held from the beginning of a transaction to its end.
    mine: Option<OwnedMutexGuard<SqliteConnection>>,
    /// Transactions and savepoints that are open.
    depth: usize,
}

impl MemoryConn {
    async fn take(&mut self) -> &mut SqliteConnection {
        let mine = match self.mine.take() {
            Some(mine) => mine,
            None => Arc::clone(&self.all).lock_owned().await,
        };
        self.mine.insert(mine)
    }

    /// Lets others have the connection where no transaction is open.
    fn told<T>(&mut self, answer: sqlx::Result<T>) -> Result<T> {
        if self.depth == 0 {
            self.mine = None;
        }
        answer.map_err(|error| fault(&STORE.into(), error).into())
    }

    /// The same after one was ended.
    fn ended(&mut self, answer: sqlx::Result<()>) -> Result<()> {
        self.depth = self.depth.saturating_sub(usize::from(answer.is_ok()));
        self.told(answer)
    }
}

impl Connection for MemoryConn {
    fn dialect(&self) -> Dialect {
        Dialect::Sqlite
    }

    fn execute(&mut self, sql: Sql, arguments: Vec<Value>) -> Answer<'_, u64> {
        Box::pin(async move {
            let done = at_once(sqlite::execute(self.take().await, sql, arguments));
            self.told(done)
        })
    }

    fn fetch(&mut self, sql: Sql, arguments: Vec<Value>) -> Answer<'_, Vec<Row>> {
        Box::pin(async move {
            let rows = at_once(sqlite::fetch(self.take().await, sql, arguments));
            self.told(rows)
        })
    }

    fn begin(&mut self) -> Answer<'_, ()> {
        Box::pin(async move {
            let begun = at_once(SqliteTransactionManager::begin(self.take().await, None));
            self.depth += usize::from(begun.is_ok());
            self.told(begun)
        })
    }

    fn commit(&mut self) -> Answer<'_, ()> {
        Box::pin(async move {
            let committed = at_once(SqliteTransactionManager::commit(self.take().await));
            self.ended(committed)
        })
    }

    fn rollback(&mut self) -> Answer<'_, ()> {
        Box::pin(async move {
            let undone = at_once(SqliteTransactionManager::rollback(self.take().await));
            self.ended(undone)
        })
    }

    fn undo(&mut self) {
        if let Some(conn) = self.mine.as_deref_mut() {
            // In the connection's queue before whatever comes next, so others may have it at once.
            SqliteTransactionManager::start_rollback(conn);
        }
        self.depth = self.depth.saturating_sub(1);
        if self.depth == 0 {
            self.mine = None;
        }
    }

    fn is_broken(&self) -> bool {
        false
    }

    fn close(self: Box<Self>) -> Answer<'static, ()> {
        Box::pin(async move { Ok(()) })
    }
}

/// Waits for SQLite's thread on this one, so that no time of the runtime's goes by.
fn at_once<T>(answer: impl Future<Output = T>) -> T {
    struct Unpark(Thread);
    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = Arc::new(Unpark(thread::current())).into();
    let mut context = Context::from_waker(&waker);
    let mut answer = pin!(answer);
    loop {
        match answer.as_mut().poll(&mut context) {
            Poll::Ready(answer) => return answer,
            Poll::Pending => thread::park(),
        }
    }
}
