//! A frame: what is common to all pages, and the page.

mod overview;
mod trial;
mod trials;

use super::{
    palette::Palette,
    state::{Page, Question, State},
};
use crate::{text, watch::View};
use augur_proto::v1;
use ratatui::{
    Frame,
    layout::{Constraint, Layout, Rect},
    text::{Line, Span},
    widgets::{Gauge, Paragraph},
};
use std::time::{Instant, SystemTime};

/// The moment of a frame.
pub type Now = (Instant, SystemTime);

/// What every page draws from.
struct Scene<'a> {
    view: &'a View,
    palette: &'a Palette,
    now: Now,
}

/// Draws everything.
pub fn draw(frame: &mut Frame, view: &View, state: &mut State, palette: &Palette, now: Now) {
    let scene = Scene { view, palette, now };
    let [title, gauge, counts, pace, body, footer] = Layout::vertical([
        Constraint::Length(1),
        Constraint::Length(1),
        Constraint::Length(1),
        Constraint::Length(1),
        Constraint::Min(3),
        Constraint::Length(1),
    ])
    .areas(frame.area());
    frame.render_widget(scene.title(), title);
    frame.render_widget(scene.gauge(), gauge);
    frame.render_widget(scene.counts(), counts);
    frame.render_widget(scene.pace(), pace);
    match state.page.clone() {
        Page::Overview => overview::draw(frame, body, &scene, state),
        Page::Trials(group) => trials::draw(frame, body, &scene, state, group),
        Page::Trial(_, trial) => trial::draw(frame, body, &scene, state, &trial),
    }
    let keys = scene.footer(state);
    if let Some(url) = &state.web_page {
        web_page(frame, footer, keys.width(), url, palette);
    }
    frame.render_widget(keys, footer);
}

/// Where the page for browsers is, at the right of the keys if there is room: what said it before was covered by this view.
fn web_page(frame: &mut Frame, footer: Rect, taken: usize, url: &str, palette: &Palette) {
    let line = Line::from(Span::styled(format!("page {}", url.trim_end_matches('/')), palette.dim));
    if taken + line.width() <= usize::from(footer.width) {
        frame.render_widget(line.right_aligned(), footer);
    }
}

impl Scene<'_> {
    fn title(&self) -> Line<'_> {
        let sweep = &self.view.sweep;
        let (state, style) = match sweep.state() {
            v1::SweepState::Running => ("running", self.palette.busy),
            v1::SweepState::Paused => ("paused", self.palette.bad),
            v1::SweepState::Succeeded => ("succeeded", self.palette.good),
            v1::SweepState::Failed => ("ended, a choice is missing", self.palette.bad),
            v1::SweepState::Cancelled => ("cancelled", self.palette.bad),
            v1::SweepState::Unspecified => ("", self.palette.dim),
        };
        let mut spans = vec![
            Span::styled(sweep.display_name.as_str(), self.palette.strong),
            Span::raw("  "),
            Span::styled(state, style),
        ];
        let trouble = &self.view.progress.trouble;
        match (trouble.is_empty(), sweep.pause_reason.is_empty()) {
            (false, _) => spans.push(Span::styled(format!("  held up: {trouble}"), self.palette.bad)),
            (true, false) => spans.push(Span::raw(format!("  {}", sweep.pause_reason))),
            (true, true) => spans.push(Span::styled(
                format!("  selects by {}", sweep.criterion),
                self.palette.dim,
            )),
        }
        Line::from(spans)
    }

    fn gauge(&self) -> Gauge<'_> {
        let (ended, total) = (self.view.ended(), self.view.progress.trials_total);
        let share = f64::from(ended) / f64::from(total.max(1));
        Gauge::default()
            .ratio(share.clamp(0.0, 1.0))
            .gauge_style(self.palette.good)
            .use_unicode(true)
            .label(format!("{ended} of {total} trials"))
    }

    fn counts(&self) -> Line<'_> {
        let progress = &self.view.progress;
        let none = ratatui::style::Style::new();
        let kinds = [
            (progress.trials_completed, "done", self.palette.good),
            (progress.trials_running, "running", self.palette.busy),
            (progress.trials_pending, "waiting", none),
            (progress.trials_failed, "failed", self.palette.bad),
            (progress.trials_stopped, "stopped early", none),
            (progress.trials_cancelled, "cancelled", none),
            (progress.trials_reused, "reused", none),
        ];
        let mut spans = Vec::new();
        for (place, (count, kind, style)) in kinds.into_iter().enumerate() {
            if place > 2 && count == 0 {
                continue;
            }
            let comma = if spans.is_empty() { "" } else { ", " };
            spans.extend([Span::raw(comma), Span::styled(format!("{count} {kind}"), style)]);
        }
        let workers = text::count(progress.workers_connected, "worker");
        let groups = format!("{} of {} groups", progress.groups_done, progress.groups_total);
        spans.push(Span::raw(format!(" · {groups} · {workers}")));
        Line::from(spans)
    }

    fn pace(&self) -> Line<'_> {
        let (view, now) = (self.view, self.now.0);
        let mut parts = vec![format!("{} watched", text::clock(view.pace.elapsed(now)))];
        if let Some((epochs, trials)) = view.pace.rates(&view.progress, now) {
            parts.push(format!("{epochs:.1} epochs/s"));
            parts.push(format!("{trials:.1} trials/min"));
        }
        parts.push(match view.pace.left(&view.progress, now) {
            Some(left) => format!("{} to go", text::left(&left)),
            None => "time to go not known yet".to_owned(),
        });
        Line::from(Span::styled(parts.join(" · "), self.palette.dim))
    }

    fn footer(&self, state: &State) -> Line<'_> {
        let ask = |text| Line::from(Span::styled(text, self.palette.bad));
        match (state.question, &state.page) {
            (Some(Question::Cancel), _) => ask("Cancel the sweep for good? y: yes, any other key: no"),
            (Some(Question::Leave), _) => ask("Leave? y: yes, any other key: no"),
            (None, Page::Overview) => self.keys(&[("↑↓", "group"), ("⏎", "trials"), ("q", "leave")]),
            (None, Page::Trials(_)) => self.keys(&[("↑↓", "trial"), ("⏎", "curves"), ("esc", "back")]),
            (None, Page::Trial(..)) => self.keys(&[("↑↓", "next trial"), ("esc", "back")]),
        }
    }

    fn keys(&self, of_page: &[(&'static str, &'static str)]) -> Line<'static> {
        let pause = match self.view.sweep.state() {
            v1::SweepState::Paused => ("p", "resume"),
            _ => ("p", "pause"),
        };
        let mut spans = Vec::new();
        for (key, what) in of_page.iter().copied().chain([pause, ("c", "cancel")]) {
            spans.extend([Span::styled(key, self.palette.strong), Span::raw(format!(" {what}   "))]);
        }
        Line::from(spans)
    }
}

/// A heading above a page's part.
fn heading(frame: &mut Frame, area: Rect, text: String, palette: &Palette) -> Rect {
    let [head, rest] = Layout::vertical([Constraint::Length(1), Constraint::Min(0)]).areas(area);
    frame.render_widget(Paragraph::new(text).style(palette.strong), head);
    rest
}
