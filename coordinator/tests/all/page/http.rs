//! What the page serves, over real HTTP.

use super::{fill, web::Web};
use crate::support::{Host, LightWorker, SPEC, create};
use axum::http::{Method, StatusCode, header};
use flate2::read::GzDecoder;
use std::{io::Read, time::Duration};
use tokio::time::{Instant, timeout};
use tokio_stream::StreamExt;

/// A coordinator with its page.
pub async fn host() -> (Host, Web) {
    let mut host = Host::start().await;
    let address = host
        .coordinator
        .serve_page("127.0.0.1:0".parse().unwrap())
        .await
        .unwrap();
    (host, Web::at(address))
}

#[tokio::test]
async fn files_are_whole_without_a_network_and_kept_by_their_tag() {
    let (_host, web) = host().await;
    let index = web.get("/").await;
    assert_eq!(index.status, StatusCode::OK);
    assert_eq!(index.header(header::CONTENT_TYPE), "text/html; charset=utf-8");
    let policy = index.header(header::CONTENT_SECURITY_POLICY);
    assert!(policy.starts_with("default-src 'none'; script-src 'self';"), "{policy}");
    assert!(!policy.contains("unsafe"), "{policy}");
    // Every file that a file names is there, and none is elsewhere.
    let mut waiting = vec!["/".to_owned()];
    let mut seen = Vec::new();
    while let Some(path) = waiting.pop() {
        let file = web.get(&path).await;
        assert_eq!(file.status, StatusCode::OK, "{path}");
        let text = String::from_utf8(file.body).unwrap();
        seen.push(path.clone());
        if path.contains("/vendor/") {
            continue;
        }
        assert!(!text.contains("https://"), "{path} asks for something elsewhere");
        for named in named(&text, &path) {
            if !seen.contains(&named) && !waiting.contains(&named) {
                waiting.push(named);
            }
        }
    }
    assert!(seen.contains(&"/assets/app/views/trial.js".into()), "{seen:?}");
    assert!(seen.contains(&"/assets/vendor/uPlot.js".into()), "{seen:?}");

    let tag = index.header(header::ETAG).to_owned();
    let again = web.send(Method::GET, "/", &[(header::IF_NONE_MATCH, &tag)]).await;
    assert_eq!((again.status, again.body.len()), (StatusCode::NOT_MODIFIED, 0));
    let packed = web
        .send(
            Method::GET,
            "/assets/vendor/uPlot.js",
            &[(header::ACCEPT_ENCODING, "gzip")],
        )
        .await;
    assert_eq!(packed.header(header::CONTENT_ENCODING), "gzip");
    let mut text = String::new();
    GzDecoder::new(&*packed.body).read_to_string(&mut text).unwrap();
    assert_eq!(text.into_bytes(), web.get("/assets/vendor/uPlot.js").await.body);
}

/// The files that a file asks for: `href`, `src` and `import`.
fn named(text: &str, path: &str) -> Vec<String> {
    let folder: Vec<_> = path.split('/').collect();
    let quoted = text.split('"').skip(1).step_by(2);
    let names = quoted.filter_map(|name| {
        if name.starts_with("/assets/") {
            return Some(name.to_owned());
        }
        if !(name.starts_with("./") || name.starts_with("../")) || !name.ends_with(".js") {
            return None;
        }
        let mut parts = folder[..folder.len() - 1].to_vec();
        for part in name.split('/') {
            match part {
                "." => {}
                ".." => drop(parts.pop()),
                part => parts.push(part),
            }
        }
        Some(parts.join("/"))
    });
    names.collect()
}

#[tokio::test]
async fn it_only_reads_and_only_for_this_machine() {
    let (host, web) = host().await;
    create(&mut host.sweeps().await, SPEC).await;
    for method in [
        Method::POST,
        Method::PUT,
        Method::DELETE,
        Method::PATCH,
        Method::OPTIONS,
    ] {
        let answer = web.send(method.clone(), "/api/sweeps", &[]).await;
        assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED, "{method}");
    }
    // A name of somebody else's that leads here.
    for name in ["evil.example", "evil.example:7462", "127.0.0.1.evil.example"] {
        let answer = web.send(Method::GET, "/api/sweeps", &[(header::HOST, name)]).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{name}");
    }
    for name in ["localhost", "localhost:1", "127.0.0.1:1", "[::1]:1"] {
        let answer = web.send(Method::GET, "/api/sweeps", &[(header::HOST, name)]).await;
        assert_eq!(answer.status, StatusCode::OK, "{name}");
        assert_eq!(answer.header(header::CACHE_CONTROL), "no-store");
    }
}

