//! The verbs of `SweepService`: what changes where a sweep stands, or sends a worker away.

use super::{
    names, present,
    sweeps::{Sweeps, parse, request_key, trials},
};
use crate::{
    engine::commands::{
        cancel_sweep::CancelSweep, create_sweep::CreateSweep, drain_worker::DrainWorker, pause_sweep::PauseSweep,
        resume_sweep::ResumeSweep, retry_trials::RetryTrials, set_priority::SetPriority,
    },
    error::{Error, Result},
    store::{sweeps::SweepRow, workers},
};
use augur_core::{
    id::TrialId,
    plan::Plan,
    spec::{SweepSpec, canonical_json, differences},
};
use augur_proto::v1;
use std::collections::HashSet;

impl Sweeps {
    /// The sweep that a verb names.
    async fn named(&self, name: &str) -> Result<SweepRow> {
        names::sweep(self.0.view().await?.conn(), name, "name").await
    }

    pub(super) async fn cancel(&self, request: v1::CancelSweepRequest) -> Result<v1::Sweep> {
        let row = self.named(&request.name).await?;
        let command = CancelSweep {
            sweep: row.key,
            request: request_key(request.request_id, &("cancel", row.sweep))?,
        };
        self.show(self.0.submit(command).await?).await
    }

    pub(super) async fn pause(&self, request: v1::PauseSweepRequest) -> Result<v1::Sweep> {
        let row = self.named(&request.name).await?;
        let command = PauseSweep {
            sweep: row.key,
            now: request.now,
            request: request_key(request.request_id, &("pause", row.sweep, request.now))?,
        };
        self.show(self.0.submit(command).await?).await
    }

    pub(super) async fn resume(&self, request: v1::ResumeSweepRequest) -> Result<v1::Sweep> {
        let row = self.named(&request.name).await?;
        let command = ResumeSweep {
            sweep: row.key,
            request: request_key(request.request_id, &("resume", row.sweep))?,
        };
        self.show(self.0.submit(command).await?).await
    }

    pub(super) async fn retry(&self, request: v1::RetryTrialsRequest) -> Result<v1::Sweep> {
        let row = self.named(&request.name).await?;
        let command = RetryTrials {
            sweep: row.key,
            request: request_key(request.request_id, &("retry", row.sweep))?,
        };
        self.show(self.0.submit(command).await?).await
    }

    pub(super) async fn set_priority(&self, request: v1::SetPriorityRequest) -> Result<v1::Sweep> {
        let row = self.named(&request.name).await?;
        let command = SetPriority {
            sweep: row.key,
            priority: request.priority,
            request: request_key(request.request_id, &("priority", row.sweep, request.priority))?,
        };
        self.show(self.0.submit(command).await?).await
    }

    pub(super) async fn extend(&self, request: v1::ExtendSweepRequest) -> Result<v1::Sweep> {
        let mut view = self.0.view().await?;
        let source = names::sweep(view.conn(), &request.name, "name").await?;
        let old = self.0.plan(view.conn(), source.key).await?;
        drop(view);
        let yaml = match request.spec_yaml.is_empty() {
            false => request.spec_yaml.clone(),
            true => canonical_json(&with_seeds(old.spec(), &request.seeds, &request.display_name)?),
        };
        let spec = match request.spec_yaml.is_empty() {
            false => parse(&yaml).await?.map_err(Error::Spec)?,
            // Nobody has seen this text: its lines and columns tell nothing.
            true => parse(&yaml)
                .await?
                .map_err(|error| Error::Spec(error.without_positions()))?,
        };
        let request = request_key(request.request_id, &("extend", source.sweep, spec.sha256()))?;
        let plan = Plan::new(spec);
        let trials = trials(&plan).await?;
        check_extension(&old, &self.identifiers(&old).await?, &plan, &trials)?;
        let create = CreateSweep {
            plan,
            yaml,
            trials,
            reuse: true,
            extends: Some(source.key),
            request,
        };
        self.show(self.0.submit(create).await?).await
    }

    async fn identifiers(&self, plan: &Plan) -> Result<Vec<TrialId>> {
        let trials = trials(plan).await?;
        Ok(trials.into_iter().map(|(trial, ..)| trial).collect())
    }

    pub(super) async fn drain_worker(&self, request: v1::DrainWorkerRequest) -> Result<v1::Worker> {
        let worker = names::worker(self.0.view().await?.conn(), &request.name, present::silence(&self.0)).await?;
        let now = request.now;
        self.0.submit(DrainWorker { worker, now }).await?;
        let row = workers::get(self.0.view().await?.conn(), worker).await?;
        let row = row.ok_or_else(|| Error::NotFound {
            what: "worker",
            name: request.name,
        })?;
        Ok(present::worker(&self.0, row))
    }
}

/// A sweep's spec with further seeds, under another name.
fn with_seeds(spec: &SweepSpec, seeds: &[u64], name: &str) -> Result<SweepSpec> {
    if seeds.is_empty() {
        return Err(Error::Invalid {
            field: "seeds",
            problem: "is empty, and so is `spec_yaml`; give the seeds that come on top, or the spec of the extension"
                .into(),
        });
    }
    if let Some(seed) = seeds.iter().find(|seed| spec.seeds.contains(seed)) {
        return Err(Error::Invalid {
            field: "seeds",
            problem: format!("names {seed}, which sweep {} has already; give others", spec.name),
        });
    }
    Ok(SweepSpec {
        name: match name {
            "" => format!("{}-extended", spec.name),
            name => name.to_owned(),
        },
        seeds: spec.seeds.iter().chain(seeds).copied().collect(),
        ..spec.clone()
    })
}

/// An extension has every trial of the sweep, so that nothing which that one has computed is left out, and more.
fn check_extension(old: &Plan, had: &[TrialId], new: &Plan, trials: &[(TrialId, u32, u32)]) -> Result<()> {
    let invalid = |problem| {
        Err(Error::Invalid {
            field: "spec_yaml",
            problem,
        })
    };
    let has: HashSet<_> = trials.iter().map(|(trial, ..)| trial).collect();
    let lacks = had.iter().filter(|trial| !has.contains(trial)).count();
    if lacks > 0 {
        let differences = differences(old.spec(), new.spec());
        return invalid(format!(
            "lacks {lacks} of the {} trials of sweep {}, so it does not extend it ({}); add seeds, families, starting points, \
             tasks or variants and leave the rest as it was, or submit it as a sweep of its own",
            had.len(),
            old.spec().name,
            differences.join(", ")
        ));
    }
    if trials.len() == had.len() {
        return invalid(format!(
            "has no trial that sweep {} lacks; add seeds or starting points",
            old.spec().name
        ));
    }
    Ok(())
}
