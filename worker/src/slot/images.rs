//! The images of the last task, so that the starts of one task load them once.

use augur_core::{
    plan::TrialSpec,
    spec::{DataSpec, SplitSpec, TaskSpec},
};
use augur_data::{DataError, TaskImages, load_task};
use std::path::{Path, PathBuf};

/// What the images depend on.
type Key = (DataSpec, SplitSpec, TaskSpec, PathBuf);

/// The images loaded last.
#[derive(Default)]
pub(super) struct LastImages(Option<(Key, TaskImages)>);

impl LastImages {
    /// The images of a trial's task.
    pub fn of(&mut self, spec: &TrialSpec, base_dir: &Path) -> Result<&TaskImages, DataError> {
        let key = (
            spec.data.clone(),
            spec.split.clone(),
            spec.task.clone(),
            base_dir.to_owned(),
        );
        // Taken out first: a task that fails to load must not leave another's images in its place.
        let entry = match self.0.take() {
            Some(entry) if entry.0 == key => entry,
            _ => {
                let images = load_task(&spec.data, &spec.split, &spec.task, base_dir)?;
                (key, images)
            }
        };
        Ok(&self.0.insert(entry).1)
    }
}
