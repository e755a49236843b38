//! Plain lines for logs: one a change, and the counts now and then.

use super::{Screen, hold, news, pause};
use crate::{
    text,
    watch::{Change, View},
};
use augur_proto::v1;
use std::{
    io::Write,
    time::{Duration, Instant},
};

/// At most one line of counts in this time.
const SUMMARY: Duration = Duration::from_secs(10);

/// Writes lines.
pub struct Lines<W> {
    out: W,
    summary: Option<Instant>,
    /// What was said to hold the sweep up.
    trouble: String,
}

impl<W: Write + Send> Lines<W> {
    /// Lines go to `out`.
    pub fn new(out: W) -> Self {
        Self {
            out,
            summary: None,
            trouble: String::new(),
        }
    }

    fn write(&mut self, view: &View, text: &str) {
        let elapsed = text::clock(view.pace.elapsed(Instant::now()));
        // A log that is closed is no reason to stop the sweep.
        let _ = writeln!(self.out, "[{elapsed}] {text}");
    }

    fn pause(&mut self, view: &View) {
        if let Some(pause) = pause(view) {
            self.write(view, &pause);
        }
    }

    fn summarise(&mut self, view: &View) {
        let now = Instant::now();
        if self.summary.is_some_and(|last| now.duration_since(last) < SUMMARY) {
            return;
        }
        self.summary = Some(now);
        self.write(view, &counts(view, now));
    }
}

impl<W: Write + Send> Screen for Lines<W> {
    fn show(&mut self, view: &View, change: &Change) {
        if let Some(hold) = hold(view, &mut self.trouble) {
            self.write(view, &hold);
        }
        match change {
            Change::Snapshot => {
                self.write(view, &opening(view));
                self.pause(view);
            }
            Change::Trial(trial) => {
                if let Some(news) = news(view, trial) {
                    self.write(view, &news);
                }
            }
            Change::Group(index) => {
                if let Some(news) = view.group(*index).and_then(|group| selected(view, group)) {
                    self.write(view, &news);
                }
            }
            Change::Sweep => self.pause(view),
            Change::Counts => {}
        }
    }

    fn tick(&mut self, view: &View) {
        if view.progress.trials_total > 0 {
            self.summarise(view);
        }
    }

    fn line(&mut self, view: &View, text: &str) {
        self.write(view, text);
    }

    fn finish(&mut self) {}
}

/// "sweep demo: 64 trials in 8 groups, 12 ended before".
fn opening(view: &View) -> String {
    let progress = &view.progress;
    let before = match view.ended() {
        0 => String::new(),
        ended => format!(", {ended} ended before"),
    };
    format!(
        "sweep {}: {} in {}{before}",
        view.sweep.display_name,
        text::count(progress.trials_total, "trial"),
        text::count(progress.groups_total, "group")
    )
}

/// "12 of 64 trials ended, 2 running, 50 waiting; about 04:10 to go".
fn counts(view: &View, now: Instant) -> String {
    let progress = &view.progress;
    let kinds = [
        (progress.trials_failed, "failed"),
        (progress.trials_reused, "reused"),
        (progress.trials_stopped, "stopped early"),
    ];
    let kinds = kinds
        .iter()
        .filter(|(n, _)| *n > 0)
        .map(|(n, kind)| format!("{n} {kind}"));
    let kinds = match kinds.collect::<Vec<_>>().join(", ") {
        none if none.is_empty() => none,
        some => format!(" ({some})"),
    };
    let left = match view.pace.left(progress, now) {
        Some(left) => format!("; {} to go", text::left(&left)),
        None => String::new(),
    };
    format!(
        "{} of {} trials ended{kinds}, {} running, {} waiting{left}",
        view.ended(),
        progress.trials_total,
        progress.trials_running,
        progress.trials_pending
    )
}

/// The choice of a group, once it is made and evaluated.
fn selected(view: &View, group: &v1::Group) -> Option<String> {
    if group.state() != v1::GroupState::Done {
        return None;
    }
    let what = view.place(&group.task, group.seed, &group.variant);
    let loss = text::loss(group.best_val_loss);
    Some(match (view.leader(group), group.best_trial.as_str()) {
        // A baseline has no loss, and nothing to be ranked against.
        (Some(only), "") => format!("{what}: selected {only}"),
        (Some(leader), _) => format!("{what}: selected {leader}, val_loss {loss}"),
        (None, "") => format!("{what}: nothing selected, every trial was kept out"),
        (None, best) => format!("{what}: selected {best}, val_loss {loss}"),
    })
}
