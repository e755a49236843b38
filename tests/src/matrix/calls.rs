//! Calls that are repeated until they are acknowledged.

use super::host::Host;
use anyhow::{Context, Result, bail};
use augur_proto::v1::{sweep_service_client::SweepServiceClient, worker_service_client::WorkerServiceClient};
use std::{collections::BTreeMap, fmt::Debug, future::Future, time::Duration};
use tokio::time::timeout;
use tonic::{Response, Status, transport::Channel};
use tonic_types::StatusExt;

/// How long a call may take, on a machine that is busy with others.
const PATIENCE: Duration = Duration::from_secs(30);
/// How often one call is tried; one fault takes three at most.
const TRIES: u32 = 50;
/// The clock's move after a refusal by the store, so that the next attempt at a new connection is due.
const MOVE: Duration = Duration::from_secs(5);

/// Both services of a coordinator.
#[derive(Clone)]
pub struct Api {
    pub sweeps: SweepServiceClient<Channel>,
    pub workers: WorkerServiceClient<Channel>,
}

/// What came of a call that was acknowledged.
pub struct Answer<T> {
    /// The answer, or the reason of the refusal.
    pub result: Result<T, String>,
    /// A try before had no answer, so this one may have been a repeat.
    pub is_repeat: bool,
}

impl<T> Answer<T> {
    /// The same without what was answered.
    pub fn without_content(self) -> Answer<()> {
        Answer {
            result: self.result.map(drop),
            is_repeat: self.is_repeat,
        }
    }

    /// What a call that can't be refused gave.
    ///
    /// # Errors
    /// A refusal.
    pub fn done(self) -> Result<T> {
        self.result.map_err(|reason| anyhow::anyhow!("refused: {reason}"))
    }

    /// Whether it was done; where it was done before without an answer, the repeat may be refused for `reason`.
    ///
    /// # Errors
    /// Any other refusal.
    pub fn done_or_repeat(self, reason: &str) -> Result<()> {
        match self.result {
            Ok(_) => Ok(()),
            Err(refused) if self.is_repeat && refused == reason => Ok(()),
            Err(refused) => bail!("refused: {refused}"),
        }
    }
}

/// How a script's calls are delivered.
pub struct Calls {
    pub host: Host,
    /// Each call is delivered twice.
    pub twice: bool,
    /// By call: what the second delivery gave.
    pub seconds: BTreeMap<&'static str, Vec<String>>,
}

impl Calls {
    /// Calls until there is an answer that is not the store's or the network's trouble.
    pub async fn call<T, F>(&mut self, name: &'static str, call: impl Fn(Api) -> F) -> Result<Answer<T>>
    where
        T: Debug + PartialEq,
        F: Future<Output = Result<Response<T>, Status>>,
    {
        let first = self.until_answered(&call).await.context(name)?;
        if self.twice {
            let second = self.until_answered(&call).await.context(name)?;
            let said = match (&first.result, &second.result) {
                (first, second) if first == second => "the same answer".to_owned(),
                (_, Ok(_)) => "another answer".to_owned(),
                (_, Err(reason)) => reason.clone(),
            };
            self.seconds.entry(name).or_default().push(said);
        }
        Ok(first)
    }

    async fn until_answered<T, F>(&mut self, call: &impl Fn(Api) -> F) -> Result<Answer<T>>
    where
        F: Future<Output = Result<Response<T>, Status>>,
    {
        for tries in 0..TRIES {
            let channel = self.host.channel().await?;
            let api = Api {
                sweeps: SweepServiceClient::new(channel.clone()),
                workers: WorkerServiceClient::new(channel),
            };
            let answer = timeout(PATIENCE, call(api)).await.context("no answer")?;
            let is_repeat = tries > 0;
            let result = match answer {
                Ok(answer) => Ok(answer.into_inner()),
                Err(status) => match status.get_details_error_info() {
                    // Not from the coordinator: it is dying or dead.
                    None => {
                        self.host.buried().await.context(status)?;
                        continue;
                    }
                    Some(info) if info.reason == "STORE_FAILED" => {
                        self.host.advance(MOVE).await?;
                        continue;
                    }
                    Some(info) => Err(info.reason),
                },
            };
            return Ok(Answer { result, is_repeat });
        }
        bail!("not acknowledged after {TRIES} tries")
    }
}
