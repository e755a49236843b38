//! A sweep on a test's cluster.

use super::{Cluster, Job};
use crate::{
    bin::augur,
    process::wait_for,
    sweep::{leaderboard, without_times},
};
use serde_json::Value;
use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
    time::Duration,
};

/// Longer than any sweep of a test takes on a busy machine.
pub const LIMIT: Duration = Duration::from_secs(480);

/// A launch: a config, its folder, and the cluster that runs it.
pub struct Launch<'a> {
    /// The cluster.
    pub cluster: &'a Cluster,
    /// The config.
    pub config: PathBuf,
    /// The folder.
    pub out: PathBuf,
}

impl Launch<'_> {
    /// `augur launch VERB`, asking this cluster.
    pub fn augur(&self, verb: &str) -> Command {
        let mut command = augur();
        command
            .env("SLURM_CONF", self.cluster.path("slurm.conf"))
            // What is kept for tests of leaving comes from leaving.
            .env("AUGUR_CHECKPOINT_SECONDS", "2")
            .args(["launch", verb]);
        command
    }

    /// `augur launch slurm` with more options.
    ///
    /// # Errors
    /// What it said, where it fails.
    pub fn submit(&self, options: &[&str]) -> Result<Vec<String>, String> {
        let mut command = self.augur("slurm");
        command.arg(&self.config).arg("--out").arg(&self.out).args(options);
        let output = command.output().expect("augur starts");
        let text = both(&output)?;
        let ids = text
            .lines()
            .filter_map(|line| line.strip_prefix("job ")?.split(':').next());
        Ok(ids.map(str::to_owned).collect())
    }

    /// What `augur launch status` prints, and says where it fails.
    ///
    /// # Errors
    /// The same.
    pub fn status(&self) -> Result<String, String> {
        both(&self.augur("status").arg(&self.out).output().expect("augur starts"))
    }

    /// `augur launch stop`.
    ///
    /// # Errors
    /// What it said.
    pub fn stop(&self, options: &[&str]) -> Result<String, String> {
        both(
            &self
                .augur("stop")
                .arg(&self.out)
                .args(options)
                .output()
                .expect("augur starts"),
        )
    }

    /// The jobs of this launch's arrays that run.
    pub fn running(&self, array: &str) -> Vec<Job> {
        let mut jobs = self.cluster.jobs();
        jobs.retain(|job| job.job == array && job.state == "RUNNING");
        jobs
    }

    /// Waits until so many trials have completed.
    ///
    /// # Panics
    /// With the status, where it takes too long.
    pub fn wait_for_trials(&self, completed: usize) {
        wait_for(&format!("{completed} completed trials"), LIMIT, || {
            self.refuse_failures();
            (self.logs("worker-").matches("trial completed").count() >= completed).then_some(())
        });
    }

    fn refuse_failures(&self) {
        let jobs = self.cluster.jobs();
        let failed = jobs.iter().find(|job| job.state == "FAILED");
        assert!(failed.is_none(), "{failed:?}\n{}", self.logs(""));
    }

    /// Waits until the sweep is over and no job of it is left; its leaderboard without times.
    ///
    /// # Panics
    /// Where it takes too long, or a job failed.
    pub fn wait_for_end(&self, jobs: &[String]) -> Value {
        self.wait_for_jobs(jobs);
        assert!(
            self.out.join("leaderboard.json").exists(),
            "{:?}\n{}",
            self.status(),
            self.logs("")
        );
        without_times(leaderboard(&self.out))
    }

    /// Waits until no job of these is left.
    ///
    /// # Panics
    /// Where it takes too long, or a job failed.
    pub fn wait_for_jobs(&self, jobs: &[String]) {
        wait_for("the end of every job", LIMIT, || {
            let all = self.cluster.jobs();
            let is_live = |job: &Job| ["RUNNING", "PENDING", "COMPLETING", "CONFIGURING"].contains(&job.state.as_str());
            let own: Vec<_> = all.iter().filter(|job| jobs.contains(&job.job)).collect();
            self.refuse_failures();
            (!own.iter().any(|job| is_live(job))).then_some(())
        });
    }

    /// Everything that stands in the logs whose name begins so.
    pub fn logs(&self, begin: &str) -> String {
        let entries = fs::read_dir(self.out.join("logs")).into_iter().flatten().flatten();
        let named = |path: &Path| {
            path.file_name()
                .is_some_and(|name| name.to_string_lossy().starts_with(begin))
        };
        let mut paths: Vec<_> = entries.map(|entry| entry.path()).filter(|path| named(path)).collect();
        paths.sort();
        let text = |path: &PathBuf| {
            format!(
                "== {}\n{}",
                path.display(),
                fs::read_to_string(path).unwrap_or_default()
            )
        };
        paths.iter().map(text).collect()
    }
}

fn both(output: &Output) -> Result<String, String> {
    let (out, err) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    match output.status.success() {
        true => Ok(out.into_owned()),
        false => Err(format!("{out}{err}")),
    }
}
