//! A running sweep on the screen: a live view on a terminal, plain lines elsewhere. Both read the same events.

mod events;
mod lines;

use crate::{
    client::Client,
    live::Live,
    text,
    watch::{Change, View},
};
use augur_proto::v1;
use clap::Args;
use console::Term;
use std::{future::Future, pin::Pin};

/// Shows a sweep while it runs.
pub trait Screen: Send {
    /// Something came.
    fn event(&mut self, _message: &v1::WatchSweepResponse) {}
    /// Something changed.
    fn show(&mut self, view: &View, change: &Change);
    /// A second went by.
    fn tick(&mut self, view: &View);
    /// Something that the user should read, beside the sweep itself.
    fn line(&mut self, view: &View, text: &str);
    /// Takes what the user types, or what was asked for, until something of it changed what is shown.
    fn input<'a>(&'a mut self, _view: &'a View) -> Pin<Box<dyn Future<Output = ()> + Send + 'a>> {
        Box::pin(std::future::pending())
    }
    /// Takes away what doesn't stay.
    fn finish(&mut self);
}

/// How a sweep is shown.
#[derive(Args, Default)]
pub struct Output {
    /// Plain lines, on a terminal too
    #[arg(long)]
    plain: bool,
    /// The sweep's events as JSON instead, a line each: the API's WatchSweepResponse
    #[arg(long, conflicts_with = "plain")]
    pub json: bool,
}

/// The screen that is wanted, or fits stderr. `client` carries out what the user types; `web_page` is the URL of the
/// coordinator's page for browsers, where it is known.
pub fn screen(client: &Client, output: &Output, web_page: Option<&str>) -> Box<dyn Screen> {
    if output.json {
        return Box::new(events::Events(std::io::stdout()));
    }
    if !output.plain && Term::stderr().is_term() {
        // Without a terminal that can be drawn on, lines do.
        if let Ok(live) = Live::open(client.clone(), web_page) {
            return Box::new(live);
        }
    }
    Box::new(lines::Lines::new(std::io::stderr()))
}

/// A trial's end, or the end of one of its attempts, in words; nothing for other changes.
pub(crate) fn news(view: &View, trial: &v1::Trial) -> Option<String> {
    let place = view.place(&trial.task, trial.seed, &trial.variant);
    let what = match trial.initial.is_empty() {
        true => format!("{place}: {}", trial.family),
        false => format!(
            "{place}: {} from {}",
            trial.family,
            text::few_hyperparameters(&trial.initial)
        ),
    };
    let cause = trial.cause.as_ref().map_or("", |cause| cause.detail.as_str());
    match trial.state() {
        v1::TrialState::Completed => {
            let tuned = match &trial.outcome.as_ref()?.tuned {
                none if none.is_empty() => " completed".to_owned(),
                tuned => format!(" to {}", text::few_hyperparameters(tuned)),
            };
            let loss = view.val_loss(trial);
            let loss = loss.map_or(String::new(), |loss| format!(", val_loss {}", text::loss(Some(loss))));
            let reused = match trial.reused_from.as_str() {
                "" => String::new(),
                sweep => format!(" (reused from {sweep})"),
            };
            Some(format!("{what}{tuned}{loss}{reused}"))
        }
        v1::TrialState::Stopped => {
            let epoch = trial.stopped_epoch.unwrap_or_default();
            Some(format!("{what} stopped early, for it fell behind by epoch {epoch}"))
        }
        v1::TrialState::Failed => Some(format!("{what} failed: {cause}")),
        v1::TrialState::Pending if trial.attempts > 0 => {
            let attempt = trial.attempts;
            Some(format!("{what} will be tried again (attempt {attempt} ended: {cause})"))
        }
        v1::TrialState::Pending | v1::TrialState::Running | v1::TrialState::Cancelled | v1::TrialState::Unspecified => {
            None
        }
    }
}

/// Why the sweep is paused, if it is, and what to do.
pub(crate) fn pause(view: &View) -> Option<String> {
    let sweep = &view.sweep;
    let (name, reason) = (&sweep.display_name, &sweep.pause_reason);
    (sweep.state() == v1::SweepState::Paused)
        .then(|| format!("sweep {name} is paused: {reason}; `augur resume {name}` goes on"))
}

/// What holds the sweep up, once as it begins, and once that it is over; `told` is what was said last.
pub(crate) fn hold(view: &View, told: &mut String) -> Option<String> {
    let (name, trouble) = (&view.sweep.display_name, &view.progress.trouble);
    if trouble == told {
        return None;
    }
    told.clone_from(trouble);
    Some(match trouble.as_str() {
        "" => format!("sweep {name} goes on"),
        trouble => format!("sweep {name} is held up: {trouble}; nothing is lost, workers keep what they have"),
    })
}

#[cfg(test)]
mod tests;
