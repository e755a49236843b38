//! `augur preview`: what augmentations look like. The config is checked here, where its faults are shown in their
//! lines; the worker's program draws, since it has libtorch.

use super::values;
use crate::{
    config::Config,
    failure::{Exit, Failure, os_text},
    programs,
};
use clap::Args;
use std::{ffi::OsString, os::unix::process::CommandExt, path::PathBuf, process::Command};

/// Draws what each family of a config does to images of each task, over its range
#[derive(Args)]
pub struct Preview {
    /// The config
    config: PathBuf,
    /// Folder for the sheets and their index.html; other files in it stay
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// This task only; may be given several times [default: all]
    #[arg(long = "task", value_name = "NAME")]
    tasks: Vec<String>,
    /// Images of each task
    #[arg(long, value_name = "N", default_value = "4", value_parser = clap::value_parser!(u32).range(1..=64))]
    images: u32,
    /// Seed of what families draw [default: the config's first]
    #[arg(long, value_name = "S", value_parser = values::whole::<u64>)]
    seed: Option<u64>,
    /// Also draw how far each pixel is changed
    #[arg(long)]
    difference: bool,
}

impl Preview {
    /// Becomes the worker's command; returns only if that fails.
    pub fn run(self) -> Result<(), Failure> {
        Config::read(&self.config)?;
        let mut command = Command::new(programs::require(programs::WORKER)?);
        let mut out = OsString::from("--out=");
        out.push(&self.out);
        command.arg("preview").arg(out);
        command.arg(format!("--images={}", self.images));
        command.args(self.tasks.iter().map(|name| format!("--task={name}")));
        command.args(self.seed.map(|seed| format!("--seed={seed}")));
        command.args(self.difference.then_some("--difference"));
        let fault = command.arg("--").arg(&self.config).exec();
        let text = format!("{} can't be started: {}", programs::WORKER, os_text(&fault));
        Err(Failure::new(Exit::CannotStart, text))
    }
}
