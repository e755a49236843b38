//! What is written, whole. Whether it is valid is for `make kubernetes-test`.

use crate::support::{CONFIG, Sandbox, program};
use std::{fs, os::unix::fs::PermissionsExt};

fn snapshot(name: &str, options: &[&str]) {
    let sandbox = Sandbox::new();
    let launch = [
        "launch",
        "kubernetes",
        "config.yaml",
        "--dry-run",
        "--image",
        "registry.example/augur:1",
    ];
    let text = sandbox.success(&[&launch, options].concat());
    let mut settings = sandbox.settings();
    settings.add_filter(r#"version: "\d+\.\d+\.\d+""#, "version: [version]");
    settings.bind(|| insta::assert_snapshot!(name, text));
}

#[test]
fn on_one_volume() {
    snapshot("sqlite", &["--insecure"]);
}

#[test]
fn with_all_there_is() {
    let options = [
        ["--postgres-secret", "sweeps-db"],
        ["--secret", "augur-access"],
        ["--image-pull-secret", "registry"],
        ["--name", "trial-run"],
        ["--namespace", "labs"],
        ["--workers", "4"],
        ["--slots", "3"],
        ["--gpus", "1"],
        ["--cpu", "8"],
        ["--memory", "32Gi"],
        ["--node-selector", "pool=gpu"],
        ["--toleration", "spot=true:NoSchedule"],
        ["--data-claim", "images"],
        ["--artifacts-claim", "artifacts"],
    ];
    snapshot("postgres", options.as_flattened());
}

#[test]
fn a_secret_of_its_own_stays_the_same() {
    program("augur-coordinator");
    let sandbox = Sandbox::new();
    let launch = [
        "launch",
        "kubernetes",
        "config.yaml",
        "--dry-run",
        "--image",
        "i",
        "--out",
        "run",
    ];
    sandbox.success(&launch);
    let path = sandbox.path("run/launch/small-access.secret.yaml");
    let read = || fs::read_to_string(&path).unwrap();
    let data = |text: &str| serde_yaml::from_str::<serde_json::Value>(text).unwrap()["data"].clone();
    let secret = read();
    let keys: Vec<_> = data(&secret).as_object().unwrap().keys().cloned().collect();
    assert_eq!(
        keys,
        ["ca.crt", "client.token", "tls.crt", "tls.key", "tokens", "worker.token"]
    );
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(
        fs::metadata(sandbox.path("run/access")).unwrap().permissions().mode() & 0o777,
        0o700
    );
    sandbox.success(&launch);
    assert_eq!(read(), secret);
    // What is lost is made anew, and with it the tokens' file, without which no coordinator would take it.
    fs::remove_file(sandbox.path("run/access/worker.token")).unwrap();
    sandbox.success(&launch);
    let (renewed, first) = (data(&read()), data(&secret));
    for (key, stays) in [
        ("tokens", false),
        ("worker.token", false),
        ("client.token", false),
        ("tls.key", true),
    ] {
        assert_eq!(renewed[key] == first[key], stays, "{key}");
    }
    // A certificate is for its hosts; who signs it stays.
    sandbox.success(&[&launch[..], &["--name", "other"]].concat());
    let other = fs::read_to_string(sandbox.path("run/launch/other-access.secret.yaml")).unwrap();
    assert_ne!(data(&other)["tls.crt"], first["tls.crt"]);
    assert_eq!(data(&other)["ca.crt"], first["ca.crt"]);
}

#[test]
fn the_config_arrives_as_it_was_written() {
    let sandbox = Sandbox::new();
    // What YAML could stumble over within YAML.
    let config = format!("# tab:\t, colon: , 'quotes\" \\ and – more\n\n{CONFIG}# no newline at the end");
    sandbox.write("config.yaml", &config);
    sandbox.success(&[
        "launch",
        "kubernetes",
        "config.yaml",
        "--dry-run",
        "--image",
        "i",
        "--insecure",
        "--out",
        "run",
    ]);
    let text = fs::read_to_string(sandbox.path("run/launch/small-config.configmap.yaml")).unwrap();
    let map: serde_json::Value = serde_yaml::from_str(&text).unwrap();
    assert_eq!(map["data"]["config.yaml"], config);
}
