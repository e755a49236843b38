//! Writes something and takes it back: whether the store can be written again after a fault, where nobody else has anything to
//! write.

use crate::{
    engine::{command::Command, context::Cx},
    error::Result,
    store,
};

/// One try.
pub(crate) struct Probe;

impl Command for Probe {
    type Answer = ();

    async fn apply(self, cx: &mut Cx<'_>) -> Result<()> {
        Ok(store::probe(cx.conn).await?)
    }
}