#[tokio::test]
async fn what_is_not_there_or_not_a_filter_says_so() {
    let (host, web) = host().await;
    create(&mut host.sweeps().await, SPEC).await;
    for (path, status, said) in [
        ("/api/sweeps/nothing", 404, "there is no sweep nothing here"),
        ("/api/sweeps/small/trials/nothing", 404, "there is no trial"),
        ("/api/sweeps/nothing/events", 404, "there is no sweep nothing here"),
        ("/api/sweeps/small/trials?filter=x", 400, "field `filter` has a term"),
        ("/api/sweeps/small/trials?order_by=x", 400, "field `order_by` is \"x\""),
        (
            "/api/sweeps/small/curves?best=101",
            400,
            "field `best` is 101; use 0 to 100",
        ),
        (
            "/api/sweeps/small/results?page_token=x",
            400,
            "field `page_token` was not made for this list",
        ),
    ] {
        let answer = web.get(path).await;
        assert_eq!(answer.status.as_u16(), status, "{path}");
        let error = answer.json()["error"].as_str().unwrap().to_owned();
        assert!(error.starts_with(said), "{path}: {error}");
    }
    for path in ["/assets/../Cargo.toml", "/assets/nothing.js", "/nothing"] {
        assert_eq!(web.get(path).await.status, StatusCode::NOT_FOUND, "{path}");
    }
}

#[tokio::test]
async fn a_sweep_is_shown_as_the_service_tells_it() {
    let (host, web) = host().await;
    create(&mut host.sweeps().await, &fill::spec("shown", 3)).await;
    fill::work_off(host.workers().await, 4, 1).await;

    let sweep = web.json("/api/sweeps/shown").await;
    assert_eq!(sweep["state"], "succeeded");
    assert_eq!(
        (
            &sweep["progress"]["trials_completed"],
            &sweep["progress"]["groups_done"]
        ),
        (&140.into(), &40.into())
    );
    assert_eq!(
        sweep["names"]["families"],
        serde_json::json!(["rotation", "cutdiff", "mean_intensity"])
    );
    assert_eq!(sweep["names"]["seeds"], serde_json::json!(["0", "1"]));
    assert_eq!(web.json("/api/sweeps").await["items"][0]["name"], "shown");

    let tasks = web.json("/api/sweeps/shown/tasks?page_size=3").await;
    let first = &tasks["items"][0];
    assert_eq!(
        (tasks["items"].as_array().unwrap().len(), &first["trials_completed"]),
        (3, &14.into())
    );
    let trials = web
        .json(
            "/api/sweeps/shown/trials?order_by=validation_loss&page_size=1&filter=task%20%3D%20%22t-shirt-vs-dress%22",
        )
        .await;
    assert_eq!(first["best_trial"], trials["items"][0]);
    let token = tasks["next_page_token"].as_str().unwrap();
    let next = web
        .json(&format!("/api/sweeps/shown/tasks?page_size=3&page_token={token}"))
        .await;
    assert_eq!(next["items"][0]["task"], "dress-vs-shirt");

    let results = web
        .json("/api/sweeps/shown/results?filter=variant%20%3D%20%22st-ssad%22&page_size=100")
        .await;
    let results = results["items"].as_array().unwrap();
    assert_eq!(results.len(), 20);
    assert!(results[0]["selected"]["auroc"]["interval"][0].is_f64());

    let id = trials["items"][0]["id"].as_str().unwrap();
    let trial = web.json(&format!("/api/sweeps/shown/trials/{id}")).await;
    assert_eq!(trial["measurements"].as_array().unwrap().len(), fill::EPOCHS as usize);
    assert_eq!(trial["scores"].as_array().unwrap().len(), 60);
    assert!(trial["measurements"][0]["hypergradient_norm"].is_null());

    let curves = web.json("/api/sweeps/shown/curves?best=5").await;
    assert_eq!(curves["curves"].as_array().unwrap().len(), 5);
    assert_eq!(
        curves["curves"][0]["epochs"].as_array().unwrap().len(),
        fill::EPOCHS as usize
    );
    // The baseline's trials have no validation loss.
    assert_eq!(
        (&curves["trials_total"], &curves["trials_sampled"]),
        (&140.into(), &115.into())
    );
    let scatter = web
        .json("/api/sweeps/shown/scatter?filter=family%20%3D%20rotation")
        .await;
    assert_eq!(scatter["points"].as_array().unwrap().len(), 60);
    let workers = web.json("/api/workers").await;
    assert_eq!(
        (
            workers["items"].as_array().unwrap().len(),
            &workers["items"][0]["slots"]
        ),
        (4, &16.into())
    );
    assert_eq!(web.json("/api/coordinator").await["api_version"], "augur.v1/3");
}

