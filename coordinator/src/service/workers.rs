//! `WorkerService`: register, lease, report, complete.

use super::{identifier, work};
use crate::{
    engine::{
        CoordinatorHandle,
        commands::{
            acquire_leases::AcquireLeases,
            complete_evaluation::CompleteEvaluation,
            complete_trial::CompleteTrial,
            fail_lease::FailLease,
            leave_worker::LeaveWorker,
            register_worker::RegisterWorker,
            renew_leases::{Order, RenewLeases},
            report_measurements::{Report, ReportMeasurements},
            reuse_trial::ReuseTrial,
        },
    },
    error::{Error, Result},
    safety::noted,
    store::log_lines::LogLine,
};
use augur_core::{
    id::LeaseToken,
    leaderboard::Agreement,
    outcome::Measurement,
    picture::Picture,
    state::{Cause, CauseKind},
};
use augur_proto::{
    API_VERSION,
    v1::{self, worker_service_server::WorkerService},
};
use std::{collections::HashSet, time::Duration};
use tokio::time::{Instant, timeout_at};
use tonic::{Request, Response, Status};
use tracing::Instrument;

/// The longest that a worker may wait for work.
const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// Leases that one call gives at most.
const MOST_LEASES: u32 = 1000;

/// Bytes of a line of a log.
const LONGEST_LINE: usize = 1024;

/// Bytes of a name of a worker that are logged; an identifier has 36.
const LONGEST_NAME: usize = 64;

/// A SHA-256 in hexadecimal.
const LONGEST_FINGERPRINT: usize = 64;

/// The service for workers.
pub(crate) struct Workers(pub CoordinatorHandle);

impl Workers {
    async fn register(&self, request: v1::RegisterWorkerRequest) -> Result<v1::RegisterWorkerResponse> {
        if request.api_version != API_VERSION {
            let theirs = request.api_version;
            return Err(Error::ApiVersion { theirs });
        }
        if request.slots == 0 {
            return Err(Error::Invalid {
                field: "slots",
                problem: "is 0; a worker has at least one slot".into(),
            });
        }
        let worker = RegisterWorker {
            worker: identifier(&request.worker_id, "worker_id")?,
            host: request.host,
            slots: request.slots,
            augur_version: request.augur_version,
            libtorch_version: request.libtorch_version,
            memory: known(request.memory_bytes),
        };
        self.0.submit(worker).await?;
        let settings = self.0.settings();
        Ok(v1::RegisterWorkerResponse {
            lease_duration: prost_types::Duration::try_from(settings.lease).ok(),
            heartbeat_interval: prost_types::Duration::try_from(settings.heartbeat()).ok(),
        })
    }

    async fn acquire(&self, request: v1::AcquireLeasesRequest) -> Result<v1::AcquireLeasesResponse> {
        let worker = identifier(&request.worker_id, "worker_id")?;
        if request.max_leases == 0 {
            return Err(Error::Invalid {
                field: "max_leases",
                problem: "is 0; ask for at least one lease".into(),
            });
        }
        let max = request.max_leases.min(MOST_LEASES);
        let held = request.held_tokens.iter().map(|text| identifier(text, "held_tokens"));
        let held: HashSet<LeaseToken> = held.collect::<Result<_>>()?;
        let wait = request.wait_timeout.unwrap_or_default();
        let wait = Duration::try_from(wait).unwrap_or_default().min(LONGEST_WAIT);
        let end = Instant::now() + wait;
        loop {
            if self.0.is_stopping() {
                return Err(Error::Stopping);
            }
            let begun = std::time::Instant::now();
            let mut works = self.0.works();
            let held = held.clone();
            let grants = self.0.submit(AcquireLeases { worker, max, held }).await?;
            if !grants.is_empty() {
                let mut leases = Vec::with_capacity(grants.len());
                for grant in grants {
                    leases.push(work::lease(&self.0, grant).await?);
                }
                let took = begun.elapsed().as_secs_f64();
                self.0.watching().metrics.leases.answered.observe(took);
                return Ok(v1::AcquireLeasesResponse { leases });
            }
            tokio::select! {
                biased;
                () = self.0.stopping() => return Err(Error::Stopping),
                news = timeout_at(end, works.come()) => match news {
                    Ok(true) => {}
                    Ok(false) => return Err(Error::Stopping),
                    Err(_) => return Ok(v1::AcquireLeasesResponse::default()),
                },
            }
        }
    }

