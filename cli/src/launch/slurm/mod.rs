//! Slurm: the coordinator as a job, workers as job arrays.

pub mod commands;
mod options;
mod script;
pub mod status;
pub mod stop;

pub use options::Options;

use super::{
    files::LaunchFolder,
    keys,
    state::{Job, Role, Scheduler, State},
};
use crate::{
    client::Client,
    command::{print, run::refuse_results_of_another},
    config::Config,
    failure::{Exit, Failure},
    folder, text,
};
use augur_channel::Access;
use script::{Scripts, quoted};
use std::{
    env,
    fs::{self, File, TryLockError},
    path::{Path, PathBuf},
};

/// Submits.
///
/// # Errors
/// A bad config or folder, and all that Slurm has against the jobs.
pub async fn launch(options: Options) -> Result<(), Failure> {
    let config = Config::read(&options.config)?;
    let folder = LaunchFolder::at(&options.out);
    let base_dir = absolute(options.base_dir.as_deref().unwrap_or(Path::new(".")));
    if !options.dry_run {
        augur_data::check(&config.spec, &base_dir).map_err(|error| Failure::bad_data(&config, &error))?;
    }
    let program = env::current_exe().unwrap_or_else(|_| PathBuf::from("augur"));
    let scripts = Scripts {
        spec: &config.spec,
        options: &options,
        folder: &folder,
        program: &program,
        base_dir: &base_dir,
    };
    let launch = Launch {
        coordinator: match options.workers_only || options.coordinator.is_some() {
            true => None,
            false => Some(scripts.coordinator()?),
        },
        workers: scripts.workers()?,
        options: &options,
        config: &config,
        folder: &folder,
    };
    if options.dry_run {
        return launch.show();
    }
    launch.submit().await
}

struct Launch<'a> {
    coordinator: Option<String>,
    workers: String,
    options: &'a Options,
    config: &'a Config,
    folder: &'a LaunchFolder,
}

