//! `augur data`: a thorough look at the data of a config.

use super::{copy, print, width};
use crate::{
    config::Config,
    failure::{Complaint, Exit, Failure},
    results::{finish, plain},
    text,
};
use augur_data::{Audit, audit};
use augur_depot::{Depot, StoreUrl, push};
use clap::{Args, Subcommand};
use indicatif::{ProgressBar, ProgressStyle};
use std::path::{Path, PathBuf};

/// Looks at the data of a config
#[derive(Args)]
pub struct Data {
    #[command(subcommand)]
    command: What,
}

#[derive(Subcommand)]
enum What {
    Check(Check),
    Push(Push),
}

/// Decodes every image that a config uses: counts for each split and class, files that can't be used, images that stand
/// in two splits, masks that don't fit
#[derive(Args)]
struct Check {
    /// The sweep's config, a YAML file
    config: PathBuf,
}

/// Uploads the folder of a data set into an object store, with a manifest by which workers check what they fetch. Repeating it
/// uploads only what is new
#[derive(Args)]
struct Push {
    /// The folder of the data set
    folder: PathBuf,
    /// Where it goes: s3://BUCKET/PREFIX, where workers of `--base-dir s3://BUCKET` look for a data set whose `root` is PREFIX
    #[arg(value_name = "URL")]
    to: StoreUrl,
}

impl Data {
    pub async fn run(self) -> Result<(), Failure> {
        match self.command {
            What::Check(check) => check.run(),
            What::Push(push) => push.run().await,
        }
    }
}

impl Push {
    async fn run(self) -> Result<(), Failure> {
        let depot = Depot::open(&self.to)?;
        let bar = copy::bar();
        let pushed = push(&depot, &self.folder, &copy::on(&bar)).await?;
        bar.finish_and_clear();
        print(&copy::say(&pushed, "uploaded", &self.to.to_string()));
        Ok(())
    }
}

impl Check {
    fn run(&self) -> Result<(), Failure> {
        let check = self;
        let config = Config::read(&check.config)?;
        let bar = bar();
        let found = audit(&config.spec, Path::new(""), &mut |done, total| {
            bar.set_length(total as u64);
            bar.set_position(done as u64);
        });
        bar.finish_and_clear();
        let found = found.map_err(|error| Failure::bad_data(&config, &error))?;
        print(&show(&found, width()));
        match found.faults.is_empty() {
            true => Ok(()),
            false => Err(failure(found.faults)),
        }
    }
}

/// Drawn on stderr where that is a terminal.
fn bar() -> ProgressBar {
    let bar = ProgressBar::new(0);
    let style = ProgressStyle::with_template("{bar:30} {pos} of {len} images, {eta} left");
    bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

fn show(found: &Audit, width: u16) -> String {
    let mut table = plain(width);
    table.set_header(["task", "split", "class", "images"]);
    for task in &found.tasks {
        let mut name = task.name.as_str();
        for (group, class, images) in &task.counts {
            table.add_row([name, &group.replace('_', " "), class, &images.to_string()]);
            name = "";
        }
    }
    let count = |n: usize, what: &str| text::count(u32::try_from(n).unwrap_or(u32::MAX), what);
    let notes: String = found.notes.iter().map(|note| format!("note: {note}\n")).collect();
    let verdict = match found.faults.len() {
        0 => "nothing is wrong".to_owned(),
        n => count(n, "fault"),
    };
    let data_set = &found.data_set;
    format!(
        "data set {} in {}: {}\n\n{}\n{notes}{verdict}\n",
        data_set.name,
        data_set.root.display(),
        count(data_set.images, "image"),
        finish(table),
    )
}

fn failure(faults: Vec<String>) -> Failure {
    let complaint = |message| Complaint {
        message,
        excerpt: None,
        help: None,
    };
    Failure {
        exit: Exit::BadData,
        faults: faults.into_iter().map(complaint).collect(),
    }
}
