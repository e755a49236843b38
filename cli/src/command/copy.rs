//! `augur copy`: files and folders into an object store and out of it.

use super::print;
use crate::{
    failure::{Exit, Failure},
    text,
};
use augur_depot::{Depot, DepotError, Patience, Place, Pushed, StoreUrl, download, upload};
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use std::{path::Path, time::Duration};

/// A transfer that brings nothing for so long has failed.
const PATIENCE: Patience = Patience::while_it_moves(Duration::from_secs(120));

/// Copies a file or a folder into an object store, or out of one: reports, models, embeddings. What is there with the same bytes
/// stays, and what comes is checked
#[derive(Args)]
pub struct Copy {
    /// A file, a folder, or s3://BUCKET/PREFIX
    #[arg(value_name = "SOURCE")]
    from: Place,
    /// The other one of the two
    #[arg(value_name = "DESTINATION")]
    to: Place,
}

impl Copy {
    pub async fn run(self) -> Result<(), Failure> {
        let bar = bar();
        let (copied, to) = match (&self.from, &self.to) {
            (Place::Folder(from), Place::Store(to)) => (put(from, to, &bar).await?, to.to_string()),
            (Place::Store(from), Place::Folder(to)) => (get(from, to, &bar).await?, to.display().to_string()),
            _ => {
                let text = "one of the two has to be s3://BUCKET/PREFIX, and the other one a path of this machine";
                return Err(Failure::new(Exit::CommandLine, text));
            }
        };
        bar.finish_and_clear();
        print(&say(&copied, "copied", &to));
        Ok(())
    }
}

async fn put(from: &Path, to: &StoreUrl, bar: &ProgressBar) -> Result<Pushed, DepotError> {
    if from.is_dir() {
        return upload(&Depot::open(to)?, from, &on(bar)).await;
    }
    let (parent, name) = to.split().ok_or_else(|| DepotError::Url {
        url: to.to_string(),
        why: "a file needs a name in the bucket".into(),
    })?;
    let stamp = Depot::open(&parent)?.put(&name, from, PATIENCE).await?;
    Ok(Pushed {
        put: 1,
        unchanged: 0,
        bytes: stamp.size,
    })
}

async fn get(from: &StoreUrl, to: &Path, bar: &ProgressBar) -> Result<Pushed, DepotError> {
    if let Some((parent, name)) = from.split() {
        let parent = Depot::open(&parent)?;
        if parent.find(&name, PATIENCE).await?.is_some() {
            let to = if to.is_dir() { name.below(to) } else { to.to_owned() };
            let got = parent.get(&name, &to, None, PATIENCE, &|bytes| bar.inc(bytes)).await?;
            return Ok(Pushed {
                put: 1,
                unchanged: 0,
                bytes: got.stamp.size,
            });
        }
    }
    let copied = download(&Depot::open(from)?, to, &on(bar)).await?;
    match copied.put + copied.unchanged {
        0 => Err(DepotError::NotThere(from.to_string())),
        _ => Ok(copied),
    }
}

/// Drawn on stderr where that is a terminal.
pub(super) fn bar() -> ProgressBar {
    let bar = ProgressBar::new(0);
    let style = ProgressStyle::with_template("{bar:30} {bytes} of {total_bytes}, {eta} left");
    bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

pub(super) fn on(bar: &ProgressBar) -> impl Fn(u64, u64) + Send + Sync {
    let bar = bar.clone();
    move |done, total| {
        bar.set_length(total);
        bar.set_position(done);
    }
}

/// What came of it.
pub(super) fn say(copied: &Pushed, done: &str, to: &str) -> String {
    let count = |n: usize| text::count(u32::try_from(n).unwrap_or(u32::MAX), "file");
    format!(
        "{done} {} to {to}, {} there already, {} bytes in all\n",
        count(copied.put),
        copied.unchanged,
        copied.bytes
    )
}