impl Launch<'_> {
    /// What would be submitted.
    fn show(&self) -> Result<(), Failure> {
        let mut text = String::new();
        let workers = self.folder.scripts().join("workers-1.sh");
        if let Some(script) = &self.coordinator {
            let path = self.folder.scripts().join("coordinator.sh");
            text += &format!("# {}\n{script}\n", self.command(&path, Role::Coordinator, None)?);
        }
        let after = self.coordinator.as_ref().map(|_| "COORDINATOR");
        text += &format!("# {}\n{}", self.command(&workers, Role::Workers, after)?, self.workers);
        print(&text);
        Ok(())
    }

    fn command(&self, script: &Path, role: Role, after: Option<&str>) -> Result<String, Failure> {
        let mut words = vec!["sbatch".to_owned(), "--parsable".into()];
        words.extend(self.at_submission(role, after));
        words.push(script.display().to_string());
        Ok(quoted(&words)?.join(" "))
    }

    /// Options whose values are for no shell to read.
    fn at_submission(&self, role: Role, after: Option<&str>) -> Vec<String> {
        let log = match role {
            Role::Coordinator => "coordinator-%j.log",
            Role::Workers => "worker-%A_%a.log",
        };
        // Slurm has patterns in the folder's name too.
        let logs = self.folder.logs().display().to_string().replace('%', "%%");
        let mut options = vec![
            format!("--chdir={}", self.folder.path.display()),
            format!("--output={logs}/{log}"),
        ];
        // Workers that wait for a coordinator in the queue would hold what they wait with.
        options.extend(after.map(|id| format!("--dependency=after:{id}")));
        options
    }

    async fn submit(&self) -> Result<(), Failure> {
        let _alone = self.alone()?;
        let mut state = self.prepare().await?;
        let mut after = None;
        if let Some(script) = &self.coordinator {
            let path = self.script("coordinator.sh", script)?;
            let id = commands::submit(&path, &self.at_submission(Role::Coordinator, None)).await?;
            self.note(&mut state, &id, Role::Coordinator, 1)?;
            after = Some(id);
        }
        let path = self.workers_script()?;
        let options = self.at_submission(Role::Workers, after.as_deref());
        match commands::submit(&path, &options).await {
            Ok(id) => self.note(&mut state, &id, Role::Workers, self.options.workers.get())?,
            Err(failure) => {
                // A coordinator without workers would wait in vain.
                if self.coordinator.is_some() {
                    let _ = commands::cancel(&state.ids(Role::Coordinator), &[]).await;
                }
                return Err(failure);
            }
        }
        self.tell(&state)
    }

    /// Makes the folder and keeps other launches from it: two at once would not see each other's jobs, and the coordinator that
    /// comes second would end the workers of the first.
    fn alone(&self) -> Result<File, Failure> {
        let (path, lock) = (&self.folder.path, self.folder.lock());
        fs::create_dir_all(path).map_err(|error| Failure::cannot_write(path, &error))?;
        let file = File::create(&lock).map_err(|error| Failure::cannot_write(&lock, &error))?;
        match file.try_lock() {
            Ok(()) => Ok(file),
            Err(TryLockError::WouldBlock) => {
                let text = format!(
                    "another `augur launch` submits the sweep of {} just now; wait for it, then see `augur launch status`",
                    path.display()
                );
                Err(Failure::new(Exit::InUse, text))
            }
            Err(TryLockError::Error(error)) => Err(Failure::cannot_write(&lock, &error)),
        }
    }

    /// The folder as the jobs need it, and its state so far.
    async fn prepare(&self) -> Result<State, Failure> {
        let folder = self.folder;
        let known = State::find(folder)?;
        // Arrays of an earlier launch that are there still belong to this one.
        let jobs = match &known {
            Some(state) => self.still_there(state).await?,
            None => Vec::new(),
        };
        let coordinator = jobs.iter().find(|job| job.role == Role::Coordinator);
        match coordinator {
            Some(job) if !self.options.workers_only => return Err(self.runs_already(job)),
            None if self.options.workers_only => return Err(self.nothing_to_join()),
            _ => {}
        }
        for path in [folder.path.clone(), folder.logs(), folder.scripts()] {
            fs::create_dir_all(&path).map_err(|error| Failure::cannot_write(&path, &error))?;
        }
        refuse_results_of_another(self.config, &folder.path)?;
        if let Some(addresses) = &self.options.coordinator {
            let access = Access {
                addresses: addresses.clone(),
                credentials: self.options.credentials.clone(),
            };
            let mut client = Client::connect(&access).await?;
            client.create_sweep(&self.config.text, false, false).await?;
        }
        if !self.options.workers_only {
            folder::replace(&folder.config(), self.config.text.as_bytes())?;
            for mark in [folder.over(), folder.failed()] {
                match fs::remove_file(&mark) {
                    Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                        return Err(Failure::cannot_write(&mark, &error));
                    }
                    _ => {}
                }
            }
        }
        Ok(State {
            schema: 1,
            sweep: self.config.spec.name.clone(),
            scheduler: Scheduler::Slurm,
            coordinator: self.options.coordinator.as_ref().map(ToString::to_string),
            person: self
                .options
                .coordinator
                .as_ref()
                .map(|_| (&self.options.credentials).into()),
            jobs,
        })
    }

    /// Which jobs of a launch Slurm has still.
    async fn still_there(&self, state: &State) -> Result<Vec<Job>, Failure> {
        let ids: Vec<_> = state.jobs.iter().map(|job| job.id.clone()).collect();
        let listed = commands::list(&ids).await?;
        let is_live = |job: &&Job| listed.iter().any(|listed| listed.job == job.id && listed.is_live());
        Ok(state.jobs.iter().filter(is_live).cloned().collect())
    }

    fn runs_already(&self, job: &Job) -> Failure {
        let text = format!(
            "the sweep of {} is in Slurm's hands already, its coordinator as job {}; add workers with --workers-only, or \
             stop it with `augur launch stop`",
            self.folder.path.display(),
            job.id
        );
        Failure::new(Exit::InUse, text)
    }

    fn nothing_to_join(&self) -> Failure {
        let text = format!(
            "no coordinator runs for {}; leave --workers-only out to start one",
            self.folder.path.display()
        );
        Failure::new(Exit::Unreachable, text)
    }

    fn script(&self, name: &str, text: &str) -> Result<PathBuf, Failure> {
        let path = self.folder.scripts().join(name);
        folder::replace(&path, text.as_bytes())?;
        Ok(path)
    }

    /// Each array's under a name of its own.
    fn workers_script(&self) -> Result<PathBuf, Failure> {
        let name = |number: u32| format!("workers-{number}.sh");
        let is_free = |number: &u32| !self.folder.scripts().join(name(*number)).exists();
        let number = (1..).find(is_free).unwrap_or(1);
        self.script(&name(number), &self.workers)
    }

    /// Written down at once, so that what was submitted can be stopped whatever comes next.
    fn note(&self, state: &mut State, id: &str, role: Role, count: u32) -> Result<(), Failure> {
        state.jobs.push(Job {
            id: id.to_owned(),
            role,
            count,
        });
        state.write(self.folder)
    }

    fn tell(&self, state: &State) -> Result<(), Failure> {
        let mut told = String::new();
        for job in state
            .jobs
            .iter()
            .rev()
            .take(1 + usize::from(self.coordinator.is_some()))
            .rev()
        {
            told += &match job.role {
                Role::Coordinator => format!("job {}: the coordinator\n", job.id),
                Role::Workers => format!("job {}: {}\n", job.id, text::count(job.count, "worker")),
            };
        }
        let dir = quoted(&[self.options.out.display().to_string()])?.join(" ");
        told += &format!("status: augur launch status {dir}\n");
        told += &format!("watch:  {}\n", watch_command(self.folder, state)?);
        told += &format!("stop:   augur launch stop {dir}\n");
        print(&told);
        Ok(())
    }
}

/// What to type to follow the sweep, from when its coordinator runs.
fn watch_command(folder: &LaunchFolder, state: &State) -> Result<String, Failure> {
    let sweep = &state.sweep;
    if let Some(url) = &state.coordinator {
        let flags = quoted(&keys::flags(&state.person(folder)))?.join(" ");
        let command = format!("augur watch {sweep} --coordinator {url} {flags}");
        return Ok(command.trim_end().to_owned());
    }
    let address = quoted(&[folder.address().display().to_string()])?.join(" ");
    let flags = quoted(&keys::flags(&state.person(folder)))?.join(" ");
    let command = format!("augur watch {sweep} --coordinator \"$(cat {address})\" {flags}");
    Ok(command.trim_end().to_owned())
}

fn absolute(path: &Path) -> PathBuf {
    // Without "." and "..", for people who read scripts.
    fs::canonicalize(path).unwrap_or_else(|_| std::path::absolute(path).unwrap_or_else(|_| path.to_owned()))
}
