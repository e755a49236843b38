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
    server::{self, Config, EndError, LAST_CALLS, PageError, StartError},
};
use axum::Router;
use std::{future::Future, io, net::SocketAddr, sync::Arc};
use switch::Switch;
use term::Term;
use tokio::{sync::watch, task::JoinHandle, time::timeout};
use tokio_util::sync::CancellationToken;
use tonic::{
    Status,
    service::{Routes, RoutesBuilder},
};
use tonic_health::server::HealthReporter;

/// A coordinator that stands by or leads.
pub struct Standby {
    address: SocketAddr,
    stopping: CancellationToken,
    server: JoinHandle<Result<(), tonic::transport::Error>>,
    pages: Switch,
    page: Option<JoinHandle<io::Result<()>>>,
    keeper: JoinHandle<Result<(), EndError>>,
}

/// What turns with the role.
struct Roles {
    calls: Switch,
    pages: Switch,
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
        let (common, health) = server::common(RoutesBuilder::default())?;
        server::set_serving(&health, false).await;
        let roles = Roles {
            calls: Switch::new(refuse(reader.clone())),
            pages: Switch::new(page::standby(reader)),
            health,
            waits,
            stopping: stopping.clone(),
        };
        let routes = common.into_axum_router().fallback_service(roles.calls.clone());
        let router = server::router(Routes::from(routes));
        let incoming = server::incoming(listener);
        let server = router.serve_with_incoming_shutdown(incoming, stopping.clone().cancelled_owned());
        Ok(Self {
            address,
            stopping,
            server: tokio::spawn(server),
            pages: roles.pages.clone(),
            page: None,
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
        let serving = page::serve_router(router, address, self.stopping.clone()).await;
        let (address, server) = serving.map_err(|source| PageError::of(address, source))?;
        self.page = Some(server);
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
        if let Some(mut page) = self.page.take() {
            end(&mut page).await;
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
        self.calls
            .turn(server::services(term.handle()).routes().into_axum_router());
        self.pages
            .turn(page::application(term.handle().clone(), term.stopping()));
        server::set_serving(&self.health, true).await;
    }

    async fn stand_by(&self) {
        server::set_serving(&self.health, false).await;
        self.waits
            .send_replace("another coordinator has just taken over".to_owned());
        self.calls.turn(refuse(self.waits.subscribe()));
        self.pages.turn(page::standby(self.waits.subscribe()));
    }
}

/// Answers every call that it can't be answered here.
fn refuse(waits: watch::Receiver<String>) -> Router {
    Router::new().fallback(move || async move {
        let waits = waits.borrow().clone();
        Status::from(Error::NotLeader(waits)).into_http::<axum::body::Body>()
    })
}
