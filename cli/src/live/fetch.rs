//! What the view asks of the coordinator, beside the stream of events: one question of a kind at a time.

use super::state::{Page, State};
use crate::{client::Client, failure::Failure, watch::View};
use augur_proto::v1;
use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering::Relaxed},
};
use tokio::sync::mpsc;

/// What the user has done to the sweep.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    /// Nothing more is leased.
    Pause,
    /// It goes on.
    Resume,
    /// It ends.
    Cancel,
}

/// What came of a question.
#[derive(Debug)]
pub enum Answer {
    /// Everybody who runs trials.
    Workers(Vec<v1::Worker>),
    /// A group's trials and what they measured.
    Trials(u32, Vec<v1::Trial>, Vec<v1::TrialMeasurements>),
    /// The log of a trial.
    Log(String, v1::ListLogLinesResponse),
    /// A line for the user.
    Said(String),
}

/// Asks.
pub struct Fetcher {
    client: Client,
    answers: mpsc::Sender<Answer>,
    workers: Arc<AtomicBool>,
    trials: Arc<AtomicBool>,
    log: Arc<AtomicBool>,
}

impl Fetcher {
    /// A fetcher, and where its answers come.
    pub fn new(client: Client) -> (Self, mpsc::Receiver<Answer>) {
        let (answers, receiver) = mpsc::channel(16);
        let fetcher = Self {
            client,
            answers,
            workers: Arc::default(),
            trials: Arc::default(),
            log: Arc::default(),
        };
        (fetcher, receiver)
    }

    /// Asks for all that the page shows and events don't tell.
    pub fn look(&self, view: &View, state: &State) {
        let mut client = self.client.clone();
        self.ask(
            &self.workers,
            async move { client.workers().await.map(Answer::Workers) },
        );
        if let Some(group) = state.group() {
            let (mut client, sweep) = (self.client.clone(), view.sweep.name.clone());
            self.ask(&self.trials, async move {
                let trials = client.trials(&sweep, group).await?;
                let measured = client.measurements(&sweep, group).await?;
                Ok(Answer::Trials(group, trials, measured))
            });
        }
        if let Page::Trial(_, trial) = &state.page {
            let (mut client, trial) = (self.client.clone(), trial.clone());
            let name = format!("{}/trials/{trial}", view.sweep.name);
            self.ask(&self.log, async move {
                let log = client
                    .log_lines(&name, 0, 0)
                    .await
                    .map_err(|status| client.failed(&status))?;
                Ok(Answer::Log(trial, log))
            });
        }
    }

    /// Has the coordinator do something to the sweep; only what goes wrong is told, the rest is seen.
    pub fn say(&self, view: &View, verb: Verb) {
        let (mut client, answers, name) = (self.client.clone(), self.answers.clone(), view.sweep.name.clone());
        tokio::spawn(async move {
            let done = match verb {
                Verb::Pause => client.pause(&name, false).await,
                Verb::Resume => client.resume(&name).await,
                Verb::Cancel => client.cancel(&name).await,
            };
            if let Err(failure) = done {
                let _ = answers.send(Answer::Said(failure.to_string())).await;
            }
        });
    }

    fn ask(
        &self,
        is_asked: &Arc<AtomicBool>,
        question: impl Future<Output = Result<Answer, Failure>> + Send + 'static,
    ) {
        if is_asked.swap(true, Relaxed) {
            return;
        }
        let (is_asked, answers) = (Arc::clone(is_asked), self.answers.clone());
        tokio::spawn(async move {
            // The follower tells of a coordinator that is away.
            if let Ok(answer) = question.await {
                let _ = answers.send(answer).await;
            }
            is_asked.store(false, Relaxed);
        });
    }
}
