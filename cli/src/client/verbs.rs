//! The verbs: what changes where a sweep stands, or sends a worker away. Each is asked for once, however often it is sent.

use super::Client;
use crate::failure::Failure;
use augur_proto::v1;

fn request_id() -> String {
    uuid::Uuid::now_v7().to_string()
}

/// Calls a verb and gives what it answers.
macro_rules! call {
    ($client:expr, $verb:ident, $request:expr) => {{
        let answer = $client.inner.$verb($request).await;
        answer
            .map(tonic::Response::into_inner)
            .map_err(|status| $client.failed(&status))
    }};
}

impl Client {
    /// Cancels a sweep.
    pub async fn cancel(&mut self, name: &str) -> Result<v1::Sweep, Failure> {
        let request = v1::CancelSweepRequest {
            name: name.to_owned(),
            request_id: request_id(),
        };
        call!(self, cancel_sweep, request)
    }

    /// Pauses a sweep; with `now` what runs is given back too.
    pub async fn pause(&mut self, name: &str, now: bool) -> Result<v1::Sweep, Failure> {
        let request = v1::PauseSweepRequest {
            name: name.to_owned(),
            request_id: request_id(),
            now,
        };
        call!(self, pause_sweep, request)
    }

    /// Goes on with a paused sweep.
    pub async fn resume(&mut self, name: &str) -> Result<v1::Sweep, Failure> {
        let request = v1::ResumeSweepRequest {
            name: name.to_owned(),
            request_id: request_id(),
        };
        call!(self, resume_sweep, request)
    }

    /// Tries the failed trials of a sweep again.
    pub async fn retry(&mut self, name: &str) -> Result<v1::Sweep, Failure> {
        let request = v1::RetryTrialsRequest {
            name: name.to_owned(),
            request_id: request_id(),
        };
        call!(self, retry_trials, request)
    }

    /// Gives a sweep a priority.
    pub async fn set_priority(&mut self, name: &str, priority: i32) -> Result<v1::Sweep, Failure> {
        let request = v1::SetPriorityRequest {
            name: name.to_owned(),
            request_id: request_id(),
            priority,
        };
        call!(self, set_priority, request)
    }

    /// Submits a sweep that has all trials of another one, and more.
    pub async fn extend(&mut self, request: v1::ExtendSweepRequest) -> Result<v1::Sweep, Failure> {
        let request = v1::ExtendSweepRequest {
            request_id: request_id(),
            ..request
        };
        call!(self, extend_sweep, request)
    }

    /// Sends a worker away; with `now` it gives back what it runs.
    pub async fn drain(&mut self, name: &str, now: bool) -> Result<v1::Worker, Failure> {
        let request = v1::DrainWorkerRequest {
            name: name.to_owned(),
            now,
        };
        call!(self, drain_worker, request)
    }
}
