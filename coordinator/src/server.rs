//! A running coordinator: the store opened, the engine started, the services on a socket.

use crate::{
    clock::Clock,
    engine::{self, CoordinatorHandle, Settings},
    page,
    safety::{Arrivals, BySize, Doorkeeper, Gate, Protocol, Safety},
    service::{Sweeps, Workers},
    store::{self, FaultKind, Location, Observer, OpenError, StoreError},
    watching::{rpc::Rpcs, scrape::Scrape},
};
use augur_proto::v1::{self, sweep_service_server::SweepServiceServer, worker_service_server::WorkerServiceServer};
use augur_watching::traces::Traces;
use std::{io, net::SocketAddr, sync::Arc, time::Duration};
use thiserror::Error;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpListener,
    task::JoinHandle,
};
use tokio_stream::Stream;
use tokio_util::sync::CancellationToken;
use tonic::{
    codec::CompressionEncoding,
    server::NamedService,
    service::{Routes, RoutesBuilder},
    transport::{
        Server,
        server::{Connected, Router},
    },
};
use tonic_health::{ServingStatus, server::HealthReporter};
use tower::layer::util::{Identity, Stack};

/// Calls that one connection may have under way; the others wait.
const CALLS_OF_A_CONNECTION: u32 = 200;

/// How long calls may go on once the coordinator stops.
pub(crate) const LAST_CALLS: Duration = Duration::from_secs(3);

/// How long spans may take that are still to be sent then.
pub(crate) const LAST_SPANS: Duration = Duration::from_secs(2);

/// How a coordinator is set up.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where it listens; port 0 is any free one.
    pub listen: SocketAddr,
    /// What holds everything.
    pub store: Location,
    /// Who may call.
    pub safety: Safety,
    /// The rest.
    pub settings: Settings,
}

