//! A backend whose writer is observed: somebody hears of each persistence step and says what becomes of it. Tests of crashes stop
//! the process between two steps, have one fail, or have its answer lost; the program `augur-coordinator` has no observer.

use super::{
    Answer, Backend, Conn, Connection, Dialect, Opened, Sql, Value,
    fault::{Fault, FaultKind},
    row::Row,
};
use crate::store::{Result, StoreError};
use std::{
    borrow::Cow,
    future::Future,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

/// Hears of each persistence step of the writer: what begins or ends a transaction or a savepoint, and what writes.
pub trait Observer: Send + Sync + 'static {
    /// A step is about to be done.
    fn before(&self, step: &Step<'_>) -> Fate;
    /// A step was done; its answer is not known to anybody yet.
    fn after(&self, step: &Step<'_>);
}

/// A persistence step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step<'a> {
    /// Counts from 1, from the start of the coordinator.
    pub number: u64,
    /// What it does: BEGIN, SAVEPOINT, RELEASE, COMMIT, ROLLBACK, or a statement's verb and table.
    pub name: Cow<'a, str>,
}

/// What becomes of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It is done.
    Done,
    /// It fails in this way, and is not done.
    Fails(FaultKind),
    /// It is done, and the coordinator is told that it failed in this way.
    AnswerLost(FaultKind),
}

/// A store that was opened, its writer observed from now on.
pub(crate) fn observed(opened: Opened, store: &str, observer: Arc<dyn Observer>) -> Opened {
    let backend = ObservedBackend {
        inner: opened.backend,
        store: store.into(),
        observer,
        steps: Arc::default(),
    };
    Opened {
        conn: backend.writer_of(opened.conn),
        backend: Arc::new(backend),
        lock: opened.lock,
    }
}

struct ObservedBackend {
    inner: Arc<dyn Backend>,
    store: Arc<str>,
    observer: Arc<dyn Observer>,
    steps: Arc<AtomicU64>,
}

impl ObservedBackend {
    fn writer_of(&self, inner: Box<Conn>) -> Box<Conn> {
        Box::new(ObservedConn {
            inner,
            store: Arc::clone(&self.store),
            observer: Arc::clone(&self.observer),
            steps: Arc::clone(&self.steps),
            depth: 0,
            broken: false,
        })
    }
}

impl Backend for ObservedBackend {
    fn writer(&self) -> Answer<'_, Box<Conn>> {
        Box::pin(async move { Ok(self.writer_of(self.inner.writer().await?)) })
    }

    fn reader(&self) -> Answer<'_, Box<Conn>> {
        self.inner.reader()
    }

    fn close(&self) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        self.inner.close()
    }
}

struct ObservedConn {
    inner: Box<Conn>,
    store: Arc<str>,
    observer: Arc<dyn Observer>,
    steps: Arc<AtomicU64>,
    /// Transactions and savepoints that are open.
    depth: usize,
    broken: bool,
}

impl ObservedConn {
    /// Does a step, unless its fate is another one.
    async fn step<T>(
        &mut self,
        name: Cow<'_, str>,
        act: impl for<'a> FnOnce(&'a mut Conn) -> Answer<'a, T>,
    ) -> Result<T> {
        let number = self.steps.fetch_add(1, Ordering::Relaxed) + 1;
        let step = Step { number, name };
        match self.observer.before(&step) {
            Fate::Done => {
                let answer = act(&mut *self.inner).await;
                self.observer.after(&step);
                answer
            }
            Fate::Fails(kind) => Err(self.fault(kind)),
            Fate::AnswerLost(kind) => {
                act(&mut *self.inner).await?;
                self.observer.after(&step);
                Err(self.fault(kind))
            }
        }
    }

    /// A fault, after which the connection is as it would be after a real one.
    fn fault(&mut self, kind: FaultKind) -> StoreError {
        self.broken |= match self.dialect() {
            Dialect::Sqlite => true,
            Dialect::Postgres => kind.is_away(),
        };
        let (store, source) = (Arc::clone(&self.store), None);
        Fault { store, kind, source }.into()
    }
}

impl Connection for ObservedConn {
    fn dialect(&self) -> Dialect {
        self.inner.dialect()
    }

    fn blocks(&self) -> bool {
        self.inner.blocks()
    }

    fn execute(&mut self, sql: Sql, arguments: Vec<Value>) -> Answer<'_, u64> {
        Box::pin(async move {
            let name = Cow::Owned(name_of(&sql));
            self.step(name, |conn| conn.execute(sql, arguments)).await
        })
    }

    fn fetch(&mut self, sql: Sql, arguments: Vec<Value>) -> Answer<'_, Vec<Row>> {
        Box::pin(async move {
            if sql.trim_start().starts_with("SELECT") {
                return self.inner.fetch(sql, arguments).await;
            }
            let name = Cow::Owned(name_of(&sql));
            self.step(name, |conn| conn.fetch(sql, arguments)).await
        })
    }

    fn begin(&mut self) -> Answer<'_, ()> {
        Box::pin(async move {
            let name = if self.depth == 0 { "BEGIN" } else { "SAVEPOINT" };
            self.step(name.into(), |conn| conn.begin()).await?;
            self.depth += 1;
            Ok(())
        })
    }

    fn commit(&mut self) -> Answer<'_, ()> {
        Box::pin(async move {
            let name = if self.depth == 1 { "COMMIT" } else { "RELEASE" };
            self.step(name.into(), |conn| conn.commit()).await?;
            self.depth = self.depth.saturating_sub(1);
            Ok(())
        })
    }

    fn rollback(&mut self) -> Answer<'_, ()> {
        Box::pin(async move {
            self.step("ROLLBACK".into(), |conn| conn.rollback()).await?;
            self.depth = self.depth.saturating_sub(1);
            Ok(())
        })
    }

    fn undo(&mut self) {
        self.depth = self.depth.saturating_sub(1);
        self.inner.undo();
    }

    fn is_broken(&self) -> bool {
        self.broken || self.inner.is_broken()
    }

    fn close(self: Box<Self>) -> Answer<'static, ()> {
        match self.inner.dialect() {
            // A broken one has nobody to say goodbye to.
            Dialect::Postgres if self.broken => Box::pin(async { Ok(()) }),
            _ => self.inner.close(),
        }
    }
}

/// "UPDATE trials", "INSERT INTO sweeps".
fn name_of(sql: &str) -> String {
    let words = if sql.trim_start().starts_with("UPDATE") { 2 } else { 3 };
    sql.split_whitespace().take(words).collect::<Vec<_>>().join(" ")
}
