//! The worker's part of a trial's trace: a span beneath the attempt, which the coordinator tells of, and one for each call that hands
//! something in.

use augur_proto::v1::{EvaluationWork, TrialWork, lease::Work};
use augur_watching::traces::{KeyValue, Place, Span, SpanKind, Traces};
use std::{
    fmt::Debug,
    sync::{Mutex, PoisonError},
    time::SystemTime,
};
use tonic::{Request, metadata::AsciiMetadataValue};

/// The name of the trial whose story the work under a lease belongs to: of an evaluation it is the selected one.
pub(crate) fn trial_of(work: &Work) -> Option<String> {
    match work {
        Work::Trial(TrialWork { trial, .. }) => Some(trial.clone()),
        Work::Evaluation(EvaluationWork { sweep, trials, .. }) => {
            let selected = trials.first()?;
            Some(format!("{sweep}/trials/{}", selected.trial))
        }
    }
}

/// The work under one lease.
pub(crate) struct Story {
    traces: Traces,
    place: Place,
    span: Mutex<Span>,
}

impl Story {
    pub fn begins(traces: &Traces, work: &Work, attempt: u32, worker: String) -> Option<Self> {
        let name = trial_of(work)?;
        let (parent, what) = match work {
            Work::Trial(_) => (Place::of_attempt(&name, attempt), "run"),
            Work::Evaluation(_) => (Place::of_evaluation(&name, attempt), "evaluate"),
        };
        let span = Span::under(parent, what, SystemTime::now())
            .with("augur.trial", name)
            .with("augur.attempt", i64::from(attempt))
            .with("augur.worker", worker);
        Some(Self {
            traces: traces.clone(),
            place: span.place,
            span: Mutex::new(span),
        })
    }

    /// Something has happened on its way.
    pub fn event(&self, name: &'static str, facts: Vec<KeyValue>) {
        let mut span = self.span.lock().unwrap_or_else(PoisonError::into_inner);
        span.event(name, SystemTime::now(), facts);
    }

    /// The work has ended, well or with an error.
    pub fn ends(&self, how: &'static str, error: Option<String>) {
        let span = self.span.lock().unwrap_or_else(PoisonError::into_inner).clone();
        self.traces
            .end(span.with("augur.end", how).failed(error), SystemTime::now());
    }
}

/// A call that hands something in, tries included.
pub(crate) struct Call<'a> {
    story: Option<(&'a Story, Span)>,
    header: Option<AsciiMetadataValue>,
}

impl<'a> Call<'a> {
    pub fn begins(story: Option<&'a Story>, method: &'static str) -> Self {
        let span = |story: &'a Story| {
            let name = format!("augur.v1.WorkerService/{method}");
            let span = Span::under(story.place, name, SystemTime::now()).of_kind(SpanKind::Client);
            let span = span
                .with("rpc.system", "grpc")
                .with("rpc.service", "augur.v1.WorkerService");
            (story, span.with("rpc.method", method))
        };
        let story = story.map(span);
        let header = story
            .as_ref()
            .and_then(|(_, span)| span.place.traceparent().parse().ok());
        Self { story, header }
    }

    /// The message with the header by which the coordinator's span finds this one.
    pub fn request<T>(&self, message: T) -> Request<T> {
        let mut request = Request::new(message);
        if let Some(header) = &self.header {
            request.metadata_mut().insert("traceparent", header.clone());
        }
        request
    }

    /// It was answered or given up.
    pub fn ends<T, E: Debug>(self, result: Result<T, E>) -> Result<T, E> {
        if let Some((story, span)) = self.story {
            let error = result.as_ref().err().map(|error| format!("{error:?}"));
            story.traces.end(span.failed(error), SystemTime::now());
        }
        result
    }
}
