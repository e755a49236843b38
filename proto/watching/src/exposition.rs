//! Metrics as text: OpenMetrics for whoever asks for it, the older format of Prometheus for everybody else.

use axum::{
    Router,
    extract::Request,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use prometheus_client::{
    encoding::text::{encode_eof, encode_registry},
    registry::Registry,
};
use std::{collections::HashMap, fmt, io, net::SocketAddr, sync::Arc};
use tokio::{net::TcpListener, task::JoinHandle};
use tokio_util::sync::CancellationToken;

const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
const PROMETHEUS: &str = "text/plain; version=0.0.4; charset=utf-8";

/// All metrics of these registries in the format of OpenMetrics 1.0.
///
/// # Errors
/// None while the text is written to memory.
pub fn open_metrics(registries: &[&Registry]) -> Result<String, fmt::Error> {
    let mut text = String::new();
    for registry in registries {
        encode_registry(&mut text, registry)?;
    }
    encode_eof(&mut text)?;
    Ok(text)
}

/// The answer to a scrape: `text` as OpenMetrics where the request accepts that, and else in the older format.
pub fn answer(headers: &HeaderMap, text: Result<String, fmt::Error>) -> Response {
    let accepts = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok());
    let is_open = accepts.is_some_and(|accepts| accepts.contains("application/openmetrics-text"));
    match text {
        Ok(text) if is_open => ([(header::CONTENT_TYPE, OPEN_METRICS)], text).into_response(),
        Ok(text) => ([(header::CONTENT_TYPE, PROMETHEUS)], prometheus(&text)).into_response(),
        Err(fmt::Error) => (StatusCode::INTERNAL_SERVER_ERROR, "the metrics can't be written\n").into_response(),
    }
}

/// The format of Prometheus before OpenMetrics (0.0.4), where a counter is named with its `_total`, and an info is a gauge.
pub fn prometheus(open_metrics: &str) -> String {
    let of_type = |line: &str| {
        let (name, kind) = line.strip_prefix("# TYPE ")?.split_once(' ')?;
        Some((name.to_owned(), kind.to_owned()))
    };
    let kinds: HashMap<String, String> = open_metrics.lines().filter_map(of_type).collect();
    let mut text = String::with_capacity(open_metrics.len());
    for line in open_metrics.lines() {
        let mut words = line.splitn(4, ' ');
        match (words.next(), words.next(), words.next(), words.next()) {
            (Some("#"), Some(what @ ("HELP" | "TYPE")), Some(name), Some(rest)) => {
                let (name, kind) = match kinds.get(name).map(String::as_str) {
                    Some("counter") => (format!("{name}_total"), "counter"),
                    Some("info") => (format!("{name}_info"), "gauge"),
                    Some("unknown") => (name.to_owned(), "untyped"),
                    Some(kind) => (name.to_owned(), kind),
                    None => (name.to_owned(), "untyped"),
                };
                let rest = if what == "TYPE" { kind } else { rest };
                text += &format!("# {what} {name} {rest}\n");
            }
            // Units and the end have no place in it.
            (Some("#"), ..) => {}
            _ => {
                text += line;
                text.push('\n');
            }
        }
    }
    text
}

/// Serves `/metrics` at `address` until `stopping`; where it listens, and the task that serves. On loopback only requests by a
/// name of this machine are answered, so that no web site can point a name of its own here and read along.
///
/// # Errors
/// An address that can't be listened on.
pub async fn serve(
    address: SocketAddr,
    scrape: impl Fn() -> Result<String, fmt::Error> + Send + Sync + 'static,
    stopping: CancellationToken,
) -> io::Result<(SocketAddr, JoinHandle<io::Result<()>>)> {
    let listener = TcpListener::bind(address).await?;
    let address = listener.local_addr()?;
    let scrape = Arc::new(scrape);
    let metrics = move |request: Request| async move {
        if address.ip().is_loopback() && !is_local(request.headers()) {
            return (StatusCode::FORBIDDEN, "ask for this by localhost or 127.0.0.1\n").into_response();
        }
        answer(request.headers(), scrape())
    };
    let server = axum::serve(listener, Router::new().route("/metrics", get(metrics)));
    let server = server.with_graceful_shutdown(stopping.cancelled_owned());
    Ok((address, tokio::spawn(async move { server.await })))
}

fn is_local(headers: &HeaderMap) -> bool {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    let Some(uri) = host.and_then(|host| host.parse::<axum::http::uri::Authority>().ok()) else {
        return false;
    };
    let name = uri.host().trim_start_matches('[').trim_end_matches(']');
    let is_loopback = || {
        name.parse()
            .is_ok_and(|address: std::net::IpAddr| address.is_loopback())
    };
    name.eq_ignore_ascii_case("localhost") || is_loopback()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a panic here is a failed test")]
mod tests {
    use super::*;
    use axum::http::HeaderValue;
    use prometheus_client::{
        metrics::{counter::Counter, histogram::Histogram, info::Info},
        registry::Unit,
    };

    fn registry() -> Registry {
        let mut registry = Registry::with_prefix("augur");
        registry.register("build", "What runs", Info::new([("version", "1")]));
        registry.register("calls", "Calls", Counter::<u64>::default());
        let waits = Histogram::new([0.5]);
        waits.observe(0.25);
        registry.register_with_unit("wait", "Waits", Unit::Seconds, waits);
        registry
    }

    #[test]
    fn the_older_format_names_counters_as_their_samples_and_has_no_units() {
        let text = open_metrics(&[&registry()]).unwrap();
        assert!(
            text.contains("# TYPE augur_calls counter\n") && text.ends_with("# EOF\n"),
            "{text}"
        );
        let older = "# HELP augur_build_info What runs.
# TYPE augur_build_info gauge
augur_build_info{version=\"1\"} 1
# HELP augur_calls_total Calls.
# TYPE augur_calls_total counter
augur_calls_total 0
# HELP augur_wait_seconds Waits.
# TYPE augur_wait_seconds histogram
augur_wait_seconds_sum 0.25
augur_wait_seconds_count 1
augur_wait_seconds_bucket{le=\"0.5\"} 1
augur_wait_seconds_bucket{le=\"+Inf\"} 1
";
        assert_eq!(prometheus(&text), older);
    }

    #[test]
    fn only_names_of_this_machine_are_local() {
        let local =
            |host: &'static str| is_local(&HeaderMap::from_iter([(header::HOST, HeaderValue::from_static(host))]));
        for host in ["localhost", "LOCALHOST:9", "127.0.0.1:9", "[::1]:9", "127.1.2.3"] {
            assert!(local(host), "{host}");
        }
        for host in ["example.org", "127.0.0.1.example.org:80", "10.0.0.1", ""] {
            assert!(!local(host), "{host}");
        }
    }
}
