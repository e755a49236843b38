//! The first contact: connect and register, for as long as the user wants to wait.

use super::{Backoff, Client, Coordinator, Fault, Shared};
use crate::error::LinkError;
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

impl Coordinator {
    /// Reaches `url` through `dial` and registers, trying for `patience`.
    pub(crate) async fn join(
        url: &str,
        identity: v1::RegisterWorkerRequest,
        patience: Duration,
        dial: impl FnOnce(&Endpoint) -> Channel,
    ) -> Result<Self, LinkError> {
        let endpoint = endpoint(url)?
            .connect_timeout(Duration::from_secs(5))
            .http2_keep_alive_interval(Duration::from_secs(10))
            .keep_alive_timeout(Duration::from_secs(10))
            .tcp_nodelay(true);
        let channel = dial(&endpoint);
        let coordinator = Self {
            sweeps: SweepServiceClient::new(channel.clone()),
            client: Client::new(channel).max_decoding_message_size(LARGEST_MESSAGE),
            shared: Arc::new(Shared {
                url: url.to_owned(),
                seed: seed(&identity.worker_id),
                series: AtomicU64::new(0),
                identity,
                heartbeat_millis: AtomicU64::new(1000),
                away: AtomicBool::new(false),
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
        let mut backoff = Backoff::new(self.shared.next_seed());
        loop {
            let fault = match self.register().await {
                Ok(()) => return Ok(()),
                Err(Fault::ApiVersion(fault)) => return Err(LinkError::ApiVersion { url, fault }),
                Err(Fault::Refused(fault)) => return Err(LinkError::Refused { url, fault }),
                Err(Fault::Away(fault)) => fault,
                Err(fault @ (Fault::Stale | Fault::WorkerUnknown)) => {
                    return Err(LinkError::Refused {
                        url,
                        fault: format!("{fault:?}"),
                    });
                }
            };
            let wait = backoff.next();
            if Instant::now() + wait > deadline {
                return Err(LinkError::Unreachable { url, fault });
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

fn endpoint(url: &str) -> Result<Endpoint, LinkError> {
    let fault = || LinkError::Address { url: url.to_owned() };
    let endpoint = Channel::from_shared(url.to_owned()).map_err(|_| fault())?;
    // `host:port` alone parses too, but nothing can be sent there.
    let complete = endpoint.uri().scheme().is_some() && endpoint.uri().host().is_some();
    if complete { Ok(endpoint) } else { Err(fault()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_needs_its_scheme() {
        assert!(endpoint("http://127.0.0.1:7461").is_ok());
        for url in ["127.0.0.1:7461", "localhost", "", "http://"] {
            assert!(matches!(endpoint(url), Err(LinkError::Address { .. })), "{url}");
        }
    }
}
