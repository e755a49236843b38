//! The script: every call of the API that writes, and every way in which an attempt ends.

use super::{
    calls::{Api, Calls},
    child::LEASE,
    worker::Worker,
};
use anyhow::{Result, bail, ensure};
use augur_proto::v1::{self, CauseKind, Order, TrialState};
use std::time::Duration;

/// The sweeps that there are in the end, by name.
pub const SWEEPS: [&str; 4] = ["sweeps/plain", "sweeps/halved", "sweeps/doomed", "sweeps/plain-more"];

/// Looks at the leases that it may take until one has ended: a coordinator that was away gives each a new term.
const LOOKS: u32 = 10;

/// Calls one of the verbs until it is acknowledged.
macro_rules! verb {
    ($calls:expr, $title:literal, $method:ident, $request:expr) => {{
        let request = $request;
        let call = |mut api: Api| {
            let request = request.clone();
            async move { api.sweeps.$method(request).await }
        };
        $calls.call($title, call).await?.done().map(drop)
    }};
}

fn spec(name: &str, starts: &[u32], rest: &str) -> String {
    let starts: Vec<String> = starts.iter().map(|angle| format!("{{angle_deg: {angle}}}")).collect();
    format!(
        "version: 1
name: {name}
data: {{fashion_mnist: {{}}}}
tasks: [{{normal: sneaker, anomaly: {{class: dress}}}}]
families: [{{rotation: {{starts: [{}]}}}}]
seeds: [0]
retry: {{stalled_after_seconds: 604800}}
{rest}
",
        starts.join(", ")
    )
}

/// Plays it to the end.
///
/// # Errors
/// An answer that the script does not expect, or a coordinator that doesn't come back.
pub async fn play(calls: &mut Calls) -> Result<()> {
    let mut a = Worker::new("01890000-0000-7000-8000-00000000000a");
    let mut b = Worker::new("01890000-0000-7000-8000-00000000000b");
    create(calls, &spec("plain", &[30, 120, 200], "training: {epochs: 2}")).await?;
    a.register(calls).await?;
    attempts(calls, &mut a).await?;
    pauses(calls, &mut a).await?;
    early_stopping(calls, &mut a).await?;
    cancelled(calls, &mut a).await?;
    evaluated(calls, &mut a).await?;
    drained(calls, &mut b).await?;
    extended(calls, &mut a).await?;
    a.leave(calls).await?;
    // A look at the leases, by which a store in trouble comes to know that it can be written again.
    calls.host.advance(Duration::from_secs(1)).await
}

/// A trial completes; another one is given back, crashes, loses its lease, fails for good, and is tried again.
async fn attempts(calls: &mut Calls, a: &mut Worker) -> Result<()> {
    let leases = a.acquire(calls, 2).await?;
    let [first, second] = &leases[..] else {
        bail!("{} leases instead of 2", leases.len())
    };
    a.report(calls, first, 1..=2).await?;
    a.renew(calls).await?;
    a.complete(calls, first).await?;
    a.fail(calls, second, CauseKind::Preempted).await?;
    let lease = a.acquire_one(calls).await?;
    a.fail(calls, &lease, CauseKind::Crashed).await?;
    let lease = a.acquire_one(calls).await?;
    expire(calls, &lease).await?;
    late(calls, a, &lease).await?;
    let lease = a.acquire_one(calls).await?;
    a.fail(calls, &lease, CauseKind::BadData).await?;
    retry(calls, "sweeps/plain").await
}

/// A paused sweep is not leased from.
async fn pauses(calls: &mut Calls, a: &mut Worker) -> Result<()> {
    pause(calls, "sweeps/plain", "pause-1", false).await?;
    ensure!(a.acquire(calls, 1).await?.is_empty(), "a paused sweep was leased from");
    resume(calls, "sweeps/plain", "resume-1").await
}

/// Of three trials one goes on beyond the rung.
async fn early_stopping(calls: &mut Calls, a: &mut Worker) -> Result<()> {
    let rest = "training: {epochs: 3}\nearly_stopping: {reduction: 3, first_epoch: 1, audit: 0}";
    create(calls, &spec("halved", &[35, 145, 215], rest)).await?;
    prioritise(calls, "sweeps/halved", 5).await?;
    let leases = a.acquire(calls, 3).await?;
    for lease in &leases {
        a.report(calls, lease, 1..=1).await?;
    }
    a.obey(calls).await?;
    let mut completed = 0;
    for lease in &leases {
        if a.holds(lease) {
            a.report(calls, lease, 2..=3).await?;
            a.complete(calls, lease).await?;
            completed += 1;
        }
    }
    ensure!(completed < leases.len(), "no trial was stopped early");
    Ok(())
}

/// A sweep is cancelled while a trial of it runs.
async fn cancelled(calls: &mut Calls, a: &mut Worker) -> Result<()> {
    create(calls, &spec("doomed", &[40, 130], "training: {epochs: 2}")).await?;
    prioritise(calls, "sweeps/doomed", 9).await?;
    // The evaluation of the sweep before comes first.
    let evaluation = a.acquire_one(calls).await?;
    let lease = a.acquire_one(calls).await?;
    cancel(calls, "sweeps/doomed").await?;
    late(calls, a, &lease).await?;
    a.fail(calls, &evaluation, CauseKind::Crashed).await
}

/// An evaluation that failed is done again.
async fn evaluated(calls: &mut Calls, a: &mut Worker) -> Result<()> {
    let evaluation = a.acquire_one(calls).await?;
    ensure!(
        matches!(evaluation.work, Some(v1::lease::Work::Evaluation(_))),
        "the evaluation was not leased again"
    );
    a.complete(calls, &evaluation).await
}

