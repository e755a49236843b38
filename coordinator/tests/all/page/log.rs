//! The log of a trial as the page is given it, over real HTTP.

use super::http::host;
use crate::support::{LOG_BEGINS, LightWorker, SPEC, create};
use augur_proto::v1;
use serde_json::{Value, json};

/// The address of the log of the first trial that runs.
async fn log_of_running(web: &super::web::Web) -> String {
    let running = web
        .json("/api/sweeps/small/trials?filter=state%20%3D%20RUNNING&page_size=1")
        .await;
    let id = running["items"][0]["id"].as_str().unwrap();
    format!("/api/sweeps/small/trials/{id}/log")
}

fn line(sequence: u32, text: &str) -> Value {
    json!({"sequence": sequence, "time": (LOG_BEGINS + i64::from(sequence)) * 1000, "text": text})
}

#[tokio::test]
async fn a_log_is_given_by_attempt_and_from_a_line_on() {
    let (host, web) = host().await;
    create(&mut host.sweeps().await, SPEC).await;
    let mut worker = LightWorker::register(host.workers().await, 1).await;
    let lease = worker.acquire(1).await.remove(0);
    let path = log_of_running(&web).await;
    let log = async |query: &str| web.json(&format!("{path}{query}")).await;
    assert_eq!(log("").await, json!({"attempt": 0, "lines": []}));

    worker.log(&lease.token, &[(1, "begins"), (2, "<b>goes on</b>")]).await;
    let [first, second] = [line(1, "begins"), line(2, "<b>goes on</b>")];
    let whole = json!({"attempt": 1, "lines": [first, second]});
    assert_eq!(log("").await, whole);
    assert_eq!(log("?after_sequence=1").await, json!({"attempt": 1, "lines": [second]}));
    assert_eq!(log("?after_sequence=2").await, json!({"attempt": 1, "lines": []}));

    worker.fail(&lease.token, v1::CauseKind::Crashed).await.unwrap();
    assert_eq!(log("").await, whole);
    let again = worker.acquire(1).await.remove(0);
    // A line without a time.
    let report = v1::LeaseMeasurements {
        token: again.token,
        lines: vec![v1::LogLine {
            sequence: 1,
            time: None,
            text: "resumes".into(),
        }],
        ..Default::default()
    };
    let request = v1::ReportMeasurementsRequest {
        worker_id: worker.id.clone(),
        reports: vec![report],
    };
    worker.api.report_measurements(request).await.unwrap();
    let resumed = json!({"attempt": 2, "lines": [{"sequence": 1, "time": null, "text": "resumes"}]});
    assert_eq!(log("").await, resumed);
    assert_eq!(log("?attempt=2").await, resumed);
    assert_eq!(log("?attempt=1").await, whole);
    assert_eq!(log("?attempt=9").await, json!({"attempt": 9, "lines": []}));
}

#[tokio::test]
async fn a_log_of_nothing_is_refused_in_words() {
    let (host, web) = host().await;
    create(&mut host.sweeps().await, SPEC).await;
    let mut worker = LightWorker::register(host.workers().await, 1).await;
    worker.acquire(1).await;
    let path = log_of_running(&web).await;
    // Written like an identifier, and nobody's.
    let id = path.split('/').nth(5).unwrap();
    let other: String = id.chars().map(|digit| if digit == '0' { '1' } else { '0' }).collect();
    for (path, status, said) in [
        ("/api/sweeps/small/trials/nothing/log".into(), 404, "there is no trial"),
        (path.replace(id, &other), 404, "there is no trial"),
        (path.replace("small", "large"), 404, "there is no sweep large here"),
        (path.replace(id, "-"), 400, "field `parent` names no trial"),
        (
            format!("{path}?after_sequence=-1"),
            400,
            "Failed to deserialize query string: after_sequence",
        ),
        (
            format!("{path}?attempt=first"),
            400,
            "Failed to deserialize query string: attempt",
        ),
    ] {
        let answer = web.get(&path).await;
        assert_eq!(answer.status.as_u16(), status, "{path}");
        let error = answer.json()["error"].as_str().unwrap().to_owned();
        assert!(error.starts_with(said), "{path}: {error}");
    }
}
