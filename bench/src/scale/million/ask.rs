//! What people and the page ask for.

use std::{
    io::{Read, Write},
    net::TcpStream,
    process::{Command, Stdio},
    time::Instant,
};

use anyhow::{Context, Result, ensure};
use augur_proto::v1;
use serde::Serialize;

use super::Setup;
use crate::local::Coordinator;

/// How often each is asked.
const REPEATS: usize = 5;

/// A question and how long its answer takes.
#[derive(Debug, Serialize)]
pub struct Asked {
    pub what: String,
    /// The slowest and the median, seconds.
    pub slowest_s: f64,
    pub median_s: f64,
    pub bytes: usize,
}

/// Every question of the list.
pub(super) async fn everything(setup: &Setup, many: &Coordinator, sweep: &v1::Sweep) -> Result<Vec<Asked>> {
    let mut asked = Vec::new();
    let mut note = |what: String, repeats: usize, ask: &dyn Fn() -> Result<usize>| -> Result<()> {
        let (mut times, mut bytes) = (Vec::new(), 0);
        for _ in 0..repeats {
            let begin = Instant::now();
            bytes = ask()?;
            times.push(begin.elapsed().as_secs_f64());
        }
        times.sort_by(f64::total_cmp);
        let (median_s, slowest_s) = (times[times.len() / 2], times[times.len() - 1]);
        eprintln!("  {what}: {median_s:.3} s, {bytes} bytes");
        asked.push(Asked {
            what,
            slowest_s,
            median_s,
            bytes,
        });
        Ok(())
    };
    let name = sweep.display_name.as_str();
    for arguments in [&["list"][..], &["leaderboard", name]] {
        let command = || augur(setup, &many.url, arguments);
        note(format!("augur {}", arguments.join(" ")), REPEATS, &command)?;
    }
    let id = sweep.name.trim_start_matches("sweeps/");
    for (view, address) in pages(id) {
        note(format!("page: {view}"), REPEATS, &|| get(&many.page, &address))?;
    }
    let everything = ["leaderboard", name, "--format", "json"];
    note("augur leaderboard --format json, all candidates".into(), 1, &|| {
        augur(setup, &many.url, &everything)
    })?;
    Ok(asked)
}

/// The addresses of the page's views.
fn pages(id: &str) -> Vec<(&'static str, String)> {
    let of = |rest: &str| format!("/api/sweeps/{id}{rest}");
    vec![
        ("sweeps", "/api/sweeps?page_size=50".into()),
        ("one sweep", of("")),
        ("tasks", of("/tasks?page_size=50")),
        ("leaderboard", of("/results?page_size=50")),
        ("trials", of("/trials?page_size=50")),
        ("trials by loss", of("/trials?page_size=50&order_by=validation_loss")),
        (
            "trials by loss, descending",
            of("/trials?page_size=50&order_by=validation_loss%20desc"),
        ),
        (
            "completed trials",
            of("/trials?page_size=50&filter=state%20%3D%20COMPLETED"),
        ),
        ("curves", of("/curves")),
        ("scatter", of("/scatter")),
        ("workers", "/api/workers?page_size=50".into()),
    ]
}

fn augur(setup: &Setup, url: &str, arguments: &[&str]) -> Result<usize> {
    let answer = Command::new(&setup.augur)
        .args(arguments)
        .args(["--coordinator", url])
        .stderr(Stdio::inherit())
        .output()?;
    ensure!(answer.status.success(), "augur {} failed", arguments.join(" "));
    Ok(answer.stdout.len())
}

/// The length of an answer of the page.
fn get(page: &str, address: &str) -> Result<usize> {
    let host = page.strip_prefix("http://").context("the page has an address")?;
    let mut stream = TcpStream::connect(host)?;
    write!(stream, "GET {address} HTTP/1.0\r\nHost: {host}\r\n\r\n")?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    let first = answer.split(|byte| *byte == b'\r').next().unwrap_or_default();
    ensure!(
        first.ends_with(b"200 OK"),
        "{address}: {}",
        String::from_utf8_lossy(&answer)
    );
    Ok(answer.len())
}
