//! Spans of trials at a collector, from a coordinator and from a worker.

use super::{collector::Collector, linked};
use crate::support::{Host, Sweeps, create, get, wide_spec};
use augur_coordinator::{Settings, clock::SystemClock};
use augur_proto::v1::{ListTrialsRequest, SweepState, WatchSweepRequest};
use augur_watching::{
    logs::{self, LogFormat},
    traces::{Place, Traces, TracesOptions},
};
use opentelemetry_proto::tonic::trace::v1::{Span, span::SpanKind, status::StatusCode};
use serde_json::Value;
use std::{
    io::Write,
    sync::{Arc, Mutex},
    time::Duration,
};
use tracing_subscriber::EnvFilter;

fn traces(url: &str, service: &'static str) -> Option<Traces> {
    let otlp = Some(url.to_owned());
    TracesOptions { otlp }.open(service, "here".into()).unwrap()
}

async fn host(traces: Option<Traces>) -> Host {
    let settings = Settings {
        traces,
        ..Settings::default()
    };
    Host::with(settings, Arc::new(SystemClock::default())).await
}

/// Runs a sweep of two trials to its end by a linked worker; the names of its trials, the selected one first.
async fn run(host: &Host, traces: Option<Traces>) -> Vec<String> {
    let mut sweeps = host.sweeps().await;
    let sweep = create(&mut sweeps, &wide_spec("traced", 2)).await;
    let (link, stopping) = linked::join(&host.url(), traces).await;
    let over = async {
        watch(&mut sweeps, &sweep.name).await;
        stopping.cancel();
    };
    tokio::join!(linked::live(&link), over);
    if let Some(traces) = link.traces {
        traces.close(Duration::from_secs(5)).await;
    }
    assert_eq!(get(&mut sweeps, &sweep.name).await.state(), SweepState::Succeeded);
    let request = ListTrialsRequest {
        parent: sweep.name,
        order_by: "validation_loss".into(),
        ..Default::default()
    };
    let trials = sweeps.list_trials(request).await.unwrap().into_inner().trials;
    trials.into_iter().map(|trial| trial.name).collect()
}

/// Comes back once the sweep is over.
async fn watch(sweeps: &mut Sweeps, name: &str) {
    let request = WatchSweepRequest {
        name: name.to_owned(),
        ..Default::default()
    };
    let mut events = sweeps.watch_sweep(request).await.unwrap().into_inner();
    let over = async { while events.message().await.unwrap().is_some() {} };
    tokio::time::timeout(Duration::from_secs(60), over).await.unwrap();
}

/// The one span of a service with a name in the trace of a trial, beneath a parent.
fn one<'a>(spans: &'a [(String, Span)], service: &str, name: &str, parent: &[u8], place: Place) -> &'a Span {
    let trace = place.trace.to_bytes();
    let is_it = |(of, span): &&(String, Span)| {
        of == service && span.name == name && span.trace_id == trace && span.parent_span_id == parent
    };
    let found: Vec<_> = spans.iter().filter(is_it).collect();
    assert_eq!(found.len(), 1, "{service}: {name} in {spans:#?}");
    &found[0].1
}

const COORDINATOR: &str = "augur-coordinator";
const WORKER: &str = "augur-worker";

