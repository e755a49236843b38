//! `augur launch status`: Slurm's jobs, the sweep and its workers.

use super::{commands, watch_command};
use crate::{
    client::{Client, sweep_name},
    command::{print, width},
    failure::{Exit, Failure},
    launch::{
        files::LaunchFolder,
        state::{Role, State},
    },
    results::{finish, plain},
    text,
};
use augur_channel::Access;
use augur_proto::v1;
use std::fs;

/// Says how the jobs and the sweep stand.
///
/// # Errors
/// Slurm that can't be asked; a coordinator's job that failed.
pub async fn show(folder: &LaunchFolder, state: &State) -> Result<(), Failure> {
    let ids: Vec<_> = state.jobs.iter().map(|job| job.id.clone()).collect();
    let listed = commands::list(&ids).await?;
    let sweep = sweep(folder, state).await;
    let mut said = format!("{}\n\n", sweep.as_deref().unwrap_or_else(|absent| absent));
    said += &jobs(state, &listed);
    if sweep.is_ok() {
        said += &format!("\nwatch: {}\n", watch_command(folder, state)?);
    }
    print(&said);
    match fs::read_to_string(folder.failed()) {
        Ok(why) => {
            let why = why.trim().trim_start_matches("error: ");
            let logs = folder.logs();
            let text = format!("the coordinator's job failed: {why}; its log is in {}", logs.display());
            Err(Failure::new(Exit::Unexpected, text))
        }
        Err(_) => lost_coordinator(folder, state, &listed),
    }
}

/// A coordinator whose job is over although the sweep isn't.
fn lost_coordinator(folder: &LaunchFolder, state: &State, listed: &[commands::Listed]) -> Result<(), Failure> {
    let own = state.ids(Role::Coordinator);
    let is_live = |job: &commands::Listed| own.contains(&job.job) && job.is_live();
    if own.is_empty() || folder.over().exists() || listed.iter().any(is_live) {
        return Ok(());
    }
    let ended = listed.iter().find(|job| own.contains(&job.job));
    let how = ended.map_or("is gone".to_owned(), |job| format!("ended as {}", job.state));
    let text = format!(
        "the coordinator's job {} {how} before the sweep was over; the same `augur launch slurm` resumes it (logs: {})",
        own.last().map_or("", String::as_str),
        folder.logs().display()
    );
    Err(Failure::new(Exit::Unreachable, text))
}

/// The sweep in a line, or why it can't be seen.
async fn sweep(folder: &LaunchFolder, state: &State) -> Result<String, String> {
    let name = &state.sweep;
    if folder.over().exists() {
        let report = folder.path.join("report.html");
        return Err(format!("sweep {name} is over; report: {}", report.display()));
    }
    let url = state.coordinator.clone().or_else(|| folder.url());
    let Some(url) = url else {
        return Err(format!("sweep {name}: its coordinator has not begun yet"));
    };
    let asked = ask(folder, state, &url).await;
    let sweep = asked.map_err(|failure| format!("sweep {name}: {failure}"))?;
    let progress = sweep.progress.clone().unwrap_or_default();
    let mut line = format!(
        "sweep {name} is {}: {} of {} completed, {} running, {} failed; {}",
        text::sweep_state(sweep.state()),
        progress.trials_completed,
        text::count(progress.trials_total, "trial"),
        progress.trials_running,
        progress.trials_failed,
        text::count(progress.workers_connected, "worker"),
    );
    for more in [&sweep.pause_reason, &progress.trouble] {
        if !more.is_empty() {
            line += &format!("\n{more}");
        }
    }
    Ok(line)
}

async fn ask(folder: &LaunchFolder, state: &State, url: &str) -> Result<v1::Sweep, Failure> {
    let mut client = client(folder, state, url).await?;
    client.sweep(&sweep_name(&state.sweep)).await
}

/// A client of the launch's coordinator, which is at `url`.
///
/// # Errors
/// A coordinator that can't be reached.
pub async fn client(folder: &LaunchFolder, state: &State, url: &str) -> Result<Client, Failure> {
    let addresses = url.parse();
    let access = Access {
        addresses: addresses
            .map_err(|fault: augur_channel::AccessError| Failure::new(Exit::Unreachable, fault.to_string()))?,
        credentials: state.person(folder),
    };
    Client::connect(&access).await
}

fn jobs(state: &State, listed: &[commands::Listed]) -> String {
    let mut table = plain(width());
    table.set_header(["job", "what", "state", "node", "time", "limit"]);
    for job in &state.jobs {
        let what = match job.role {
            Role::Coordinator => "coordinator",
            Role::Workers => "worker",
        };
        let mut known: Vec<_> = listed.iter().filter(|listed| listed.job == job.id).collect();
        known.sort_by_key(|listed| (listed.shown.len(), listed.shown.clone()));
        if known.is_empty() {
            table.add_row([job.id.as_str(), what, "over", "", "", ""]);
        }
        for listed in known {
            table.add_row([
                &listed.shown,
                what,
                &with_reason(listed),
                &listed.node,
                &listed.time,
                &listed.limit,
            ]);
        }
    }
    finish(table)
}

/// "pending (Resources)".
fn with_reason(listed: &commands::Listed) -> String {
    let state = listed.state.to_lowercase().replace('_', " ");
    match listed.reason.as_str() {
        "None" | "" => state,
        reason => format!("{state} ({reason})"),
    }
}
