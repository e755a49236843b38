//! A tuning step of augur beside one that is written straightforwardly in PyTorch, on the same weights and batches.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use serde::Serialize;

use crate::sample::{Spread, relative_error};
use crate::side::Side;

/// The step that is measured; written to case.json, which both sides read.
#[derive(Debug, Clone, Serialize)]
pub struct Case {
    pub name: &'static str,
    pub size_px: u32,
    /// Training images.
    pub batch: u32,
    /// Validation images.
    pub validation: u32,
    pub width: u32,
    pub blocks: [u32; 4],
    pub imagenet_stem: bool,
    pub head: u32,
    pub inner_lr: f64,
    pub lr: f64,
    pub raw_lr: f64,
    pub area: [f64; 2],
    pub max_aspect: f64,
    pub softness: f64,
    pub threads: u32,
    /// Steps between two changes of side.
    #[serde(skip)]
    pub steps: u32,
}

/// ResNet of width 16, one block a stage, at 32x32.
pub const WIDTH_16: Case = Case {
    name: "width 16, 32x32",
    size_px: 32,
    batch: 64,
    validation: 64,
    width: 16,
    blocks: [1; 4],
    imagenet_stem: false,
    head: 64,
    inner_lr: 0.01,
    lr: 1e-3,
    raw_lr: 0.02,
    area: [0.01, 0.25],
    max_aspect: 4.0,
    softness: 0.1,
    threads: 2,
    steps: 4,
};

/// The three settings of the goal.
pub fn cases() -> [Case; 3] {
    let resnet_18 = Case {
        name: "ResNet-18, 64x64",
        size_px: 64,
        width: 64,
        blocks: [2; 4],
        imagenet_stem: true,
        head: 512,
        steps: 1,
        ..WIDTH_16
    };
    let demo = Case {
        name: "the demo's, width 8, 16x16",
        size_px: 16,
        width: 8,
        steps: 20,
        ..WIDTH_16
    };
    [WIDTH_16, resnet_18, demo]
}

/// What was measured of one case.
#[derive(Debug, Serialize)]
pub struct Report {
    pub case: Case,
    /// Seconds a step.
    pub augur: Times,
    pub pytorch: Times,
    /// PyTorch's time over augur's.
    pub plain_ratio: Spread,
    pub tuning_ratio: Spread,
    /// Peak resident bytes above the weights and batches.
    pub augur_bytes: u64,
    pub pytorch_bytes: u64,
    pub errors: Errors,
}

/// Seconds a step.
#[derive(Debug, Serialize)]
pub struct Times {
    pub plain: Spread,
    pub tuning: Spread,
}

/// Of hypergradients, relative.
#[derive(Debug, Serialize)]
pub struct Errors {
    /// augur's against PyTorch's, float32, both channel by channel.
    pub float32: f64,
    /// Against PyTorch's, float64.
    pub float64: f64,
    /// Of augur's float32, in the memory format that it takes, against float64.
    pub augur_rounding: f64,
    /// Of PyTorch's float32 against float64.
    pub pytorch_rounding: f64,
    /// The same with channels last.
    pub pytorch_channels_last_rounding: f64,
}

/// Where the programs are.
pub struct Programs {
    pub augur: PathBuf,
    pub python: PathBuf,
    pub script: PathBuf,
}

impl Programs {
    /// For augur's side alone.
    pub fn of_augur(augur: &Path) -> Self {
        Self {
            augur: augur.to_owned(),
            python: PathBuf::new(),
            script: PathBuf::new(),
        }
    }

    /// Starts augur's side, or else PyTorch's, on the case in `folder`.
    pub fn side(&self, folder: &Path, augur: bool, options: &[&str]) -> Result<Side> {
        if augur {
            let mut command = Command::new(&self.augur);
            return Side::start("augur", command.arg("serve").arg(folder).args(options));
        }
        let mut command = Command::new(&self.python);
        Side::start(
            "PyTorch",
            command.arg(&self.script).arg("serve").arg(folder).args(options),
        )
    }
}

/// Writes the case that both sides read into `folder`.
pub fn prepare(programs: &Programs, case: &Case, folder: &Path) -> Result<()> {
    std::fs::write(folder.join("case.json"), serde_json::to_vec(case)?)?;
    let mut command = Command::new(&programs.augur);
    let status = command.arg("make").arg(folder).status();
    let status = status.with_context(|| format!("{} can't be started", programs.augur.display()))?;
    ensure!(status.success(), "the case could not be made");
    Ok(())
}

/// How far the two sides' hypergradients are apart.
pub fn errors(programs: &Programs, folder: &Path) -> Result<Errors> {
    let ask = |augur: bool, options: &[&str]| -> Result<Vec<f64>> {
        programs.side(folder, augur, options)?.ask("hypergradient")
    };
    let augur_single = ask(true, &["contiguous"])?;
    let pytorch_single = ask(false, &[])?;
    let pytorch_double = ask(false, &["double"])?;
    let augur_default = ask(true, &[])?;
    Ok(Errors {
        float32: relative_error(&augur_single, &pytorch_single),
        float64: relative_error(&ask(true, &["contiguous", "double"])?, &pytorch_double),
        augur_rounding: relative_error(&augur_default, &pytorch_double),
        pytorch_rounding: relative_error(&pytorch_single, &pytorch_double),
        pytorch_channels_last_rounding: relative_error(&ask(false, &["channels_last"])?, &pytorch_double),
    })
}

/// Peak resident bytes of two tuning steps above the weights and batches. The median of three processes': the kernel
/// takes memory back as it likes.
pub fn peak(programs: &Programs, folder: &Path, augur: bool, options: &[&str]) -> Result<u64> {
    let mut peaks = Vec::new();
    for _ in 0..3 {
        peaks.push(programs.side(folder, augur, options)?.ask::<f64>("memory")?);
    }
    Ok(Spread::of(&peaks).median as u64)
}

/// Measures one case, `rounds` times from side to side.
pub fn measure(programs: &Programs, case: &Case, folder: &Path, rounds: u32) -> Result<Report> {
    prepare(programs, case, folder)?;
    let errors = errors(programs, folder)?;
    let mut sides = [true, false].map(|augur| programs.side(folder, augur, &[]));
    let [Ok(augur), Ok(pytorch)] = &mut sides else {
        anyhow::bail!("a side can't be started");
    };
    let [augur_bytes, pytorch_bytes] = [peak(programs, folder, true, &[])?, peak(programs, folder, false, &[])?];
    let mut seconds: [[Vec<f64>; 2]; 2] = Default::default();
    for round in 0..=rounds {
        for (kind, step) in ["plain", "tuning"].iter().enumerate() {
            for (which, side) in [&mut *augur, &mut *pytorch].into_iter().enumerate() {
                let total: f64 = side.ask(&format!("{step} {}", case.steps))?;
                // The first round warms up.
                if round > 0 {
                    seconds[which][kind].push(total / f64::from(case.steps));
                }
            }
        }
        eprintln!("{}: round {round} of {rounds}", case.name);
    }
    let times = |which: usize| Times {
        plain: Spread::of(&seconds[which][0]),
        tuning: Spread::of(&seconds[which][1]),
    };
    Ok(Report {
        case: case.clone(),
        augur: times(0),
        pytorch: times(1),
        plain_ratio: Spread::of_ratio(&seconds[1][0], &seconds[0][0]),
        tuning_ratio: Spread::of_ratio(&seconds[1][1], &seconds[0][1]),
        augur_bytes,
        pytorch_bytes,
        errors,
    })
}
