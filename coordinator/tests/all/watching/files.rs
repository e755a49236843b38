//! What is documented and shipped for operators names metrics that are exported, and all of them.

use super::{linked, metrics::served, scraped::Scraped};
use crate::support::{Host, LightWorker, create, wide_spec};
use serde_json::Value;
use std::collections::BTreeSet;

pub const ALERTS: &str = include_str!("../../../../docs/watching/alerts.yaml");
const DASHBOARD: &str = include_str!("../../../../docs/watching/dashboard.json");
const DOCS: &str = include_str!("../../../../docs/watching.md");

/// The names in the first column of the tables below a heading.
fn documented(heading: &str) -> BTreeSet<String> {
    let (_, below) = DOCS.split_once(&format!("### {heading}\n")).expect(heading);
    let section = below.split("\n#").next().unwrap();
    let cell = |line: &str| Some(line.strip_prefix("| `")?.split_once('`')?.0.to_owned());
    section.lines().filter_map(cell).collect()
}

/// The names of metrics that a text of PromQL mentions.
fn mentioned(text: &str) -> BTreeSet<String> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let words = text.split(|c: char| !is_part(c));
    let ours = words.filter(|word| word.starts_with("augur_") || word.starts_with("process_"));
    ours.map(str::to_owned).collect()
}

/// Whether a name is that of a metric, or of a histogram's samples.
fn is_known(name: &str, known: &BTreeSet<String>) -> bool {
    let of_histogram = ["_bucket", "_sum", "_count"]
        .iter()
        .find_map(|end| name.strip_suffix(end));
    known.contains(name) || of_histogram.is_some_and(|name| known.contains(name))
}

/// Every metric of a coordinator with a running sweep, on a store in a file.
async fn of_coordinator() -> BTreeSet<String> {
    let mut host = Host::start().await;
    let address = served(&mut host).await;
    create(&mut host.sweeps().await, &wide_spec("documented", 1)).await;
    LightWorker::register(host.workers().await, 1).await;
    let mut names = Scraped::of(address).await.names();
    if std::env::var("AUGUR_TEST_STORE").is_ok_and(|store| store == "postgres") {
        let of_file = [
            "augur_store_disk_free_bytes",
            "augur_store_disk_size_bytes",
            "augur_store_file_size_bytes",
        ];
        names.extend(of_file.map(str::to_owned));
    }
    names
}

async fn of_worker() -> BTreeSet<String> {
    let host = Host::start().await;
    let (link, stopping) = linked::join(&host.url(), None).await;
    let at = ([127, 0, 0, 1], 0).into();
    let address = augur_worker_watching::serve(at, link, (1, "none"), stopping)
        .await
        .unwrap();
    Scraped::of(address).await.names()
}

#[tokio::test]
async fn the_tables_of_metrics_are_what_is_exported() {
    let mut coordinator = of_coordinator().await;
    let mut worker = of_worker().await;
    let process = documented("Processes");
    for names in [&mut coordinator, &mut worker] {
        let of_process: BTreeSet<_> = names
            .iter()
            .filter(|name| name.starts_with("process_"))
            .cloned()
            .collect();
        assert_eq!(of_process, process);
        names.retain(|name| !name.starts_with("process_"));
        // No machine that this is tested on has one; the worker's own tests invent one.
        names.retain(|name| !name.starts_with("augur_worker_gpu_"));
    }
    assert_eq!(coordinator, documented("Coordinator"));
    assert_eq!(worker, documented("Worker"));
}

#[tokio::test]
async fn every_query_of_the_dashboard_and_of_the_alerts_names_metrics_that_are_exported() {
    let mut known = of_coordinator().await;
    known.extend(of_worker().await);
    known.extend(documented("GPUs"));
    let dashboard: Value = serde_json::from_str(DASHBOARD).unwrap();
    let panels: Vec<_> = dashboard["panels"].as_array().unwrap().iter().collect();
    let rows: Vec<_> = panels
        .iter()
        .filter(|panel| panel["type"] == "row")
        .map(|row| &row["title"])
        .collect();
    assert_eq!(
        rows,
        ["Sweeps", "Leases", "Store", "Workers", "GPUs", "RPCs", "Processes"]
    );
    let mut queries = Vec::new();
    for panel in panels.iter().filter(|panel| panel["type"] != "row") {
        let targets = panel["targets"].as_array().unwrap();
        assert!(!targets.is_empty(), "{panel}");
        queries.extend(targets.iter().map(|target| target["expr"].as_str().unwrap()));
    }
    for query in queries.iter().copied().chain([ALERTS]) {
        let names = mentioned(query);
        assert!(!names.is_empty(), "{query}");
        for name in names {
            assert!(is_known(&name, &known), "{name} of {query}");
        }
    }
}
