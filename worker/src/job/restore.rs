//! A selected trial that was reused, and whose detector was gone: trained once more, for its detector alone.

use super::{Bench, leave::discard};
use crate::{
    artifacts,
    slot::{
        Slot,
        protocol::{Computed, Done},
    },
};
use augur_core::{model::CARD_FILE, plan::TrialSpec, state::Cause};
use augur_link::Held;
use augur_proto::v1::TrialScores;
use std::path::Path;
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
        let Done { result, .. } = slot.run(run, |_| held.moved()).await?;
        discard(&folder);
        if let Computed::Now(outcome) = result
            && outcome.scores != selected.scores
        {
            warn!("it scores otherwise here than where it was computed first; its detector is not kept: {name}");
            if let Some(sweep) = folder.parent()
                && let Err(fault) = artifacts::discard_models(sweep, [selected.trial.as_str()])
            {
                warn!("the detector stays in {}: {fault}", folder.display());
            }
        }
        self.keep(held, Some(&folder)).await?;
        self.forget([&folder]);
        Ok(())
    }
}
