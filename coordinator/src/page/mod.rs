//! The read-only page for browsers: files that are built in, and JSON of what the gRPC service says. It reads no store of its
//! own, and nothing can be changed through it.

mod api;
mod assets;
mod events;
mod failure;
mod json;
mod standby;

pub(crate) use standby::standby;

use crate::{
    engine::CoordinatorHandle,
    safety::{Arrivals, Doorkeeper, Peer},
    service::Sweeps,
};
use axum::{
    Router,
    extract::Request,
    http::{HeaderName, HeaderValue, Method, StatusCode, header},
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::get,
    serve::Listener,
};
use std::{io, net::SocketAddr, sync::Arc};
use tokio::{task::JoinHandle, time::timeout};
use tokio_util::sync::CancellationToken;
use tower_http::compression::CompressionLayer;

/// What the handlers share: the implementation of the gRPC service.
#[derive(Clone)]
struct Page {
    sweeps: Arc<Sweeps>,
    doorkeeper: Doorkeeper,
    stopping: CancellationToken,
}

/// Scripts, styles and data from here and from nowhere else; nobody may frame the page.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
                      base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// Other sites get neither a window on the page nor its files, though a browser would send the password along.
const OPENER: HeaderName = HeaderName::from_static("cross-origin-opener-policy");
const RESOURCE: HeaderName = HeaderName::from_static("cross-origin-resource-policy");

/// Serves `router`, the page or a part of it, until `stopping`; where it listens, and the task that serves.
pub(crate) fn serve(
    router: Router,
    arrivals: Arrivals,
    doorkeeper: Doorkeeper,
    stopping: CancellationToken,
) -> io::Result<(SocketAddr, JoinHandle<io::Result<()>>)> {
    let address = arrivals.local_addr()?;
    let hosts = Hosts::of(address);
    let router =
        router
            .layer(CompressionLayer::new())
            .layer(middleware::from_fn(move |request: Request, next: Next| {
                let (known, doorkeeper) = (hosts.know(&request), doorkeeper.clone());
                async move { guard(known, &doorkeeper, request, next).await }
            }));
    let router = router.into_make_service_with_connect_info::<Peer>();
    let server = axum::serve(arrivals, router).with_graceful_shutdown(stopping.cancelled_owned());
    Ok((address, tokio::spawn(async move { server.await })))
}

/// What the page answers to; `stopping` ends its streams.
pub(crate) fn router(handle: CoordinatorHandle, doorkeeper: Doorkeeper, stopping: CancellationToken) -> Router {
    let page = Page {
        sweeps: Arc::new(Sweeps(handle)),
        doorkeeper,
        stopping,
    };
    Router::new()
        .route("/", get(assets::index))
        .route("/assets/{*path}", get(assets::asset))
        .nest("/api", api::router())
        .with_state(page)
}

/// The hosts under which the page may be asked for. A loopback address is reached by names of this machine alone: a site that
/// lets its own name point here must not read what is served (DNS rebinding).
#[derive(Clone, Copy)]
struct Hosts {
    loopback: bool,
}

impl Hosts {
    fn of(address: SocketAddr) -> Self {
        Self {
            loopback: address.ip().is_loopback(),
        }
    }

    fn know(self, request: &Request) -> bool {
        let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok());
        let Some(host) = host else { return false };
        let name = match host.rsplit_once(':') {
            Some((name, port)) if port.bytes().all(|digit| digit.is_ascii_digit()) => name,
            _ => host,
        };
        let name = name.trim_start_matches('[').trim_end_matches(']');
        let is_loopback = || {
            name.parse()
                .is_ok_and(|address: std::net::IpAddr| address.is_loopback())
        };
        !self.loopback || name.eq_ignore_ascii_case("localhost") || is_loopback()
    }
}

/// Lets nothing but reading through, and says to browsers what the page may do.
async fn guard(known: bool, doorkeeper: &Doorkeeper, mut request: Request, next: Next) -> Response {
    let admitted = doorkeeper.admit(&mut request);
    let mut response = match (request.method(), admitted) {
        _ if !known => (StatusCode::FORBIDDEN, "ask for this page by localhost or 127.0.0.1\n").into_response(),
        (_, Err(refused)) => *refused,
        (&Method::GET | &Method::HEAD, Ok(())) => match timeout(doorkeeper.deadline(), next.run(request)).await {
            Ok(response) => response,
            Err(_) => (StatusCode::GATEWAY_TIMEOUT, "this takes too long\n").into_response(),
        },
        _ => {
            let allow = [(header::ALLOW, "GET, HEAD")];
            (StatusCode::METHOD_NOT_ALLOWED, allow, "the page only reads\n").into_response()
        }
    };
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (OPENER, "same-origin"),
        (RESOURCE, "same-origin"),
    ] {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}
