//! Where the engine runs: on a thread of its own where its store makes it wait for the disk, so that none of those that serve
//! the network does; else among the other tasks.

use super::Engine;
use crate::store;
use std::thread;
use tokio::{runtime::Handle, sync::oneshot, task::JoinHandle};
use tokio_util::sync::CancellationToken;

pub(super) fn spawn(engine: Engine, stopped: CancellationToken) -> JoinHandle<store::Result<()>> {
    if !engine.writer.blocks() {
        return tokio::spawn(engine.run(stopped));
    }
    let runtime = Handle::current();
    let (mut end, ended) = oneshot::channel();
    let run = move || {
        let run = async {
            tokio::select! {
                biased;
                // Whoever waited went with the runtime, and its clock goes too: there is nothing to run on any more.
                () = end.closed() => None,
                ended = engine.run(stopped) => Some(ended),
            }
        };
        if let Some(how) = runtime.block_on(run) {
            // Nobody may care any more how it ended.
            let _ = end.send(how);
        }
    };
    let started = thread::Builder::new().name("augur-engine".into()).spawn(run);
    tokio::spawn(async move {
        // As a task that can't be started, or breaks off.
        started.expect("a thread for the engine");
        ended.await.expect("the engine's thread broke off")
    })
}
