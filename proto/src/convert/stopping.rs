//! What early stopping did, as messages and as types of core.

use super::{Malformed, parse};
use crate::v1;
use augur_core::halving::{Audited, StoppingSummary, StoppingTotals};

impl From<Audited> for v1::AuditedTrial {
    fn from(a: Audited) -> Self {
        Self {
            trial: a.trial.to_string(),
            epoch: a.epoch,
            val_loss: a.val_loss,
            loss_gain: a.loss_gain,
            auroc: a.auroc,
            auroc_gain: a.auroc_gain,
        }
    }
}

impl TryFrom<v1::AuditedTrial> for Audited {
    type Error = Malformed;
    fn try_from(a: v1::AuditedTrial) -> Result<Self, Malformed> {
        Ok(Self {
            trial: parse(&a.trial, "audited.trial", "is not a UUID")?,
            epoch: a.epoch,
            val_loss: a.val_loss,
            loss_gain: a.loss_gain,
            auroc: a.auroc,
            auroc_gain: a.auroc_gain,
        })
    }
}

impl From<StoppingSummary> for v1::StoppingSummary {
    fn from(s: StoppingSummary) -> Self {
        Self {
            stopped: s.stopped,
            epochs_saved: s.epochs_saved,
            epochs: s.epochs,
            audited: s.audited.into_iter().map(Into::into).collect(),
        }
    }
}

impl TryFrom<v1::StoppingSummary> for StoppingSummary {
    type Error = Malformed;
    fn try_from(s: v1::StoppingSummary) -> Result<Self, Malformed> {
        let audited = s.audited.into_iter().map(TryInto::try_into);
        Ok(Self {
            stopped: s.stopped,
            epochs_saved: s.epochs_saved,
            epochs: s.epochs,
            audited: audited.collect::<Result<_, _>>()?,
        })
    }
}

impl From<StoppingTotals> for v1::StoppingTotals {
    fn from(t: StoppingTotals) -> Self {
        Self {
            stopped: t.stopped,
            epochs_saved: t.epochs_saved,
            epochs: t.epochs,
            audited: t.audited,
            would_have_won: t.would_have_won,
            largest_loss_gain: t.largest_loss_gain,
            mean_auroc_gain: t.mean_auroc_gain,
        }
    }
}

impl From<v1::StoppingTotals> for StoppingTotals {
    fn from(t: v1::StoppingTotals) -> Self {
        Self {
            stopped: t.stopped,
            epochs_saved: t.epochs_saved,
            epochs: t.epochs,
            audited: t.audited,
            would_have_won: t.would_have_won,
            largest_loss_gain: t.largest_loss_gain,
            mean_auroc_gain: t.mean_auroc_gain,
        }
    }
}
