//! A coordinator that takes turns with others: it listens at once, waits until the store is free, leads, and waits again where
//! it lost the lead.
//!
//! `wait` finds out when the store is free; a `term` is one time of leading; the `switch` turns from the one to the other beneath
//! connections that stay.

mod served;
mod switch;
mod term;
mod wait;

pub use served::Served;

use crate::{
    clock::Clock,
    error::{Error, chain},
    page,
    safety::{Doorkeeper, Gate, Protocol, Safety},
    server::{self, Config, EndError, LAST_CALLS, LAST_SPANS, MetricsError, PageError, StartError},
    store::Location,
    watching::scrape::{self, Scrape},
};
use augur_watching::traces::Traces;
use axum::Router;
use std::{future::Future, io, net::SocketAddr, sync::Arc};
use switch::Switch;
use term::Term;
use tokio::{net::TcpListener, sync::watch, task::JoinHandle, time::timeout};
use tokio_util::sync::CancellationToken;
use tonic::Status;
use tonic_health::server::HealthReporter;

/// A coordinator that stands by or leads.
pub struct Standby {
    address: SocketAddr,
    stopping: CancellationToken,
    server: JoinHandle<Result<(), tonic::transport::Error>>,
    pages: Switch,
    metrics: Switch,
    /// The tasks that serve them.
    served: Vec<JoinHandle<io::Result<()>>>,
    traces: Option<Traces>,
    safety: Safety,
    doorkeeper: Doorkeeper,
    keeper: JoinHandle<Result<(), EndError>>,
}

/// What turns with the role.
struct Roles {
    calls: Switch,
    pages: Switch,
    metrics: Switch,
    store: Location,
    doorkeeper: Doorkeeper,
    health: HealthReporter,
    /// What is waited for, in words.
    waits: watch::Sender<String>,
    stopping: CancellationToken,
}

