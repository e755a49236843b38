//! Every command of docs/operations.md, in its order, as one story: what an operator copies from there works.
#![allow(clippy::unwrap_used, reason = "a panic here is a failed test")]

use augur_tests::{bin, matrix::postgres::Server, own_images};
use std::{
    env, fs,
    net::TcpListener,
    path::Path,
    process::{Command, Stdio},
};

/// The commands, section by section: what stands in blocks of shell.
fn script(page: &str) -> String {
    let mut script = "set -euo pipefail\ntrap 'kill $(jobs -p) 2> /dev/null || true; wait' EXIT\n".to_owned();
    let mut is_code = false;
    for line in page.lines() {
        match line {
            "```sh" => is_code = true,
            "```" => is_code = false,
            line if is_code => script += &format!("{line}\n"),
            line => {
                if let Some(title) = line.strip_prefix("## ") {
                    script += &format!("echo '== {title}'\n");
                }
            }
        }
    }
    script
}

/// So many free ports, which nobody else gets while they are held.
fn free_ports<const N: usize>() -> [TcpListener; N] {
    std::array::from_fn(|_| TcpListener::bind("127.0.0.1:0").unwrap())
}

fn port_of(held: &TcpListener) -> u16 {
    held.local_addr().unwrap().port()
}

/// The programs under test come first, then those of PostgreSQL, which Debian keeps out of the way.
fn path(postgres: &Path) -> String {
    let programs = bin::path("augur");
    let ours = programs.parent().unwrap().display().to_string();
    format!("{ours}:{}:{}", postgres.display(), env::var("PATH").unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_runbook_runs() {
    for program in ["augur", "augur-coordinator", "augur-worker"] {
        bin::path(program);
    }
    let Some(postgres) = augur_postgres::programs() else {
        let is_required = env::var("AUGUR_REQUIRE_POSTGRES").is_ok_and(|value| value == "1");
        assert!(!is_required, "PostgreSQL is not installed");
        eprintln!("skipped: PostgreSQL is not installed");
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let [for_postgres, held @ ..] = free_ports::<5>();
    let port = port_of(&for_postgres);
    drop(for_postgres);
    // PostgreSQL may run as another user, who can't enter the test's own folder.
    let server = Server::start_on(&env::temp_dir(), Some(port)).await.unwrap();
    let (database, _) = server.database().await.unwrap();

    let home = folder.path().join("home");
    fs::create_dir(&home).unwrap();
    own_images::images(&home.join("images"));
    let spec = own_images::SPEC
        .replace("ROOT", "images")
        .replace("name: own-images", "name: screws");
    fs::write(home.join("screws.yaml"), spec).unwrap();

    let page = fs::read_to_string(bin::workspace().join("docs/operations.md")).unwrap();
    let mut script = script(&page)
        .replace("db.lab:5432/sweeps", &format!("db.lab:5432/{database}"))
        .replace("db.lab:5432", &format!("127.0.0.1:{port}"))
        .replace("--host=db.lab --port=5432", &format!("--host=127.0.0.1 --port={port}"))
        .replace("coordinator.lab", "localhost")
        .replace("0.0.0.0:", "127.0.0.1:");
    for (known, held) in ["7461", "7462", "7463", "7464"].into_iter().zip(&held) {
        script = script.replace(known, &port_of(held).to_string());
    }
    assert!(script.matches("\naugur").count() > 25, "{script}");
    fs::write(home.join("story.sh"), &script).unwrap();
    let mut story = Command::new("bash");
    story
        .args(["-x", "story.sh"])
        .current_dir(&home)
        .env_clear()
        .env("PATH", path(&postgres))
        .env("HOME", &home)
        .env("AUGUR_CACHE", folder.path().join("cache"))
        .env("NO_COLOR", "1")
        .stdin(Stdio::null());
    drop(held);
    let output = tokio::task::spawn_blocking(move || story.output().unwrap())
        .await
        .unwrap();
    let said = [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned());
    let logs = ["coordinator.log", "standby.log", "worker.log"]
        .map(|name| fs::read_to_string(home.join(name)).unwrap_or_default());
    assert!(
        output.status.success(),
        "{}\n{}\n{}",
        said[0],
        said[1],
        logs.map(|log| log.lines().rev().take(5).collect::<Vec<_>>().join("\n"))
            .join("\n")
    );
    let end = said[0].rsplit("== ").next().unwrap();
    assert!(
        said[0].contains("== Two coordinators") && end.starts_with("What to do when"),
        "{}",
        said[0]
    );
    assert!(said[0].contains("all is well: 1 sweeps"), "{}", said[0]);
}
