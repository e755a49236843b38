//! The plans of the sweeps that are in use, so that a spec is read once and not for every trial.

use crate::store::{self, Conn, SweepKey, sweeps};
use augur_core::plan::Plan;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// Plans that are kept at most.
const KEPT: usize = 64;

/// A small cache of plans by sweep.
#[derive(Default)]
pub(crate) struct Plans(Mutex<HashMap<SweepKey, Arc<Plan>>>);

impl Plans {
    /// The plan of a sweep that is in the store.
    pub async fn get(&self, conn: &mut Conn, sweep: SweepKey) -> store::Result<Arc<Plan>> {
        if let Some(plan) = self.kept().get(&sweep) {
            return Ok(Arc::clone(plan));
        }
        let plan = Arc::new(Plan::new(sweeps::spec(conn, sweep).await?));
        let mut kept = self.kept();
        if kept.len() >= KEPT {
            kept.clear();
        }
        kept.insert(sweep, Arc::clone(&plan));
        Ok(plan)
    }

    /// Forgets all: after an undone batch a key may come to mean another sweep.
    pub fn clear(&self) {
        self.kept().clear();
    }

    fn kept(&self) -> MutexGuard<'_, HashMap<SweepKey, Arc<Plan>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
