//! `augur run`: one sweep on this machine, from the config to the report.

use super::{print, values, verdict, width};
use crate::{
    client::Client,
    config::Config,
    crew::{Crew, Notice},
    failure::{Exit, Failure},
    folder::{self, RunFolder},
    interrupt,
    progress::{self, Output},
    report::{ReportInput, Time},
    results,
    tensorboard::{self, Export},
    text,
    watch::{self, Until},
};
use augur_core::spec;
use augur_proto::v1;
use clap::Args;
use std::{
    net::SocketAddr,
    num::NonZeroU32,
    path::{Path, PathBuf},
    time::Duration,
};
use tokio::sync::mpsc;

/// Runs a sweep here: coordinator, workers, progress, results. The same command again resumes
#[derive(Args)]
pub struct Run {
    /// The sweep's config, a YAML file
    config: PathBuf,
    /// The folder of the run: store, logs, results
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// A store that several runs share: what one has computed, another doesn't compute again [default: the folder's own]
    #[arg(long, value_name = "FILE", value_parser = values::store_file)]
    store: Option<PathBuf>,
    /// Compute every trial, also those that the store has from an earlier sweep
    #[arg(long)]
    no_reuse: bool,
    /// Worker processes
    #[arg(long, value_name = "N", default_value = "1", value_parser = values::at_least_one)]
    workers: NonZeroU32,
    /// Trials that a worker runs side by side [default: cores / workers / threads of a trial, at least 1]
    #[arg(long, value_name = "S", value_parser = values::at_least_one)]
    slots: Option<NonZeroU32>,
    #[command(flatten)]
    output: Output,
    /// Where the coordinator serves; port 0 is any free one
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:0", value_parser = values::loopback)]
    listen: SocketAddr,
    /// Write each trial's epochs as event files of TensorBoard into this folder
    #[arg(long, value_name = "DIR")]
    tensorboard: Option<PathBuf>,
}

/// More differences between two specs are counted, not listed.
const SHOWN_DIFFERENCES: usize = 5;

/// What a run ends with.
struct Finished {
    sweep: v1::Sweep,
    results: ReportInput,
    report: PathBuf,
    /// How well the slots were used, if all was computed in this run.
    use_of_slots: Option<String>,
}

impl Run {
    pub async fn run(self) -> Result<(), Failure> {
        let config = Config::read(&self.config)?;
        augur_data::check(&config.spec, Path::new("")).map_err(|error| Failure::bad_data(&config, &error))?;
        let folder = RunFolder::take(&self.out, self.store.as_deref())?;
        let stopped = || interrupt::failure("the same command resumes");
        let listen = self.listen.to_string();
        let (mut crew, notices) = tokio::select! {
            crew = Crew::start(&folder, &listen) => crew?,
            () = interrupt::interrupted() => return Err(stopped()),
        };
        let finished = tokio::select! {
            finished = self.sweep(&config, &folder, &mut crew, notices) => finished,
            () = interrupt::interrupted() => Err(stopped()),
        };
        tokio::select! {
            () = crew.stop() => {}
            // The second time is meant: what is left is killed when it is dropped.
            () = interrupt::interrupted() => {}
        }
        let Finished {
            sweep,
            results,
            report,
            use_of_slots,
        } = finished?;
        if !self.output.json {
            print(&format!("\n{}\n", results::to_table(&results.leaderboard, width())));
            if let Some(text) = use_of_slots {
                print(&format!("{text}\n"));
            }
            print(&format!("report: {}\n", report.display()));
        }
        verdict(&sweep, &format!("{}", folder.path.join("leaderboard.md").display()))
    }

