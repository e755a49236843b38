//! What every call passes: who calls, whether that may be, how often, for how long; and the record of it.

use super::{
    Safety,
    arrivals::{Peer, stranger},
    audit::{Line, NOTE, Note},
    error::Denial,
    limits::{Open, Used},
    page::Doorkeeper,
    roles::{Record, Right, Role, Rpc},
    tokens::{Hash, show_time},
};
use crate::{clock::Clock, error::Error};
use augur_core::time::Timestamp;
use http::{HeaderMap, Request, Response, header::AUTHORIZATION};
use http_body::{Body as HttpBody, Frame, SizeHint};
use std::{
    cell::RefCell,
    convert::Infallible,
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};
use tokio::time::{Instant, timeout};
use tonic::{Status, body::Body};
use tonic_types::StatusExt;
use tower::{Layer, Service};

/// The gate of one coordinator; a layer around its services.
#[derive(Clone)]
pub(crate) struct Gate(Arc<Inner>);

struct Inner {
    safety: Safety,
    clock: Arc<dyn Clock>,
    used: Arc<Used>,
}

/// Whoever calls, as far as that is known.
#[derive(Clone, Debug, Default)]
struct Caller {
    peer: Option<Peer>,
    /// Name and role of its token.
    token: Option<(Arc<str>, Role)>,
    hash: Option<HashOf>,
}

/// A hash that no log shows.
#[derive(Clone, Copy)]
struct HashOf(Hash);

impl std::fmt::Debug for HashOf {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("..")
    }
}

impl Caller {
    /// By what its calls are counted. Who calls from this machine without being asked is trusted.
    fn counted(&self) -> Option<Arc<str>> {
        match (&self.token, &self.peer) {
            (Some((name, _)), _) => Some(name.clone()),
            (None, peer) => peer.as_ref().and_then(stranger),
        }
    }

    fn line<'a>(&'a self, rpc: &'a str, now: Timestamp) -> Line<'a> {
        Line {
            time: show_time(now),
            rpc,
            token: self.token.as_ref().map(|(name, _)| &**name),
            role: self.token.as_ref().map(|(_, role)| role.name()),
            certificate: self.peer.as_ref().and_then(|peer| peer.certificate.as_deref()),
            peer: self.peer.as_ref().map(|peer| peer.address.to_string()),
            ..Line::default()
        }
    }
}

impl Gate {
    pub fn new(safety: Safety, clock: Arc<dyn Clock>) -> Self {
        let used = Arc::new(Used::new(safety.limits));
        Self(Arc::new(Inner { safety, clock, used }))
    }

    /// The same for the page: whoever comes there and calls here has the limits once.
    pub fn doorkeeper(&self) -> Doorkeeper {
        let Inner { safety, clock, used } = &*self.0;
        Doorkeeper::new(safety.clone(), clock.clone(), used.clone())
    }

    /// Lets a call through, or says why not. What is known of the caller is left in `caller` in either case.
    fn admit(
        &self,
        path: &str,
        headers: &HeaderMap,
        caller: &mut Caller,
    ) -> Result<(&'static Rpc, Option<Open>), Denial> {
        let rpc = Rpc::at(path);
        if rpc.is_none_or(|rpc| rpc.right != Right::Open) {
            self.identify(headers, caller)?;
        }
        let rpc = rpc.ok_or(Denial::RpcUnknown)?;
        if let Some((name, role)) = &caller.token
            && !role.may(rpc.right)
        {
            return Err(Denial::RoleLacking {
                rpc: rpc.name(),
                right: rpc.right,
                name: name.to_string(),
                role: *role,
            });
        }
        let Some(counted) = caller.counted() else {
            return Ok((rpc, None));
        };
        self.0.used.call(&counted, rpc.right)?;
        let open = match rpc.streams {
            true => Some(self.0.used.stream(&counted)?),
            false => None,
        };
        Ok((rpc, open))
    }

