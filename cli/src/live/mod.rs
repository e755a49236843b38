//! The live view of a sweep on a terminal: an overview, a group's trials, a trial with its curves. Keys pause, resume and cancel.
//!
//! Events come from the follower ([`crate::watch`]), keys from the terminal; what else is to be shown is asked for beside both
//! ([`fetch`]), so that a coordinator that is slow never holds up the keys. What keys do is decided in [`state`], without a
//! terminal; [`draw`] turns the state into a frame.

mod draw;
mod fetch;
mod palette;
mod state;
#[cfg(test)]
mod tests;

use crate::{
    client::Client,
    progress::{Screen, hold, news, pause},
    watch::{Change, View},
};
use augur_proto::v1;
use fetch::{Answer, Fetcher};
use palette::Palette;
use ratatui::{
    Terminal,
    backend::CrosstermBackend,
    crossterm::{
        event::{Event, EventStream, KeyEventKind},
        execute,
        terminal::{EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode},
    },
};
use state::{State, Wish};
use std::{
    future::Future,
    io::{self, Stderr, Write, stderr},
    pin::Pin,
    time::{Instant, SystemTime},
};
use tokio::sync::mpsc;
use tokio_stream::StreamExt;

/// The view. It draws on stderr, so that results can be piped from stdout.
pub struct Live {
    terminal: Terminal<CrosstermBackend<Stderr>>,
    keys: EventStream,
    state: State,
    palette: Palette,
    fetcher: Fetcher,
    answers: mpsc::Receiver<Answer>,
    /// What was said to hold the sweep up.
    trouble: String,
    is_open: bool,
}

impl Live {
    /// Takes the terminal over; `client` carries out what the user wants. `web_page` is the URL of the page for browsers.
    ///
    /// # Errors
    /// The terminal can't be drawn on.
    pub fn open(client: Client, web_page: Option<&str>) -> io::Result<Self> {
        restore_after_panics();
        enable_raw_mode()?;
        execute!(stderr(), EnterAlternateScreen)?;
        let (fetcher, answers) = Fetcher::new(client);
        Ok(Self {
            terminal: Terminal::new(CrosstermBackend::new(stderr()))?,
            keys: EventStream::new(),
            state: State {
                web_page: web_page.map(str::to_owned),
                ..State::default()
            },
            palette: Palette::of(console::colors_enabled_stderr()),
            fetcher,
            answers,
            trouble: String::new(),
            is_open: true,
        })
    }

    fn draw(&mut self, view: &View) {
        if view.progress.trials_total == 0 {
            return;
        }
        let (state, palette) = (&mut self.state, &self.palette);
        let now = (Instant::now(), SystemTime::now());
        // A terminal that is gone is no reason to stop the sweep.
        let _ = self.terminal.draw(|frame| draw::draw(frame, view, state, palette, now));
    }

    fn key(&mut self, event: &Event, view: &View) {
        let Event::Key(key) = event else { return };
        if key.kind == KeyEventKind::Release {
            return;
        }
        match self.state.key(*key, view) {
            Wish::Nothing => {}
            Wish::Look => self.fetcher.look(view, &self.state),
            Wish::Say(verb) => self.fetcher.say(view, verb),
            // As if the terminal had not been taken over: whoever waits for Ctrl-C ends in order.
            Wish::Leave => interrupt_self(),
        }
    }

    fn tell(&mut self, text: String) {
        self.state.news.tell(text);
    }
}

impl Screen for Live {
    fn show(&mut self, view: &View, change: &Change) {
        if let Change::Trial(trial) = change
            && let Some(news) = news(view, trial)
        {
            let is_end = matches!(trial.state(), v1::TrialState::Completed | v1::TrialState::Stopped);
            self.state.news.note(news, !is_end);
        }
        if let Some(hold) = hold(view, &mut self.trouble) {
            self.tell(hold);
        }
        if let Change::Sweep | Change::Snapshot = change
            && let Some(pause) = pause(view)
        {
            self.tell(pause);
        }
        self.draw(view);
    }

    fn tick(&mut self, view: &View) {
        self.fetcher.look(view, &self.state);
        self.draw(view);
    }

    fn line(&mut self, view: &View, text: &str) {
        self.tell(text.to_owned());
        self.draw(view);
    }

    fn input<'a>(&'a mut self, view: &'a View) -> Pin<Box<dyn Future<Output = ()> + Send + 'a>> {
        Box::pin(async move {
            tokio::select! {
                Some(Ok(event)) = self.keys.next() => self.key(&event, view),
                Some(answer) = self.answers.recv() => self.state.take(answer),
                else => std::future::pending().await,
            }
            self.draw(view);
        })
    }

    fn finish(&mut self) {
        if std::mem::take(&mut self.is_open) {
            restore();
            // What went with the view and should be read all the same.
            for line in self.state.news.to_keep() {
                let _ = writeln!(stderr(), "{line}");
            }
        }
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        self.finish();
    }
}

/// Gives the terminal back.
fn restore() {
    let _ = disable_raw_mode();
    let _ = execute!(stderr(), LeaveAlternateScreen, ratatui::crossterm::cursor::Show);
}

/// A panic's words would go with the alternate screen.
fn restore_after_panics() {
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        restore();
        before(panic);
    }));
}

fn interrupt_self() {
    let _ = rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::INT);
}