impl Standby {
    /// Listens, answers that it stands by, and leads as soon as it can.
    ///
    /// # Errors
    /// [`StartError`], each with what to do.
    pub async fn start(config: Config, clock: Arc<dyn Clock>) -> Result<Self, StartError> {
        let listener = server::bind(config.listen).await?;
        let address = listener.local_addr().unwrap_or(config.listen);
        let (waits, reader) = watch::channel("it has not looked yet who leads".to_owned());
        let stopping = CancellationToken::new();
        let (common, health) = server::common()?;
        let gate = Gate::new(config.safety.clone(), clock.clone());
        let doorkeeper = gate.doorkeeper();
        server::set_serving(&health, false).await;
        let roles = Roles {
            calls: Switch::new(refuse(reader.clone())),
            pages: Switch::new(page::standby(reader)),
            metrics: Switch::new(scrape::of_standby()),
            store: config.store.clone(),
            doorkeeper: doorkeeper.clone(),
            health,
            waits,
            stopping: stopping.clone(),
        };
        let router = server::router(common.fallback_service(roles.calls.clone()), gate);
        let incoming = server::arrivals(listener, &config.safety, Protocol::Grpc)
            .map_err(|source| StartError::Listen { address, source })?;
        let server = router.serve_with_incoming_shutdown(incoming, stopping.clone().cancelled_owned());
        Ok(Self {
            address,
            stopping,
            server: tokio::spawn(server),
            pages: roles.pages.clone(),
            metrics: roles.metrics.clone(),
            served: Vec::new(),
            traces: config.settings.traces.clone(),
            safety: config.safety.clone(),
            doorkeeper,
            keeper: tokio::spawn(roles.keep(config, clock)),
        })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves the page for browsers on `address` too: that it stands by, or what the leader shows.
    ///
    /// # Errors
    /// [`PageError`], each with what to do; the coordinator goes on without a page.
    pub async fn serve_page(&mut self, address: SocketAddr) -> Result<SocketAddr, PageError> {
        let router = Router::new().fallback_service(self.pages.clone());
        let served = self.serve_http(router, address).await;
        served.map_err(|source| PageError::of(address, source))
    }

    /// The page, and `/metrics` beside it.
    ///
    /// # Errors
    /// As [`Self::serve_page`].
    pub async fn serve_page_and_metrics(&mut self, address: SocketAddr) -> Result<SocketAddr, PageError> {
        let router = Router::new().route_service("/metrics", self.metrics.clone());
        let served = self
            .serve_http(router.fallback_service(self.pages.clone()), address)
            .await;
        served.map_err(|source| PageError::of(address, source))
    }

    /// Serves `/metrics` alone.
    ///
    /// # Errors
    /// [`MetricsError`]; the coordinator goes on without.
    pub async fn serve_metrics(&mut self, address: SocketAddr) -> Result<SocketAddr, MetricsError> {
        let router = Router::new().route_service("/metrics", self.metrics.clone());
        let served = self.serve_http(router, address).await;
        served.map_err(|source| MetricsError { address, source })
    }

    async fn serve_http(&mut self, router: Router, address: SocketAddr) -> io::Result<SocketAddr> {
        let listener = TcpListener::bind(address).await?;
        let arrivals = server::arrivals(listener, &self.safety, Protocol::Page)?;
        let (address, server) = page::serve(router, arrivals, self.doorkeeper.clone(), self.stopping.clone())?;
        self.served.push(server);
        Ok(address)
    }

    /// Ends when it can neither lead nor wait.
    pub async fn broken(&mut self) -> EndError {
        match (&mut self.keeper).await {
            Err(error) => EndError::Task(error),
            Ok(Err(error)) => error,
            Ok(Ok(())) => EndError::Engine,
        }
    }

    /// Gives no more leases, lets calls end, writes what waits, lets go of the store.
    ///
    /// # Errors
    /// [`EndError`] where something could not be ended in order; what was acknowledged is stored all the same.
    pub async fn stop(mut self) -> Result<(), EndError> {
        self.stopping.cancel();
        if !self.keeper.is_finished() {
            (&mut self.keeper).await??;
        }
        end(&mut self.server).await;
        for mut page in self.served.drain(..) {
            end(&mut page).await;
        }
        if let Some(traces) = self.traces.take() {
            traces.close(LAST_SPANS).await;
        }
        Ok(())
    }
}

/// A task that was told to end; a client that holds its connection does not hold us.
async fn end<T>(task: &mut JoinHandle<T>) {
    if timeout(LAST_CALLS, &mut *task).await.is_err() {
        task.abort();
    }
}

impl Roles {
    /// Waits and leads in turn until it is stopped.
    async fn keep(self, config: Config, clock: Arc<dyn Clock>) -> Result<(), EndError> {
        loop {
            let store = match self.unless_stopped(wait::until_free(&config.store, &self.waits)).await {
                None => return Ok(()),
                Some(store) => store?,
            };
            let mut term = Term::begin(store, Arc::clone(&clock), config.settings.clone(), &self.stopping);
            self.lead(&term).await;
            tracing::info!("leads the store {}", config.store);
            let Some(ended) = self.unless_stopped(term.ended()).await else {
                return term.stop().await;
            };
            self.stand_by().await;
            term.abandon().await;
            match ended {
                EndError::Deposed(error) => tracing::warn!("stands by again: {}", chain(&error)),
                broken => return Err(broken),
            }
        }
    }

    async fn unless_stopped<T>(&self, future: impl Future<Output = T>) -> Option<T> {
        tokio::select! {
            () = self.stopping.cancelled() => None,
            done = future => Some(done),
        }
    }

    async fn lead(&self, term: &Term) {
        self.calls.turn(server::services(term.handle()));
        self.pages.turn(page::router(
            term.handle().clone(),
            self.doorkeeper.clone(),
            term.stopping(),
        ));
        self.metrics
            .turn(Scrape::new(term.handle().clone(), &self.store).router());
        server::set_serving(&self.health, true).await;
    }

    async fn stand_by(&self) {
        self.waits
            .send_replace("another coordinator has just taken over".to_owned());
        self.calls.turn(refuse(self.waits.subscribe()));
        self.pages.turn(page::standby(self.waits.subscribe()));
        self.metrics.turn(scrape::of_standby());
        // Last, as where it comes to lead: whoever hears of it finds it so.
        server::set_serving(&self.health, false).await;
    }
}

/// Answers every call that it can't be answered here.
fn refuse(waits: watch::Receiver<String>) -> Router {
    Router::new().fallback(move || async move {
        let waits = waits.borrow().clone();
        Status::from(Error::NotLeader(waits)).into_http::<axum::body::Body>()
    })
}
