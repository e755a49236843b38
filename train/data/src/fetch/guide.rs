//! The data sets that augur doesn't fetch: where to get them, under which terms, and how they should lie.

use crate::data_sets;
use augur_core::spec::{Cifar100Labels, Cifar100Spec, DataSpec, InspectionSpec, SmallImagesSpec};
use std::path::{Path, PathBuf};

/// How to come by a data set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Guide {
    /// Its name in commands, and of its folder in `.data`.
    pub name: &'static str,
    /// Its key in specs.
    pub key: &'static str,
    /// The page of those who published it.
    pub page: &'static str,
    /// The terms of its use.
    pub licence: &'static str,
    /// What the folder must hold.
    pub layout: &'static [&'static str],
}

/// MVTec AD.
pub const MVTEC_AD: Guide = Guide {
    name: "mvtec-ad",
    key: "mvtec_ad",
    page: "https://www.mvtec.com/company/research/datasets/mvtec-ad",
    licence: "CC BY-NC-SA 4.0: not for commercial use",
    layout: &[
        "cable/train/good/000.png",
        "cable/test/good/000.png",
        "cable/test/bent_wire/000.png",
        "cable/ground_truth/bent_wire/000_mask.png",
    ],
};

/// VisA.
pub const VISA: Guide = Guide {
    name: "visa",
    key: "visa",
    page: "https://github.com/amazon-science/spot-diff",
    licence: "CC BY 4.0",
    layout: &[
        "split_csv/1cls.csv",
        "candle/Data/Images/Normal/0000.JPG",
        "candle/Data/Images/Anomaly/000.JPG",
        "or converted: candle/train/good, candle/test/good, candle/test/bad, candle/ground_truth/bad",
    ],
};

/// BTAD.
pub const BTAD: Guide = Guide {
    name: "btad",
    key: "btad",
    page: "https://avires.dimi.uniud.it/papers/btad",
    licence: "none is stated: ask its authors before you use it for more than research",
    layout: &[
        "01/train/ok/0000.bmp",
        "01/test/ok/0000.bmp",
        "01/test/ko/0000.bmp",
        "01/ground_truth/ko/0000.png",
    ],
};

/// SVHN, cropped digits.
pub const SVHN: Guide = Guide {
    name: "svhn",
    key: "svhn",
    page: "http://ufldl.stanford.edu/housenumbers",
    licence: "for non-commercial use only",
    layout: &["train_32x32.mat", "test_32x32.mat"],
};

/// CIFAR-10.
pub const CIFAR10: Guide = Guide {
    name: "cifar10",
    key: "cifar10",
    page: "https://www.cs.toronto.edu/~kriz/cifar.html (the binary version)",
    licence: "none is stated: cite its technical report",
    layout: &[
        "data_batch_1.bin to data_batch_5.bin",
        "test_batch.bin",
        "or the folder cifar-10-batches-bin with them",
    ],
};

/// CIFAR-100.
pub const CIFAR100: Guide = Guide {
    name: "cifar100",
    key: "cifar100",
    page: "https://www.cs.toronto.edu/~kriz/cifar.html (the binary version)",
    licence: "none is stated: cite its technical report",
    layout: &["train.bin", "test.bin", "or the folder cifar-100-binary with them"],
};

impl Guide {
    /// The data set in `folder`, or where it is looked for without one.
    pub fn data(&self, folder: Option<&Path>) -> DataSpec {
        let root = folder.map(|folder| folder.display().to_string());
        let (size_px, colour) = (32, true);
        match self.key {
            "cifar100" => DataSpec::Cifar100(Cifar100Spec {
                root,
                size_px,
                colour,
                labels: Cifar100Labels::Fine,
            }),
            "svhn" => DataSpec::Svhn(SmallImagesSpec { root, size_px, colour }),
            "cifar10" => DataSpec::Cifar10(SmallImagesSpec { root, size_px, colour }),
            "mvtec_ad" => DataSpec::MvtecAd(InspectionSpec { root, size_px, colour }),
            "visa" => DataSpec::Visa(InspectionSpec { root, size_px, colour }),
            _ => DataSpec::Btad(InspectionSpec { root, size_px, colour }),
        }
    }

    /// The folder where the data set should lie: `to`, else `$AUGUR_DATA/NAME`, without that variable `.data/NAME`.
    pub fn folder(&self, to: Option<&Path>, base: &Path) -> PathBuf {
        to.map_or_else(|| data_sets::home(self.name, base), |folder| base.join(folder))
    }
}