/// A pause takes back what runs; then a worker is sent away with a trial in its hands.
async fn drained(calls: &mut Calls, b: &mut Worker) -> Result<()> {
    b.register(calls).await?;
    let leases = b.acquire(calls, 2).await?;
    let [first, _second] = &leases[..] else {
        bail!("{} leases instead of 2", leases.len())
    };
    pause(calls, "sweeps/plain", "pause-2", true).await?;
    let orders = b.renew(calls).await?.renewals;
    ensure!(
        orders.iter().all(|renewal| renewal.order() == Order::Pause),
        "nothing was called back: {orders:?}"
    );
    b.fail(calls, first, CauseKind::Preempted).await?;
    resume(calls, "sweeps/plain", "resume-2").await?;
    let request = v1::DrainWorkerRequest {
        name: b.name(),
        now: true,
    };
    verb!(calls, "DrainWorker", drain_worker, request)?;
    ensure!(b.renew(calls).await?.leave, "the worker was not told to leave");
    b.leave(calls).await
}

/// More seeds of a sweep: what it has is taken over, the rest is computed.
async fn extended(calls: &mut Calls, a: &mut Worker) -> Result<()> {
    let request = v1::ExtendSweepRequest {
        name: "sweeps/plain".into(),
        request_id: "extend-1".into(),
        seeds: vec![1],
        display_name: "plain-more".into(),
        ..Default::default()
    };
    verb!(calls, "ExtendSweep", extend_sweep, request)?;
    loop {
        let leases = a.acquire(calls, 2).await?;
        if leases.is_empty() {
            return Ok(());
        }
        for lease in &leases {
            a.complete(calls, lease).await?;
        }
    }
}

/// Whoever reports under a lease that is over is told so, and changes nothing.
async fn late(calls: &mut Calls, worker: &mut Worker, lease: &v1::Lease) -> Result<()> {
    let stale = worker.report(calls, lease, 1..=1).await?;
    ensure!(stale == [lease.token.clone()], "a late report was taken");
    match worker.hand_in(calls, lease).await?.result {
        Err(reason) if reason == "LEASE_STALE" => {}
        other => bail!("a late outcome: {other:?}"),
    }
    worker.obey(calls).await?;
    ensure!(!worker.holds(lease), "a lease that is over was renewed");
    Ok(())
}

/// Lets time go by until a lease has ended; no other may be live.
async fn expire(calls: &mut Calls, lease: &v1::Lease) -> Result<()> {
    let Some(v1::lease::Work::Trial(work)) = &lease.work else {
        bail!("a lease on a trial was expected")
    };
    for _ in 0..LOOKS {
        calls.host.advance(LEASE + Duration::from_secs(1)).await?;
        let name = work.trial.clone();
        let trial = read(calls, |mut api| {
            let name = name.clone();
            async move { api.sweeps.get_trial(v1::GetTrialRequest { name }).await }
        });
        if trial.await?.state() != TrialState::Running {
            return Ok(());
        }
    }
    bail!("a lease does not end")
}

/// A call that writes nothing is not a step of the script.
pub async fn read<T, F>(calls: &mut Calls, call: impl Fn(Api) -> F) -> Result<T>
where
    T: std::fmt::Debug + PartialEq,
    F: Future<Output = Result<tonic::Response<T>, tonic::Status>>,
{
    let twice = std::mem::take(&mut calls.twice);
    let answer = calls.call("read", call).await;
    calls.twice = twice;
    answer?.done()
}

async fn create(calls: &mut Calls, spec_yaml: &str) -> Result<()> {
    let request = v1::CreateSweepRequest {
        spec_yaml: spec_yaml.into(),
        // The name is the third word of the spec.
        request_id: format!("create-{}", spec_yaml.split_whitespace().nth(3).unwrap_or_default()),
        ..Default::default()
    };
    verb!(calls, "CreateSweep", create_sweep, request)
}

async fn pause(calls: &mut Calls, name: &str, request_id: &str, now: bool) -> Result<()> {
    let (name, request_id) = (name.into(), request_id.into());
    let request = v1::PauseSweepRequest { name, request_id, now };
    verb!(calls, "PauseSweep", pause_sweep, request)
}

async fn resume(calls: &mut Calls, name: &str, request_id: &str) -> Result<()> {
    let (name, request_id) = (name.into(), request_id.into());
    verb!(
        calls,
        "ResumeSweep",
        resume_sweep,
        v1::ResumeSweepRequest { name, request_id }
    )
}

async fn retry(calls: &mut Calls, name: &str) -> Result<()> {
    let (name, request_id) = (name.into(), "retry-1".into());
    verb!(
        calls,
        "RetryTrials",
        retry_trials,
        v1::RetryTrialsRequest { name, request_id }
    )
}

async fn cancel(calls: &mut Calls, name: &str) -> Result<()> {
    let (name, request_id) = (name.into(), "cancel-1".into());
    verb!(
        calls,
        "CancelSweep",
        cancel_sweep,
        v1::CancelSweepRequest { name, request_id }
    )
}

async fn prioritise(calls: &mut Calls, name: &str, priority: i32) -> Result<()> {
    let request = v1::SetPriorityRequest {
        request_id: format!("priority-{name}"),
        name: name.into(),
        priority,
    };
    verb!(calls, "SetPriority", set_priority, request)
}
