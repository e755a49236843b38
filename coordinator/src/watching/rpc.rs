//! Around every call over gRPC: how long it took and how it ended, and a span where whoever calls traces a trial.

use super::{
    Watching,
    metrics::{Ended, Method},
};
use augur_proto::v1;
use augur_watching::traces::{Place, Span, SpanKind};
use axum::{
    body::{Bytes, HttpBody},
    http::{HeaderMap, Request, Response},
};
use http_body::Frame;
use prost::Message;
use std::{
    collections::HashMap,
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::{Instant, SystemTime},
};
use tonic::{Code, Status, body::Body};
use tower::{Layer, Service};

tokio::task_local! {
    /// The span of the call that a task answers.
    static CALL: Place;
}

/// The span of the call that this task answers, if it is traced.
pub(crate) fn current() -> Option<Place> {
    CALL.try_with(|place| *place).ok()
}

/// Puts [`Watched`] around services.
#[derive(Clone)]
pub(crate) struct Rpcs {
    watching: Arc<Watching>,
    methods: Arc<HashMap<String, Method>>,
}

impl Rpcs {
    /// Names come from the API's description, so that no caller can invent any.
    pub fn new(watching: Arc<Watching>) -> Self {
        let files = prost_types::FileDescriptorSet::decode(v1::FILE_DESCRIPTOR_SET).unwrap_or_default();
        let mut methods = HashMap::new();
        for file in &files.file {
            for service in &file.service {
                let service_name = format!("{}.{}", file.package(), service.name());
                for method in &service.method {
                    let method = Method {
                        service: service_name.clone(),
                        method: method.name().to_owned(),
                    };
                    // There from the start.
                    drop(watching.metrics.rpcs.running.get_or_create(&method));
                    drop(watching.metrics.rpcs.ended.get_or_create(&ended(&method, Code::Ok)));
                    drop(watching.metrics.rpcs.seconds.get_or_create(&ended(&method, Code::Ok)));
                    methods.insert(format!("/{service_name}/{}", method.method), method);
                }
            }
        }
        let methods = Arc::new(methods);
        Self { watching, methods }
    }
}

fn ended(method: &Method, code: Code) -> Ended {
    Ended {
        service: method.service.clone(),
        method: method.method.clone(),
        code: code_name(code),
    }
}

impl<S> Layer<S> for Rpcs {
    type Service = Watched<S>;

    fn layer(&self, inner: S) -> Watched<S> {
        let rpcs = self.clone();
        Watched { inner, rpcs }
    }
}

/// A service whose calls are counted.
#[derive(Clone)]
pub(crate) struct Watched<S> {
    inner: S,
    rpcs: Rpcs,
}

impl<S, Q, B> Service<Request<Q>> for Watched<S>
where
    S: Service<Request<Q>, Response = Response<B>>,
    S::Future: Send + 'static,
    B: HttpBody<Data = Bytes> + Send + 'static,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    type Response = Response<Body>;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<Q>) -> Self::Future {
        // Health checks, reflection and what does not exist are not counted.
        let Some(method) = self.rpcs.methods.get(request.uri().path()).cloned() else {
            let answer = self.inner.call(request);
            return Box::pin(async move { Ok(answer.await?.map(Body::new)) });
        };
        let mut call = Call::begins(method, request.headers(), Arc::clone(&self.rpcs.watching));
        let place = call.span.as_ref().map(|span| span.place);
        let answer = self.inner.call(request);
        Box::pin(async move {
            let answer = match place {
                Some(place) => CALL.scope(place, answer).await?,
                None => answer.await?,
            };
            // An error comes with the head alone.
            call.hear(answer.headers());
            Ok(answer.map(|body| {
                Body::new(Counted {
                    body: Body::new(body),
                    call,
                })
            }))
        })
    }
}

/// A call that goes on; it is over when this is dropped.
struct Call {
    method: Method,
    begun: Instant,
    /// As the trailers say; a call without is one whose caller went away.
    code: Code,
    span: Option<Span>,
    watching: Arc<Watching>,
}

impl Call {
    fn begins(method: Method, headers: &HeaderMap, watching: Arc<Watching>) -> Self {
        watching.metrics.rpcs.running.get_or_create(&method).inc();
        let parent = watching.traces().and_then(|_| headers.get("traceparent"));
        let parent = parent.and_then(|parent| Place::from_traceparent(parent.to_str().ok()?));
        let span = parent.map(|parent| {
            Span::under(
                parent,
                format!("{}/{}", method.service, method.method),
                SystemTime::now(),
            )
            .of_kind(SpanKind::Server)
            .with("rpc.system", "grpc")
            .with("rpc.service", method.service.clone())
            .with("rpc.method", method.method.clone())
        });
        Self {
            method,
            begun: Instant::now(),
            code: Code::Cancelled,
            span,
            watching,
        }
    }

    /// Takes the status out of a head or of trailers, if they have one.
    fn hear(&mut self, headers: &HeaderMap) {
        if let Some(status) = Status::from_header_map(headers) {
            self.code = status.code();
        }
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        let rpcs = &self.watching.metrics.rpcs;
        rpcs.running.get_or_create(&self.method).dec();
        let ended = ended(&self.method, self.code);
        rpcs.seconds
            .get_or_create(&ended)
            .observe(self.begun.elapsed().as_secs_f64());
        rpcs.ended.get_or_create(&ended).inc();
        if let (Some(span), Some(traces)) = (self.span.take(), self.watching.traces()) {
            let error = (self.code != Code::Ok).then(|| ended.code.to_owned());
            let span = span.with("rpc.grpc.status_code", self.code as i64).failed(error);
            traces.end(span, SystemTime::now());
        }
    }
}

/// The body of an answer; its end is the end of the call.
struct Counted {
    body: Body,
    call: Call,
}

impl HttpBody for Counted {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let frame = Pin::new(&mut self.body).poll_frame(cx);
        if let Poll::Ready(Some(Ok(frame))) = &frame
            && let Some(trailers) = frame.trailers_ref()
        {
            self.call.hear(trailers);
        }
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> http_body::SizeHint {
        self.body.size_hint()
    }
}

/// A code as the protocol's documents write it.
fn code_name(code: Code) -> &'static str {
    match code {
        Code::Ok => "OK",
        Code::Cancelled => "CANCELLED",
        Code::Unknown => "UNKNOWN",
        Code::InvalidArgument => "INVALID_ARGUMENT",
        Code::DeadlineExceeded => "DEADLINE_EXCEEDED",
        Code::NotFound => "NOT_FOUND",
        Code::AlreadyExists => "ALREADY_EXISTS",
        Code::PermissionDenied => "PERMISSION_DENIED",
        Code::ResourceExhausted => "RESOURCE_EXHAUSTED",
        Code::FailedPrecondition => "FAILED_PRECONDITION",
        Code::Aborted => "ABORTED",
        Code::OutOfRange => "OUT_OF_RANGE",
        Code::Unimplemented => "UNIMPLEMENTED",
        Code::Internal => "INTERNAL",
        Code::Unavailable => "UNAVAILABLE",
        Code::DataLoss => "DATA_LOSS",
        Code::Unauthenticated => "UNAUTHENTICATED",
    }
}
