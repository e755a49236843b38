//! The client of a coordinator: connects, checks the API version, walks through pages.

mod remote;
mod selected;
mod verbs;

pub use remote::Remote;

use crate::failure::{self, Exit, Failure, from_first, from_status};
use augur_channel::{Access, Connection};
use augur_core::{id::TrialId, leaderboard::Leaderboard, picture::Picture};
use augur_proto::{
    API_VERSION,
    v1::{self, sweep_service_client::SweepServiceClient},
};
use std::time::Duration;
use tonic::{Code, Request, Status, codec::CompressionEncoding, transport::Endpoint};

/// A leaderboard of many trials is larger than gRPC's usual 4 MB.
const MAX_MESSAGE: usize = 1 << 30;
const PAGE: i32 = 1000;
const CONNECT: Duration = Duration::from_secs(5);

/// A connection that reconnects by itself.
#[derive(Clone)]
pub struct Client {
    /// The coordinator's URL, for messages.
    pub url: String,
    inner: SweepServiceClient<Connection>,
}

impl Client {
    /// Connects to whichever coordinator leads and checks that it speaks our API.
    pub async fn connect(access: &Access) -> Result<Self, Failure> {
        let connection = access.open(shape, Endpoint::connect_lazy);
        let connection = connection.map_err(|fault| Failure::new(Exit::CommandLine, fault.to_string()))?;
        let addresses = connection.addresses();
        let inner = SweepServiceClient::new(connection)
            .accept_compressed(CompressionEncoding::Gzip)
            .max_decoding_message_size(MAX_MESSAGE);
        let mut client = Self {
            url: access.addresses.to_string(),
            inner,
        };
        // The connection goes on to the next address by itself whenever one is away.
        for _ in 1..addresses {
            if client.check_version().await.is_ok() {
                return Ok(client);
            }
        }
        client.check_version().await?;
        Ok(client)
    }

    async fn check_version(&mut self) -> Result<(), Failure> {
        let mut request = Request::new(v1::GetCoordinatorRequest {});
        request.set_timeout(CONNECT);
        match self.inner.get_coordinator(request).await {
            Ok(answer) => match answer.into_inner().api_version {
                version if version == API_VERSION => Ok(()),
                version => Err(failure::other_api(&self.url, &format!("speaks {version}"))),
            },
            Err(status) if failure::is_unimplemented(&status) => {
                Err(failure::other_api(&self.url, "knows no augur.v1"))
            }
            Err(status) => Err(from_first(&status, &self.url)),
        }
    }

    /// The failure that an answer means.
    pub fn failed(&self, status: &Status) -> Failure {
        from_status(status, &self.url)
    }

    /// Submits a spec, or says only what would be; with `no_reuse` every trial is computed.
    pub async fn create_sweep(
        &mut self,
        spec_yaml: &str,
        validate_only: bool,
        no_reuse: bool,
    ) -> Result<v1::Sweep, Failure> {
        let request = v1::CreateSweepRequest {
            spec_yaml: spec_yaml.to_owned(),
            request_id: uuid::Uuid::now_v7().to_string(),
            validate_only,
            no_reuse,
        };
        let answer = self.inner.create_sweep(request).await;
        answer
            .map(tonic::Response::into_inner)
            .map_err(|status| self.failed(&status))
    }

    /// A sweep by its resource name.
    pub async fn sweep(&mut self, name: &str) -> Result<v1::Sweep, Failure> {
        let answer = self
            .inner
            .get_sweep(v1::GetSweepRequest { name: name.to_owned() })
            .await;
        answer
            .map(tonic::Response::into_inner)
            .map_err(|status| self.failed(&status))
    }

    /// The events of a sweep after a revision.
    pub async fn watch(
        &mut self,
        name: &str,
        resume_revision: u64,
    ) -> Result<tonic::Streaming<v1::WatchSweepResponse>, Status> {
        let name = name.to_owned();
        let answer = self
            .inner
            .watch_sweep(v1::WatchSweepRequest { name, resume_revision })
            .await;
        answer.map(tonic::Response::into_inner)
    }

    /// A trial by its resource name.
    pub async fn trial(&mut self, name: &str) -> Result<v1::Trial, Status> {
        let answer = self
            .inner
            .get_trial(v1::GetTrialRequest { name: name.to_owned() })
            .await;
        answer.map(tonic::Response::into_inner)
    }