    fn identify(&self, headers: &HeaderMap, caller: &mut Caller) -> Result<(), Denial> {
        let Some(tokens) = &self.0.safety.tokens else {
            return Ok(());
        };
        let header = headers.get(AUTHORIZATION).ok_or(Denial::TokenMissing)?;
        let text = header.to_str().map_err(|_| Denial::TokenUnknown)?;
        let token = text.strip_prefix("Bearer ").ok_or(Denial::TokenMissing)?;
        let hash = Hash::of(token.trim());
        let entry = tokens.find(hash, self.0.clock.wall())?;
        caller.token = Some((entry.name.into(), entry.role));
        caller.hash = Some(HashOf(hash));
        Ok(())
    }

    /// Whether a caller's token is still good for what it reads on.
    fn is_good(&self, hash: Hash, right: Right) -> Result<(), Denial> {
        let Some(tokens) = &self.0.safety.tokens else {
            return Ok(());
        };
        let entry = tokens.find(hash, self.0.clock.wall())?;
        match entry.role.may(right) {
            true => Ok(()),
            false => Err(Denial::TokenUnknown),
        }
    }

    fn record(&self, rpc: &str, caller: &Caller, outcome: &Outcome, note: Note, refused: bool) {
        let Some(audit) = &self.0.safety.audit else { return };
        let line = Line {
            outcome: outcome.code.clone(),
            reason: outcome.reason.clone(),
            resource: note.resource,
            request_id: note.request_id,
            ..caller.line(rpc, self.0.clock.wall())
        };
        match refused {
            true => audit.refused(line, Instant::now()),
            false => audit.write(line),
        }
    }
}

/// What came of a call.
struct Outcome {
    code: String,
    reason: String,
}

impl Outcome {
    fn of(headers: &HeaderMap) -> Self {
        match Status::from_header_map(headers) {
            Some(status) if status.code() != tonic::Code::Ok => Self {
                code: format!("{:?}", status.code()),
                reason: status
                    .get_details_error_info()
                    .map_or(String::new(), |info| info.reason),
            },
            _ => Self {
                code: "Ok".into(),
                reason: String::new(),
            },
        }
    }
}

impl<S> Layer<S> for Gate {
    type Service = Guarded<S>;

    fn layer(&self, inner: S) -> Guarded<S> {
        let gate = self.clone();
        Guarded { gate, inner }
    }
}

/// Services behind the gate.
#[derive(Clone)]
pub(crate) struct Guarded<S> {
    gate: Gate,
    inner: S,
}

type Answer = Result<Response<Body>, Infallible>;

impl<S> Service<Request<Body>> for Guarded<S>
where
    S: Service<Request<Body>, Response = Response<Body>, Error = Infallible> + Clone + Send + 'static,
    S::Future: Send,
{
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Answer> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        // The one that said it was ready answers; its copy is asked anew.
        let copy = self.inner.clone();
        let inner = std::mem::replace(&mut self.inner, copy);
        Box::pin(pass(self.gate.clone(), inner, request))
    }
}

async fn pass<S>(gate: Gate, mut inner: S, mut request: Request<Body>) -> Answer
where
    S: Service<Request<Body>, Response = Response<Body>, Error = Infallible>,
{
    let path = request.uri().path().to_owned();
    let mut caller = Caller {
        peer: request.extensions().get::<Peer>().cloned(),
        ..Caller::default()
    };
    let (rpc, open) = match gate.admit(&path, request.headers(), &mut caller) {
        Ok(admitted) => admitted,
        Err(refusal) => {
            let answer = answer(refusal);
            // What a stranger calls may be of any length.
            let path = &path[..path.floor_char_boundary(200)];
            gate.record(path, &caller, &Outcome::of(answer.headers()), Note::default(), true);
            return Ok(answer);
        }
    };
    if let Some((_, role)) = &caller.token {
        request.extensions_mut().insert(*role);
    }
    let deadline = gate.0.safety.limits.deadline;
    let call = async {
        let mut unheard = Unheard::of(&gate, rpc, &caller);
        let answered = timeout(deadline, inner.call(request)).await;
        unheard.is_armed = false;
        (answered, NOTE.with(RefCell::take))
    };
    let (answered, note) = NOTE.scope(RefCell::default(), call).await;
    let answer = match answered {
        Ok(answered) => answered?,
        Err(_) => answer(Denial::Deadline(deadline)),
    };
    if rpc.record == Record::Always && !note.is_trial {
        gate.record(rpc.path, &caller, &Outcome::of(answer.headers()), note, false);
    }
    if !rpc.streams {
        return Ok(answer);
    }
    let right = rpc.right;
    Ok(answer.map(|inner| {
        let hash = caller.hash.map(|hash| hash.0);
        Body::new(Watching {
            inner,
            gate,
            hash,
            right,
            _open: open,
            is_over: false,
        })
    }))
}

