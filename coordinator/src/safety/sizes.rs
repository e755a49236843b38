//! How large a request may be: a service twice, for small and for large ones.

use super::{
    error::Denial,
    roles::{Rpc, Size},
};
use crate::error::Error;
use http::{Request, Response};
use std::{
    convert::Infallible,
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};
use tonic::{Code, Status, body::Body, server::NamedService};
use tower::Service;

impl Size {
    /// In bytes, once it is decompressed.
    pub(crate) const fn limit(self) -> usize {
        match self {
            Self::Small => 1 << 20,
            // An outcome with millions of scores, a spec with very many starting points.
            Self::Large => 64 << 20,
        }
    }
}

/// A service that takes large requests where a call needs that, and small ones else.
#[derive(Clone)]
pub(crate) struct BySize<S> {
    small: S,
    large: S,
}

impl<S> BySize<S> {
    /// `make` makes the service for a limit.
    pub fn new(make: impl Fn(usize) -> S) -> Self {
        Self {
            small: make(Size::Small.limit()),
            large: make(Size::Large.limit()),
        }
    }
}

impl<S: NamedService> NamedService for BySize<S> {
    const NAME: &'static str = S::NAME;
}

impl<S> Service<Request<Body>> for BySize<S>
where
    S: Service<Request<Body>, Response = Response<Body>, Error = Infallible>,
    S::Future: Send + 'static,
{
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        // tonic's services always are.
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let rpc = Rpc::at(request.uri().path());
        let size = rpc.map_or(Size::Small, |rpc| rpc.size);
        let answer = match size {
            Size::Small => self.small.call(request),
            Size::Large => self.large.call(request),
        };
        Box::pin(async move {
            let answer = answer.await?;
            Ok(match rpc {
                Some(rpc) if is_too_large(&answer) => Status::from(Error::Denied(Denial::RequestTooLarge {
                    rpc: rpc.name(),
                    limit: size.limit(),
                }))
                .into_http(),
                _ => answer,
            })
        })
    }
}

/// tonic says so in words of its own, without a reason.
fn is_too_large(answer: &Response<Body>) -> bool {
    let status = Status::from_header_map(answer.headers());
    status.is_some_and(|status| match status.code() {
        Code::OutOfRange => status.message().contains("length too large"),
        Code::ResourceExhausted => status.message().starts_with("Error decompressing: size limit"),
        _ => false,
    })
}