    async fn sweep(
        &self,
        config: &Config,
        folder: &RunFolder,
        crew: &mut Crew,
        mut notices: mpsc::Receiver<Notice>,
    ) -> Result<Finished, Failure> {
        let mut export = self.tensorboard.as_deref().map(Export::into_folder).transpose()?;
        let mut client = Client::connect(&crew.access).await?;
        match self.store {
            None => refuse_another(&mut client, config, &folder.path).await?,
            Some(_) => refuse_results_of_another(config, &folder.path)?,
        }
        let mut sweep = client.create_sweep(&config.text, false, self.no_reuse).await?;
        folder::replace(&folder.path.join("config.yaml"), config.text.as_bytes())?;
        let progress = sweep.progress.clone().unwrap_or_default();
        let is_new = progress.trials_pending == progress.trials_total;
        // The same command resumes, whatever has paused it.
        if sweep.state() == v1::SweepState::Paused {
            sweep = client.resume(&sweep.name).await?;
        }
        if sweep.state() == v1::SweepState::Running {
            let slots = self.slots(config);
            if let Some(warning) = self.crowding(config, slots) {
                eprintln!("warning: {warning}");
            }
            crew.start_workers(folder, self.workers.get(), slots)?;
            eprintln!("page: {}", crew.page);
            let mut screen = progress::screen(&client, &self.output, Some(&crew.page));
            let reader = client.clone();
            let follow = watch::follow(&mut client, &sweep.name, Until::Idle, screen.as_mut(), &mut notices);
            let followed = tensorboard::alongside(export.as_mut(), &reader, &sweep.name, follow).await;
            screen.finish();
            sweep = followed?;
        }
        // What can't be written for TensorBoard is told after the results, which matter more.
        let exported = match &mut export {
            Some(export) => export.finish(&mut client, &sweep.name).await,
            None => Ok(()),
        };
        if sweep.state() == v1::SweepState::Paused {
            return Err(paused(&sweep));
        }
        let results = results::gather(&mut client, &sweep.name).await?;
        let report = results::write(&folder.path, &folder.artifacts(), &results)?;
        exported?;
        let slots = self.workers.get() * self.slots(config);
        let use_of_slots = results.time.filter(|_| is_new).map(|time| use_of_slots(&time, slots));
        Ok(Finished {
            sweep,
            results,
            report,
            use_of_slots,
        })
    }

    /// Slots of each worker: as many trials side by side as there are cores for their threads.
    fn slots(&self, config: &Config) -> u32 {
        let share = cores() / self.workers / config.spec.resources.threads.max(1);
        self.slots.map_or(share.max(1), NonZeroU32::get)
    }

    /// Trials that share a core take many times as long as one after the other.
    fn crowding(&self, config: &Config, slots: u32) -> Option<String> {
        let threads = config.spec.resources.threads;
        let busy = self.workers.get().saturating_mul(slots).saturating_mul(threads);
        (busy > cores()).then(|| {
            format!(
                "{} workers x {slots} slots x {threads} threads are more than the {} cores of this machine, which \
                 slows trials down many times over; use fewer of them",
                self.workers,
                cores()
            )
        })
    }
}

/// The sweep stands still.
pub(crate) fn paused(sweep: &v1::Sweep) -> Failure {
    let text = format!("sweep {} is paused: {}", sweep.display_name, sweep.pause_reason);
    Failure::new(Exit::Paused, text).help("the same command goes on with it")
}

/// "time: 05:38 on 2 slots, 1.01x the trials' time / slots".
fn use_of_slots(time: &Time, slots: u32) -> String {
    let clock = text::clock(Duration::try_from_secs_f64(time.seconds).unwrap_or_default());
    let slots_text = text::count(slots, "slot");
    // Where nearly everything was reused, there is no work to be shared out.
    match time.at_once() {
        at_once if at_once < 0.01 => format!("time: {clock} on {slots_text}"),
        at_once => format!(
            "time: {clock} on {slots_text}, {:.2}x the trials' time / slots",
            f64::from(slots) / at_once
        ),
    }
}

fn cores() -> u32 {
    std::thread::available_parallelism().map_or(1, |n| u32::try_from(n.get()).unwrap_or(u32::MAX))
}

/// A folder keeps one sweep: its results would otherwise be of one and its store of another.
pub(crate) async fn refuse_another(client: &mut Client, config: &Config, folder: &Path) -> Result<(), Failure> {
    let here = &config.spec;
    let Some(there) = client
        .sweeps()
        .await?
        .into_iter()
        .find(|sweep| sweep.spec_sha256 != here.sha256())
    else {
        return Ok(());
    };
    // A list leaves the specs out.
    let there = client.sweep(&there.name).await?;
    Err(another(config, folder, &there.spec_yaml))
}

/// In a shared store there may be others, in the folder of results not.
pub(crate) fn refuse_results_of_another(config: &Config, folder: &Path) -> Result<(), Failure> {
    match std::fs::read_to_string(folder.join("config.yaml")) {
        Ok(there) if !spec::parse(&there).is_ok_and(|there| there.sha256() == config.spec.sha256()) => {
            Err(another(config, folder, &there))
        }
        _ => Ok(()),
    }
}

/// The folder holds the sweep of the config `there`.
fn another(config: &Config, folder: &Path, there: &str) -> Failure {
    let here = &config.spec;
    let mut differences = match spec::parse(there) {
        Ok(there) => spec::differences(&there, here),
        Err(_) => vec!["its spec is of another version".into()],
    };
    if differences.is_empty() {
        differences.push("the same one, begun by another version of augur".into());
    }
    Failure::new(
        Exit::OtherSweep,
        format!(
            "{} holds another sweep than {} asks for ({}); choose another folder with --out",
            folder.display(),
            config.path.display(),
            text::first(&differences, SHOWN_DIFFERENCES)
        ),
    )
}
