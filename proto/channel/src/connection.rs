//! A connection to whichever coordinator leads.

use crate::{presence, token::Token};
use http::{Request, Response, header::AUTHORIZATION};
use std::{
    future::Future,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed},
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
    /// Which of them did not answer when they were last called.
    silent: Arc<[AtomicBool]>,
    token: Arc<Token>,
}

impl Connection {
    pub(crate) fn new(channels: Vec<Channel>, token: Token) -> Self {
        Self {
            silent: channels.iter().map(|_| AtomicBool::new(false)).collect(),
            channels: channels.into(),
            present: Arc::new(AtomicUsize::new(0)),
            token: Arc::new(token),
        }
    }

    /// The next call goes to the next coordinator: the present one does not answer in time.
    pub fn pass_over(&self) {
        let index = self.present.load(Relaxed);
        self.silent[index].store(true, Relaxed);
        self.leave(index);
    }

    /// Goes on from a coordinator to the next one, unless another call has done so already.
    fn leave(&self, index: usize) {
        let next = (index + 1) % self.channels.len();
        let _ = self.present.compare_exchange(index, next, Relaxed, Relaxed);
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
        let connection = self.clone();
        let index = connection.present.load(Relaxed);
        Box::pin(async move {
            let mut channel = connection.channels[index].clone();
            let may_be_silent = connection.channels.len() > 1 && connection.silent[index].load(Relaxed);
            if may_be_silent && !presence::is_there(channel.clone()).await {
                connection.leave(index);
                return Ok(presence::is_away());
            }
            let answer = match channel.ready().await {
                Ok(channel) => channel.call(request).await,
                Err(fault) => Err(fault),
            };
            connection.silent[index].store(answer.is_err(), Relaxed);
            if is_away(&answer) {
                // Only the first of several calls that fail together moves on.
                connection.leave(index);
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
