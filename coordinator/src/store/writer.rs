//! The one who writes: transactions on the one connection that may, and a new connection when that one broke.

use super::{
    Conn, OpenError, Result, StoreError,
    backend::{self, Backend, Fault, FaultKind, Location, Observer, Opened, observed},
    reader::Reader,
};
use augur_core::time::Timestamp;
use prometheus_client::metrics::counter::Counter;
use std::{fs::File, sync::Arc, time::Duration};

/// The pause after the first attempt at a new connection that failed; it doubles with each further one.
const FIRST_PAUSE: Duration = Duration::from_millis(100);

/// The longest pause.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// The one connection that writes. The store's lock is held as long as it lives.
pub(crate) struct Writer {
    backend: Arc<dyn Backend>,
    conn: Option<Box<Conn>>,
    pauses: Pauses,
    /// New connections made, and those that failed.
    reconnects: [Counter; 2],
    _lock: Option<File>,
}

/// Opens a store to write it, creating or migrating it.
///
/// # Errors
/// [`OpenError`], each with what to do.
pub(crate) async fn open(location: &Location) -> std::result::Result<(Writer, Reader), OpenError> {
    Ok(Writer::on(backend::open(location).await?))
}

/// The same, where `observer` hears of what is written from then on.
///
/// # Errors
/// [`OpenError`], each with what to do.
pub(crate) async fn open_observed(
    location: &Location,
    observer: Arc<dyn Observer>,
) -> std::result::Result<(Writer, Reader), OpenError> {
    let opened = backend::open(location).await?;
    Ok(Writer::on(observed(opened, &location.to_string(), observer)))
}

impl Writer {
    fn on(opened: Opened) -> (Self, Reader) {
        let reader = Reader::new(Arc::clone(&opened.backend));
        let writer = Self {
            backend: opened.backend,
            conn: Some(opened.conn),
            pauses: Pauses::default(),
            reconnects: Default::default(),
            _lock: opened.lock,
        };
        (writer, reader)
    }

    /// Begins a transaction; it is undone unless committed.
    ///
    /// # Errors
    /// [`StoreError::Database`] where the database can't be used. After a new connection failed, the next attempt at one is
    /// put off a little.
    pub(crate) async fn begin(&mut self, now: Timestamp) -> Result<Write<'_>> {
        let begun = match self.usable() {
            Some(conn) => conn.begin().await,
            None => Ok(()),
        };
        // One that broke while nobody used it takes nothing along.
        if self.usable().is_none() {
            self.reconnect(now).await?;
            if let Some(conn) = self.usable() {
                conn.begin().await?;
            }
        } else {
            begun?;
        }
        let conn = self.usable().ok_or(StoreError::Conflict("connection"))?;
        Ok(Write { conn, open: true })
    }

    /// How many new connections were made, and how many failed.
    pub(crate) fn reconnects(&self) -> &[Counter; 2] {
        &self.reconnects
    }

    /// Whether a thread waits for the disk in whatever is written.
    pub(crate) fn blocks(&self) -> bool {
        self.conn.as_ref().is_some_and(|conn| conn.blocks())
    }

    fn usable(&mut self) -> Option<&mut Conn> {
        self.conn.as_deref_mut().filter(|conn| !conn.is_broken())
    }

    async fn reconnect(&mut self, now: Timestamp) -> Result<()> {
        if let Some(broken) = self.conn.take() {
            // What can be wrong with it is known already.
            let _ = broken.close().await;
        }
        self.pauses.check(now)?;
        match self.backend.writer().await {
            Ok(conn) => {
                self.pauses = Pauses::default();
                self.conn = Some(conn);
                self.reconnects[0].inc();
                tracing::info!("the store is connected again");
                Ok(())
            }
            Err(error) => {
                self.reconnects[1].inc();
                Err(self.pauses.failed(now, error))
            }
        }
    }

    /// Writes what is left of a log into the database and closes it.
    pub(crate) async fn close(self) -> Result<()> {
        match self.conn {
            Some(conn) => conn.close().await,
            None => Ok(()),
        }
    }
}

/// When a new connection may be tried again.
#[derive(Default)]
struct Pauses {
    failures: u32,
    until: Option<Timestamp>,
    last: Option<(Arc<str>, FaultKind)>,
}

impl Pauses {
    /// The last failure again, as long as its pause lasts.
    fn check(&self, now: Timestamp) -> Result<()> {
        match (&self.last, self.until) {
            (Some((store, kind)), Some(until)) if now < until => {
                let (store, kind) = (Arc::clone(store), *kind);
                let source = None;
                Err(Fault { store, kind, source }.into())
            }
            _ => Ok(()),
        }
    }

    /// Notes a failure.
    fn failed(&mut self, now: Timestamp, error: StoreError) -> StoreError {
        if let StoreError::Database(fault) = &error {
            let pause = FIRST_PAUSE.saturating_mul(1 << self.failures.min(16));
            self.until = Some(now.after(pause.min(LONGEST_PAUSE)));
            self.failures += 1;
            self.last = Some((Arc::clone(&fault.store), fault.kind));
        }
        error
    }
}

/// A transaction of the writer, or a savepoint within one.
pub(crate) struct Write<'a> {
    conn: &'a mut Conn,
    open: bool,
}

impl Write<'_> {
    /// Begins a part that can be undone alone.
    pub(crate) async fn savepoint(&mut self) -> Result<Write<'_>> {
        self.conn.begin().await?;
        Ok(Write {
            conn: self.conn,
            open: true,
        })
    }

    /// Keeps what was written; of a transaction, on disk.
    pub(crate) async fn commit(mut self) -> Result<()> {
        self.conn.commit().await?;
        self.open = false;
        Ok(())
    }

    /// Undoes what was written.
    pub(crate) async fn rollback(mut self) -> Result<()> {
        self.conn.rollback().await?;
        self.open = false;
        Ok(())
    }

    /// What the typed functions work on.
    pub(crate) fn conn(&mut self) -> &mut Conn {
        self.conn
    }
}

impl Drop for Write<'_> {
    fn drop(&mut self) {
        if self.open {
            self.conn.undo();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn away() -> StoreError {
        let (store, kind, source) = ("s".into(), FaultKind::Away, None);
        Fault { store, kind, source }.into()
    }

    #[test]
    fn pauses_double_up_to_a_limit_and_end() {
        let mut pauses = Pauses::default();
        let mut now = Timestamp(0);
        pauses.check(now).unwrap();
        for expected in [100, 200, 400, 800, 1600, 3200, 5000, 5000] {
            pauses.failed(now, away());
            let last = now.after(Duration::from_millis(expected - 1));
            assert!(matches!(pauses.check(last), Err(StoreError::Database(fault)) if fault.kind == FaultKind::Away));
            now = now.after(Duration::from_millis(expected));
            pauses.check(now).unwrap();
        }
    }
}
