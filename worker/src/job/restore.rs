//! A selected trial that was reused, and whose detector was gone: trained once more, for its detector alone.

use super::{Bench, aside, leave::discard};
use crate::slot::{
    Slot,
    protocol::{Computed, Done},
};
use augur_core::{
    model::CARD_FILE,
    plan::TrialSpec,
    state::{Cause, CauseKind},
};
use augur_link::Held;
use augur_proto::v1::TrialScores;
use std::{io, path::Path};
use tracing::{info, warn};

impl Bench {
    /// Makes the detector of the trial `spec`, which `selected` was said of and whose data folders start at `base_dir`, where this worker keeps detectors. One whose
    /// scores differ by a bit is not that of the choice, and is not kept.
    ///
    /// # Errors
    /// Why the trial can't be run.
    pub(super) async fn restore(
        &self,
        held: &Held,
        sweep: &str,
        (spec, base_dir): (&TrialSpec, &Path),
        selected: &TrialScores,
        slot: &mut Slot,
    ) -> Result<(), Cause> {
        let name = format!("{sweep}/trials/{}", selected.trial);
        let Some(folder) = self.of_trial(&name, spec) else {
            return Ok(());
        };
        let kept = |done: io::Result<()>| done.map_err(|fault| unsafe_here(&folder, &fault));
        if aside::is_there(&folder) {
            // A worker was ended before it had compared the scores.
            kept(aside::bring_back(&folder))?;
        }
        let is_here = match &self.mirror {
            None => folder.join(CARD_FILE).exists(),
            Some(mirror) => mirror.has_detector(&folder).await.unwrap_or_default(),
        };
        if is_here {
            return Ok(());
        }
        info!("the selected trial was reused and its detector is gone; it is trained once more: {name}");
        let _permit = held.waiting(self.packing.admit(spec)).await;
        let run = self.run_of(&name, spec.clone(), base_dir);
        kept(aside::put(&folder))?;
        let ended = slot.run(run, |_| held.moved()).await;
        discard(&folder);
        let is_same = match &ended {
            Ok(Done {
                result: Computed::Now(outcome),
                ..
            }) => outcome.scores == selected.scores,
            Ok(_) => true,
            Err(_) => false,
        };
        if is_same {
            kept(aside::let_go(&folder))?;
            self.keep(held, Some(&folder)).await?;
        } else {
            kept(aside::bring_back(&folder))?;
            ended?;
            warn!("it scores otherwise here than where it was computed first; its detector is not kept: {name}");
        }
        self.forget(&folder);
        Ok(())
    }
}

/// What belongs to a sealed choice can't be kept safe.
fn unsafe_here(folder: &Path, fault: &io::Error) -> Cause {
    Cause {
        kind: CauseKind::Crashed,
        detail: format!(
            "the embeddings of a selected trial can't be kept in {}: {fault}",
            folder.display()
        ),
    }
}
