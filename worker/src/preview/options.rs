//! The command line of `preview`.

use clap::Args;
use std::path::PathBuf;

/// Draws what each family of a config does to images of each task, over its range
#[derive(Clone, Debug, Args)]
pub struct Preview {
    /// The config
    pub config: PathBuf,
    /// Folder for the sheets and their index.html; other files in it stay
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    /// This task only; may be given several times [default: all]
    #[arg(long = "task", value_name = "NAME")]
    pub tasks: Vec<String>,
    /// Images of each task
    #[arg(long, value_name = "N", default_value = "4", value_parser = clap::value_parser!(u32).range(1..=64))]
    pub images: u32,
    /// Seed of what families draw [default: the config's first]
    #[arg(long, value_name = "S")]
    pub seed: Option<u64>,
    /// Also draw how far each pixel is changed
    #[arg(long)]
    pub difference: bool,
}
