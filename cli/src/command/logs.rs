//! `augur logs`: what the worker and the process of a trial said, as it comes where that is wanted.

use super::{Remote, print, values};
use crate::{
    client::{Client, sweep_name},
    failure::{self, Failure},
    interrupt, json,
};
use augur_proto::v1;
use clap::Args;
use jiff::{Timestamp, tz::TimeZone};
use std::time::Duration;
use tokio::time::sleep;

/// How often there is a look at what is new.
const LOOK: Duration = Duration::from_secs(1);

/// Shows the log of a trial: its begin, checkpoints that it resumed, warnings, what its process wrote
#[derive(Args)]
pub struct Logs {
    /// The sweep's name or identifier
    sweep: String,
    /// The trial: its position in the plan, or its identifier
    trial: String,
    /// Of this attempt instead of the newest
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true, value_parser = values::whole::<u32>)]
    attempt: u32,
    /// Go on with what comes, until the trial is over
    #[arg(short, long)]
    follow: bool,
    /// The API's messages as JSON, a line each: LogLine
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    remote: Remote,
}

/// What of a log was shown.
#[derive(Default)]
struct Shown {
    attempt: u32,
    sequence: u32,
}

impl Logs {
    pub async fn run(self) -> Result<(), Failure> {
        let mut client = self.remote.connect().await?;
        let sweep = client.sweep(&sweep_name(&self.sweep)).await?;
        let name = client.find_trial(&sweep.name, &self.trial).await?.name;
        tokio::select! {
            ended = self.show(&mut client, &name) => ended,
            () = interrupt::interrupted() => Err(interrupt::failure("the trial goes on")),
        }
    }

    async fn show(&self, client: &mut Client, trial: &str) -> Result<(), Failure> {
        let mut shown = Shown::default();
        loop {
            match self.look(client, trial, &mut shown).await {
                Ok(true) => return Ok(()),
                Ok(false) => {}
                Err(status) if self.follow && failure::is_transient(&status) => {}
                Err(status) => return Err(client.failed(&status)),
            }
            sleep(LOOK).await;
        }
    }

    /// Prints what is new; whether nothing more is to come.
    async fn look(&self, client: &mut Client, trial: &str, shown: &mut Shown) -> Result<bool, tonic::Status> {
        // Before the lines, so that none comes between the last look and the end.
        let is_over = !self.follow || is_over(&client.trial(trial).await?);
        let mut log = client.log_lines(trial, self.attempt, shown.sequence).await?;
        if log.attempt != shown.attempt {
            if shown.sequence > 0 {
                // Another attempt has begun: from its first line on.
                log = client.log_lines(trial, log.attempt, 0).await?;
            }
            *shown = Shown {
                attempt: log.attempt,
                sequence: 0,
            };
            if !self.json {
                print(&format!("attempt {}\n", log.attempt));
            }
        }
        for line in log.lines {
            shown.sequence = shown.sequence.max(line.sequence);
            print(&self.text(&line));
        }
        Ok(is_over)
    }

    fn text(&self, line: &v1::LogLine) -> String {
        match self.json {
            true => json::line("LogLine", line).unwrap_or_default(),
            false => format!("{}  {}\n", clock(line.time.as_ref()), line.text),
        }
    }
}

fn is_over(trial: &v1::Trial) -> bool {
    match trial.state() {
        v1::TrialState::Completed | v1::TrialState::Failed | v1::TrialState::Cancelled | v1::TrialState::Stopped => {
            true
        }
        v1::TrialState::Pending | v1::TrialState::Running | v1::TrialState::Unspecified => false,
    }
}

/// Date and time on this machine.
fn clock(at: Option<&prost_types::Timestamp>) -> String {
    let moment = at.and_then(|at| Timestamp::new(at.seconds, at.nanos).ok());
    moment.map_or_else(
        || "-".to_owned(),
        |at| at.to_zoned(TimeZone::system()).strftime("%F %T").to_string(),
    )
}
