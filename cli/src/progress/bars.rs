//! The live view: the sweep's bar and counts, then a row for each group, unfinished ones first.

use super::{Screen, hold, news, pause};
use crate::{
    text,
    watch::{Change, View},
};
use augur_proto::v1;
use console::{Term, measure_text_width, style, truncate_str};
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use std::time::Instant;

/// Lines that are not for groups: bar, counts, header, remainder, and the prompt.
const RESERVED: usize = 6;
/// More rows than this are no overview.
const MOST_ROWS: usize = 24;

/// The view; its lines are drawn anew at each change, at most some twenty times a second.
pub struct Bars {
    all: MultiProgress,
    bar: ProgressBar,
    counts: ProgressBar,
    header: ProgressBar,
    rows: Vec<ProgressBar>,
    /// What was said to hold the sweep up.
    trouble: String,
}

impl Bars {
    pub fn new() -> Self {
        let all = MultiProgress::new();
        let bar = all.add(ProgressBar::new(0).with_style(bar_style()));
        let line = || all.add(ProgressBar::new(0).with_style(line_style()));
        let (counts, header) = (line(), line());
        Self {
            all,
            bar,
            counts,
            header,
            rows: Vec::new(),
            trouble: String::new(),
        }
    }

    fn draw(&mut self, view: &View) {
        if view.progress.trials_total == 0 {
            return;
        }
        self.bar.set_prefix(view.sweep.display_name.clone());
        self.bar.set_length(view.progress.trials_total.into());
        self.bar.set_position(view.ended().into());
        self.counts.set_message(counts(view, Instant::now()));
        self.draw_groups(view);
    }

    fn draw_groups(&mut self, view: &View) {
        let (height, width) = Term::stderr().size();
        let room = usize::from(height).saturating_sub(RESERVED).clamp(1, MOST_ROWS);
        let lines = table(view, room, usize::from(width));
        let (header, rows) = lines
            .split_first()
            .map_or(("", [].as_slice()), |(first, rest)| (first.as_str(), rest));
        self.header.set_message(header.to_owned());
        while self.rows.len() < rows.len() {
            self.rows
                .push(self.all.add(ProgressBar::new(0).with_style(line_style())));
        }
        let texts = rows.iter().map(String::as_str).chain(std::iter::repeat(""));
        self.rows
            .iter()
            .zip(texts)
            .for_each(|(row, text)| row.set_message(text.to_owned()));
    }
}

impl Screen for Bars {
    fn show(&mut self, view: &View, change: &Change) {
        if let Change::Trial(trial) = change
            && !matches!(trial.state(), v1::TrialState::Completed | v1::TrialState::Stopped)
            && let Some(news) = news(view, trial)
        {
            self.line(view, &news);
        }
        if let Some(hold) = hold(view, &mut self.trouble) {
            self.line(view, &hold);
        }
        if let Change::Sweep | Change::Snapshot = change
            && let Some(pause) = pause(view)
        {
            self.line(view, &pause);
        }
        self.draw(view);
    }

    fn tick(&mut self, view: &View) {
        self.draw(view);
    }

    fn line(&mut self, _: &View, text: &str) {
        // Without a terminal there is nothing to print on.
        let _ = self.all.println(text);
    }

    fn finish(&mut self) {
        let _ = self.all.clear();
    }
}

fn bar_style() -> ProgressStyle {
    let style = ProgressStyle::with_template("{prefix:.bold}  {wide_bar:.green}  {pos}/{len} trials");
    style
        .unwrap_or_else(|_| ProgressStyle::default_bar())
        .progress_chars("━╸─")
}

fn line_style() -> ProgressStyle {
    ProgressStyle::with_template("{wide_msg}").unwrap_or_else(|_| ProgressStyle::default_bar())
}

/// "2 running, 50 waiting · 2 workers · 01:23, about 04:10 to go".
fn counts(view: &View, now: Instant) -> String {
    let progress = &view.progress;
    let mut trials = format!(
        "{} running, {} waiting",
        progress.trials_running, progress.trials_pending
    );
    if progress.trials_failed > 0 {
        trials += &format!(
            ", {}",
            style(format!("{} failed", progress.trials_failed)).for_stderr().red()
        );
    }
    if progress.trials_reused > 0 {
        trials += &format!(", {} reused", progress.trials_reused);
    }
    if progress.trials_stopped > 0 {
        trials += &format!(", {} stopped early", progress.trials_stopped);
    }
    let left = match view.pace.left(progress, now) {
        Some(left) => format!("about {} to go", text::clock(left)),
        None => "time to go not known yet".into(),
    };
    let elapsed = text::clock(view.pace.elapsed(now));
    format!(
        "{trials} · {} · {elapsed}, {left}",
        text::count(progress.workers_connected, "worker")
    )
}

/// A header and at most `room` rows, the last of which counts the groups that have none.
pub(super) fn table(view: &View, room: usize, width: usize) -> Vec<String> {
    let done = |group: &&v1::Group| group.state() == v1::GroupState::Done;
    let mut shown: Vec<&v1::Group> = view.groups.iter().filter(|group| !done(group)).collect();
    shown.extend(view.groups.iter().filter(done));
    let hidden = shown.len().saturating_sub(room);
    if hidden > 0 {
        shown.truncate(room - 1);
    }
    shown.sort_by_key(|group| group.index);
    let columns = Columns {
        task: longest(&shown, |group| &group.task).clamp(4, width / 3),
        variant: view
            .has_variants()
            .then(|| longest(&shown, |group| &group.variant).clamp(7, width / 4)),
    };
    let header = format!(
        "  {}  seed  trials  best val_loss  configuration",
        columns.names("task", "variant")
    );
    let mut lines = vec![style(header).for_stderr().dim().to_string()];
    lines.extend(shown.iter().map(|group| row(view, group, &columns)));
    if hidden > 0 {
        lines.push(format!("  and {} more groups", view.groups.len() - shown.len()));
    }
    lines
}

/// The widths of the columns of names; without variants there is none for them.
struct Columns {
    task: usize,
    variant: Option<usize>,
}

impl Columns {
    fn names(&self, task: &str, variant: &str) -> String {
        let cell = |text, width| format!("{:width$}", truncate_str(text, width, "…"));
        match self.variant {
            Some(width) => format!("{}  {}", cell(task, self.task), cell(variant, width)),
            None => cell(task, self.task),
        }
    }
}

fn longest(groups: &[&v1::Group], name: impl Fn(&v1::Group) -> &str) -> usize {
    let widths = groups.iter().map(|group| measure_text_width(name(group)));
    widths.max().unwrap_or_default()
}

fn row(view: &View, group: &v1::Group, columns: &Columns) -> String {
    let mark = match group.state() {
        v1::GroupState::Done => style("✓").for_stderr().green().to_string(),
        v1::GroupState::Sealed => "·".into(),
        v1::GroupState::Searching | v1::GroupState::Unspecified => " ".into(),
    };
    let names = columns.names(&group.task, &group.variant);
    let ended = format!(
        "{}/{}",
        group.trials_completed + group.trials_failed + group.trials_stopped,
        group.trials_total
    );
    let loss = text::loss(group.best_val_loss);
    let leader = view.leader(group).unwrap_or_default();
    format!("{mark} {names}  {:>4}  {ended:>6}  {loss:>13}  {leader}", group.seed)
}
