//! Traces of trials: one trace each, to which coordinator and workers add their spans. Both compute its identifier from the trial's
//! name, so that nothing has to pass between them, and a trial that outlives a process stays one trace.
//!
//! Spans go to a collector by OTLP over gRPC in batches, from a thread of their own. Nobody waits for it: while it is away they are
//! kept up to a limit and then dropped.

mod export;
mod place;
mod span;

pub use export::{TraceError, Traces, TracesOptions};
pub use opentelemetry::{KeyValue, trace::SpanKind};
pub use place::Place;
pub use span::Span;
