//! `/metrics` of a coordinator after known events.

use super::scraped::Scraped;
use crate::{
    page::web::Web,
    support::{Host, LightWorker, create, wide_spec},
};
use augur_proto::v1::{self, CauseKind};
use axum::http::{StatusCode, header};
use std::{net::SocketAddr, time::Duration};

const ANY: ([u8; 4], u16) = ([127, 0, 0, 1], 0);

/// The coordinator of a host, with its metrics.
pub async fn served(host: &mut Host) -> SocketAddr {
    host.coordinator.serve_metrics(ANY.into()).await.unwrap()
}

#[tokio::test]
async fn what_happened_to_leases_and_trials_is_counted_once_it_is_committed() {
    let (mut host, clock) = Host::with_clock().await;
    let address = served(&mut host).await;
    create(&mut host.sweeps().await, &wide_spec("counted", 4)).await;
    clock.advance(Duration::from_secs(3));
    let mut worker = LightWorker::register(host.workers().await, 3).await;
    let leases = worker.acquire(3).await;
    worker.complete(&leases[0]).await.unwrap();
    worker.fail(&leases[1].token, CauseKind::Crashed).await.unwrap();
    worker.renew(&[&leases[2].token]).await;
    // Both are over: the one that completed and one that never was.
    worker.fail(&leases[1].token, CauseKind::Crashed).await.unwrap_err();
    assert_eq!(
        worker.report("01890a5d-ac96-774b-bcce-b302099a8057", 1..=1).await.len(),
        1
    );

    let scraped = Scraped::of(address).await;
    let value = |series: &str| scraped.value(series);
    assert_eq!(value("augur_leases_given_total{work=\"trial\"}"), 3.0);
    assert_eq!(value("augur_leases_renewed_total"), 1.0);
    assert_eq!(value("augur_leases_ended_total{end=\"completed\"}"), 1.0);
    assert_eq!(value("augur_leases_ended_total{end=\"crashed\"}"), 1.0);
    assert_eq!(value("augur_leases_ended_total{end=\"worker_lost\"}"), 0.0);
    assert_eq!(value("augur_attempts_repeated_total"), 1.0);
    assert_eq!(value("augur_reports_stale_total"), 2.0);
    assert_eq!(value("augur_trial_wait_seconds_sum"), 9.0);
    assert_eq!(value("augur_trial_wait_seconds_count"), 3.0);
    assert_eq!(value("augur_lease_answer_seconds_count"), 1.0);
    assert_eq!(value("augur_sweeps{state=\"running\"}"), 1.0);
    for (state, count) in [("pending", 2.0), ("running", 1.0), ("completed", 1.0), ("failed", 0.0)] {
        assert_eq!(value(&format!("augur_trials{{state=\"{state}\"}}")), count, "{state}");
        let of_sweep = format!("augur_sweep_trials{{sweep=\"counted\",state=\"{state}\"}}");
        assert_eq!(value(&of_sweep), count, "{state}");
    }
    assert_eq!(value("augur_groups{state=\"open\"}"), 1.0);
    assert_eq!(value("augur_workers{state=\"connected\"}"), 1.0);
    assert_eq!(value("augur_slots{state=\"busy\"}"), 1.0);
    assert_eq!(value("augur_slots{state=\"free\"}"), 2.0);
    assert_eq!(value("augur_worker_heartbeat_age_seconds{which=\"newest\"}"), 0.0);
    assert_eq!(value("augur_store_trouble"), 0.0);
    assert_eq!(value("augur_store_readable"), 1.0);
    assert!(value("augur_store_commit_seconds_count") >= 8.0);
    host.check().await;
}