    async fn renew(&self, request: v1::RenewLeasesRequest) -> Result<v1::RenewLeasesResponse> {
        let worker = identifier(&request.worker_id, "worker_id")?;
        let tokens = request.tokens.iter().map(|text| identifier(text, "tokens"));
        let tokens = tokens.collect::<Result<_>>()?;
        let excused = request.excused_tokens.iter();
        let excused = excused.map(|text| identifier(text, "excused_tokens"));
        let command = RenewLeases {
            worker,
            tokens,
            excused: excused.collect::<Result<_>>()?,
        };
        let orders = self.0.submit(command).await?;
        let renewal = |(token, order): (LeaseToken, Order)| v1::Renewal {
            token: token.to_string(),
            order: match order {
                Order::Continue => v1::Order::Continue,
                Order::Cancel => v1::Order::Cancel,
                Order::Pause => v1::Order::Pause,
                Order::Drain => v1::Order::Drain,
            }
            .into(),
        };
        Ok(v1::RenewLeasesResponse {
            renewals: orders.leases.into_iter().map(renewal).collect(),
            leave: orders.leave,
        })
    }

    async fn report(&self, request: v1::ReportMeasurementsRequest) -> Result<v1::ReportMeasurementsResponse> {
        let worker = identifier(&request.worker_id, "worker_id")?;
        let mut reports = Vec::with_capacity(request.reports.len());
        for report in request.reports {
            if report.measurements.iter().any(|measurement| measurement.epoch == 0) {
                return Err(Error::Invalid {
                    field: "measurements.epoch",
                    problem: "is 0; epochs count from 1".into(),
                });
            }
            reports.push(Report {
                token: identifier(&report.token, "reports.token")?,
                measured: report.measurements.into_iter().map(Measurement::from).collect(),
                lines: report.lines.into_iter().map(log_line).collect::<Result<_>>()?,
            });
        }
        let stale = self.0.submit(ReportMeasurements { worker, reports }).await?;
        self.0.watching().metrics.leases.stale.inc_by(stale.len() as u64);
        Ok(v1::ReportMeasurementsResponse {
            stale_tokens: stale.iter().map(ToString::to_string).collect(),
        })
    }

    async fn complete_trial(&self, request: v1::CompleteTrialRequest) -> Result<v1::CompleteTrialResponse> {
        let worker = identifier(&request.worker_id, "worker_id")?;
        let token = identifier(&request.token, "token")?;
        let fingerprint = request.fingerprint;
        if fingerprint.len() > LONGEST_FINGERPRINT {
            return Err(Error::Invalid {
                field: "fingerprint",
                problem: format!("is longer than {LONGEST_FINGERPRINT} characters; it is a SHA-256 in hexadecimal"),
            });
        }
        match (request.outcome, request.reused.as_str()) {
            (Some(outcome), "") => {
                let outcome = outcome.into();
                let command = CompleteTrial {
                    worker,
                    token,
                    outcome,
                    fingerprint,
                };
                self.0.submit(command).await?;
            }
            (None, "") => return Err(missing("outcome")),
            (Some(_), _) => {
                return Err(Error::Invalid {
                    field: "reused",
                    problem: "comes with an outcome; a trial is computed or reused".into(),
                });
            }
            (None, reused) => {
                let command = ReuseTrial {
                    worker,
                    token,
                    from: identifier(sweep_of(reused), "reused")?,
                    fingerprint,
                    detector_missing: request.detector_missing,
                };
                self.0.submit(command).await?;
            }
        }
        Ok(v1::CompleteTrialResponse {})
    }

    async fn complete_evaluation(
        &self,
        request: v1::CompleteEvaluationRequest,
    ) -> Result<v1::CompleteEvaluationResponse> {
        let agreement = |trial: &v1::TrialAgreement| {
            let agreement = Agreement::try_from(trial)?;
            Ok((identifier(&trial.trial, "trials.trial")?, agreement))
        };
        let command = CompleteEvaluation {
            worker: identifier(&request.worker_id, "worker_id")?,
            token: identifier(&request.token, "token")?,
            agreements: request.trials.iter().map(agreement).collect::<Result<_>>()?,
            pictures: request
                .pictures
                .into_iter()
                .map(Picture::try_from)
                .collect::<std::result::Result<_, _>>()?,
        };
        self.0.submit(command).await?;
        Ok(v1::CompleteEvaluationResponse {})
    }

