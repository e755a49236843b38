//! The images of the last task, so that the starts of one task load them once, and their hash is taken once.

use augur_core::{
    plan::TrialSpec,
    spec::{DataSpec, SplitSpec, TaskSpec},
};
use augur_data::{DataError, TaskImages, load_task};
use augur_train::trial::fingerprint::images_sha256;
use std::path::{Path, PathBuf};

/// What the images depend on, and the sweep: another one reads files again, which may have changed.
type Key = (DataSpec, SplitSpec, TaskSpec, PathBuf, String);

/// The images loaded last.
#[derive(Default)]
pub(super) struct LastImages(Option<(Key, Loaded)>);

/// Images with the hash of all that is in them.
pub(super) struct Loaded {
    pub images: TaskImages,
    pub sha256: String,
}

impl LastImages {
    /// The images of the task of a sweep's trial.
    pub fn of(&mut self, spec: &TrialSpec, base_dir: &Path, sweep: &str) -> Result<&Loaded, DataError> {
        let key = (
            spec.data.clone(),
            spec.split.clone(),
            spec.task.clone(),
            base_dir.to_owned(),
            sweep.to_owned(),
        );
        // Taken out first: a task that fails to load must not leave another's images in its place.
        let entry = match self.0.take() {
            Some(entry) if entry.0 == key => entry,
            _ => {
                let images = load_task(&spec.data, &spec.split, &spec.task, base_dir)?;
                let sha256 = images_sha256(&images);
                (key, Loaded { images, sha256 })
            }
        };
        Ok(&self.0.insert(entry).1)
    }
}
