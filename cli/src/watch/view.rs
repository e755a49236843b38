//! What is known of a sweep: events go in, renderers read it.

use super::Pace;
use crate::{results::id, text};
use augur_core::{select::Criterion, spec::METHOD};
use augur_proto::v1::{self, watch_sweep_response::Event};
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    time::Instant,
};

/// With more groups than this nobody sees each one's leader, and they are not asked for.
const LEADERS: usize = 64;

/// A sweep as its events tell it.
#[derive(Debug)]
pub struct View {
    /// The last revision seen.
    pub revision: u64,
    /// The sweep; its counts are in `progress`.
    pub sweep: v1::Sweep,
    /// The newest counts.
    pub progress: v1::Progress,
    /// The groups in the plan's order.
    pub groups: Vec<v1::Group>,
    /// The pace since watching began.
    pub pace: Pace,
    /// {trial} of those that run, by group.
    running: BTreeMap<u32, BTreeSet<String>>,
    /// "rotation angle_deg 147.3" of trials that completed.
    configurations: HashMap<String, String>,
    /// By group, trials that completed without a loss to be ranked by: each is alone in its group.
    unranked: HashMap<u32, String>,
}

/// What an event changed.
#[derive(Debug)]
pub enum Change {
    /// Everything is new.
    Snapshot,
    /// A trial is in another state.
    Trial(Box<v1::Trial>),
    /// The group at this index is.
    Group(u32),
    /// The sweep is.
    Sweep,
    /// Only counts.
    Counts,
}

impl View {
    /// Nothing is known yet.
    pub fn new(now: Instant) -> Self {
        Self {
            revision: 0,
            sweep: v1::Sweep::default(),
            progress: v1::Progress::default(),
            groups: Vec::new(),
            pace: Pace::new(now),
            running: BTreeMap::new(),
            configurations: HashMap::new(),
            unranked: HashMap::new(),
        }
    }

    /// Takes an event in.
    pub fn apply(&mut self, message: v1::WatchSweepResponse) -> Option<Change> {
        self.revision = message.revision;
        Some(match message.event? {
            Event::Snapshot(snapshot) => {
                self.set_sweep(snapshot.sweep.unwrap_or_default());
                self.groups = snapshot.groups;
                self.running.clear();
                Change::Snapshot
            }
            Event::Trial(trial) => {
                self.note_running(&trial);
                self.learn(&trial);
                Change::Trial(Box::new(trial))
            }
            Event::Group(group) => {
                let index = group.index;
                if let Some(known) = self.groups.get_mut(index as usize) {
                    *known = group;
                }
                Change::Group(index)
            }
            Event::Sweep(sweep) => {
                self.set_sweep(sweep);
                Change::Sweep
            }
            Event::Bookmark(progress) => {
                self.set_progress(progress);
                Change::Counts
            }
        })
    }

    fn set_sweep(&mut self, sweep: v1::Sweep) {
        if let Some(progress) = sweep.progress.clone() {
            self.set_progress(progress);
        }
        self.sweep = sweep;
    }

    fn set_progress(&mut self, progress: v1::Progress) {
        self.pace.note(&progress, Instant::now());
        self.progress = progress;
    }

    /// Whether the sweep is over.
    pub fn is_final(&self) -> bool {
        match self.sweep.state() {
            v1::SweepState::Succeeded | v1::SweepState::Failed | v1::SweepState::Cancelled => true,
            v1::SweepState::Running | v1::SweepState::Paused | v1::SweepState::Unspecified => false,
        }
    }

    /// Whether the sweep is paused and nothing of it runs: until it is resumed nothing happens.
    pub fn is_idle(&self) -> bool {
        self.sweep.state() == v1::SweepState::Paused && self.progress.trials_running == 0
    }

    /// Remembers how a completed trial ended.
    pub fn learn(&mut self, trial: &v1::Trial) {
        if let Some(outcome) = &trial.outcome {
            let tuned = text::few_hyperparameters(&outcome.tuned);
            let configuration = format!("{} {tuned}", trial.family).trim_end().to_owned();
            let trial_id = id(&trial.name).to_owned();
            if outcome.validation.is_none() {
                self.unranked.insert(trial.group, trial_id.clone());
            }
            self.configurations.insert(trial_id, configuration);
        }
    }

    /// Notes whether a trial runs.
    pub fn note_running(&mut self, trial: &v1::Trial) {
        let running = self.running.entry(trial.group).or_default();
        if trial.state() == v1::TrialState::Running {
            running.insert(id(&trial.name).to_owned());
        } else {
            running.remove(id(&trial.name));
        }
    }

    /// Trials of a group that run.
    pub fn running(&self, group: u32) -> u32 {
        let running = self.running.get(&group).map_or(0, BTreeSet::len);
        u32::try_from(running).unwrap_or(u32::MAX)
    }

    /// The resource names of leading trials whose end was not seen.
    pub fn unknown_leaders(&self) -> Vec<String> {
        if self.groups.len() > LEADERS {
            return Vec::new();
        }
        let leaders = self.groups.iter().map(|group| &group.best_trial);
        let unknown = leaders.filter(|trial| !trial.is_empty() && !self.configurations.contains_key(*trial));
        unknown
            .map(|trial| format!("{}/trials/{trial}", self.sweep.name))
            .collect()
    }

    /// The configuration that leads a group, such as "rotation angle_deg 147.3".
    pub fn leader(&self, group: &v1::Group) -> Option<&str> {
        let best = match group.best_trial.as_str() {
            "" => self.unranked.get(&group.index)?,
            best => best,
        };
        self.configurations.get(best).map(String::as_str)
    }

    /// Whether the sweep has variants beside the method.
    pub fn has_variants(&self) -> bool {
        self.groups.iter().any(|group| group.variant != METHOD)
    }

    /// A (task, seed, variant) in words; the variant only where there are several.
    pub fn place(&self, task: &str, seed: u64, variant: &str) -> String {
        match self.has_variants() {
            true => format!("{task} seed {seed}, {variant}"),
            false => format!("{task} seed {seed}"),
        }
    }

    /// The value of the sweep's criterion for a completed trial.
    pub fn val_loss(&self, trial: &v1::Trial) -> Option<f64> {
        let criterion = Criterion::ALL.into_iter().find(|c| c.name() == self.sweep.criterion)?;
        let validation = trial.outcome.as_ref()?.validation?;
        criterion.loss(&validation.into())
    }

    /// The group at an index.
    pub fn group(&self, index: u32) -> Option<&v1::Group> {
        self.groups.get(index as usize)
    }

    /// Trials that came to an end, one way or another.
    pub fn ended(&self) -> u32 {
        let progress = &self.progress;
        progress.trials_completed + progress.trials_failed + progress.trials_cancelled + progress.trials_stopped
    }
}
