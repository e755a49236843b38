//! Who may see the page: whoever has a token that may read, by HTTP's own question for name and password.

use super::{
    Safety,
    arrivals::{Peer, stranger},
    audit::Line,
    error::Denial,
    limits::{Open, Used},
    roles::Right,
    tokens::{Entry, Hash, show_time},
};
use crate::clock::Clock;
use axum::{
    extract::{ConnectInfo, Request},
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use base64::{Engine, prelude::BASE64_STANDARD};
use std::{sync::Arc, time::Duration};
use tokio::time::Instant;

/// Asks who comes to the page.
#[derive(Clone)]
pub(crate) struct Doorkeeper {
    safety: Safety,
    clock: Arc<dyn Clock>,
    used: Arc<Used>,
}

/// Whoever asked.
#[derive(Clone, Default)]
pub(crate) struct Visitor {
    /// The hash of the token, where one is asked for, so that a stream can end with it.
    hash: Option<Hash>,
    /// By what requests are counted, as the gate does.
    counted: Option<Arc<str>>,
}

impl Doorkeeper {
    pub(super) fn new(safety: Safety, clock: Arc<dyn Clock>, used: Arc<Used>) -> Self {
        Self { safety, clock, used }
    }

    /// How long an answer may take to begin.
    pub fn deadline(&self) -> Duration {
        self.safety.limits.deadline
    }

    /// Counts a stream until what it gives is dropped.
    pub fn stream(&self, visitor: &Visitor) -> Result<Option<Open>, Denial> {
        let counted = visitor.counted.as_ref();
        counted.map(|counted| self.used.stream(counted)).transpose()
    }

    /// Lets a request through, or gives what is answered instead.
    pub fn admit(&self, request: &mut Request) -> Result<(), Box<Response>> {
        match self.visitor(request) {
            Ok(visitor) => {
                request.extensions_mut().insert(visitor);
                Ok(())
            }
            Err(refusal) => {
                self.record(request, &refusal);
                Err(Box::new(refused(&refusal)))
            }
        }
    }

    fn visitor(&self, request: &Request) -> Result<Visitor, Denial> {
        let visitor = match self.presented(request) {
            None => Visitor {
                hash: None,
                counted: peer(request).and_then(stranger),
            },
            Some(None) => return Err(Denial::TokenMissing),
            Some(Some(hash)) => Visitor {
                hash: Some(hash),
                counted: Some(self.find(hash)?.name.into()),
            },
        };
        if let Some(counted) = &visitor.counted {
            self.used.call(counted, Right::Read)?;
        }
        Ok(visitor)
    }

    /// Whether who asked for a stream may still read it.
    pub fn still_knows(&self, visitor: &Visitor) -> bool {
        visitor.hash.is_none_or(|hash| self.find(hash).is_ok())
    }

    /// The token that a request carries; none at all where nobody asks.
    fn presented(&self, request: &Request) -> Option<Option<Hash>> {
        self.safety.tokens.as_ref()?;
        let header = request.headers().get(header::AUTHORIZATION);
        let text = header.and_then(|header| header.to_str().ok()).unwrap_or_default();
        Some(match text.split_once(' ') {
            Some(("Bearer", token)) => Some(Hash::of(token.trim())),
            Some(("Basic", both)) => password(both).map(|password| Hash::of(password.trim())),
            _ => None,
        })
    }

    fn find(&self, hash: Hash) -> Result<Entry, Denial> {
        let tokens = self.safety.tokens.as_ref().ok_or(Denial::TokenUnknown)?;
        let entry = tokens.find(hash, self.clock.wall())?;
        if entry.role.may(Right::Read) {
            return Ok(entry);
        }
        Err(Denial::RoleLacking {
            rpc: "the page",
            right: Right::Read,
            name: entry.name,
            role: entry.role,
        })
    }

    /// A browser that was not asked yet has no token: that is no refusal.
    fn record(&self, request: &Request, refusal: &Denial) {
        let Some(audit) = &self.safety.audit else { return };
        if matches!(refusal, Denial::TokenMissing) {
            return;
        }
        let (code, reason) = crate::error::denied(refusal);
        let peer = peer(request);
        let (name, role) = match refusal {
            Denial::RoleLacking { name, role, .. } => (Some(name.as_str()), Some(role.name())),
            Denial::TokenExpired(name) | Denial::TooManyCalls(name, _) => (Some(name.as_str()), None),
            _ => (None, None),
        };
        let path = request.uri().path();
        let line = Line {
            time: show_time(self.clock.wall()),
            rpc: &format!("{} {}", request.method(), &path[..path.floor_char_boundary(200)]),
            outcome: format!("{code:?}"),
            reason: reason.to_owned(),
            token: name,
            role,
            peer: peer.map(|peer| peer.address.to_string()),
            ..Line::default()
        };
        audit.refused(line, Instant::now());
    }
}

fn peer(request: &Request) -> Option<&Peer> {
    request.extensions().get::<ConnectInfo<Peer>>().map(|info| &info.0)
}

/// The second half of `name:password` in base64.
fn password(both: &str) -> Option<String> {
    let text = String::from_utf8(BASE64_STANDARD.decode(both.trim()).ok()?).ok()?;
    text.split_once(':').map(|(_, password)| password.to_owned())
}

fn refused(refusal: &Denial) -> Response {
    if let Denial::TooManyCalls(_, wait) = refusal {
        let wait = [(header::RETRY_AFTER, wait.as_secs().max(1).to_string())];
        return (StatusCode::TOO_MANY_REQUESTS, wait, format!("{refusal}\n")).into_response();
    }
    let text = match refusal {
        Denial::TokenMissing => "this page asks who comes: any name, and a token as the password\n".to_owned(),
        refusal => format!("{refusal}\n"),
    };
    let mut response = (StatusCode::UNAUTHORIZED, text).into_response();
    let question =
        HeaderValue::from_static("Basic realm=\"augur: any name, a token as the password\", charset=\"UTF-8\"");
    response.headers_mut().insert(header::WWW_AUTHENTICATE, question);
    response
}
