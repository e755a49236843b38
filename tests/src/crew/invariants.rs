//! The store's invariants, once nobody has it open.

use anyhow::Result;
use augur_coordinator::{Config, Coordinator, Settings, clock::SystemClock};
use std::{path::Path, sync::Arc};

/// Everything in the store at `store` that does not hold, a line each. Its coordinator must have ended.
///
/// # Errors
/// A store that can't be opened or read.
pub async fn violations(store: &Path) -> Result<Vec<String>> {
    let config = Config {
        listen: ([127, 0, 0, 1], 0).into(),
        store: store.into(),
        safety: Default::default(),
        settings: Settings::default(),
    };
    let coordinator = Coordinator::start(config, Arc::new(SystemClock::default())).await?;
    let violations = coordinator.handle().check().await?;
    coordinator.stop().await?;
    Ok(violations.iter().map(ToString::to_string).collect())
}
