//! From SIGKILL of a worker to its trial running elsewhere, with another worker that waits for work.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use augur_proto::v1::{self, sweep_service_client::SweepServiceClient};
use serde::Serialize;
use tokio::time::sleep;
use tonic::transport::Channel;

use crate::{
    local::{Process, Programs},
    sample::Spread,
};

/// How often the trial is looked at.
const GLANCE: Duration = Duration::from_millis(5);
/// Nothing here takes longer, beside the lease.
const LIMIT: Duration = Duration::from_secs(60);

/// One trial that does not end while anybody measures.
const SPEC: &str = "\
version: 1
name: recovery
data: {fashion_mnist: {size_px: 12}}
split: {train: 64, held_out: 16, validation_normal: 24, validation_anomalous: 16}
tasks: [{normal: sneaker, anomaly: {planted: {rotate_deg: 150}}}]
families: [{rotation: {starts: [{angle_deg: 110}]}}]
seeds: [0]
detector: {tiny: {}}
training: {epochs: 1000000, batch: 32}
tuning: {warmup_epochs: 1, validation_batch: 16}
retry: {max_attempts: 100, breaker: 0}
resources: {device: cpu}
";

/// Times after SIGKILL of a worker, seconds.
#[derive(Debug, Serialize)]
pub struct AfterWorker {
    pub lease_s: f64,
    pub repeats: usize,
    /// Until another worker has the trial.
    pub leased: Spread,
    /// Until an epoch of it has been measured there.
    pub measured: Spread,
}

/// Kills the worker that has the trial, `repeats` times, at moments spread evenly between two of its heartbeats.
pub async fn measure(programs: &Programs, lease: Duration, repeats: usize, folder: &Path) -> Result<AfterWorker> {
    let (_coordinator, url) = programs.coordinator(folder, lease)?;
    let mut sweep = Sweep::submit(&url).await?;
    let mut holder = programs.worker(folder, &url)?;
    let (mut leased, mut measured) = (Vec::new(), Vec::new());
    sweep.measured(1).await?;
    for repeat in 0..repeats {
        let mut spare = programs.worker(folder, &url)?;
        sweep.connected(2).await?;
        let heartbeat = lease / 3;
        sleep(heartbeat.mul_f64((repeat as f64 + 0.5) / repeats as f64)).await;
        let attempt = sweep.trial().await?.attempts + 1;
        let begin = Instant::now();
        holder.kill()?;
        sweep.leased(attempt, lease).await?;
        leased.push(begin.elapsed().as_secs_f64());
        sweep.measured(attempt).await?;
        measured.push(begin.elapsed().as_secs_f64());
        std::mem::swap(&mut holder, &mut spare);
        eprintln!("lease {lease:?}: running elsewhere after {:.2} s", measured[repeat]);
        drop::<Process>(spare);
    }
    Ok(AfterWorker {
        lease_s: lease.as_secs_f64(),
        repeats,
        leased: Spread::of(&leased),
        measured: Spread::of(&measured),
    })
}

/// The sweep as the API shows it.
struct Sweep {
    name: String,
    api: SweepServiceClient<Channel>,
}

impl Sweep {
    async fn submit(url: &str) -> Result<Self> {
        let mut api = SweepServiceClient::connect(url.to_owned()).await?;
        let request = v1::CreateSweepRequest {
            spec_yaml: SPEC.to_owned(),
            ..Default::default()
        };
        let name = api.create_sweep(request).await?.into_inner().name;
        Ok(Self { name, api })
    }

    async fn trial(&mut self) -> Result<v1::Trial> {
        let request = v1::ListTrialsRequest {
            parent: self.name.clone(),
            ..Default::default()
        };
        let trials = self.api.list_trials(request).await?.into_inner().trials;
        trials.into_iter().next().context("the sweep has a trial")
    }

    /// Waits until so many workers are connected: those that died a lease ago no longer count.
    async fn connected(&mut self, workers: u32) -> Result<()> {
        let begin = Instant::now();
        loop {
            let request = v1::GetSweepRequest {
                name: self.name.clone(),
            };
            let progress = self.api.get_sweep(request).await?.into_inner().progress;
            if progress.is_some_and(|progress| progress.workers_connected == workers) {
                return Ok(());
            }
            ensure!(begin.elapsed() < LIMIT, "the second worker does not come");
            sleep(GLANCE).await;
        }
    }

    /// Waits until an attempt has been leased.
    async fn leased(&mut self, attempt: u32, lease: Duration) -> Result<()> {
        let begin = Instant::now();
        loop {
            let trial = self.trial().await?;
            if trial.attempts >= attempt && trial.state() == v1::TrialState::Running {
                return Ok(());
            }
            ensure!(
                begin.elapsed() < lease + LIMIT,
                "the trial stays where it was: {trial:?}"
            );
            sleep(GLANCE).await;
        }
    }

    /// Waits until an epoch of an attempt has been measured.
    async fn measured(&mut self, attempt: u32) -> Result<()> {
        let begin = Instant::now();
        loop {
            let request = v1::ListMeasurementsRequest {
                parent: format!("{}/trials/-", self.name),
                group: Some(0),
            };
            let trials = self.api.list_measurements(request).await?.into_inner().trials;
            let is_measured =
                |trial: &v1::TrialMeasurements| trial.attempt >= attempt && !trial.measurements.is_empty();
            if trials.iter().any(is_measured) {
                return Ok(());
            }
            ensure!(begin.elapsed() < LIMIT, "no epoch of attempt {attempt} is measured");
            sleep(GLANCE).await;
        }
    }
}
