//! What never changes of the sweeps that are in use, so that a spec is read once and not for every trial.

use crate::store::{self, Conn, SweepKey, sweeps};
use augur_core::{id::SweepId, plan::Plan};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// Sweeps that are kept at most.
const KEPT: usize = 64;

/// What never changes of a sweep ([`sweeps::Fixed`]), with its plan made.
#[derive(Clone)]
pub(crate) struct Planned {
    pub sweep: SweepId,
    pub plan: Arc<Plan>,
    /// Whether it wants trials reused.
    pub reuse: bool,
}

/// A small cache of it by sweep.
#[derive(Default)]
pub(crate) struct Plans(Mutex<HashMap<SweepKey, Planned>>);

impl Plans {
    /// The plan of a sweep that is in the store, and what goes with it.
    pub async fn get(&self, conn: &mut Conn, sweep: SweepKey) -> store::Result<Planned> {
        if let Some(planned) = self.kept().get(&sweep) {
            return Ok(planned.clone());
        }
        let fixed = sweeps::fixed(conn, sweep).await?;
        let planned = Planned {
            sweep: fixed.sweep,
            plan: Arc::new(Plan::new(fixed.spec)),
            reuse: fixed.reuse,
        };
        let mut kept = self.kept();
        if kept.len() >= KEPT {
            kept.clear();
        }
        kept.insert(sweep, planned.clone());
        Ok(planned)
    }

    /// Forgets all: after an undone batch a key may come to mean another sweep.
    pub fn clear(&self) {
        self.kept().clear();
    }

    fn kept(&self) -> MutexGuard<'_, HashMap<SweepKey, Planned>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
