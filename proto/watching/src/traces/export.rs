//! Spans on their way to a collector.

use super::Span;
use clap::Args;
use opentelemetry::{InstrumentationScope, KeyValue};
use opentelemetry_otlp::{SpanExporter as Otlp, WithExportConfig};
use opentelemetry_sdk::{
    Resource,
    error::{OTelSdkError, OTelSdkResult},
    trace::{BatchSpanProcessor, SpanData, SpanExporter, SpanProcessor},
};
use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    },
    time::{Duration, SystemTime},
};
use thiserror::Error;

/// The option of every program that traces.
#[derive(Clone, Debug, Default, Args)]
pub struct TracesOptions {
    /// Where spans of trials go: a collector's address for OTLP over gRPC, such as http://127.0.0.1:4317; without it there are none
    #[arg(long, value_name = "URL", env = "OTEL_EXPORTER_OTLP_ENDPOINT")]
    pub otlp: Option<String>,
}

/// Why there can be no traces.
#[derive(Debug, Error)]
#[error("spans can't be sent to {url}: {fault}; write it like http://127.0.0.1:4317")]
pub struct TraceError {
    url: String,
    fault: String,
}

/// Takes spans that have ended. Clones send to one collector.
#[derive(Clone)]
pub struct Traces(Arc<Shared>);

struct Shared {
    processor: BatchSpanProcessor,
    scope: InstrumentationScope,
    tally: Arc<Tally>,
}

/// What became of spans.
#[derive(Default)]
struct Tally {
    exported: AtomicU64,
    lost: AtomicU64,
    away: AtomicBool,
}

impl TracesOptions {
    /// What takes spans, as `service` called `instance`; none where none are wanted. Within a runtime, which carries them.
    ///
    /// # Errors
    /// What is no address.
    pub fn open(&self, service: &'static str, instance: String) -> Result<Option<Traces>, TraceError> {
        // A variable that is set to nothing counts as not set, by the specification.
        let url = self.otlp.as_deref().filter(|url| !url.is_empty());
        url.map(|url| Traces::open(url, service, instance)).transpose()
    }
}

impl Traces {
    fn open(url: &str, service: &'static str, instance: String) -> Result<Self, TraceError> {
        let refused = |fault: String| TraceError {
            url: url.to_owned(),
            fault,
        };
        if !url.starts_with("http://") && !url.starts_with("https://") {
            return Err(refused("it does not begin with http:// or https://".into()));
        }
        let otlp = Otlp::builder().with_tonic().with_endpoint(url).build();
        let tally = Arc::new(Tally::default());
        let told = Told {
            otlp: otlp.map_err(|fault| refused(fault.to_string()))?,
            url: url.to_owned(),
            tally: Arc::clone(&tally),
        };
        let mut processor = BatchSpanProcessor::builder(told).build();
        // What OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES say comes on top.
        let version = env!("CARGO_PKG_VERSION");
        let ours = Resource::builder_empty().with_attributes([
            KeyValue::new("service.name", service),
            KeyValue::new("service.namespace", "augur"),
            KeyValue::new("service.version", version),
            KeyValue::new("service.instance.id", instance),
        ]);
        let said = Resource::builder().build();
        let said = said
            .iter()
            .map(|(key, value)| KeyValue::new(key.clone(), value.clone()));
        let is_default =
            |fact: &KeyValue| fact.key.as_str() == "service.name" && fact.value.as_str().starts_with("unknown_service");
        let resource = ours.with_attributes(said.filter(|fact| !is_default(fact)));
        processor.set_resource(&resource.build());
        let scope = InstrumentationScope::builder("augur").with_version(version).build();
        Ok(Self(Arc::new(Shared {
            processor,
            scope,
            tally,
        })))
    }

    /// A span has ended. Never waits.
    pub fn end(&self, span: Span, at: SystemTime) {
        self.0.processor.on_end(span.ended(at, self.0.scope.clone()));
    }

    /// Spans that the collector took, and those that it did not.
    pub fn tally(&self) -> [u64; 2] {
        [&self.0.tally.exported, &self.0.tally.lost].map(|count| count.load(Relaxed))
    }

    /// Sends what waits, for at most `patience`, and takes no more.
    pub async fn close(self, patience: Duration) {
        // On a thread of its own: the runtime carries what is sent.
        let closing = tokio::task::spawn_blocking(move || self.0.processor.shutdown_with_timeout(patience));
        // A collector that is away has been told of.
        let _ = tokio::time::timeout(patience, closing).await;
    }
}

impl fmt::Debug for Traces {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Traces")
    }
}

/// An exporter that says once when the collector goes, and once when it is back.
struct Told {
    otlp: Otlp,
    url: String,
    tally: Arc<Tally>,
}

impl fmt::Debug for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Told")
    }
}

impl SpanExporter for Told {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        let count = batch.len() as u64;
        let sent = self.otlp.export(batch).await;
        match &sent {
            Ok(()) => {
                self.tally.exported.fetch_add(count, Relaxed);
                if self.tally.away.swap(false, Relaxed) {
                    tracing::info!("the collector at {} takes spans again", self.url);
                }
            }
            Err(fault) => {
                self.tally.lost.fetch_add(count, Relaxed);
                if !self.tally.away.swap(true, Relaxed) {
                    tracing::warn!(
                        "spans are lost, for the collector at {} does not take them: {fault}",
                        self.url
                    );
                }
            }
        }
        sent
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> Result<(), OTelSdkError> {
        self.otlp.shutdown_with_timeout(timeout)
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.otlp.force_flush()
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.otlp.set_resource(resource);
    }
}