    async fn fail(&self, request: v1::FailLeaseRequest) -> Result<v1::FailLeaseResponse> {
        let cause = Cause::try_from(request.cause.ok_or(missing("cause"))?)?;
        if let CauseKind::WorkerLost | CauseKind::Cancelled | CauseKind::Deadline = cause.kind {
            return Err(Error::Invalid {
                field: "cause.kind",
                problem: format!("is {}, which is for the coordinator to say", cause.kind),
            });
        }
        let command = FailLease {
            worker: identifier(&request.worker_id, "worker_id")?,
            token: identifier(&request.token, "token")?,
            cause,
            memory: known(request.memory_bytes),
        };
        self.0.submit(command).await?;
        Ok(v1::FailLeaseResponse {})
    }

    async fn leave(&self, request: v1::LeaveWorkerRequest) -> Result<v1::LeaveWorkerResponse> {
        let worker = identifier(&request.worker_id, "worker_id")?;
        self.0.submit(LeaveWorker { worker }).await?;
        Ok(v1::LeaveWorkerResponse {})
    }
}

/// The {sweep} of sweeps/{sweep}/trials/{trial}; what is no such name is no identifier either.
fn sweep_of(trial: &str) -> &str {
    trial.split('/').nth(1).unwrap_or_default()
}

/// Bytes; 0 stands for what is not known.
fn known(bytes: u64) -> Option<u64> {
    Some(bytes).filter(|bytes| *bytes > 0)
}

fn log_line(line: v1::LogLine) -> Result<LogLine> {
    if line.sequence == 0 {
        return Err(Error::Invalid {
            field: "lines.sequence",
            problem: "is 0; lines count from 1".into(),
        });
    }
    let time = line.time.unwrap_or_default();
    // PostgreSQL takes no zero bytes.
    let mut text = line.text.replace('\0', "\u{fffd}");
    text.truncate(text.floor_char_boundary(LONGEST_LINE));
    Ok(LogLine {
        sequence: line.sequence,
        at: time
            .seconds
            .saturating_mul(1000)
            .saturating_add(i64::from(time.nanos) / 1_000_000),
        line: text,
    })
}

fn missing(field: &'static str) -> Error {
    Error::Invalid {
        field,
        problem: "is missing".into(),
    }
}

/// Answers a call; whatever is logged meanwhile names the worker.
macro_rules! answer {
    ($self:ident.$call:ident($request:expr)) => {{
        let request = $request;
        let worker = &request.worker_id[..request.worker_id.floor_char_boundary(LONGEST_NAME)];
        let span = tracing::info_span!("call", worker);
        let answer = async {
            Workers::$call($self, request)
                .await
                .map(Response::new)
                .map_err(Status::from)
        };
        answer.instrument(span).await
    }};
}

type Answer<T> = std::result::Result<Response<T>, Status>;

#[tonic::async_trait]
impl WorkerService for Workers {
    async fn register_worker(&self, r: Request<v1::RegisterWorkerRequest>) -> Answer<v1::RegisterWorkerResponse> {
        answer!(self.register(noted(r)))
    }

    async fn acquire_leases(&self, r: Request<v1::AcquireLeasesRequest>) -> Answer<v1::AcquireLeasesResponse> {
        answer!(self.acquire(r.into_inner()))
    }

    async fn renew_leases(&self, r: Request<v1::RenewLeasesRequest>) -> Answer<v1::RenewLeasesResponse> {
        answer!(self.renew(r.into_inner()))
    }

    async fn report_measurements(
        &self,
        r: Request<v1::ReportMeasurementsRequest>,
    ) -> Answer<v1::ReportMeasurementsResponse> {
        answer!(self.report(r.into_inner()))
    }

    async fn complete_trial(&self, r: Request<v1::CompleteTrialRequest>) -> Answer<v1::CompleteTrialResponse> {
        answer!(self.complete_trial(noted(r)))
    }

    async fn complete_evaluation(
        &self,
        r: Request<v1::CompleteEvaluationRequest>,
    ) -> Answer<v1::CompleteEvaluationResponse> {
        answer!(self.complete_evaluation(noted(r)))
    }

    async fn fail_lease(&self, r: Request<v1::FailLeaseRequest>) -> Answer<v1::FailLeaseResponse> {
        answer!(self.fail(noted(r)))
    }

    async fn leave_worker(&self, r: Request<v1::LeaveWorkerRequest>) -> Answer<v1::LeaveWorkerResponse> {
        answer!(self.leave(noted(r)))
    }
}
