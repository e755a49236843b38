//! `augur trials`: the trials of a sweep, some of them, in an order.

use super::{Remote, print, values, width};
use crate::{
    client::sweep_name,
    failure::Failure,
    json,
    results::{finish, id, plain},
    text,
};
use augur_proto::v1;
use clap::{Args, ValueEnum};

/// Lists the trials of a sweep
#[derive(Args)]
pub struct Trials {
    /// The sweep's name or identifier
    sweep: String,
    /// Only those in this state
    #[arg(long, value_enum)]
    state: Option<State>,
    /// Only those of this task
    #[arg(long, value_name = "NAME")]
    task: Option<String>,
    /// Only those of this variant
    #[arg(long, value_name = "NAME")]
    variant: Option<String>,
    /// Only those of this family, or baseline
    #[arg(long, value_name = "NAME")]
    family: Option<String>,
    /// Only those of this seed
    #[arg(long, value_name = "N", value_parser = values::whole::<u64>)]
    seed: Option<u64>,
    /// In this order
    #[arg(long, value_enum, default_value_t = Sort::Index)]
    sort: Sort,
    /// The other way round
    #[arg(long)]
    reverse: bool,
    /// No more than so many; 0: all
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = values::whole::<usize>)]
    limit: usize,
    /// The API's messages as JSON: ListTrialsResponse
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    remote: Remote,
}

#[derive(Clone, Copy, ValueEnum)]
enum State {
    Waiting,
    Running,
    Completed,
    Failed,
    Cancelled,
    Stopped,
}

#[derive(Clone, Copy, ValueEnum)]
enum Sort {
    /// The plan's
    Index,
    /// Lowest validation loss first
    Loss,
    /// By state
    State,
}

impl Trials {
    pub async fn run(self) -> Result<(), Failure> {
        let mut client = self.remote.connect().await?;
        let request = v1::ListTrialsRequest {
            parent: client.sweep(&sweep_name(&self.sweep)).await?.name,
            filter: self.filter(),
            order_by: self.order_by(),
            ..Default::default()
        };
        let limit = if self.limit == 0 { usize::MAX } else { self.limit };
        let (trials, is_cut) = client.find_trials(request, limit).await?;
        if self.json {
            let answer = v1::ListTrialsResponse {
                trials,
                next_page_token: String::new(),
            };
            print(&json::pretty("ListTrialsResponse", &answer)?);
            return Ok(());
        }
        if trials.is_empty() {
            print("no trials of that kind\n");
            return Ok(());
        }
        print(&table(&trials));
        if is_cut {
            print(&format!("the first {limit}; --limit 0 shows all\n"));
        }
        Ok(())
    }

    /// As AIP-160 writes it.
    fn filter(&self) -> String {
        let quoted = |text: &String| format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""));
        let parts = [
            self.state.map(|state| format!("state = {}", state.name())),
            self.task.as_ref().map(|task| format!("task = {}", quoted(task))),
            self.variant
                .as_ref()
                .map(|variant| format!("variant = {}", quoted(variant))),
            self.family
                .as_ref()
                .map(|family| format!("family = {}", quoted(family))),
            self.seed.map(|seed| format!("seed = {seed}")),
        ];
        parts.into_iter().flatten().collect::<Vec<_>>().join(" AND ")
    }

    fn order_by(&self) -> String {
        let field = match self.sort {
            Sort::Index => "index",
            Sort::Loss => "validation_loss",
            Sort::State => "state",
        };
        format!("{field}{}", if self.reverse { " desc" } else { "" })
    }
}

impl State {
    fn name(self) -> &'static str {
        match self {
            Self::Waiting => "PENDING",
            Self::Running => "RUNNING",
            Self::Completed => "COMPLETED",
            Self::Failed => "FAILED",
            Self::Cancelled => "CANCELLED",
            Self::Stopped => "STOPPED",
        }
    }
}

fn table(trials: &[v1::Trial]) -> String {
    let mut table = plain(width());
    table.set_header([
        "trial", "task", "seed", "variant", "family", "state", "attempts", "val_loss", "from", "to", "id",
    ]);
    for trial in trials {
        let to = match (&trial.outcome, &trial.cause) {
            (Some(outcome), _) => text::few_hyperparameters(&outcome.tuned),
            (None, Some(cause)) => cause.detail.lines().next().unwrap_or_default().to_owned(),
            (None, None) => String::new(),
        };
        table.add_row([
            trial.index.to_string(),
            trial.task.clone(),
            trial.seed.to_string(),
            trial.variant.clone(),
            trial.family.clone(),
            text::trial_state(trial.state()).to_owned(),
            trial.attempts.to_string(),
            text::loss(trial.validation_loss),
            text::few_hyperparameters(&trial.initial),
            to,
            id(&trial.name).chars().take(8).collect(),
        ]);
    }
    finish(table)
}
