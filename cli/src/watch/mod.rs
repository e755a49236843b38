//! Following a sweep until it ends: one stream of events, taken up again where it broke.

mod pace;
mod view;

pub use pace::{Left, Pace};
pub use view::{Change, View};

use crate::{
    client::Client,
    crew::Notice,
    failure::{self, Exit, Failure},
    progress::Screen,
};
use augur_proto::v1;
use std::time::{Duration, Instant};
use tokio::{sync::mpsc, time::interval};
use tonic::{Status, Streaming};

/// How long a coordinator may be away before the watcher gives up.
const PATIENCE: Duration = Duration::from_secs(60);
const PAUSE: Duration = Duration::from_millis(500);
const TICK: Duration = Duration::from_secs(1);

/// How long to follow a sweep.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Until {
    /// Until it is over.
    Over,
    /// Until it is over, or paused with nothing of it running.
    Idle,
}

/// Shows a sweep for as long as that, and the notices that come meanwhile; the sweep as it then stands.
pub async fn follow(
    client: &mut Client,
    name: &str,
    until: Until,
    screen: &mut dyn Screen,
    notices: &mut mpsc::Receiver<Notice>,
) -> Result<v1::Sweep, Failure> {
    let mut watcher = Watcher {
        view: View::new(Instant::now()),
        until,
        screen,
        notices,
    };
    let mut lost: Option<Instant> = None;
    loop {
        let revision = watcher.view.revision;
        let error = match client.watch(name, revision).await {
            Ok(stream) => match watcher.read(stream, client).await? {
                End::Reached => return Ok(watcher.view.sweep),
                End::Broken(error) => error,
            },
            Err(status) => Some(status),
        };
        if watcher.view.revision > revision {
            lost = None;
        }
        watcher.judge(error, client, &mut lost)?;
        watcher.pause().await?;
    }
}

/// Why a stream ended.
enum End {
    /// Nothing more is to be seen.
    Reached,
    /// Something came between.
    Broken(Option<Status>),
}

struct Watcher<'a> {
    view: View,
    until: Until,
    screen: &'a mut dyn Screen,
    notices: &'a mut mpsc::Receiver<Notice>,
}

impl Watcher<'_> {
    async fn read(
        &mut self,
        mut stream: Streaming<v1::WatchSweepResponse>,
        client: &mut Client,
    ) -> Result<End, Failure> {
        let mut ticks = interval(TICK);
        loop {
            tokio::select! {
                message = stream.message() => match message {
                    Ok(Some(message)) => {
                        self.take(message, client).await;
                        if self.view.is_final() || (self.until == Until::Idle && self.view.is_idle()) {
                            return Ok(End::Reached);
                        }
                    }
                    Ok(None) => return Ok(End::Broken(None)),
                    Err(status) => return Ok(End::Broken(Some(status))),
                },
                Some(notice) = self.notices.recv() => self.notice(notice)?,
                () = self.screen.input(&self.view) => {}
                _ = ticks.tick() => self.screen.tick(&self.view),
            }
        }
    }

    async fn take(&mut self, message: v1::WatchSweepResponse, client: &mut Client) {
        self.screen.event(&message);
        let Some(change) = self.view.apply(message) else { return };
        if let Change::Snapshot = change {
            // Only for show: later events tell who else runs.
            for trial in client.running(&self.view.sweep.name).await.unwrap_or_default() {
                self.view.note_running(&trial);
            }
        }
        for trial in self.view.unknown_leaders() {
            // Only for show: the next event asks again.
            if let Ok(trial) = client.trial(&trial).await {
                self.view.learn(&trial);
            }
        }
        self.screen.show(&self.view, &change);
    }

    fn notice(&mut self, notice: Notice) -> Result<(), Failure> {
        match notice {
            Notice::Line(line) => {
                self.screen.line(&self.view, &line);
                Ok(())
            }
            Notice::Fatal(failure) => Err(failure),
        }
    }

    /// Whether to try again after an error.
    fn judge(&mut self, error: Option<Status>, client: &Client, lost: &mut Option<Instant>) -> Result<(), Failure> {
        match &error {
            Some(status) if failure::is_compacted(status) => self.view.revision = 0,
            Some(status) if !failure::is_transient(status) => return Err(client.failed(status)),
            _ => {}
        }
        let since = *lost.get_or_insert_with(Instant::now);
        if since.elapsed() < PATIENCE {
            return Ok(());
        }
        Err(match error {
            Some(status) => client.failed(&status),
            None => Failure::new(
                Exit::Unreachable,
                format!("the coordinator at {} keeps hanging up", client.url),
            ),
        })
    }

    /// A moment before the next try, in which notices are still shown.
    async fn pause(&mut self) -> Result<(), Failure> {
        let pause = tokio::time::sleep(PAUSE);
        tokio::pin!(pause);
        loop {
            tokio::select! {
                () = &mut pause => return Ok(()),
                Some(notice) = self.notices.recv() => self.notice(notice)?,
            }
        }
    }
}
