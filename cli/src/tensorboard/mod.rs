//! `--tensorboard DIR`: each trial of a sweep as a run of TensorBoard, in `DIR/TASK/seed-N/VARIANT/INDEX-FAMILY-ID`.
//!
//! Everything comes through the API, so that any sweep can be exported, also one that is over. While it runs, only the
//! trials that run are asked for.

mod event;
mod file;
mod trial;

use crate::{client::Client, failure::Failure, results::id};
use augur_core::leaderboard::{Candidate, Leaderboard};
use augur_proto::v1::{Trial, TrialMeasurements, TrialState};
use file::TrialFile;
use std::{
    collections::{BTreeSet, HashMap},
    convert::Infallible,
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

/// How often the trials that run are asked for their epochs.
const TICK: Duration = Duration::from_secs(5);

/// The files of a sweep's trials.
pub struct Export {
    root: PathBuf,
    /// By resource name.
    files: HashMap<String, TrialFile>,
    /// The trials that ran when they were last looked at.
    running: BTreeSet<String>,
}

impl Export {
    /// An export into a folder, which is made if it isn't there.
    ///
    /// # Errors
    /// The folder can't be made.
    pub fn into_folder(root: &Path) -> Result<Self, Failure> {
        fs::create_dir_all(root).map_err(|error| Failure::cannot_write(root, &error))?;
        Ok(Self {
            root: root.to_owned(),
            files: HashMap::new(),
            running: BTreeSet::new(),
        })
    }

    async fn keep_up(&mut self, mut client: Client, sweep: &str) -> Infallible {
        let mut ticks = tokio::time::interval(TICK);
        loop {
            ticks.tick().await;
            // What goes wrong now is tried again in a moment, and in the end by `finish`, which tells of it.
            let _ = self.refresh(&mut client, sweep).await;
        }
    }

    /// Writes what the trials that run have reported since, and the end of those that did.
    async fn refresh(&mut self, client: &mut Client, sweep: &str) -> Result<(), Failure> {
        let running = client.trials_in(sweep, TrialState::Running).await?;
        let names = running.iter().map(|trial| trial.name.clone()).collect();
        let before = std::mem::replace(&mut self.running, names);
        let mut trials = running;
        for name in before.difference(&self.running) {
            trials.extend(client.trial(name).await.ok());
        }
        for trial in trials {
            let measured = client.trial_measurements(&trial.name).await?;
            self.write(&trial, &measured)?;
        }
        Ok(())
    }

    /// Writes everything that is known of a sweep, and how its trials did in the choices that are sealed.
    ///
    /// # Errors
    /// The coordinator can't be reached, or a file can't be written.
    pub async fn finish(&mut self, client: &mut Client, sweep: &str) -> Result<(), Failure> {
        let board = client.leaderboard(sweep).await?;
        let ranked = ranked(&board);
        for group in client.groups(sweep).await? {
            let measured = client.measurements(sweep, group.index).await?;
            let measured: HashMap<_, _> = measured.into_iter().map(|trial| (trial.trial.clone(), trial)).collect();
            for trial in client.trials(sweep, group.index).await? {
                // No attempt of it has begun.
                let Some(measured) = measured.get(id(&trial.name)) else {
                    continue;
                };
                let file = self.write(&trial, measured)?;
                if let Some((rank, candidate)) = ranked.get(&(group.variant.as_str(), id(&trial.name).to_owned())) {
                    file.choice(candidate, *rank)?;
                }
            }
        }
        Ok(())
    }

    fn write(&mut self, trial: &Trial, measured: &TrialMeasurements) -> Result<&TrialFile, Failure> {
        match self.files.get_mut(&trial.name).filter(|file| file.is_of(measured)) {
            Some(file) => file.append(trial, measured)?,
            None => {
                let file = TrialFile::create(&self.root, trial, measured)?;
                self.files.insert(trial.name.clone(), file);
            }
        }
        Ok(&self.files[&trial.name])
    }
}

/// Does `work`; where there is an export, it writes meanwhile what the running trials of `sweep` report.
pub async fn alongside<T>(
    export: Option<&mut Export>,
    client: &Client,
    sweep: &str,
    work: impl Future<Output = T>,
) -> T {
    let Some(export) = export else {
        return work.await;
    };
    tokio::select! {
        done = work => done,
        never = export.keep_up(client.clone(), sweep) => match never {},
    }
}

/// Rank (from 1) and result of every ranked trial.
fn ranked(board: &Leaderboard) -> HashMap<(&str, String), (u32, &Candidate)> {
    let ranked = board.tasks.iter().flat_map(|task| {
        let candidates = (1..).zip(&task.candidates);
        candidates.map(|(rank, candidate)| ((task.variant.as_str(), candidate.trial.to_string()), (rank, candidate)))
    });
    ranked.collect()
}