/// Why a coordinator can't start.
#[derive(Debug, Error)]
pub enum StartError {
    /// Something else listens there.
    #[error("the port of {0} is in use; stop what listens there or choose another one with --listen (port 0: any)")]
    PortInUse(SocketAddr),
    /// The address can't be listened on.
    #[error("can't listen on {address}; choose an address of this machine with --listen")]
    Listen {
        /// Which.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// The store can't be opened.
    #[error(transparent)]
    Store(#[from] OpenError),
    /// The descriptors of the API can't be served.
    #[error("the API's description can't be read")]
    Reflection(#[from] tonic_reflection::server::Error),
}

/// Why the page can't be served.
#[derive(Debug, Error)]
pub enum PageError {
    /// Something else listens there.
    #[error(
        "the port of {0} is in use; stop what listens there, choose another one with --http (port 0: any), or --http off"
    )]
    PortInUse(SocketAddr),
    /// The address can't be listened on.
    #[error("the page can't be served on {address}; choose an address of this machine with --http, or --http off")]
    Listen {
        /// Which.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
}

impl PageError {
    pub(crate) fn of(address: SocketAddr, source: io::Error) -> Self {
        match source.kind() {
            io::ErrorKind::AddrInUse => Self::PortInUse(address),
            _ => Self::Listen { address, source },
        }
    }
}

/// Why the metrics can't be served.
#[derive(Debug, Error)]
#[error("the metrics can't be served on {address} ({source}); choose another address with --metrics (port 0: any)")]
pub struct MetricsError {
    pub(crate) address: SocketAddr,
    pub(crate) source: io::Error,
}

impl MetricsError {
    /// Whether something else listens there.
    pub fn is_in_use(&self) -> bool {
        self.source.kind() == io::ErrorKind::AddrInUse
    }
}

/// Why a coordinator did not end well.
#[derive(Debug, Error)]
pub enum EndError {
    /// The connection to the network broke.
    #[error("the server failed")]
    Server(#[from] tonic::transport::Error),
    /// The store could not be closed.
    #[error("the store could not be closed")]
    Store(#[from] StoreError),
    /// Another coordinator leads the store.
    #[error("the lead is lost")]
    Deposed(#[source] StoreError),
    /// The store could not be opened when it was free.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The engine ended before its time.
    #[error("the engine ended by itself")]
    Engine,
    /// A task ended without a word.
    #[error("a task of the coordinator broke off")]
    Task(#[from] tokio::task::JoinError),
}

impl EndError {
    /// Of an engine that nobody stopped.
    pub(crate) fn of_engine(ended: Result<store::Result<()>, tokio::task::JoinError>) -> Self {
        match ended {
            Err(error) => Self::Task(error),
            Ok(Err(StoreError::Database(fault))) if fault.kind == FaultKind::Taken => Self::Deposed(fault.into()),
            Ok(Err(error)) => Self::Store(error),
            Ok(Ok(())) => Self::Engine,
        }
    }
}

/// A coordinator that runs.
pub struct Coordinator {
    address: SocketAddr,
    safety: Safety,
    doorkeeper: Doorkeeper,
    handle: CoordinatorHandle,
    stopping: CancellationToken,
    stopped: CancellationToken,
    reader: store::Reader,
    server: JoinHandle<Result<(), tonic::transport::Error>>,
    pages: Vec<JoinHandle<io::Result<()>>>,
    scrape: Scrape,
    traces: Option<Traces>,
    engine: JoinHandle<store::Result<()>>,
}

impl Coordinator {
    /// Opens the store, binds the socket, starts to serve.
    ///
    /// # Errors
    /// [`StartError`], each with what to do.
    pub async fn start(config: Config, clock: Arc<dyn Clock>) -> Result<Self, StartError> {
        let listener = bind(config.listen).await?;
        let store = store::open(&config.store).await?;
        Self::on(listener, store, config, clock).await
    }

    /// The same, where `observer` hears of each persistence step and says what becomes of it: for tests of crashes.
    ///
    /// # Errors
    /// [`StartError`], each with what to do.
    pub async fn start_observed(
        config: Config,
        clock: Arc<dyn Clock>,
        observer: Arc<dyn Observer>,
    ) -> Result<Self, StartError> {
        let listener = bind(config.listen).await?;
        let store = store::open_observed(&config.store, observer).await?;
        Self::on(listener, store, config, clock).await
    }

    /// The same on connections that are opened elsewhere; `config.listen` is no more than what [`Self::address`] gives.
    ///
    /// # Errors
    /// [`StartError`], each with what to do.
    pub async fn serve<C>(
        config: Config,
        clock: Arc<dyn Clock>,
        incoming: impl Stream<Item = io::Result<C>> + Send + 'static,
    ) -> Result<Self, StartError>
    where
        C: AsyncRead + AsyncWrite + Connected + Unpin + Send + 'static,
    {
        let store = store::open(&config.store).await?;
        Self::run(incoming, store, config, clock).await
    }

    async fn on(
        listener: TcpListener,
        store: (store::Writer, store::Reader),
        config: Config,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, StartError> {
        let listen = listener.local_addr().unwrap_or(config.listen);
        let arrivals = arrivals(listener, &config.safety, Protocol::Grpc).map_err(|source| StartError::Listen {
            address: listen,
            source,
        })?;
        Self::run(arrivals, store, Config { listen, ..config }, clock).await
    }

    async fn run<C>(
        incoming: impl Stream<Item = io::Result<C>> + Send + 'static,
        (writer, reader): (store::Writer, store::Reader),
        config: Config,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, StartError>
    where
        C: AsyncRead + AsyncWrite + Connected + Unpin + Send + 'static,
    {
        let (stopping, stopped) = (CancellationToken::new(), CancellationToken::new());
        let traces = config.settings.traces.clone();
        let (handle, engine) = engine::start(
            writer,
            reader.clone(),
            clock.clone(),
            config.settings,
            stopping.clone(),
            stopped.clone(),
        );
        let scrape = Scrape::new(handle.clone(), &config.store);
        let (common, health) = common()?;
        set_serving(&health, true).await;
        let gate = Gate::new(config.safety.clone(), clock);
        let doorkeeper = gate.doorkeeper();
        let router = router(common.fallback_service(services(&handle)), gate);
        let server = router.serve_with_incoming_shutdown(incoming, stopping.clone().cancelled_owned());
        Ok(Self {
            address: config.listen,
            safety: config.safety,
            doorkeeper,
            handle,
            stopping,
            stopped,
            reader,
            server: tokio::spawn(server),
            pages: Vec::new(),
            scrape,
            traces,
            engine,
        })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves the read-only page for browsers on `address` too; gives the address with its port.
    ///
    /// # Errors
    /// [`PageError`], each with what to do; the coordinator goes on without a page.
    pub async fn serve_page(&mut self, address: SocketAddr) -> Result<SocketAddr, PageError> {
        let page = self.page();
        self.serve_http(address, page)
            .await
            .map_err(|source| PageError::of(address, source))
    }

    /// Serves the page and `/metrics` on `address`.
    ///
    /// # Errors
    /// As [`Self::serve_page`].
    pub async fn serve_page_and_metrics(&mut self, address: SocketAddr) -> Result<SocketAddr, PageError> {
        let both = self.page().merge(self.scrape.clone().router());
        self.serve_http(address, both)
            .await
            .map_err(|source| PageError::of(address, source))
    }

    /// Serves `/metrics` alone on `address`; gives the address with its port.
    ///
    /// # Errors
    /// [`MetricsError`]; the coordinator goes on without.
    pub async fn serve_metrics(&mut self, address: SocketAddr) -> Result<SocketAddr, MetricsError> {
        let metrics = self.scrape.clone().router();
        self.serve_http(address, metrics)
            .await
            .map_err(|source| MetricsError { address, source })
    }

    fn page(&self) -> axum::Router {
        page::router(self.handle.clone(), self.doorkeeper.clone(), self.stopping.clone())
    }

    async fn serve_http(&mut self, address: SocketAddr, router: axum::Router) -> io::Result<SocketAddr> {
        let arrivals = arrivals(TcpListener::bind(address).await?, &self.safety, Protocol::Page)?;
        let (address, server) = page::serve(router, arrivals, self.doorkeeper.clone(), self.stopping.clone())?;
        self.pages.push(server);
        Ok(address)
    }

    /// What its services see of it.
    pub fn handle(&self) -> &CoordinatorHandle {
        &self.handle
    }

    /// Ends when the engine breaks off although nobody stopped it: nothing can be served any more.
    pub async fn broken(&mut self) -> EndError {
        EndError::of_engine((&mut self.engine).await)
    }

    /// Gives no more leases, lets calls end, writes what waits, closes the store.
    ///
    /// # Errors
    /// [`EndError`] where something could not be ended in order; what was acknowledged is on disk all the same.
    pub async fn stop(mut self) -> Result<(), EndError> {
        self.stopping.cancel();
        match tokio::time::timeout(LAST_CALLS, &mut self.server).await {
            Ok(ended) => ended??,
            // A client that holds its connection does not hold us.
            Err(_) => self.server.abort(),
        }
        for mut page in self.pages.drain(..) {
            if tokio::time::timeout(LAST_CALLS, &mut page).await.is_err() {
                page.abort();
            }
        }
        // The writer goes last: it empties the log into the database.
        self.reader.close().await;
        self.stopped.cancel();
        let ended = self.engine.await?;
        if let Some(traces) = self.traces.take() {
            traces.close(LAST_SPANS).await;
        }
        Ok(ended?)
    }
}

pub(crate) async fn bind(address: SocketAddr) -> Result<TcpListener, StartError> {
    TcpListener::bind(address).await.map_err(|source| match source.kind() {
        io::ErrorKind::AddrInUse => StartError::PortInUse(address),
        _ => StartError::Listen { address, source },
    })
}

/// The connections, as `safety` wants them.
pub(crate) fn arrivals(listener: TcpListener, safety: &Safety, protocol: Protocol) -> io::Result<Arrivals> {
    let tls = safety.tls.clone().map(|tls| (tls, protocol));
    Arrivals::of(listener, tls, safety.limits.room)
}

/// Both services, with what watches their calls.
pub(crate) fn services(handle: &CoordinatorHandle) -> axum::Router {
    let sweeps = BySize::new(|limit| {
        SweepServiceServer::new(Sweeps(handle.clone()))
            .max_decoding_message_size(limit)
            .accept_compressed(CompressionEncoding::Gzip)
            .send_compressed(CompressionEncoding::Gzip)
    });
    let workers = BySize::new(|limit| {
        WorkerServiceServer::new(Workers(handle.clone()))
            .max_decoding_message_size(limit)
            .accept_compressed(CompressionEncoding::Gzip)
            .send_compressed(CompressionEncoding::Gzip)
    });
    let mut routes = RoutesBuilder::default();
    routes.add_service(sweeps).add_service(workers);
    let watched = Rpcs::new(Arc::clone(handle.watching()));
    routes.routes().into_axum_router().layer(watched)
}

/// What lets any gRPC client work without our files; and what says whether the services are served.
pub(crate) fn common() -> Result<(axum::Router, HealthReporter), StartError> {
    let mut routes = RoutesBuilder::default();
    let (health, health_service) = tonic_health::server::health_reporter();
    let reflection = || {
        tonic_reflection::server::Builder::configure()
            .register_encoded_file_descriptor_set(v1::FILE_DESCRIPTOR_SET)
            .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
            // The details of errors, which clients find by name only.
            .register_encoded_file_descriptor_set(tonic_types::pb::FILE_DESCRIPTOR_SET)
    };
    routes
        .add_service(health_service)
        .add_service(reflection().build_v1()?)
        .add_service(reflection().build_v1alpha()?);
    Ok((routes.routes().into_axum_router(), health))
}

/// Says whether the services are served: each of them, and the server as a whole.
pub(crate) async fn set_serving(health: &HealthReporter, is_serving: bool) {
    let status = match is_serving {
        true => ServingStatus::Serving,
        false => ServingStatus::NotServing,
    };
    let names = [
        "",
        SweepServiceServer::<Sweeps>::NAME,
        WorkerServiceServer::<Workers>::NAME,
    ];
    for name in names {
        health.set_service_status(name, status).await;
    }
}

/// How connections are served: everything behind the gate.
pub(crate) fn router(routes: axum::Router, gate: Gate) -> Router<Stack<Gate, Identity>> {
    Server::builder()
        .http2_keepalive_interval(Some(Duration::from_secs(10)))
        .max_concurrent_streams(CALLS_OF_A_CONNECTION)
        .layer(gate)
        .add_routes(Routes::from(routes))
}
