//! The first contact: connect and register, for as long as the user wants to wait.

use super::{Client, Coordinator, Fault, Shared, Waits};
use crate::error::LinkError;
use augur_channel::Access;
use augur_core::id::WorkerId;
use augur_proto::v1::{self, sweep_service_client::SweepServiceClient};
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};
use tokio::time::{Instant, sleep};
use tonic::transport::{Channel, Endpoint};

/// Scores of a whole group come in one message.
const LARGEST_MESSAGE: usize = 256 << 20;
/// Between two tries to reach a lone coordinator.
const LONGEST_WAIT: Duration = Duration::from_secs(10);

impl Coordinator {
    /// Reaches whichever coordinator leads through `dial` and registers, trying for `patience`.
    pub(crate) async fn join(
        access: &Access,
        identity: v1::RegisterWorkerRequest,
        patience: Duration,
        dial: impl Fn(&Endpoint) -> Channel,
    ) -> Result<Self, LinkError> {
        let connection = access.open(shape, dial)?;
        let coordinator = Self {
            sweeps: SweepServiceClient::new(connection.clone()),
            client: Client::new(connection.clone()).max_decoding_message_size(LARGEST_MESSAGE),
            connection,
            shared: Arc::new(Shared {
                url: access.addresses.to_string(),
                seed: seed(&identity.worker_id),
                series: AtomicU64::new(0),
                identity,
                heartbeat_millis: AtomicU64::new(1000),
                away: AtomicBool::new(false),
                tally: Arc::default(),
            }),
        };
        coordinator.register_within(patience).await?;
        Ok(coordinator)
    }

    pub(super) async fn register(&self) -> Result<(), Fault> {
        let call = |mut client: Client| {
            let identity = self.shared.identity.clone();
            async move { client.register_worker(identity).await }
        };
        let pace = self.once(Duration::ZERO, call).await?;
        self.shared.tally.registers();
        if let Some(interval) = pace.heartbeat_interval.and_then(|d| Duration::try_from(d).ok()) {
            // A tenth of a second at least, whatever the answer.
            let millis = u64::try_from(interval.as_millis()).unwrap_or(u64::MAX).max(100);
            self.shared.heartbeat_millis.store(millis, Relaxed);
        }
        Ok(())
    }

    async fn register_within(&self, patience: Duration) -> Result<(), LinkError> {
        let deadline = Instant::now() + patience;
        let url = self.shared.url.clone();
        let mut waits = Waits::new(self, LONGEST_WAIT);
        loop {
            let (fault, obstacle) = match self.register().await {
                Ok(()) => return Ok(()),
                Err(Fault::ApiVersion(fault)) => return Err(LinkError::ApiVersion { url, fault }),
                Err(Fault::Denied(fault) | Fault::Refused(fault)) => return Err(LinkError::Refused { url, fault }),
                Err(Fault::Away(fault, obstacle)) => (fault, obstacle),
                Err(fault @ (Fault::Stale | Fault::WorkerUnknown)) => {
                    return Err(LinkError::Refused {
                        url,
                        fault: format!("{fault:?}"),
                    });
                }
            };
            let wait = waits.next();
            if Instant::now() + wait > deadline {
                let other = "start one with `augur-coordinator`, or give another `--coordinator URL`";
                let advice = obstacle.map_or(other, |obstacle| obstacle.advice(&url));
                return Err(LinkError::Unreachable { url, fault, advice });
            }
            sleep(wait).await;
        }
    }
}

/// The random half of a worker's identifier.
fn seed(worker: &str) -> u64 {
    worker
        .parse()
        .map_or(0, |worker: WorkerId| worker.uuid().as_u64_pair().1)
}

/// A host that is gone without a word is noticed within 6 seconds.
fn shape(endpoint: Endpoint) -> Endpoint {
    endpoint
        .connect_timeout(Duration::from_secs(5))
        .http2_keep_alive_interval(Duration::from_secs(3))
        .keep_alive_timeout(Duration::from_secs(3))
        .tcp_nodelay(true)
}
