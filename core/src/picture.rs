//! Small pictures of what a selected trial saw and made, for people to look at. They decide nothing.

use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// Pictures of one group at most.
pub const MOST: usize = 64;
/// Bytes of one picture at most.
pub const MOST_BYTES: usize = 64 * 1024;

/// One picture.
#[derive(Clone, Debug, PartialEq)]
pub struct Picture {
    /// What it shows.
    pub kind: PictureKind,
    /// What `data` is.
    pub media_type: MediaType,
    /// The file.
    pub data: Vec<u8>,
    /// Its place among the training images, or among the validation images.
    pub image: u32,
    /// Of a validation image: the anomaly score that the selected trial gives it.
    pub score: Option<f64>,
    /// Of a validation image whose label is known: read after the choice was sealed.
    pub anomalous: Option<bool>,
}

/// What a picture shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PictureKind {
    /// A training image.
    Training,
    /// The same with the selected trial's augmentation, as tuned.
    Augmented,
    /// One of the validation images that score highest.
    Highest,
    /// One of those that score lowest.
    Lowest,
}

impl PictureKind {
    /// Every kind, in the order in which they are shown.
    pub const ALL: [Self; 4] = [Self::Training, Self::Augmented, Self::Highest, Self::Lowest];

    /// Its name where it is stored.
    pub fn name(self) -> &'static str {
        match self {
            Self::Training => "training",
            Self::Augmented => "augmented",
            Self::Highest => "highest",
            Self::Lowest => "lowest",
        }
    }
}

/// How a picture is encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MediaType {
    /// Nothing lost: for the smallest.
    Png,
    /// For larger ones.
    Jpeg,
}

impl MediaType {
    /// Its name on the web.
    pub fn name(self) -> &'static str {
        match self {
            Self::Png => "image/png",
            Self::Jpeg => "image/jpeg",
        }
    }
}

/// A name that is none of those known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnknownName;

impl FromStr for PictureKind {
    type Err = UnknownName;
    fn from_str(name: &str) -> Result<Self, UnknownName> {
        Self::ALL
            .into_iter()
            .find(|kind| kind.name() == name)
            .ok_or(UnknownName)
    }
}

impl FromStr for MediaType {
    type Err = UnknownName;
    fn from_str(name: &str) -> Result<Self, UnknownName> {
        let all = [Self::Png, Self::Jpeg];
        all.into_iter().find(|of| of.name() == name).ok_or(UnknownName)
    }
}

impl fmt::Display for PictureKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl fmt::Display for MediaType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The places of the `count` highest of `scores` and of the `count` lowest, each from the outermost inwards; fewer where there
/// are not so many that no image is in both.
pub fn extremes(scores: &[f64], count: usize) -> [Vec<u32>; 2] {
    let mut order: Vec<_> = (0u32..).zip(scores).collect();
    order.sort_by(|(_, a), (_, b)| b.total_cmp(a));
    let count = count.min(scores.len() / 2);
    let highest = order.iter().take(count);
    let lowest = order.iter().rev().take(count);
    [
        highest.map(|(place, _)| *place).collect(),
        lowest.map(|(place, _)| *place).collect(),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn extremes_go_from_the_outermost_inwards_and_share_no_image() {
        assert_eq!(extremes(&[0.5, -1.0, 3.0, 2.0, 0.5], 2), [vec![2, 3], vec![1, 4]]);
        assert_eq!(extremes(&[1.0, 2.0, 3.0], 9), [vec![2], vec![0]]);
        let nothing: [Vec<u32>; 2] = [vec![], vec![]];
        assert_eq!(extremes(&[], 3), nothing);
    }

    #[test]
    fn equal_scores_share_no_image_either() {
        let [highest, lowest] = extremes(&[1.0; 4], 2);
        assert!(
            highest.iter().all(|place| !lowest.contains(place)),
            "{highest:?} {lowest:?}"
        );
    }

    #[test]
    fn names_are_read_back() {
        for kind in PictureKind::ALL {
            assert_eq!(kind.name().parse(), Ok(kind));
        }
        assert_eq!("image/gif".parse::<MediaType>(), Err(UnknownName));
    }
}