    /// A trial of a sweep by its position in the plan, its identifier, or the beginning of that.
    pub async fn find_trial(&mut self, sweep: &str, given: &str) -> Result<v1::Trial, Failure> {
        let mut meant = self.trials_called(sweep, given).await?.into_iter();
        match (meant.next(), meant.next()) {
            (Some(trial), None) => self.trial(&trial.name).await.map_err(|status| self.failed(&status)),
            (Some(_), Some(_)) => Err(Failure::new(
                Exit::CommandLine,
                format!("several trials begin with `{given}`; give more of the identifier"),
            )),
            (None, _) => Err(Failure::new(
                Exit::NotFound,
                format!(
                    "the sweep has no trial {given}; give its position in the plan, or its identifier: `augur trials` lists them"
                ),
            )),
        }
    }

    async fn trials_called(&mut self, sweep: &str, given: &str) -> Result<Vec<v1::Trial>, Failure> {
        if let Ok(position) = given.parse::<u32>() {
            let request = v1::ListTrialsRequest {
                parent: sweep.to_owned(),
                filter: format!("index = {position}"),
                ..Default::default()
            };
            return Ok(self.find_trials(request, 1).await?.0);
        }
        if let Ok(trial) = given.parse::<TrialId>() {
            match self.trial(&format!("{sweep}/trials/{trial}")).await {
                Ok(trial) => return Ok(vec![trial]),
                Err(status) if status.code() == Code::NotFound => return Ok(Vec::new()),
                Err(status) => return Err(self.failed(&status)),
            }
        }
        let is_meant = |trial: &v1::Trial| trial.name.rsplit('/').next().is_some_and(|id| id.starts_with(given));
        Ok(self.all_trials(sweep).await?.into_iter().filter(is_meant).collect())
    }

    /// The log of an attempt at a trial (0: the newest) after a line.
    pub async fn log_lines(
        &mut self,
        trial: &str,
        attempt: u32,
        after_sequence: u32,
    ) -> Result<v1::ListLogLinesResponse, Status> {
        let request = v1::ListLogLinesRequest {
            parent: trial.to_owned(),
            attempt,
            after_sequence,
        };
        let answer = self.inner.list_log_lines(request).await;
        answer.map(tonic::Response::into_inner)
    }

    /// No more trials than so many, and whether there are more.
    pub async fn find_trials(
        &mut self,
        mut request: v1::ListTrialsRequest,
        limit: usize,
    ) -> Result<(Vec<v1::Trial>, bool), Failure> {
        request.page_size = i32::try_from(limit).map_or(PAGE, |limit| limit.min(PAGE));
        let mut trials = Vec::new();
        loop {
            let answer = self.inner.list_trials(request.clone()).await;
            let page = answer.map_err(|status| self.failed(&status))?.into_inner();
            trials.extend(page.trials);
            request.page_token = page.next_page_token;
            if request.page_token.is_empty() || trials.len() >= limit {
                let is_cut = trials.len() > limit || !request.page_token.is_empty();
                trials.truncate(limit);
                return Ok((trials, is_cut));
            }
        }
    }

    /// The measurements of a trial's newest attempt.
    pub async fn measurements_of(&mut self, trial: &str) -> Result<Vec<v1::Measurement>, Failure> {
        let request = v1::ListMeasurementsRequest {
            parent: trial.to_owned(),
            group: None,
        };
        let answer = self.inner.list_measurements(request).await;
        let trials = answer.map_err(|status| self.failed(&status))?.into_inner().trials;
        Ok(trials.into_iter().flat_map(|trial| trial.measurements).collect())
    }

    /// The leaderboard of a sweep, as the types of core.
    pub async fn leaderboard(&mut self, name: &str) -> Result<Leaderboard, Failure> {
        let answer = self
            .inner
            .get_leaderboard(v1::GetLeaderboardRequest { name: name.to_owned() })
            .await;
        let message = answer.map_err(|status| self.failed(&status))?.into_inner();
        self.read(message)
    }

    fn read(&self, message: v1::Leaderboard) -> Result<Leaderboard, Failure> {
        Leaderboard::try_from(message).map_err(|malformed| {
            let text = format!(
                "the coordinator at {} sent a leaderboard that can't be read: {malformed}",
                self.url
            );
            Failure::new(Exit::Unexpected, text)
        })
    }

    /// The measurements of every trial of a group.
    pub async fn measurements(&mut self, sweep: &str, group: u32) -> Result<Vec<v1::TrialMeasurements>, Failure> {
        let request = v1::ListMeasurementsRequest {
            parent: format!("{sweep}/trials/-"),
            group: Some(group),
        };
        let answer = self.inner.list_measurements(request).await;
        answer
            .map(|answer| answer.into_inner().trials)
            .map_err(|status| self.failed(&status))
    }

