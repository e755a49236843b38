//! What the benchmarks of a step are told alike, and what all of them do with their figures.

use std::path::{Path, PathBuf};

use anyhow::Result;
use clap::Args;
use serde::Serialize;

/// Where augur's side is, and where the figures go.
#[derive(Debug, Args)]
pub struct Paths {
    /// Where the figures go, as Markdown and as JSON.
    #[arg(long, default_value = "target/bench")]
    pub out: PathBuf,
    /// The built train/examples/step.rs.
    #[arg(long, default_value = "target/release/examples/step")]
    pub augur: PathBuf,
}

/// Prints the text, and writes it to NAME.md and the figures to NAME.json in `out`.
pub fn publish(out: &Path, name: &str, text: &str, figures: &impl Serialize) -> Result<()> {
    println!("{text}");
    std::fs::create_dir_all(out)?;
    std::fs::write(out.join(format!("{name}.md")), text)?;
    std::fs::write(out.join(format!("{name}.json")), serde_json::to_vec_pretty(figures)?)?;
    Ok(())
}