/// Records a call whose answer nobody waits for any more: it may have been carried out all the same.
struct Unheard<'a> {
    gate: &'a Gate,
    rpc: &'static Rpc,
    caller: &'a Caller,
    is_armed: bool,
}

impl<'a> Unheard<'a> {
    fn of(gate: &'a Gate, rpc: &'static Rpc, caller: &'a Caller) -> Self {
        let is_armed = rpc.record == Record::Always;
        Self {
            gate,
            rpc,
            caller,
            is_armed,
        }
    }
}

impl Drop for Unheard<'_> {
    fn drop(&mut self) {
        if !self.is_armed {
            return;
        }
        let note = NOTE.try_with(RefCell::take).unwrap_or_default();
        if !note.is_trial {
            let outcome = Outcome {
                code: "Cancelled".into(),
                reason: String::new(),
            };
            self.gate.record(self.rpc.path, self.caller, &outcome, note, false);
        }
    }
}

fn answer(refusal: Denial) -> Response<Body> {
    Status::from(Error::Denied(refusal)).into_http()
}

/// A stream that ends with the token that it was asked for with.
struct Watching {
    inner: Body,
    gate: Gate,
    hash: Option<Hash>,
    right: Right,
    _open: Option<Open>,
    is_over: bool,
}

impl HttpBody for Watching {
    type Data = <Body as HttpBody>::Data;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Status>>> {
        if self.is_over {
            return Poll::Ready(None);
        }
        let frame = ready!(Pin::new(&mut self.inner).poll_frame(context));
        if let Some(Ok(frame)) = &frame
            && frame.is_data()
            && let Some(hash) = self.hash
            && let Err(refusal) = self.gate.is_good(hash, self.right)
        {
            self.is_over = true;
            let mut trailers = HeaderMap::new();
            Status::from(Error::Denied(refusal)).add_header(&mut trailers)?;
            return Poll::Ready(Some(Ok(Frame::trailers(trailers))));
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.is_over || self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a panic here is a failed test")]
mod tests {
    use super::*;
    use crate::{clock::ManualClock, safety::Audit};
    use std::fs;
    use tokio::sync::Notify;

    /// Takes a call and never answers.
    #[derive(Clone)]
    struct Silent(Arc<Notify>);

    impl Service<Request<Body>> for Silent {
        type Response = Response<Body>;
        type Error = Infallible;
        type Future = Pin<Box<dyn Future<Output = Answer> + Send>>;

        fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
            Poll::Ready(Ok(()))
        }

        fn call(&mut self, _: Request<Body>) -> Self::Future {
            self.0.notify_one();
            Box::pin(std::future::pending())
        }
    }

    #[tokio::test]
    async fn a_call_that_is_reset_before_its_answer_is_in_the_record() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("audit.jsonl");
        let safety = Safety {
            audit: Some(Arc::new(Audit::open(&file).unwrap())),
            ..Safety::default()
        };
        let gate = Gate::new(safety, Arc::new(ManualClock::new(Timestamp(0))));
        let taken = Arc::new(Notify::new());
        let mut guarded = gate.layer(Silent(taken.clone()));
        let call = |path: &str| Request::builder().uri(path).body(Body::default()).unwrap();
        for path in [
            "/augur.v1.SweepService/CancelSweep",
            "/augur.v1.SweepService/ListSweeps",
        ] {
            let answer = guarded.call(call(path));
            tokio::select! {
                _ = answer => panic!("it never answers"),
                () = taken.notified() => {}
            }
        }
        let record = fs::read_to_string(&file).unwrap();
        assert_eq!(record.lines().count(), 1, "{record}");
        assert!(
            record.contains("/CancelSweep\"") && record.contains("\"outcome\":\"Cancelled\""),
            "{record}"
        );
    }
}
