//! Who may do what, over real gRPC, real TLS and real sockets.

mod audit;
mod limits;
mod link;
mod malformed;
mod messages;
mod page;
mod program;
mod roles;
mod tls;
mod tokens;

use crate::support::config;
use augur_coordinator::{
    Coordinator, Safety, Settings,
    clock::{Clock, ManualClock},
    safety::{Role, TokenFile, change_tokens},
};
use augur_core::time::Timestamp;
use http::{HeaderMap, Request, header};
use http_body::Body as _;
use std::{future::poll_fn, path::PathBuf, pin::Pin, sync::Arc, time::Duration};
use tempfile::TempDir;
use tonic::{Code, Status, body::Body, transport::Channel};
use tonic_types::StatusExt;
use tower::{Service, ServiceExt};

/// The moment at which these tests begin.
const NOW: Timestamp = Timestamp(1_790_000_000_000);

const DAY: Duration = Duration::from_secs(86400);

/// A coordinator that asks who calls.
pub struct Strict {
    pub folder: TempDir,
    pub coordinator: Coordinator,
    pub clock: Arc<ManualClock>,
}

impl Strict {
    /// With tokens, and with whatever else `more` adds.
    pub async fn start(more: impl FnOnce(&TempDir, &mut Safety)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        change_tokens(&folder.path().join("tokens"), |_| Ok(())).unwrap();
        Self::on(folder, true, more).await
    }

    pub async fn on(folder: TempDir, asks: bool, more: impl FnOnce(&TempDir, &mut Safety)) -> Self {
        let mut safety = Safety::default();
        if asks {
            safety.tokens = Some(Arc::new(TokenFile::open(&folder.path().join("tokens")).unwrap()));
        }
        more(&folder, &mut safety);
        let clock = Arc::new(ManualClock::new(NOW));
        let config = augur_coordinator::Config {
            safety,
            ..config(folder.path(), Settings::default())
        };
        let coordinator = Coordinator::start(config, clock.clone()).await.unwrap();
        Self {
            folder,
            coordinator,
            clock,
        }
    }

    pub fn tokens(&self) -> PathBuf {
        self.folder.path().join("tokens")
    }

    /// A new token.
    pub fn token(&self, name: &str, role: Role) -> String {
        self.token_for(name, role, None)
    }

    pub fn token_for(&self, name: &str, role: Role, lasts: Option<Duration>) -> String {
        change_tokens(&self.tokens(), |tokens| tokens.add(name, role, self.clock.now(), lasts)).unwrap()
    }

    pub fn remove(&self, name: &str) {
        change_tokens(&self.tokens(), |tokens| tokens.remove(name)).unwrap();
    }

    pub fn rotate(&self, name: &str, grace: Duration) -> String {
        let now = self.clock.now();
        change_tokens(&self.tokens(), |tokens| tokens.rotate(name, now, grace, None)).unwrap()
    }

    pub async fn channel(&self) -> Channel {
        let url = format!("http://{}", self.coordinator.address());
        Channel::from_shared(url).unwrap().connect().await.unwrap()
    }
}

/// One message as gRPC frames it.
pub fn framed(message: &[u8]) -> Vec<u8> {
    let mut body = vec![0];
    body.extend(u32::try_from(message.len()).unwrap().to_be_bytes());
    body.extend(message);
    body
}

/// What came of a call: the status, or the end of a stream that was still open after its first message.
pub async fn call(channel: &Channel, path: &str, token: Option<&str>, message: &[u8]) -> Status {
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, "application/grpc".parse().unwrap());
    if let Some(token) = token {
        headers.insert(header::AUTHORIZATION, format!("Bearer {token}").parse().unwrap());
    }
    send(channel, path, headers, framed(message)).await
}

/// The same with any headers and any bytes.
pub async fn send(channel: &Channel, path: &str, headers: HeaderMap, bytes: Vec<u8>) -> Status {
    let mut request = Request::post(path)
        .body(Body::new(axum::body::Body::from(bytes)))
        .unwrap();
    *request.headers_mut() = headers;
    let mut channel = channel.clone();
    let answer = channel.ready().await.unwrap().call(request).await;
    let answer = match answer {
        Ok(answer) => answer,
        Err(error) => return Status::unavailable(format!("no answer: {error}")),
    };
    if let Some(status) = Status::from_header_map(answer.headers()) {
        return status;
    }
    if !answer.status().is_success() {
        return Status::unknown(format!("HTTP {}", answer.status()));
    }
    let mut body = answer.into_body();
    loop {
        let frame = poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await;
        match frame {
            Some(Ok(frame)) if frame.is_data() => {
                // A stream may go on for ever.
                if path.ends_with("Watch") || path.ends_with("WatchSweep") {
                    return Status::ok("it streams");
                }
            }
            Some(Ok(frame)) => {
                let trailers = frame.into_trailers().unwrap_or_default();
                return Status::from_header_map(&trailers).unwrap_or_else(|| Status::unknown("no status"));
            }
            Some(Err(status)) => return status,
            None => return Status::unknown("no trailers"),
        }
    }
}

/// Code and reason.
pub fn told(status: &Status) -> (Code, String) {
    let info = status.get_details_error_info();
    (status.code(), info.map_or(String::new(), |info| info.reason))
}

/// The path of a call of SweepService.
pub fn sweeps(name: &str) -> String {
    format!("/augur.v1.SweepService/{name}")
}

/// The path of a call of WorkerService.
pub fn workers(name: &str) -> String {
    format!("/augur.v1.WorkerService/{name}")
}