#[tokio::test]
async fn a_worker_that_falls_silent_and_a_sweep_that_its_breaker_paused_are_shown() {
    let (mut host, clock) = Host::with_clock().await;
    let address = served(&mut host).await;
    let spec = wide_spec("broken", 8) + "retry: {max_attempts: 1, breaker: 2}\n";
    create(&mut host.sweeps().await, &spec).await;
    create(&mut host.sweeps().await, &wide_spec("fine", 1)).await;
    let mut worker = LightWorker::register(host.workers().await, 2).await;
    let leases = worker.acquire(2).await;
    for lease in &leases {
        worker.fail(&lease.token, CauseKind::Numerical).await.unwrap();
    }
    clock.advance(Duration::from_secs(60));
    let scraped = Scraped::of(address).await;
    assert_eq!(
        scraped.value("augur_sweep_paused{sweep=\"broken\",by=\"breaker\"}"),
        1.0
    );
    assert_eq!(scraped.value("augur_sweep_paused{sweep=\"broken\",by=\"user\"}"), 0.0);
    assert_eq!(scraped.value("augur_sweep_paused{sweep=\"fine\",by=\"breaker\"}"), 0.0);
    assert_eq!(scraped.value("augur_workers{state=\"silent\"}"), 1.0);
    assert_eq!(scraped.value("augur_workers{state=\"connected\"}"), 0.0);
    assert_eq!(
        scraped.value("augur_worker_heartbeat_age_seconds{which=\"newest\"}"),
        60.0
    );
}

#[tokio::test]
async fn calls_are_counted_by_method_and_status_and_nobody_invents_a_method() {
    let mut host = Host::start().await;
    let address = served(&mut host).await;
    let mut sweeps = host.sweeps().await;
    create(&mut sweeps, &wide_spec("called", 1)).await;
    let missing = v1::GetSweepRequest {
        name: "sweeps/none".into(),
    };
    sweeps.get_sweep(missing).await.unwrap_err();
    let name = "sweeps/called".to_owned();
    let watch = v1::WatchSweepRequest {
        name,
        ..Default::default()
    };
    let _ = sweeps.watch_sweep(watch).await.unwrap().into_inner().message().await;
    let scraped = Scraped::of(address).await;
    let of = |method: &str, code: &str| {
        scraped.value(&format!(
            "augur_rpcs_total{{service=\"augur.v1.SweepService\",method=\"{method}\",code=\"{code}\"}}"
        ))
    };
    assert_eq!(of("CreateSweep", "OK"), 1.0);
    assert_eq!(of("GetLeaderboard", "OK"), 0.0);
    assert_eq!(of("GetSweep", "NOT_FOUND"), 1.0);
    let seconds = "augur_rpc_seconds_count{service=\"augur.v1.SweepService\",method=\"CreateSweep\",code=\"OK\"}";
    assert_eq!(scraped.value(seconds), 1.0);
}

#[tokio::test]
async fn metrics_are_beside_the_page_and_in_the_format_that_is_asked_for() {
    let mut host = Host::start().await;
    let both = host.coordinator.serve_page_and_metrics(ANY.into()).await.unwrap();
    let alone = host.coordinator.serve_page(ANY.into()).await.unwrap();
    assert_eq!(Web::at(alone).get("/metrics").await.status, StatusCode::NOT_FOUND);
    assert_eq!(Web::at(both).get("/").await.status, StatusCode::OK);
    let accepts = [(
        header::ACCEPT,
        "application/openmetrics-text;version=1.0.0,text/plain;q=0.5",
    )];
    let answer = Web::at(both).send(axum::http::Method::GET, "/metrics", &accepts).await;
    let format = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    assert_eq!(answer.header(header::CONTENT_TYPE), format);
    let text = String::from_utf8(answer.body).unwrap();
    assert!(text.contains("# TYPE augur_leases_given counter\n"), "{text}");
    assert!(text.ends_with("# EOF\n"), "{text}");
    // From a web site that lets its name point here.
    let rebound = [(header::HOST, "example.org")];
    let answer = Web::at(both).send(axum::http::Method::GET, "/metrics", &rebound).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
}
