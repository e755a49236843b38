//! Who may see the page: whoever has a token that may read, by HTTP's own question for name and password.

use super::{
    Safety,
    arrivals::Peer,
    audit::Line,
    error::Denial,
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
use std::sync::Arc;
use tokio::time::Instant;

/// Asks who comes to the page.
#[derive(Clone)]
pub(crate) struct Doorkeeper {
    safety: Safety,
    clock: Arc<dyn Clock>,
}

/// The hash of the token with which an answer was asked for, so that a stream can end with it.
#[derive(Clone)]
pub(crate) struct Visitor(Hash);

impl Doorkeeper {
    pub fn new(safety: Safety, clock: Arc<dyn Clock>) -> Self {
        Self { safety, clock }
    }

    /// Lets a request through, or gives what is answered instead.
    pub fn admit(&self, request: &mut Request) -> Result<(), Box<Response>> {
        let Some(presented) = self.presented(request) else {
            return Ok(());
        };
        let found = match presented {
            Some(hash) => self.find(hash).map(|_| hash),
            None => Err(Denial::TokenMissing),
        };
        match found {
            Ok(hash) => {
                request.extensions_mut().insert(Visitor(hash));
                Ok(())
            }
            Err(refusal) => {
                self.record(request, &refusal);
                Err(Box::new(refused(&refusal)))
            }
        }
    }

    /// Whether who asked for a stream may still read it.
    pub fn still_knows(&self, visitor: Option<&Visitor>) -> bool {
        visitor.is_none_or(|visitor| self.find(visitor.0).is_ok())
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
        let entry = tokens.find(hash, self.clock.now())?;
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
        let peer = request.extensions().get::<ConnectInfo<Peer>>().map(|info| &info.0);
        let (name, role) = match refusal {
            Denial::RoleLacking { name, role, .. } => (Some(name.as_str()), Some(role.name())),
            Denial::TokenExpired(name) => (Some(name.as_str()), None),
            _ => (None, None),
        };
        let path = request.uri().path();
        let line = Line {
            time: show_time(self.clock.now()),
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

/// The second half of `name:password` in base64.
fn password(both: &str) -> Option<String> {
    let text = String::from_utf8(BASE64_STANDARD.decode(both.trim()).ok()?).ok()?;
    text.split_once(':').map(|(_, password)| password.to_owned())
}

fn refused(refusal: &Denial) -> Response {
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
