//! `augur doctor`: what is here, and what is missing with the command that mends it.

use super::{print, width};
use crate::{
    failure::{Exit, Failure, os_text},
    programs,
    results::{finish, plain},
    text,
};
use augur_core::spec::{DataSpec, FashionMnistSpec};
use clap::Args;
use serde::{Deserialize, Serialize};
use std::{
    path::Path,
    process::{Command, Output},
};

/// Shows what is here for sweeps, and what is missing with the command that mends it
#[derive(Args)]
pub struct Doctor {
    /// As JSON
    #[arg(long)]
    json: bool,
}

/// Everything that was looked at; the JSON of `augur doctor --json`.
#[derive(Serialize)]
struct Findings {
    findings: Vec<Finding>,
    complete: bool,
}

/// One thing that was looked at.
#[derive(Serialize)]
struct Finding {
    what: &'static str,
    /// What was found; or what is wrong.
    state: String,
    /// The command that mends it; none where nothing is missing.
    mend: Option<String>,
}

/// What `augur-worker doctor --json` says.
#[derive(Deserialize)]
struct WorkerFindings {
    augur: String,
    libtorch: String,
    cpu_threads: u32,
    cuda_devices: Vec<String>,
    cuda_note: String,
}

const SET_UP: &str = "make setup";

impl Doctor {
    pub fn run(self) -> Result<(), Failure> {
        let findings = findings();
        let missing: Vec<_> = findings
            .iter()
            .filter(|finding| finding.mend.is_some())
            .map(|f| f.what)
            .collect();
        let lacking = missing.join(", ");
        let complete = missing.is_empty();
        match self.json {
            true => {
                let findings = Findings { findings, complete };
                print(&(serde_json::to_string_pretty(&findings).unwrap_or_default() + "\n"));
            }
            false => print(&show(&findings)),
        }
        match complete {
            true => Ok(()),
            false => Err(Failure::new(
                Exit::Incomplete,
                format!("missing: {lacking}; run the commands above"),
            )),
        }
    }
}

fn findings() -> Vec<Finding> {
    let mut findings = vec![
        found("augur", env!("CARGO_PKG_VERSION").to_owned()),
        program(programs::COORDINATOR),
        program(programs::WORKER),
    ];
    findings.extend(worker());
    findings.push(fashion_mnist());
    findings
}

fn found(what: &'static str, state: String) -> Finding {
    Finding {
        what,
        state,
        mend: None,
    }
}

fn missing(what: &'static str, state: String, mend: &str) -> Finding {
    Finding {
        what,
        state,
        mend: Some(mend.to_owned()),
    }
}

fn program(name: &'static str) -> Finding {
    match programs::find(name) {
        Some(path) => found(name, path.display().to_string()),
        None => missing(name, "neither beside augur nor on PATH".into(), SET_UP),
    }
}

/// What only the worker can tell: it alone is linked with libtorch.
fn worker() -> Vec<Finding> {
    let Some(path) = programs::find(programs::WORKER) else {
        return vec![missing("libtorch", "not known without augur-worker".into(), SET_UP)];
    };
    let said = match Command::new(path).args(["doctor", "--json"]).output() {
        Ok(output) => read(&output),
        Err(error) => Err(os_text(&error)),
    };
    match said {
        Ok(worker) => describe(&worker),
        Err(fault) => vec![missing(
            "libtorch",
            format!("augur-worker doesn't start: {fault}"),
            SET_UP,
        )],
    }
}

fn read(output: &Output) -> Result<WorkerFindings, String> {
    serde_json::from_slice(&output.stdout).map_err(|_| {
        let stderr = String::from_utf8_lossy(&output.stderr);
        stderr.lines().last().unwrap_or("it says nothing").to_owned()
    })
}

fn describe(worker: &WorkerFindings) -> Vec<Finding> {
    let own = env!("CARGO_PKG_VERSION");
    let version = match worker.augur == own {
        true => found("libtorch", worker.libtorch.clone()),
        false => missing(
            "libtorch",
            format!("augur-worker is of version {}", worker.augur),
            SET_UP,
        ),
    };
    let gpus = match worker.cuda_devices.as_slice() {
        [] => format!("none: {}", worker.cuda_note),
        devices => format!("{}: {}", devices.join(", "), worker.cuda_note),
    };
    vec![
        version,
        found("CPU", text::count(worker.cpu_threads, "thread")),
        found("GPUs", gpus),
    ]
}

fn fashion_mnist() -> Finding {
    const NAME: &str = "fashion-mnist";
    let data = DataSpec::FashionMnist(FashionMnistSpec {
        root: None,
        size_px: 28,
    });
    match augur_data::inspect(&data, Path::new("")) {
        Ok(summary) => found(NAME, format!("{} images in {}", summary.images, summary.root.display())),
        Err(error) => missing(NAME, error.to_string(), "augur fetch fashion-mnist"),
    }
}

fn show(findings: &[Finding]) -> String {
    let mut table = plain(width());
    for finding in findings {
        let mark = match &finding.mend {
            None => "ok".to_owned(),
            Some(_) => "missing".to_owned(),
        };
        table.add_row([finding.what.to_owned(), mark, finding.state.clone()]);
    }
    let mends: Vec<_> = findings.iter().filter_map(|finding| finding.mend.as_deref()).collect();
    let mut commands: Vec<&str> = Vec::new();
    for mend in mends {
        if !commands.contains(&mend) {
            commands.push(mend);
        }
    }
    let mut text = finish(table);
    if !commands.is_empty() {
        text += &format!("\nTo mend what is missing: {}\n", commands.join(" && "));
    }
    text
}
