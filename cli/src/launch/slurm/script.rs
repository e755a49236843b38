//! The scripts that sbatch is given: a few lines of options, and one command that becomes the job's process, so that it gets
//! Slurm's signals itself.

use super::options::{Options, Resources};
use crate::{
    failure::{Exit, Failure},
    launch::{files::LaunchFolder, keys},
};
use augur_channel::Credentials;
use augur_core::spec::SweepSpec;
use std::path::Path;

/// What the scripts of a launch are made of.
pub struct Scripts<'a> {
    /// The sweep.
    pub spec: &'a SweepSpec,
    /// What was asked for.
    pub options: &'a Options,
    /// Where it goes.
    pub folder: &'a LaunchFolder,
    /// The program `augur`, where the nodes have it.
    pub program: &'a Path,
    /// The folder at which relative data folders start.
    pub base_dir: &'a Path,
}

impl Scripts<'_> {
    /// The coordinator's.
    ///
    /// # Errors
    /// Paths that can't be written into a script.
    pub fn coordinator(&self) -> Result<String, Failure> {
        let resources = &self.options.resources;
        let mut options = self.common();
        options.extend(option(
            "partition",
            resources
                .coordinator_partition
                .as_ref()
                .or(resources.partition.as_ref()),
        ));
        options.extend(shared(resources));
        options.push("--cpus-per-task=1".into());
        options.extend(resources.coordinator_sbatch.iter().cloned());
        let mut words = vec![
            text(self.program)?,
            "launch".into(),
            "part".into(),
            "coordinator".into(),
        ];
        words.extend(["--out".into(), text(&self.folder.path)?]);
        if let Some(store) = &self.options.store {
            words.extend(["--store".into(), self.store(store)?]);
        }
        script(
            &format!("The coordinator of the sweep {}", self.spec.name),
            &options,
            &words,
        )
    }

    /// The workers'.
    ///
    /// # Errors
    /// Paths that can't be written into a script.
    pub fn workers(&self) -> Result<String, Failure> {
        let Options { resources, workers, .. } = self.options;
        let mut options = self.common();
        options.push(match resources.array_limit {
            Some(limit) => format!("--array=0-{}%{limit}", workers.get() - 1),
            None => format!("--array=0-{}", workers.get() - 1),
        });
        options.extend(option("partition", resources.partition.as_ref()));
        options.extend(shared(resources));
        options.extend(option("constraint", resources.constraint.as_ref()));
        options.push(format!("--cpus-per-task={}", self.cpus()));
        options.extend(resources.gpus.map(|gpus| format!("--gres=gpu:{gpus}")));
        options.extend(option("mem", resources.mem.as_ref().map(|mem| &mem.text)));
        options.extend(resources.sbatch.iter().cloned());
        script(
            &format!("A worker of the sweep {}", self.spec.name),
            &options,
            &self.worker()?,
        )
    }

    fn worker(&self) -> Result<Vec<String>, Failure> {
        let mut words = vec![text(self.program)?, "launch".into(), "part".into(), "worker".into()];
        words.extend(["--out".into(), text(&self.folder.path)?]);
        if let Some(addresses) = &self.options.coordinator {
            words.extend(["--coordinator".into(), addresses.to_string()]);
            let given = self.options.credentials.clone();
            let token_file = self.options.worker_token_file.clone().or(given.token_file.clone());
            words.extend(keys::flags(&Credentials { token_file, ..given }.absolute()));
        }
        words.extend(["--".into(), "--slots".into(), self.slots().to_string()]);
        words.extend(["--threads".into(), self.threads().to_string()]);
        words.extend(["--base-dir".into(), text(self.base_dir)?]);
        words.extend(["--artifacts".into(), text(&self.folder.path.join("artifacts"))?]);
        words.extend(["--log-dir".into(), text(&self.folder.logs())?]);
        if let Some(mem) = &self.options.resources.mem {
            // The rest is for the worker itself and what the kernel keeps for it.
            words.extend(["--memory-mib".into(), (mem.mib * 9 / 10).max(1).to_string()]);
        }
        Ok(words)
    }

    fn common(&self) -> Vec<String> {
        vec![
            format!("--job-name=augur-{}", self.spec.name),
            "--open-mode=append".into(),
            "--requeue".into(),
            format!("--signal=B:USR1@{}", self.options.resources.warn_seconds),
            "--nodes=1".into(),
            "--ntasks=1".into(),
        ]
    }

    fn threads(&self) -> u32 {
        self.spec.resources.threads.max(1)
    }

    fn slots(&self) -> u32 {
        let of_cpus = self
            .options
            .resources
            .cpus
            .map(|cpus| (cpus.get() / self.threads()).max(1));
        // On a GPU it is for people to say how many fit.
        let of_cpus = of_cpus.filter(|_| self.options.resources.gpus.is_none());
        self.options.slots.map(u32::from).or(of_cpus).unwrap_or(1)
    }

    fn cpus(&self) -> u32 {
        let wanted = self.slots().saturating_mul(self.threads());
        self.options.resources.cpus.map_or(wanted, u32::from)
    }

    /// A server's URL as it is, a file by its whole path.
    fn store(&self, store: &str) -> Result<String, Failure> {
        match store.contains("://") {
            true => Ok(store.to_owned()),
            false => text(&std::path::absolute(store).unwrap_or_else(|_| store.into())),
        }
    }
}

fn option(name: &str, value: Option<&String>) -> Option<String> {
    value.map(|value| format!("--{name}={value}"))
}

/// What both kinds of jobs are asked for with.
fn shared(resources: &Resources) -> Vec<String> {
    let options = [
        option("account", resources.account.as_ref()),
        option("qos", resources.qos.as_ref()),
        option("time", resources.time.as_ref()),
    ];
    options.into_iter().flatten().collect()
}

fn script(what: &str, options: &[String], words: &[String]) -> Result<String, Failure> {
    let command = quoted(words)?.join(" ");
    let options: String = options.iter().map(|option| format!("#SBATCH {option}\n")).collect();
    Ok(format!(
        "#!/bin/bash\n# {what}, written by `augur launch slurm`.\n{options}set -euo pipefail\nexec {command}\n"
    ))
}

/// Words as a shell reads them.
///
/// # Errors
/// A word that no shell can be given.
pub fn quoted(words: &[String]) -> Result<Vec<String>, Failure> {
    let quote = |word: &String| shlex::try_quote(word).map(|word| word.into_owned());
    let words: Result<Vec<_>, _> = words.iter().map(quote).collect();
    words.map_err(|_| {
        Failure::new(
            Exit::CommandLine,
            "a path or an address has a zero byte in it; use another",
        )
    })
}

fn text(path: &Path) -> Result<String, Failure> {
    path.to_str().map(str::to_owned).ok_or_else(|| {
        let text = format!(
            "{} is no text in UTF-8, which a script can't hold; use another path",
            path.display()
        );
        Failure::new(Exit::CommandLine, text)
    })
}
