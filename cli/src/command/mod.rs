//! The commands, one file each.

mod cancel;
mod compare;
mod completions;
mod copy;
mod data;
mod doctor;
mod extend;
mod fetch;
mod health;
mod launch;
mod leaderboard;
mod list;
mod logs;
mod man;
mod mlflow;
mod pause;
mod plan;
mod preview;
mod priority;
mod report;
mod resume;
mod retry;
pub(crate) mod run;
mod score;
mod select;
mod show;
mod store;
mod submit;
mod trials;
pub(crate) mod values;
mod verify;
mod watch;
mod workers;

use crate::{
    client::Remote,
    failure::{Exit, Failure},
};
use augur_proto::v1::{Sweep, SweepState};
use clap::Subcommand;

/// What to do.
#[derive(Subcommand)]
pub enum Command {
    Run(run::Run),
    Plan(plan::Plan),
    Preview(preview::Preview),
    Submit(submit::Submit),
    Launch(launch::Launch),
    Watch(watch::Watch),
    Leaderboard(leaderboard::Leaderboard),
    List(list::List),
    Show(show::Show),
    Trials(trials::Trials),
    Logs(logs::Logs),
    Compare(compare::Compare),
    Pause(pause::Pause),
    Resume(resume::Resume),
    Cancel(cancel::Cancel),
    Retry(retry::Retry),
    Priority(priority::Priority),
    Extend(extend::Extend),
    Workers(workers::Workers),
    Report(report::Report),
    Verify(verify::Verify),
    Select(select::Select),
    Score(score::Score),
    Export(score::Export),
    Mlflow(mlflow::Mlflow),
    Store(store::Store),
    Fetch(fetch::Fetch),
    Health(health::Health),
    Data(data::Data),
    Copy(copy::Copy),
    Doctor(doctor::Doctor),
    Completions(completions::Completions),
    Man(man::Man),
}

impl Command {
    /// Does it.
    pub async fn run(self) -> Result<(), Failure> {
        match self {
            Self::Run(command) => command.run().await,
            Self::Plan(command) => command.run(),
            Self::Preview(command) => command.run(),
            Self::Submit(command) => command.run().await,
            Self::Launch(command) => command.run().await,
            Self::Watch(command) => command.run().await,
            Self::Leaderboard(command) => command.run().await,
            Self::List(command) => command.run().await,
            Self::Show(command) => command.run().await,
            Self::Trials(command) => command.run().await,
            Self::Logs(command) => command.run().await,
            Self::Compare(command) => command.run().await,
            Self::Pause(command) => command.run().await,
            Self::Resume(command) => command.run().await,
            Self::Cancel(command) => command.run().await,
            Self::Retry(command) => command.run().await,
            Self::Priority(command) => command.run().await,
            Self::Extend(command) => command.run().await,
            Self::Workers(command) => command.run().await,
            Self::Report(command) => command.run().await,
            Self::Verify(command) => command.run().await,
            Self::Select(command) => command.run().await,
            Self::Score(command) => command.run(),
            Self::Export(command) => command.run(),
            Self::Mlflow(command) => command.run().await,
            Self::Store(command) => command.run(),
            Self::Fetch(command) => command.run(),
            Self::Health(command) => command.run().await,
            Self::Data(command) => command.run().await,
            Self::Copy(command) => command.run().await,
            Self::Doctor(command) => command.run(),
            Self::Completions(command) => command.run(),
            Self::Man(command) => command.run(),
        }
    }
}

/// The end of a sweep as the end of a command. `where_reasons` says where the reasons stand.
pub(crate) fn verdict(sweep: &Sweep, where_reasons: &str) -> Result<(), Failure> {
    let name = &sweep.display_name;
    match sweep.state() {
        SweepState::Failed => Err(Failure::new(
            Exit::NoSelection,
            format!("sweep {name} ended without a selected trial for some task; {where_reasons} tells why"),
        )),
        SweepState::Cancelled => Err(Failure::new(
            Exit::Cancelled,
            format!("sweep {name} was cancelled; submit it under another name to run it again"),
        )),
        SweepState::Succeeded | SweepState::Running | SweepState::Paused | SweepState::Unspecified => Ok(()),
    }
}

/// Columns of stdout, where it is a terminal; enough for anything elsewhere.
pub(crate) fn width() -> u16 {
    let stdout = console::Term::stdout();
    match stdout.is_term() {
        true => stdout.size().1,
        false => 160,
    }
}

/// Writes to stdout. A reader that has gone away, such as `head`, is no fault.
pub(crate) fn print(text: &str) {
    use std::io::Write;
    let _ = std::io::stdout().write_all(text.as_bytes());
}
