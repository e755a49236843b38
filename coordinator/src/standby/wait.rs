//! Waits until a store is free and opens it.

use crate::{
    error::chain,
    store::{self, Holder, Location, Lookout, OpenError, Reader, Writer},
};
use std::time::Duration;
use tokio::{sync::watch, time::sleep};

/// Between two looks.
const PAUSE: Duration = Duration::from_millis(250);

/// Between two looks at a server that can't be reached.
const AWAY: Duration = Duration::from_secs(1);

/// Waits until nobody has the store, and opens it; `waits` always says for what it waits.
///
/// # Errors
/// What waiting does not mend.
pub(super) async fn until_free(
    location: &Location,
    waits: &watch::Sender<String>,
) -> Result<(Writer, Reader), OpenError> {
    let Location::Postgres(options) = location else {
        return store::open(location).await;
    };
    let mut lookout = Lookout::new(options, location.to_string());
    // Once it has answered, what it refuses may pass: a server that is not the primary yet, or has no room.
    let mut answered = false;
    loop {
        let looked = lookout.look().await;
        answered |= looked.is_ok();
        let looked = match looked {
            Ok(Some(holder)) => {
                tell(waits, &holder);
                Ok(())
            }
            // Somebody else may have been quicker.
            Ok(None) => match store::open(location).await {
                Ok(store) => return Ok(store),
                Err(OpenError::InUse { .. }) => Ok(()),
                Err(error) => Err(error),
            },
            Err(error) => Err(error),
        };
        match looked {
            Ok(()) => sleep(PAUSE).await,
            Err(error) if may_pass(&error, answered) => {
                say(waits, error.to_string(), || {
                    tracing::warn!("stands by: {}", chain(&error))
                });
                sleep(AWAY).await;
            }
            Err(fatal) => return Err(fatal),
        }
    }
}

fn may_pass(error: &OpenError, answered: bool) -> bool {
    match error {
        OpenError::Unreachable { .. } => true,
        OpenError::Unusable { .. } => answered,
        _ => false,
    }
}

fn tell(waits: &watch::Sender<String>, holder: &Holder) {
    let Holder { from, pid, was_ended } = holder;
    if *was_ended {
        tracing::warn!("the leader, from {from}, has gone silent; its PostgreSQL session {pid} was ended");
    }
    let text = format!("another coordinator leads, from {from} with PostgreSQL session {pid}");
    say(waits, text.clone(), || tracing::info!("stands by: {text}"));
}

/// Says once what is new.
fn say(waits: &watch::Sender<String>, text: String, log: impl FnOnce()) {
    let is_new = waits.send_if_modified(|waits| {
        let is_new = *waits != text;
        *waits = text;
        is_new
    });
    if is_new {
        log();
    }
}
