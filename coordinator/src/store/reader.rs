//! Those who read: consistent views beside the writer, and single statements.

use super::{
    Conn, OpenError, Result,
    backend::{self, Backend, Location},
};
use std::sync::Arc;

/// Connections that only read.
#[derive(Clone)]
pub(crate) struct Reader(Arc<dyn Backend>);

/// Opens a store that is there to read it, whether a coordinator runs on it or not.
///
/// # Errors
/// [`OpenError`], each with what to do.
pub(crate) async fn open_to_read(location: &Location) -> std::result::Result<Reader, OpenError> {
    Ok(Reader(backend::open_to_read(location).await?))
}

impl Reader {
    pub(super) fn new(backend: Arc<dyn Backend>) -> Self {
        Self(backend)
    }

    /// A consistent view of the store for as long as it is held.
    pub(crate) async fn view(&self) -> Result<View> {
        let mut conn = self.0.reader().await?;
        conn.begin().await?;
        Ok(View(conn))
    }

    /// A connection on which each statement is consistent by itself and no more is: for a single one, or for what never
    /// changes once it is there.
    pub(crate) async fn connection(&self) -> Result<Box<Conn>> {
        self.0.reader().await
    }

    /// Waits until every connection is given back.
    pub(crate) async fn close(&self) {
        self.0.close().await;
    }
}

/// What a [`Reader`] sees at one moment. Held as shortly as possible: there are few.
pub(crate) struct View(Box<Conn>);

impl View {
    /// What the typed functions work on.
    pub(crate) fn conn(&mut self) -> &mut Conn {
        &mut *self.0
    }
}

impl Drop for View {
    fn drop(&mut self) {
        self.0.undo();
    }
}