    /// What the selected trial of a group saw and made; nothing of a coordinator that doesn't know of it.
    pub async fn pictures(&mut self, sweep: &str, group: u32) -> Result<Vec<Picture>, Failure> {
        let request = v1::ListPicturesRequest {
            parent: sweep.to_owned(),
            group,
        };
        match self.inner.list_pictures(request).await {
            // One of a kind that this version doesn't know is left out.
            Ok(answer) => Ok(answer
                .into_inner()
                .pictures
                .into_iter()
                .filter_map(|picture| picture.try_into().ok())
                .collect()),
            Err(status) if status.code() == Code::Unimplemented => Ok(Vec::new()),
            Err(status) => Err(self.failed(&status)),
        }
    }
}

impl Client {
    /// The measurements of one trial.
    pub async fn trial_measurements(&mut self, trial: &str) -> Result<v1::TrialMeasurements, Failure> {
        let parent = trial.to_owned();
        let request = v1::ListMeasurementsRequest { parent, group: None };
        let answer = self.inner.list_measurements(request).await;
        let trials = answer.map_err(|status| self.failed(&status))?.into_inner().trials;
        Ok(trials.into_iter().next().unwrap_or_default())
    }
}

/// Walks through all pages of a list.
macro_rules! pages {
    ($(#[$doc:meta])* $name:ident($($arg:ident: $kind:ty),*) -> $item:ident, $call:ident, $field:ident, $request:expr) => {
        impl Client {
            $(#[$doc])*
            pub async fn $name(&mut self, $($arg: $kind),*) -> Result<Vec<v1::$item>, Failure> {
                let (mut all, mut page_token) = (Vec::new(), String::new());
                loop {
                    let request = $request(page_token);
                    let answer = self.inner.$call(request).await.map_err(|status| self.failed(&status))?.into_inner();
                    all.extend(answer.$field);
                    if answer.next_page_token.is_empty() {
                        return Ok(all);
                    }
                    page_token = answer.next_page_token;
                }
            }
        }
    };
}

pages!(
    /// Every sweep, newest first.
    sweeps() -> Sweep, list_sweeps, sweeps,
    |page_token| v1::ListSweepsRequest { page_size: PAGE, page_token }
);
pages!(
    /// Every worker.
    workers() -> Worker, list_workers, workers,
    |page_token| v1::ListWorkersRequest { page_size: PAGE, page_token }
);
pages!(
    /// The groups of a sweep in the plan's order.
    groups(sweep: &str) -> Group, list_groups, groups,
    |page_token| v1::ListGroupsRequest { parent: sweep.to_owned(), page_size: PAGE, page_token }
);
pages!(
    /// The rows of the leaderboard, each with its selected trial alone.
    results(sweep: &str) -> Result, list_results, results,
    |page_token| v1::ListResultsRequest {
        parent: sweep.to_owned(),
        page_size: PAGE,
        page_token,
        ..Default::default()
    }
);
pages!(
    /// The trials of a group in the plan's order.
    trials(sweep: &str, group: u32) -> Trial, list_trials, trials,
    |page_token| v1::ListTrialsRequest {
        parent: sweep.to_owned(),
        page_size: PAGE,
        page_token,
        group: Some(group),
        ..Default::default()
    }
);
pages!(
    /// The trials of a sweep in a state.
    trials_in(sweep: &str, state: v1::TrialState) -> Trial, list_trials, trials,
    |page_token| v1::ListTrialsRequest {
        parent: sweep.to_owned(),
        page_size: PAGE,
        page_token,
        state: state.into(),
        ..Default::default()
    }
);

pages!(
    /// Every trial of a sweep in the plan's order.
    all_trials(sweep: &str) -> Trial, list_trials, trials,
    |page_token| v1::ListTrialsRequest {
        parent: sweep.to_owned(),
        page_size: PAGE,
        page_token,
        ..Default::default()
    }
);
pages!(
    /// The trials of a sweep that run.
    running(sweep: &str) -> Trial, list_trials, trials,
    |page_token| v1::ListTrialsRequest {
        parent: sweep.to_owned(),
        page_size: PAGE,
        page_token,
        state: v1::TrialState::Running.into(),
        ..Default::default()
    }
);

/// A coordinator that is gone without a word is noticed within 6 seconds.
fn shape(endpoint: Endpoint) -> Endpoint {
    endpoint
        .connect_timeout(CONNECT)
        .http2_keep_alive_interval(Duration::from_secs(3))
        .keep_alive_timeout(Duration::from_secs(3))
}

/// The resource name of a sweep that the user names by its identifier, its name, or the resource name itself.
pub fn sweep_name(given: &str) -> String {
    match given.strip_prefix("sweeps/") {
        Some(_) => given.to_owned(),
        None => format!("sweeps/{given}"),
    }
}
