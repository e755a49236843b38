//! Pictures for a report, made when a group is evaluated. An evaluation that can't have them goes on without.

use super::Bench;
use crate::slot::{
    Slot,
    protocol::{Draw, Drawn},
};
use augur_core::{
    picture::{self, Picture},
    plan::TrialSpec,
};
use augur_proto::v1;
use base64::{Engine, engine::general_purpose::STANDARD};
use std::path::Path;
use tracing::warn;

impl Bench {
    /// The pictures of the selected trial, whose spec is `spec` and whose data folders start at `base_dir`, without labels; none where they are not wanted or can't be made.
    pub(super) async fn pictures(
        &self,
        work: &v1::EvaluationWork,
        (spec, base_dir): (&TrialSpec, &Path),
        slot: &mut Slot,
    ) -> Vec<v1::Picture> {
        let Some(selected) = work.trials.first().filter(|_| work.pictures > 0) else {
            return Vec::new();
        };
        let [highest, lowest] = picture::extremes(&selected.scores, work.pictures as usize);
        let wanted = Draw {
            spec: spec.clone(),
            base_dir: base_dir.to_owned(),
            sweep: work.sweep.rsplit('/').next().unwrap_or_default().to_owned(),
            tuned: work.tuned.clone(),
            training: work.pictures,
            highest,
            lowest,
        };
        match slot.draw(wanted).await {
            Ok(drawn) => drawn
                .into_iter()
                .filter_map(|drawn| message(drawn, &selected.scores))
                .collect(),
            Err(cause) => {
                warn!(
                    "the report of {} will have no pictures of group {}: {cause}",
                    work.sweep, work.group
                );
                Vec::new()
            }
        }
    }
}

/// A picture with its score; none of what is no base64.
fn message(drawn: Drawn, scores: &[f64]) -> Option<v1::Picture> {
    let of_validation = matches!(drawn.kind, picture::PictureKind::Highest | picture::PictureKind::Lowest);
    let picture = Picture {
        kind: drawn.kind,
        media_type: drawn.media_type,
        data: STANDARD.decode(drawn.data).ok()?,
        image: drawn.image,
        score: scores.get(drawn.image as usize).copied().filter(|_| of_validation),
        anomalous: None,
    };
    Some(picture.into())
}
