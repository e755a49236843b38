//! A span: what happened from one moment to another.

use super::Place;
use opentelemetry::{
    InstrumentationScope, KeyValue, Value,
    trace::{Event, SpanContext, SpanId, SpanKind, Status, TraceFlags, TraceState},
};
use opentelemetry_sdk::trace::{IdGenerator, RandomIdGenerator, SpanData, SpanEvents, SpanLinks};
use std::{borrow::Cow, time::SystemTime};

/// A span that has begun.
#[derive(Clone, Debug)]
pub struct Span {
    /// Where it lies.
    pub place: Place,
    parent: SpanId,
    is_remote: bool,
    kind: SpanKind,
    name: Cow<'static, str>,
    start: SystemTime,
    attributes: Vec<KeyValue>,
    events: Vec<Event>,
    status: Status,
}

impl Span {
    /// The root of a trace.
    pub fn root(place: Place, name: &'static str, start: SystemTime) -> Self {
        Self::at(place, SpanId::INVALID, name, start)
    }

    /// A span beneath `parent` at a place that others know.
    pub fn at(place: Place, parent: SpanId, name: impl Into<Cow<'static, str>>, start: SystemTime) -> Self {
        Self {
            place,
            parent,
            is_remote: false,
            kind: SpanKind::Internal,
            name: name.into(),
            start,
            attributes: Vec::new(),
            events: Vec::new(),
            status: Status::Unset,
        }
    }

    /// A span beneath another one, under an identifier of its own.
    pub fn under(parent: Place, name: impl Into<Cow<'static, str>>, start: SystemTime) -> Self {
        let place = Place {
            span: RandomIdGenerator::default().new_span_id(),
            ..parent
        };
        Self::at(place, parent.span, name, start)
    }

    /// Of a call: its parent is in another process where it is that of a server.
    pub fn of_kind(mut self, kind: SpanKind) -> Self {
        self.is_remote = matches!(kind, SpanKind::Server);
        self.kind = kind;
        self
    }

    /// With a further fact.
    pub fn with(mut self, key: &'static str, value: impl Into<Value>) -> Self {
        self.attributes.push(KeyValue::new(key, value));
        self
    }

    /// Something that happened on its way.
    pub fn event(&mut self, name: &'static str, at: SystemTime, attributes: Vec<KeyValue>) {
        self.events.push(Event::new(name, at, attributes, 0));
    }

    /// With an end that is an error, if there is one.
    pub fn failed(mut self, error: Option<String>) -> Self {
        if let Some(error) = error {
            self.status = Status::error(error);
        }
        self
    }

    pub(super) fn ended(self, end: SystemTime, scope: InstrumentationScope) -> SpanData {
        let Place { trace, span } = self.place;
        let mut events = SpanEvents::default();
        events.events = self.events;
        SpanData {
            span_context: SpanContext::new(trace, span, TraceFlags::SAMPLED, false, TraceState::NONE),
            parent_span_id: self.parent,
            parent_span_is_remote: self.is_remote,
            span_kind: self.kind,
            name: self.name,
            start_time: self.start,
            // A clock may have been set back in between.
            end_time: end.max(self.start),
            attributes: self.attributes,
            dropped_attributes_count: 0,
            events,
            links: SpanLinks::default(),
            status: self.status,
            instrumentation_scope: scope,
        }
    }
}
