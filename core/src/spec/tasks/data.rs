//! Where the images come from: the data sets, each with its options.

use serde::{Deserialize, Serialize};
use std::ops::RangeInclusive;

/// Where the images come from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DataSpec {
    /// Fashion-MNIST in IDX files, gz or plain.
    FashionMnist(FashionMnistSpec),
    /// Any data set of the MNIST family in IDX files, gz or plain.
    Mnist(MnistSpec),
    /// SVHN, cropped digits, in MATLAB files.
    Svhn(SmallImagesSpec),
    /// CIFAR-10 in its binary version.
    Cifar10(SmallImagesSpec),
    /// CIFAR-100 in its binary version.
    Cifar100(Cifar100Spec),
    /// MVTec AD, or a folder of its layout.
    MvtecAd(InspectionSpec),
    /// VisA, as published or converted.
    Visa(InspectionSpec),
    /// BTAD.
    Btad(InspectionSpec),
    /// ELPV: electroluminescence images of solar cells.
    Elpv(ElpvSpec),
    /// A folder of one's own images.
    Folder(FolderSpec),
}

/// Options of the data set `fashion_mnist`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FashionMnistSpec {
    /// Folder of the four IDX files, relative to the working directory of whoever reads it. Without it:
    /// `$AUGUR_DATA/fashion-mnist`, `.data/fashion-mnist`, `/usr/share/datasets/fashion-mnist`, the first that exists.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub root: Option<String>,
    /// Side of the square images after resizing, in pixels, 8 to 28.
    #[serde(default = "idx_side")]
    pub size_px: u32,
}

/// Options of the data set `mnist`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MnistSpec {
    /// Folder of the four IDX files, relative to the working directory of whoever reads it.
    pub root: String,
    /// Side of the square images after resizing, in pixels, 8 to 64.
    #[serde(default = "idx_side")]
    pub size_px: u32,
}

/// Options of the data sets `svhn` and `cifar10`: colour images of 32 x 32 pixels.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SmallImagesSpec {
    /// Folder of the files, relative to the working directory of whoever reads it. Without it `$AUGUR_DATA/NAME` or
    /// `.data/NAME`, where NAME is `svhn` or `cifar10`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub root: Option<String>,
    /// Side of the square images after resizing, in pixels, 8 to 32.
    #[serde(default = "small_side")]
    pub size_px: u32,
    /// Whether images are red, green and blue; else grey.
    #[serde(default = "yes")]
    pub colour: bool,
}

/// Options of the data set `cifar100`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cifar100Spec {
    /// Folder of the files, relative to the working directory of whoever reads it. Without it `$AUGUR_DATA/cifar100`
    /// or `.data/cifar100`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub root: Option<String>,
    /// Side of the square images after resizing, in pixels, 8 to 32.
    #[serde(default = "small_side")]
    pub size_px: u32,
    /// Whether images are red, green and blue; else grey.
    #[serde(default = "yes")]
    pub colour: bool,
    /// Which of its two labels names an image's class.
    #[serde(default)]
    pub labels: Cifar100Labels,
}

/// The labels of CIFAR-100.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cifar100Labels {
    /// 100 classes.
    #[default]
    Fine,
    /// 20 classes.
    Coarse,
}

/// Options of the data sets `mvtec_ad`, `visa` and `btad`: photographs of things and surfaces, by category.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InspectionSpec {
    /// Folder of the categories, relative to the working directory of whoever reads it. Without it `$AUGUR_DATA/NAME`
    /// or `.data/NAME`, where NAME is `mvtec-ad`, `visa` or `btad`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub root: Option<String>,
    /// Side of the square images after resizing, in pixels, 8 to 1024.
    #[serde(default = "inspection_side")]
    pub size_px: u32,
    /// Whether images are red, green and blue; else grey.
    #[serde(default = "yes")]
    pub colour: bool,
}

/// Options of the data set `elpv`: grey images of 300 x 300 pixels.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ElpvSpec {
    /// Folder of `labels.csv` and `images`, relative to the working directory of whoever reads it. Without it
    /// `$AUGUR_DATA/elpv` or `.data/elpv`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub root: Option<String>,
    /// Side of the square images after resizing, in pixels, 8 to 300.
    #[serde(default = "folder_side")]
    pub size_px: u32,
}

