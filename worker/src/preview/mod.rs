//! `augur-worker preview`: contact sheets of what the families of a config do to its images, and a page that shows them.
//! No detector, no labels.

mod canvas;
mod content;
mod error;
mod files;
mod options;
mod page;
mod panels;
mod sheet;
mod value;

pub use error::PreviewError;
pub use options::Preview;
pub(crate) use sheet::tile;

use augur_core::spec::{self, SweepSpec, TaskSpec};
use augur_data::load_task;
use content::Section;
use files::Folder;
use std::{
    fs,
    io::{self, IsTerminal},
    path::{Path, PathBuf},
    process::ExitCode,
};

/// Draws, and says where the page is.
pub fn main(options: &Preview) -> ExitCode {
    match preview(options) {
        Ok(page) => {
            println!("{}", page.display());
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("error: {error}");
            error.exit_code().into()
        }
    }
}

/// Writes the sheets and the page; gives the path of the page.
///
/// # Errors
/// A config or data that can't be used, a folder that can't be written.
pub fn preview(options: &Preview) -> Result<PathBuf, PreviewError> {
    let spec = read(&options.config)?;
    let tasks = chosen(&spec, &options.tasks)?;
    // A spec has at least one seed.
    let seed = options.seed.or(spec.seeds.first().copied()).unwrap_or_default();
    let families = |task: &TaskSpec| content::families(&spec, task, seed);
    let mut folder = Folder::open(options.out.clone())?;
    let (mut done, all) = (0, tasks.iter().map(|task| families(task).len()).sum());
    let mut sections = Vec::new();
    for task in tasks {
        progress(done, all);
        let name = task.name();
        let images = load_task(&spec.data, &spec.split, task, Path::new("."))?;
        let shown = options.images as usize;
        let preview = augur_train::preview::Preview::new(&images.train, shown, seed, spec.resources.threads);
        let mut section = Section {
            validation: content::validation(&mut folder, &name, &images)?,
            task: name,
            entries: Vec::new(),
        };
        for family in families(task) {
            let entry = content::entry(&mut folder, &section.task, &family, &preview, options.difference)?;
            section.entries.push(entry);
            done += 1;
            progress(done, all);
        }
        sections.push(section);
    }
    folder.text("index.html", &page::page(&spec, seed, &sections))
}

fn read(path: &Path) -> Result<SweepSpec, PreviewError> {
    let text = fs::read_to_string(path).map_err(|fault| PreviewError::Unreadable {
        path: path.to_owned(),
        fault,
    })?;
    spec::parse(&text).map_err(|fault| PreviewError::Config {
        path: path.to_owned(),
        fault,
    })
}

/// The tasks of these names, or all, in the config's order.
fn chosen<'a>(spec: &'a SweepSpec, names: &[String]) -> Result<Vec<&'a TaskSpec>, PreviewError> {
    let known: Vec<String> = spec.tasks.iter().map(TaskSpec::name).collect();
    if let Some(name) = names.iter().find(|name| !known.contains(name)) {
        let name = name.clone();
        return Err(PreviewError::UnknownTask { name, known });
    }
    let tasks = spec.tasks.iter().zip(known);
    let tasks = tasks.filter(|(_, name)| names.is_empty() || names.contains(name));
    Ok(tasks.map(|(task, _)| task).collect())
}

/// How far it has got, on a terminal.
fn progress(done: usize, of: usize) {
    if io::stderr().is_terminal() {
        let end = if done == of { "\n" } else { "" };
        eprint!("\rdrawn {done} of {of} sheets{end}");
    }
}
