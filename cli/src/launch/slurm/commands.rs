//! Slurm's own commands: sbatch, squeue, scancel, scontrol. What they print is asked for in forms that machines read.

use crate::failure::{Exit, Failure, os_text};
use std::{env, io::ErrorKind, path::Path, process::Output};
use tokio::process::Command;

/// A job, or a task of an array, as Slurm knows it.
#[derive(Clone, Debug, PartialEq)]
pub struct Listed {
    /// The job that was submitted: of a task that of its array.
    pub job: String,
    /// "12", "13_0", or "13_[2-5]" for those that wait.
    pub shown: String,
    /// "PENDING", "RUNNING" and so on.
    pub state: String,
    /// Why it waits or ended so; "None" where there is nothing to say.
    pub reason: String,
    /// Where it runs.
    pub node: String,
    /// How long it has run, as Slurm writes it.
    pub time: String,
    /// How long it may run.
    pub limit: String,
}

impl Listed {
    /// Whether it runs or may run yet.
    pub fn is_live(&self) -> bool {
        const OVER: [&str; 9] = [
            "BOOT_FAIL",
            "CANCELLED",
            "COMPLETED",
            "DEADLINE",
            "FAILED",
            "NODE_FAIL",
            "OUT_OF_MEMORY",
            "PREEMPTED",
            "TIMEOUT",
        ];
        !OVER.contains(&self.state.as_str())
    }
}

/// Submits a script with more options; the job's identifier.
///
/// # Errors
/// What Slurm has against it.
pub async fn submit(script: &Path, options: &[String]) -> Result<String, Failure> {
    let mut command = Command::new("sbatch");
    command.arg("--parsable").args(options).arg(script);
    let output = run("sbatch", command).await?;
    if !output.status.success() {
        let text = format!(
            "Slurm refused {}: {}; change the options of `augur launch slurm`",
            script.display(),
            reason(&output)
        );
        return Err(Failure::new(Exit::CannotStart, text));
    }
    // "ID", or "ID;CLUSTER".
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let id = text.trim().split(';').next().unwrap_or_default();
    if id.is_empty() || !id.bytes().all(|byte| byte.is_ascii_digit()) {
        let text = format!("sbatch printed `{}` where a job's identifier should be", text.trim());
        return Err(Failure::new(Exit::Unexpected, text));
    }
    Ok(id.to_owned())
}

/// What Slurm knows of these jobs: those that wait or run, and for some minutes those that have ended.
///
/// # Errors
/// Slurm that can't be asked.
pub async fn list(jobs: &[String]) -> Result<Vec<Listed>, Failure> {
    let mut command = Command::new("squeue");
    // Without --jobs, which is an error for a job that Slurm has forgotten.
    command.args(["--noheader", "--states=all", "--format=%F|%i|%T|%r|%N|%M|%l"]);
    let output = run("squeue", command).await?;
    if !output.status.success() {
        return Err(Failure::new(
            Exit::Unexpected,
            format!("squeue failed: {}", reason(&output)),
        ));
    }
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let all = text.lines().filter_map(parse);
    Ok(all.filter(|listed| jobs.contains(&listed.job)).collect())
}

fn parse(line: &str) -> Option<Listed> {
    let mut fields = line.split('|').map(|field| field.trim().to_owned());
    Some(Listed {
        job: fields.next()?,
        shown: fields.next()?,
        state: fields.next()?,
        reason: fields.next()?,
        node: fields.next()?,
        time: fields.next()?,
        limit: fields.next()?,
    })
}

/// Cancels jobs, or with options such as `--state=PENDING` a part of them. Those that are over already are no error.
///
/// # Errors
/// Slurm that can't be asked or refuses.
pub async fn cancel(jobs: &[String], options: &[&str]) -> Result<(), Failure> {
    if jobs.is_empty() {
        return Ok(());
    }
    let mut command = Command::new("scancel");
    command.arg("--quiet").args(options).args(jobs);
    let output = run("scancel", command).await?;
    let said = reason(&output);
    let is_known = said.contains("Invalid job id") || said.contains("already completing");
    match output.status.success() || is_known {
        true => Ok(()),
        false => Err(Failure::new(Exit::Unexpected, format!("scancel failed: {said}"))),
    }
}

/// Puts the job that this process belongs to back into the queue.
///
/// # Errors
/// A process outside a job; Slurm that refuses.
pub async fn requeue_own() -> Result<(), Failure> {
    // A task by its array: the plain identifier of one of its tasks is that of the whole array.
    let variable = |name| env::var(name).ok();
    let task = variable("SLURM_ARRAY_JOB_ID").zip(variable("SLURM_ARRAY_TASK_ID"));
    let own = task
        .map(|(array, task)| format!("{array}_{task}"))
        .or_else(|| variable("SLURM_JOB_ID"))
        .ok_or_else(|| Failure::new(Exit::Unexpected, "SIGUSR1 came, and this is no job of Slurm's"))?;
    let mut command = Command::new("scontrol");
    command.args(["requeue", &own]);
    let output = run("scontrol", command).await?;
    match output.status.success() {
        true => {
            eprintln!("augur launch: job {own} goes back into the queue");
            Ok(())
        }
        false => Err(Failure::new(
            Exit::Unexpected,
            format!(
                "Slurm did not put job {own} back into the queue: {}; `augur launch` with the same folder goes on",
                reason(&output)
            ),
        )),
    }
}

async fn run(program: &str, mut command: Command) -> Result<Output, Failure> {
    command.output().await.map_err(|error| match error.kind() {
        ErrorKind::NotFound => Failure::new(
            Exit::CannotStart,
            format!("{program} is not on PATH; run this where Slurm's commands are, such as a login node"),
        ),
        _ => Failure::new(Exit::CannotStart, format!("can't start {program}: {}", os_text(&error))),
    })
}

/// What a command of Slurm's complained of, in one line and without its own name before it.
fn reason(output: &Output) -> String {
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    let without = |line: &str| {
        let line = line.trim();
        let rest = line.split_once("error: ").map_or(line, |(_, rest)| rest);
        rest.to_owned()
    };
    let lines: Vec<_> = text.lines().map(without).filter(|line| !line.is_empty()).collect();
    match lines.is_empty() {
        true => output.status.to_string(),
        false => lines.join("; "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_squeue() {
        let listed = parse("13|13_[2-5%2]|PENDING|Resources||0:00|1:00:00").unwrap();
        assert_eq!((&*listed.job, &*listed.shown, &*listed.node), ("13", "13_[2-5%2]", ""));
        assert!(listed.is_live());
        assert_eq!(parse("13|13_0"), None);
        assert!(!parse("12|12|CANCELLED|None|n1|0:01|1:00").unwrap().is_live());
    }
}
