//! The masks beside images of defects: `ground_truth/DEFECT/NNN_mask.png` belongs to `test/DEFECT/NNN.png`. Nothing
//! trains on them; a check of the data finds those that are missing, left over or don't fit.

use crate::{DataError, photo, resize};
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

/// An image of a defect and its mask, which belong together by their names; at least one of them.
#[derive(Default)]
pub(crate) struct MaskPair {
    /// The image.
    pub image: Option<PathBuf>,
    /// Its mask.
    pub mask: Option<PathBuf>,
}

/// The pairs of one kind of defect, in the order of their names.
pub(super) fn pairs(images: &Path, masks: &Path) -> Result<Vec<MaskPair>, DataError> {
    let mut pairs: BTreeMap<String, MaskPair> = BTreeMap::new();
    for image in photo::list(images)? {
        let stem = stem(&image);
        pairs.entry(stem).or_default().image = Some(image);
    }
    if masks.is_dir() {
        for mask in photo::list(masks)? {
            let stem = stem(&mask);
            pairs.entry(stem).or_default().mask = Some(mask);
        }
    }
    Ok(pairs.into_values().collect())
}

/// What an image and its mask have in common.
fn stem(path: &Path) -> String {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    stem.strip_suffix("_mask").unwrap_or(&stem).to_owned()
}

/// What was found about a pair.
pub(crate) enum Mask {
    /// It is as it should be.
    Good,
    /// It marks nothing at the size that the images get.
    Vanishes,
    /// What is wrong, in a sentence.
    Wrong(String),
}

/// Looks at a pair; images get `size` x `size` pixels.
pub(crate) fn look(pair: &MaskPair, size: usize) -> Mask {
    let (image, mask) = match (&pair.image, &pair.mask) {
        (Some(image), Some(mask)) => (image, mask),
        (Some(image), None) => return Mask::Wrong(format!("{} has no mask", image.display())),
        (None, Some(mask)) => return Mask::Wrong(format!("{} is the mask of no image", mask.display())),
        (None, None) => return Mask::Good,
    };
    let marks = match photo::mask(mask) {
        Ok(marks) => marks,
        Err(fault) => return Mask::Wrong(format!("{} {fault}", mask.display())),
    };
    let side = |(width, height): (usize, usize)| format!("{width} x {height} pixels");
    match photo::dimensions(image) {
        // The images' own faults are told elsewhere.
        Ok(from) if from != marks.1 => Mask::Wrong(format!(
            "{} has {} and its image {}",
            mask.display(),
            side(marks.1),
            side(from)
        )),
        _ if !marks.0.contains(&true) => Mask::Wrong(format!("{} marks nothing", mask.display())),
        _ if !resize::nearest(&marks.0, marks.1, size).contains(&true) => Mask::Vanishes,
        _ => Mask::Good,
    }
}
