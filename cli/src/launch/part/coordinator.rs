//! The coordinator's job: what `augur run` does, except that the workers come from elsewhere.

use super::{
    say,
    signals::{Signals, Told},
};
use crate::{
    client::Client,
    command::{
        run::{paused, refuse_another},
        verdict,
    },
    config::Config,
    crew::{Crew, Notice},
    failure::{self, Exit, Failure},
    folder::{self, RunFolder},
    launch::{files::LaunchFolder, keys, state::State},
    progress, results,
    watch::{self, Until},
};
use augur_proto::v1;
use clap::Args;
use std::{fs, path::PathBuf, time::Duration};
use tokio::{sync::mpsc, time::Instant};

/// How long workers may take to leave once the sweep is over.
const GOODBYE: Duration = Duration::from_secs(25);
const LOOK: Duration = Duration::from_millis(200);

/// Keeps the sweep of a launch until it is over, and writes its results
#[derive(Args)]
pub struct Coordinator {
    /// The folder of the launch
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// The store [default: DIR/augur.sqlite]
    #[arg(long, value_name = "STORE")]
    store: Option<String>,
    /// The name or address of this machine by which workers reach it [default: its host name]
    #[arg(long, value_name = "HOST")]
    host: Option<String>,
}

impl Coordinator {
    pub async fn run(self) -> Result<(), Failure> {
        let mut signals = Signals::catch()?;
        let folder = LaunchFolder::at(&self.out);
        let _ = fs::remove_file(folder.failed());
        let told = match self.keep(&folder, &mut signals).await {
            Ok(told) => told,
            Err(failure) => {
                // Workers must not wait for one that does not come back; `augur launch status` says why.
                let _ = folder::replace(&folder.failed(), failure::render(&failure, false).as_bytes());
                return Err(failure);
            }
        };
        match told {
            None => Ok(()),
            Some(Told::Terminated) => {
                say("stopped; the same launch resumes");
                Ok(())
            }
            Some(Told::Warned) => State::read(&folder)?.scheduler.come_back().await,
        }
    }

    /// What it was told, if the sweep isn't over.
    async fn keep(&self, folder: &LaunchFolder, signals: &mut Signals) -> Result<Option<Told>, Failure> {
        let config = Config::read(&folder.config())?;
        let run = RunFolder::take(&folder.path, None)?;
        let (mut crew, notices) = tokio::select! {
            crew = self.start(folder, &run) => crew?,
            told = signals.told() => return Ok(Some(told)),
        };
        let ended = tokio::select! {
            ended = self.sweep(folder, &config, &run, &mut crew, notices) => ended.map(Some),
            told = signals.told() => {
                say(if told == Told::Warned { "warned of the end" } else { "told to end" });
                crew.stop().await;
                return Ok(Some(told));
            }
        };
        let ended = match ended {
            Ok(Some(sweep)) => {
                leave(folder, &crew).await;
                Ok(sweep)
            }
            Ok(None) => return Ok(None),
            Err(failure) => Err(failure),
        };
        crew.stop().await;
        let _ = fs::remove_file(folder.address());
        verdict(&ended?, &folder.path.join("leaderboard.md").display().to_string())?;
        Ok(None)
    }

    /// The coordinator at the port that it had, so that those who look on find it; else at any.
    async fn start(&self, folder: &LaunchFolder, run: &RunFolder) -> Result<(Crew, mpsc::Receiver<Notice>), Failure> {
        let own = run.store().display().to_string();
        let store = self.store.as_deref().unwrap_or(&own);
        keys::make(folder, &self.host())?;
        let keys = keys::of(folder);
        let port = folder.url().and_then(|url| url.rsplit(':').next()?.parse::<u16>().ok());
        if let Some(port) = port {
            let again = Crew::start_with(run, store, &format!("0.0.0.0:{port}"), keys.coordinator.clone()).await;
            match again {
                Err(failure) if failure.exit == Exit::CannotStart => {}
                result => return result,
            }
        }
        Crew::start_with(run, store, "0.0.0.0:0", keys.coordinator).await
    }

    /// The sweep from its submission to its results.
    async fn sweep(
        &self,
        folder: &LaunchFolder,
        config: &Config,
        run: &RunFolder,
        crew: &mut Crew,
        mut notices: mpsc::Receiver<Notice>,
    ) -> Result<v1::Sweep, Failure> {
        let mut client = Client::connect(&crew.access).await?;
        if self.store.is_none() {
            refuse_another(&mut client, config, &folder.path).await?;
        }
        let mut sweep = client.create_sweep(&config.text, false, false).await?;
        // The same launch resumes, whatever has paused it.
        if sweep.state() == v1::SweepState::Paused {
            sweep = client.resume(&sweep.name).await?;
        }
        let url = self.url(crew);
        folder::replace(&folder.address(), format!("{url}\n").as_bytes())?;
        say(&format!("the coordinator is at {url}, its page at {}", crew.page));
        if sweep.state() == v1::SweepState::Running {
            let mut screen = progress::screen(&client, &progress::Output::default(), None);
            sweep = watch::follow(&mut client, &sweep.name, Until::Idle, screen.as_mut(), &mut notices).await?;
            screen.finish();
        }
        if sweep.state() == v1::SweepState::Paused {
            return Err(paused(&sweep));
        }
        let results = results::gather(&mut client, &sweep.name).await?;
        let report = results::write(&folder.path, &run.artifacts(), &results)?;
        say(&format!("the sweep is over; report: {}", report.display()));
        Ok(sweep)
    }

    /// Where this machine is reached.
    fn host(&self) -> String {
        let own = || rustix::system::uname().nodename().to_string_lossy().into_owned();
        self.host.clone().unwrap_or_else(own)
    }

    fn url(&self, crew: &Crew) -> String {
        let host = self.host();
        let port = crew.listen.rsplit(':').next().unwrap_or_default().to_owned();
        let first = crew.access.addresses.to_string();
        let scheme = first.split("://").next().unwrap_or("http");
        format!("{scheme}://{host}:{port}")
    }
}

/// Sends the workers home, and has the scheduler begin no others.
async fn leave(folder: &LaunchFolder, crew: &Crew) {
    if let Err(failure) = folder::replace(&folder.over(), b"") {
        say(&failure.to_string());
    }
    if let Err(failure) = drain_all(crew).await {
        say(&format!("workers could not be sent away: {failure}"));
    }
    let ended = match State::read(folder) {
        Ok(state) => state.scheduler.end_workers(&state).await,
        Err(failure) => Err(failure),
    };
    if let Err(failure) = ended {
        say(&failure.to_string());
    }
}

async fn drain_all(crew: &Crew) -> Result<(), Failure> {
    let mut client = Client::connect(&crew.access).await?;
    let deadline = Instant::now() + GOODBYE;
    let mut sent = Vec::new();
    loop {
        let workers = client.workers().await?;
        let here =
            |worker: &&v1::Worker| matches!(worker.state(), v1::WorkerState::Connected | v1::WorkerState::Draining);
        let here: Vec<_> = workers.iter().filter(here).collect();
        if here.is_empty() || Instant::now() > deadline {
            return Ok(());
        }
        for worker in here {
            if !sent.contains(&worker.name) {
                match client.drain(&worker.name, true).await {
                    Err(failure) if failure.exit != Exit::NotFound => return Err(failure),
                    // It may have left by itself.
                    Ok(_) | Err(_) => sent.push(worker.name.clone()),
                }
            }
        }
        tokio::time::sleep(LOOK).await;
    }
}
