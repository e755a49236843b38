//! A connection to whichever coordinator leads.

use crate::token::Token;
use http::{Request, Response, header::AUTHORIZATION};
use std::{
    future::Future,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    task::{Context, Poll},
};
use tonic::{
    Code,
    body::Body,
    transport::{Channel, Error},
};
use tower::{Service, ServiceExt};

/// What calls are sent on; clones share it. A call is sent once, to the present coordinator; where that one can't be reached,
/// or answers UNAVAILABLE, the next call goes to the next one.
#[derive(Clone)]
pub struct Connection {
    channels: Arc<[Channel]>,
    /// Which of them had an answer last.
    present: Arc<AtomicUsize>,
    token: Arc<Token>,
}

impl Connection {
    pub(crate) fn new(channels: Vec<Channel>, token: Token) -> Self {
        Self {
            channels: channels.into(),
            present: Arc::new(AtomicUsize::new(0)),
            token: Arc::new(token),
        }
    }

    /// How many coordinators it knows.
    pub fn addresses(&self) -> usize {
        self.channels.len()
    }
}

impl Service<Request<Body>> for Connection {
    type Response = Response<Body>;
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, Error>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Error>> {
        // Each call waits for its own channel.
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, mut request: Request<Body>) -> Self::Future {
        if let Some(token) = self.token.header() {
            request.headers_mut().insert(AUTHORIZATION, token);
        }
        let Self { channels, present, .. } = self.clone();
        let index = present.load(Relaxed);
        Box::pin(async move {
            let mut channel = channels[index].clone();
            let answer = match channel.ready().await {
                Ok(channel) => channel.call(request).await,
                Err(fault) => Err(fault),
            };
            if is_away(&answer) {
                // Only the first of several calls that fail together moves on.
                let next = (index + 1) % channels.len();
                let _ = present.compare_exchange(index, next, Relaxed, Relaxed);
            }
            answer
        })
    }
}

fn is_away(answer: &Result<Response<Body>, Error>) -> bool {
    match answer {
        Ok(response) => response
            .headers()
            .get("grpc-status")
            .is_some_and(|status| Code::from_bytes(status.as_bytes()) == Code::Unavailable),
        Err(_) => true,
    }
}
