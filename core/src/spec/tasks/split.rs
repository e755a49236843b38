//! How many images of a task go where.

use super::DataSpec;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::fmt;

/// A number of images, or all that there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Count {
    /// So many.
    Number(u32),
    /// All that the other groups leave.
    All,
}

/// How many images of a task go where. The groups never share an image. Counts that aren't given depend on the data
/// set: see [`SplitSpec::counts`]. Of a folder all images are used, so that `held_out` and `seed` alone have a meaning.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SplitSpec {
    /// Normal images to train on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub train: Option<Count>,
    /// Normal images kept out of training for the mixture energy; without it a tenth of `train`, at least 50. Where
    /// `train` is `all`: a tenth of those that there are, at least 50 but at most half of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub held_out: Option<u32>,
    /// Normal images in the unlabelled validation set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub validation_normal: Option<Count>,
    /// Anomalous images in the unlabelled validation set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub validation_anomalous: Option<Count>,
    /// Share of the anomalies in the validation set, above 0 and below 1: images of the side in excess are dropped.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub anomaly_share: Option<f64>,
    /// Normal images in the labelled test set, which tuning never sees; without it none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub test_normal: Option<Count>,
    /// Anomalous images in the labelled test set; without it none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub test_anomalous: Option<Count>,
    /// Which images are drawn.
    pub seed: u64,
}

/// The counts of a split, with the data set's defaults for those that aren't given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counts {
    /// Normal images to train on.
    pub train: Count,
    /// Normal images in the validation set.
    pub validation_normal: Count,
    /// Anomalous images in the validation set.
    pub validation_anomalous: Count,
    /// Normal images in the test set.
    pub test_normal: Count,
    /// Anomalous images in the test set.
    pub test_anomalous: Count,
}

impl SplitSpec {
    /// The counts on a data set. Defaults: 512 to train on, 200 normal and 100 anomalous to validate on; of mvtec_ad,
    /// visa and btad all; of elpv 188 normal ones to validate on and all others; of a folder all.
    pub fn counts(&self, data: &DataSpec) -> Counts {
        use Count::{All, Number};
        let (train, normal, anomalous, test) = match data {
            DataSpec::MvtecAd(_) | DataSpec::Visa(_) | DataSpec::Btad(_) => (All, All, All, Number(0)),
            DataSpec::Elpv(_) => (All, Number(188), All, Number(0)),
            DataSpec::Folder(_) => (All, All, All, All),
            _ => (Number(512), Number(200), Number(100), Number(0)),
        };
        Counts {
            train: self.train.unwrap_or(train),
            validation_normal: self.validation_normal.unwrap_or(normal),
            validation_anomalous: self.validation_anomalous.unwrap_or(anomalous),
            test_normal: self.test_normal.unwrap_or(test),
            test_anomalous: self.test_anomalous.unwrap_or(test),
        }
    }

    /// The split with the data set's defaults written out, so that a default and the same count given are one trial.
    /// Test sets without images stay unwritten.
    pub fn written_out(&self, data: &DataSpec) -> Self {
        let counts = self.counts(data);
        let some = |count: Count| (count != Count::Number(0)).then_some(count);
        Self {
            train: Some(counts.train),
            validation_normal: Some(counts.validation_normal),
            validation_anomalous: Some(counts.validation_anomalous),
            test_normal: some(counts.test_normal),
            test_anomalous: some(counts.test_anomalous),
            ..self.clone()
        }
    }

    /// The number of held-out normal images, where `train` images are to be trained on.
    pub fn held_out(&self, train: u32) -> u32 {
        self.held_out.unwrap_or_else(|| train.div_ceil(10).max(50))
    }

    /// The number of held-out normal images, where all of `n` are to be trained on or held out.
    pub fn held_out_of(&self, n: usize) -> usize {
        self.held_out
            .map_or_else(|| n.div_ceil(10).max(50).min(n / 2), |held_out| held_out as usize)
    }
}

impl fmt::Display for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(n) => write!(f, "{n}"),
            Self::All => f.write_str("all"),
        }
    }
}

impl Serialize for Count {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Number(n) => serializer.serialize_u32(*n),
            Self::All => serializer.serialize_str("all"),
        }
    }
}

impl<'de> Deserialize<'de> for Count {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl de::Visitor<'_> for Visitor {
            type Value = Count;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number of images or `all`")
            }
            fn visit_u64<E: de::Error>(self, n: u64) -> Result<Count, E> {
                let number = u32::try_from(n).map(Count::Number);
                number.map_err(|_| E::invalid_value(de::Unexpected::Unsigned(n), &self))
            }
            fn visit_i64<E: de::Error>(self, n: i64) -> Result<Count, E> {
                let number = u32::try_from(n).map(Count::Number);
                number.map_err(|_| E::invalid_value(de::Unexpected::Signed(n), &self))
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Count, E> {
                match text {
                    "all" => Ok(Count::All),
                    _ => Err(E::invalid_value(de::Unexpected::Str(text), &self)),
                }
            }
        }
        deserializer.deserialize_any(Visitor)
    }
}