#[tokio::test]
async fn nothing_that_was_measured_by_labels_is_shown_before_the_choice_is_sealed_and_evaluated() {
    let (host, web) = host().await;
    create(&mut host.sweeps().await, SPEC).await;
    let mut worker = LightWorker::register(host.workers().await, 12).await;
    let everything = async || {
        let mut all = String::new();
        for path in ["", "/tasks", "/results", "/trials", "/curves", "/scatter"] {
            all += &web.json(&format!("/api/sweeps/small{path}")).await.to_string();
        }
        let trials = web.json("/api/sweeps/small/trials").await;
        for trial in trials["items"].as_array().unwrap() {
            let path = format!("/api/sweeps/small/trials/{}", trial["id"].as_str().unwrap());
            all += &web.json(&path).await.to_string();
        }
        all
    };
    let trials = worker.acquire(12).await;
    for lease in &trials {
        worker.complete(lease).await.unwrap();
        let shown = everything().await;
        assert!(
            !shown.contains("auroc") && !shown.contains("average_precision"),
            "{shown}"
        );
    }
    // Every choice is sealed; now labels may be read.
    let evaluations = worker.acquire(12).await;
    assert_eq!(evaluations.len(), 4);
    worker.complete(&evaluations[0]).await.unwrap();
    let results = web.json("/api/sweeps/small/results").await;
    assert_eq!(results["items"].as_array().unwrap().len(), 1);
    assert!(results["items"][0]["selected"]["auroc"]["value"].is_f64());
}

#[tokio::test]
async fn events_follow_a_sweep_at_a_pace_and_go_on_where_they_were() {
    let (host, web) = host().await;
    create(&mut host.sweeps().await, SPEC).await;
    let begin = Instant::now();
    let work = async {
        let mut worker = LightWorker::register(host.workers().await, 1).await;
        worker.work_off().await;
    };
    let path = "/api/sweeps/small/events";
    let watch = async {
        let mut events = Events::open(&web, path, None).await;
        let mut seen = Vec::new();
        while let Some(event) = events.next().await {
            seen.push(event);
        }
        seen
    };
    let (seen, ()) = tokio::join!(watch, work);
    // The stream ends with the sweep.
    let last = seen.last().unwrap();
    assert_eq!(last.data["over"], true);
    assert_eq!(last.data["sweep"]["progress"]["groups_done"], 4);
    assert!(seen.is_sorted_by_key(|event| event.id));
    let most = 3.0 + begin.elapsed().as_secs_f64() / 0.5;
    assert!(
        (seen.len() as f64) < most,
        "{} events in {:?}",
        seen.len(),
        begin.elapsed()
    );

    // From the middle on: the rest, and no snapshot.
    let mut events = Events::open(&web, path, Some("3")).await;
    let rest = events.next().await.unwrap();
    assert_eq!((rest.id, &rest.data["over"]), (last.id, &true.into()));
    assert!(rest.data["trials_changed"].as_u64().unwrap() > 12);
    // A revision of another store is none of this one.
    let mut events = Events::open(&web, path, Some("4000000")).await;
    assert_eq!(events.next().await.unwrap().id, last.id);
}

struct Event {
    id: u64,
    data: serde_json::Value,
}

/// Server-sent events as they come.
struct Events {
    body: axum::body::BodyDataStream,
    text: String,
}

impl Events {
    async fn open(web: &Web, path: &str, last: Option<&str>) -> Self {
        let name = header::HeaderName::from_static("last-event-id");
        let headers: Vec<_> = last.map(|last| (name, last)).into_iter().collect();
        let (parts, body) = web.open(Method::GET, path, &headers).await;
        assert_eq!(parts.headers[header::CONTENT_TYPE], "text/event-stream");
        Self {
            body: body.into_data_stream(),
            text: String::new(),
        }
    }

    async fn next(&mut self) -> Option<Event> {
        loop {
            if let Some((event, rest)) = self.text.split_once("\n\n") {
                let field = |name: &str| event.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
                let found = field("data:").map(|data| Event {
                    id: field("id:").unwrap().parse().unwrap(),
                    data: serde_json::from_str(data).unwrap(),
                });
                self.text = rest.to_owned();
                if found.is_some() {
                    return found;
                }
                continue;
            }
            let part = timeout(Duration::from_secs(30), self.body.next())
                .await
                .unwrap()?
                .unwrap();
            self.text += std::str::from_utf8(&part).unwrap();
        }
    }
}
