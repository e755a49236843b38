//! What early stopping saved, and what it may have cost: the audited trials ran to their end all the same.

use super::{Fate, Rules, is_audited};
use crate::{
    id::TrialId,
    leaderboard::Agreement,
    outcome::Outcome,
    select::{Choice, SelectionSpec},
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Early stopping in one group.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StoppingSummary {
    /// Trials that were decided to stop, the audited ones included.
    pub stopped: u32,
    /// Epochs that this leaves out. A decision that falls late, for want of others' values, saves less; how late depends on
    /// the workers, this number doesn't.
    pub epochs_saved: u32,
    /// Epochs of all trials of the group.
    pub epochs: u32,
    /// The trials that were decided to stop and ran to their end all the same.
    pub audited: Vec<Audited>,
}

/// One trial that was decided to stop and ran to its end.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Audited {
    /// Which.
    pub trial: TrialId,
    /// The rung at which it would have ended.
    pub epoch: u32,
    /// Its criterion value at its end; none where it failed or a guard would have kept it out.
    pub val_loss: Option<f64>,
    /// By how much that is lower than the selected trial's: above 0 where it would have won. None where either is missing.
    pub loss_gain: Option<f64>,
    /// Its area under the ROC curve over the validation images; none without labels.
    pub auroc: Option<f64>,
    /// By how much that is higher than the selected trial's.
    pub auroc_gain: Option<f64>,
}

impl Audited {
    /// Whether it would have been selected, had it not been decided to stop: also where nothing else was.
    pub fn would_have_won(&self) -> bool {
        match self.loss_gain {
            Some(gain) => gain > 0.0,
            None => self.val_loss.is_some(),
        }
    }
}

/// Early stopping in a whole sweep.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct StoppingTotals {
    /// Trials that were decided to stop, the audited ones included.
    pub stopped: u32,
    /// Epochs that this leaves out.
    pub epochs_saved: u64,
    /// Epochs of all trials that could have been stopped.
    pub epochs: u64,
    /// Trials that were decided to stop and ran to their end.
    pub audited: u32,
    /// Those that would have been selected.
    pub would_have_won: u32,
    /// The largest gain in loss of those; none where there are none.
    pub largest_loss_gain: Option<f64>,
    /// The mean of those trials' gains in AUROC (below 0: the selected one was better after all); none without any.
    pub mean_auroc_gain: Option<f64>,
}

/// A trial of a group, as far as the summary goes.
pub struct Member<'a> {
    /// Which.
    pub trial: TrialId,
    /// What was decided.
    pub fate: Fate,
    /// What came of it, if it ran to its end.
    pub outcome: Option<&'a Outcome>,
}

impl StoppingSummary {
    /// Puts it together for a group of this `seed` whose trials have so many `epochs`.
    pub fn new<'a>(
        (rules, epochs, seed): (&Rules, u32, u64),
        selection: &SelectionSpec,
        choice: &Choice,
        agreement: &BTreeMap<TrialId, Agreement>,
        members: impl IntoIterator<Item = Member<'a>>,
    ) -> Self {
        let auroc = |trial: &TrialId| agreement.get(trial).and_then(|agreement| agreement.auroc);
        let selected = choice.ranking.first();
        let selected_loss = selected.and_then(|selected| selected.val_loss);
        let selected_auroc = selected.and_then(|selected| auroc(&selected.trial));
        let difference = |a: Option<f64>, b: Option<f64>| Some(a? - b?);
        let mut summary = Self {
            stopped: 0,
            epochs_saved: 0,
            epochs: 0,
            audited: Vec::new(),
        };
        for Member { trial, fate, outcome } in members {
            summary.epochs += epochs;
            let Fate::Stopped(stop) = fate else { continue };
            summary.stopped += 1;
            if !is_audited(seed, &trial, rules.audit) {
                summary.epochs_saved += epochs - stop.epoch;
                continue;
            }
            let (val_loss, auroc) = (outcome.and_then(|outcome| selection.loss_of(outcome)), auroc(&trial));
            summary.audited.push(Audited {
                trial,
                epoch: stop.epoch,
                val_loss,
                loss_gain: difference(selected_loss, val_loss),
                auroc,
                auroc_gain: difference(auroc, selected_auroc),
            });
        }
        summary
    }
}

impl StoppingTotals {
    /// Over the groups in which trials could be stopped; none where there is no such group.
    pub fn of<'a>(groups: impl IntoIterator<Item = &'a StoppingSummary>) -> Option<Self> {
        let mut totals = None;
        let mut gains = Vec::new();
        for group in groups {
            let all: &mut Self = totals.get_or_insert_default();
            all.stopped += group.stopped;
            all.epochs_saved += u64::from(group.epochs_saved);
            all.epochs += u64::from(group.epochs);
            for audited in &group.audited {
                all.audited += 1;
                if audited.would_have_won() {
                    all.would_have_won += 1;
                    let most = all.largest_loss_gain.into_iter().chain(audited.loss_gain);
                    all.largest_loss_gain = most.reduce(f64::max);
                    gains.extend(audited.auroc_gain);
                }
            }
        }
        let mut totals = totals?;
        totals.mean_auroc_gain = (!gains.is_empty()).then(|| gains.iter().sum::<f64>() / gains.len() as f64);
        Some(totals)
    }
}