/// Options of the data set `folder`: `ROOT/NORMAL/train/**` holds normal images, `ROOT/NORMAL/validation/**` (or `val`)
/// unlabelled ones, where NORMAL is a task's `normal`; `ROOT/NORMAL/test/good` and any other folder beside it, where
/// they are there, images whose labels are known.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FolderSpec {
    /// The folder, relative to the working directory of whoever reads it.
    pub root: String,
    /// Side of the square images after resizing, in pixels, 8 to 1024.
    #[serde(default = "folder_side")]
    pub size_px: u32,
    /// Whether images are red, green and blue; else grey.
    #[serde(default)]
    pub colour: bool,
}

fn idx_side() -> u32 {
    28
}

fn small_side() -> u32 {
    32
}

fn folder_side() -> u32 {
    64
}

fn inspection_side() -> u32 {
    256
}

fn yes() -> bool {
    true
}

impl DataSpec {
    /// The data set's key in specs.
    pub fn key(&self) -> &'static str {
        match self {
            Self::FashionMnist(_) => "fashion_mnist",
            Self::Mnist(_) => "mnist",
            Self::Svhn(_) => "svhn",
            Self::Cifar10(_) => "cifar10",
            Self::Cifar100(_) => "cifar100",
            Self::MvtecAd(_) => "mvtec_ad",
            Self::Visa(_) => "visa",
            Self::Btad(_) => "btad",
            Self::Elpv(_) => "elpv",
            Self::Folder(_) => "folder",
        }
    }

    /// Side of the square images after resizing, in pixels.
    pub fn size_px(&self) -> u32 {
        match self {
            Self::FashionMnist(data) => data.size_px,
            Self::Mnist(data) => data.size_px,
            Self::Svhn(data) | Self::Cifar10(data) => data.size_px,
            Self::Cifar100(data) => data.size_px,
            Self::MvtecAd(data) | Self::Visa(data) | Self::Btad(data) => data.size_px,
            Self::Elpv(data) => data.size_px,
            Self::Folder(data) => data.size_px,
        }
    }

    /// The sizes to which images can be brought, in pixels.
    pub fn sizes_px(&self) -> RangeInclusive<u32> {
        match self {
            Self::FashionMnist(_) => 8..=28,
            Self::Mnist(_) => 8..=64,
            Self::Svhn(_) | Self::Cifar10(_) | Self::Cifar100(_) => 8..=32,
            Self::Elpv(_) => 8..=300,
            Self::MvtecAd(_) | Self::Visa(_) | Self::Btad(_) | Self::Folder(_) => 8..=1024,
        }
    }

    /// Whether images are red, green and blue; else grey.
    pub fn colour(&self) -> bool {
        match self {
            Self::FashionMnist(_) | Self::Mnist(_) | Self::Elpv(_) => false,
            Self::Svhn(data) | Self::Cifar10(data) => data.colour,
            Self::Cifar100(data) => data.colour,
            Self::MvtecAd(data) | Self::Visa(data) | Self::Btad(data) => data.colour,
            Self::Folder(data) => data.colour,
        }
    }

    /// The folder that the spec names, if it names one.
    pub fn root(&self) -> Option<&str> {
        match self {
            Self::FashionMnist(data) => data.root.as_deref(),
            Self::Svhn(data) | Self::Cifar10(data) => data.root.as_deref(),
            Self::Cifar100(data) => data.root.as_deref(),
            Self::MvtecAd(data) | Self::Visa(data) | Self::Btad(data) => data.root.as_deref(),
            Self::Elpv(data) => data.root.as_deref(),
            Self::Mnist(MnistSpec { root, .. }) | Self::Folder(FolderSpec { root, .. }) => Some(root),
        }
    }

    /// The data set without the place where it lies, as far as that says nothing about its images: a published data
    /// set is the same everywhere; another folder of one's own, of the MNIST family or of an inspection data set's
    /// layout holds other images.
    pub fn identity(&self) -> Self {
        let mut data = self.clone();
        match &mut data {
            Self::FashionMnist(data) => data.root = None,
            Self::Svhn(data) | Self::Cifar10(data) => data.root = None,
            Self::Cifar100(data) => data.root = None,
            Self::Elpv(data) => data.root = None,
            Self::MvtecAd(_) | Self::Visa(_) | Self::Btad(_) | Self::Mnist(_) | Self::Folder(_) => {}
        }
        data
    }

    /// Whether normal images to train on come from a part of the data set made for it, and those to validate and to
    /// test from another; else all come from the whole.
    pub fn has_parts(&self) -> bool {
        !matches!(self, Self::FashionMnist(_) | Self::Elpv(_))
    }
}
