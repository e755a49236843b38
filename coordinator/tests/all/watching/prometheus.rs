//! A real Prometheus: its checks of the metrics and of the alert rules, and a server that scrapes a coordinator. Skipped with a word
//! where Prometheus is not installed, unless AUGUR_REQUIRE_PROMETHEUS is set.

use super::{files::ALERTS, metrics::served, scraped::Scraped};
use crate::{
    page::web::Web,
    support::{Host, create, wide_spec},
};
use serde_json::Value;
use std::{
    env, fs,
    io::{BufRead, BufReader, Write},
    net::SocketAddr,
    path::Path,
    process::{Child, Command, Output, Stdio},
    time::Duration,
};

/// Whether a program of Prometheus's is there.
fn have(program: &str) -> bool {
    let is_there = Command::new(program)
        .arg("--version")
        .output()
        .is_ok_and(|output| output.status.success());
    if !is_there {
        let required = env::var_os("AUGUR_REQUIRE_PROMETHEUS").is_some();
        assert!(
            !required,
            "AUGUR_REQUIRE_PROMETHEUS is set, and {program} is not installed"
        );
        eprintln!("skipped: {program} is not on PATH");
    }
    is_there
}

fn passed(output: &Output) {
    let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
}

#[tokio::test]
async fn promtool_finds_nothing_wrong_with_the_metrics() {
    if !have("promtool") {
        return;
    }
    let mut host = Host::start().await;
    let address = served(&mut host).await;
    create(&mut host.sweeps().await, &wide_spec("checked", 2)).await;
    let scraped = Scraped::of(address).await;
    let mut child = Command::new("promtool")
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(scraped.0.as_bytes()).unwrap();
    passed(&child.wait_with_output().unwrap());
}

#[test]
fn the_alert_rules_are_valid_and_fire_when_they_should() {
    if !have("promtool") {
        return;
    }
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/watching");
    let promtool = |arguments: [&str; 3]| {
        let output = Command::new("promtool").args(arguments).current_dir(&folder).output();
        passed(&output.unwrap());
    };
    promtool(["check", "rules", "alerts.yaml"]);
    promtool(["test", "rules", "alerts.test.yaml"]);
    // Each has a test.
    let tests = fs::read_to_string(folder.join("alerts.test.yaml")).unwrap();
    for alert in ALERTS.lines().filter_map(|line| line.trim().strip_prefix("- alert: ")) {
        assert!(tests.contains(&format!("alertname: {alert}\n")), "{alert} has no test");
    }
}

/// A Prometheus server; killed when dropped.
struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Server {
    /// Scrapes `target`; where it answers. Its log says when it is ready.
    fn start(folder: &Path, target: SocketAddr) -> (Self, SocketAddr) {
        let config = format!(
            "global: {{scrape_interval: 1s}}
rule_files: [{}/../docs/watching/alerts.yaml]
scrape_configs:
  - job_name: augur-coordinator
    static_configs: [{{targets: ['{target}']}}]
",
            env!("CARGO_MANIFEST_DIR")
        );
        let file = folder.join("prometheus.yaml");
        fs::write(&file, config).unwrap();
        // It can't say which port it took; one that was free a moment ago will do.
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = free.local_addr().unwrap();
        drop(free);
        let mut child = Command::new("prometheus")
            .arg(format!("--config.file={}", file.display()))
            .arg(format!("--storage.tsdb.path={}", folder.join("data").display()))
            .arg(format!("--web.listen-address={address}"))
            .stderr(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let server = Self(child);
        let ready = lines
            .by_ref()
            .find(|line| line.as_ref().is_ok_and(|line| line.contains("ready to receive web")));
        ready.expect("Prometheus is ready").unwrap();
        // It must not find a pipe that nobody reads.
        std::thread::spawn(move || lines.for_each(drop));
        (server, address)
    }
}

/// The value of a query that gives one series; none yet.
async fn ask(prometheus: &Web, query: &str) -> Option<String> {
    let answer: Value = prometheus.json(&format!("/api/v1/query?query={query}")).await;
    let value = answer["data"]["result"][0]["value"][1].as_str()?;
    Some(value.to_owned())
}

#[tokio::test]
async fn a_real_server_scrapes_a_real_coordinator() {
    if !have("prometheus") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let mut host = Host::start().await;
    let address = served(&mut host).await;
    create(&mut host.sweeps().await, &wide_spec("scraped", 3)).await;
    let (_server, address) = Server::start(folder.path(), address);
    let prometheus = Web::at(address);
    let seen = async {
        while ask(&prometheus, "up").await.as_deref() != Some("1") {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), seen).await.unwrap();
    let pending = "augur_sweep_trials%7Bsweep=%22scraped%22,state=%22pending%22%7D";
    assert_eq!(ask(&prometheus, pending).await.as_deref(), Some("3"));
    assert_eq!(
        ask(&prometheus, "augur_leases_given_total%7Bwork=%22trial%22%7D")
            .await
            .as_deref(),
        Some("0")
    );
    let rules: Value = prometheus.json("/api/v1/rules").await;
    let rules = rules["data"]["groups"][0]["rules"].as_array().unwrap();
    assert_eq!(rules.len(), ALERTS.matches("- alert: ").count());
    assert!(rules.iter().all(|rule| rule["health"] != "err"), "{rules:?}");
}