#[tokio::test]
async fn a_trial_is_one_trace_of_the_coordinator_and_the_worker() {
    let collector = Collector::default();
    let url = collector.start().await;
    let host = host(traces(&url, COORDINATOR)).await;
    let names = run(&host, traces(&url, WORKER)).await;
    host.coordinator.stop().await.unwrap();
    let spans = collector.spans();
    assert_eq!(names.len(), 2);
    for (at, name) in names.iter().enumerate() {
        let place = Place::of_trial(name);
        let trial = one(&spans, COORDINATOR, "trial", &[], place);
        assert_eq!(trial.span_id, place.span.to_bytes());
        let attempt = one(&spans, COORDINATOR, "attempt", &trial.span_id, place);
        assert_eq!(attempt.span_id, Place::of_attempt(name, 1).span.to_bytes());
        let run = one(&spans, WORKER, "run", &attempt.span_id, place);
        assert_eq!(
            run.events.iter().map(|event| event.name.as_str()).collect::<Vec<_>>(),
            ["checkpoint"]
        );
        handed_in(&spans, "CompleteTrial", run, place);
        assert!(attempt.start_time_unix_nano >= trial.start_time_unix_nano);
        assert!(attempt.end_time_unix_nano <= trial.end_time_unix_nano);
        let is_selected = at == 0;
        let of_group = |name: &str| {
            let trace = place.trace.to_bytes();
            spans
                .iter()
                .filter(|(_, span)| span.name == name && span.trace_id == trace)
                .count()
        };
        assert_eq!(of_group("queued"), 1 + usize::from(is_selected));
        assert_eq!(of_group("choice"), usize::from(is_selected));
        if is_selected {
            one(&spans, COORDINATOR, "choice", &trial.span_id, place);
            let evaluation = one(&spans, COORDINATOR, "evaluation", &trial.span_id, place);
            let evaluate = one(&spans, WORKER, "evaluate", &evaluation.span_id, place);
            handed_in(&spans, "CompleteEvaluation", evaluate, place);
        }
    }
    let errors = spans.iter().filter_map(|(_, span)| span.status.as_ref());
    assert!(errors.into_iter().all(|status| status.code() != StatusCode::Error));
}

/// A call of the worker, its answer by the coordinator, and the commit that this waited for.
fn handed_in(spans: &[(String, Span)], method: &str, by: &Span, place: Place) {
    let name = format!("augur.v1.WorkerService/{method}");
    let call = one(spans, WORKER, &name, &by.span_id, place);
    assert_eq!(call.kind(), SpanKind::Client);
    let answer = one(spans, COORDINATOR, &name, &call.span_id, place);
    assert_eq!(answer.kind(), SpanKind::Server);
    one(spans, COORDINATOR, "store commit", &answer.span_id, place);
}

#[tokio::test]
async fn a_collector_that_is_away_holds_nothing_up() {
    // Nobody listens on a port that was given up.
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", taken.local_addr().unwrap());
    drop(taken);
    let host = host(traces(&url, COORDINATOR)).await;
    assert_eq!(run(&host, traces(&url, WORKER)).await.len(), 2);
    host.check().await;
    let stopping = tokio::time::timeout(Duration::from_secs(20), host.coordinator.stop());
    stopping.await.unwrap().unwrap();
}

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn what_a_worker_logs_of_its_work_names_sweep_trial_attempt_and_worker() {
    let lines = Lines::default();
    let writer = lines.clone();
    let log = logs::to(
        move || writer.clone(),
        LogFormat::Json,
        EnvFilter::new("augur_link=info"),
        false,
    );
    let _log = tracing::dispatcher::set_default(&log);
    let host = host(None).await;
    let names = run(&host, None).await;
    let text = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    for name in &names {
        let parts: Vec<_> = name.split('/').collect();
        let of_trial = |line: &&Value| line["trial"] == parts[3] && line["message"].to_string().contains("trial ");
        let of_trial: Vec<_> = lines.iter().filter(of_trial).collect();
        assert_eq!(of_trial.len(), 2, "begins and completed: {text}");
        for line in of_trial {
            assert_eq!(
                (&line["sweep"], &line["attempt"]),
                (&parts[1].into(), &1.into()),
                "{line}"
            );
            assert!(
                line["worker"].as_str().is_some_and(|worker| worker.len() == 36),
                "{line}"
            );
        }
    }
    let left = lines.iter().find(|line| line["message"] == "left").unwrap();
    assert!(left["worker"].is_string() && left["trial"].is_null(), "{left}");
}
