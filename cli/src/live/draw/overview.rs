//! All groups, who works, what happened.

use super::{Scene, heading};
use crate::{live::state::State, text};
use augur_proto::v1;
use ratatui::{
    Frame,
    layout::{Constraint, Layout, Rect},
    text::{Line, Span},
    widgets::{Cell, Paragraph, Row, Table},
};

/// Lines for workers and for news at most, and the least for the groups.
const WORKERS: usize = 6;
const NEWS: u16 = 6;
const GROUPS: u16 = 6;
/// Characters of a group's bar.
const BAR: u32 = 10;

/// Draws the page.
pub(super) fn draw(frame: &mut Frame, area: Rect, scene: &Scene, state: &mut State) {
    let here: Vec<&v1::Worker> = state.workers.iter().filter(|worker| is_here(worker)).collect();
    let lines = u16::try_from(here.len().min(WORKERS)).unwrap_or(0) + 1;
    // In a small window the groups come first; where there are few of them, the news have the rest.
    let wanted = u16::try_from(scene.view.groups.len() + 2)
        .unwrap_or(u16::MAX)
        .max(GROUPS);
    let spare = area.height.saturating_sub(GROUPS);
    let workers = lines.min(spare);
    let news = (area.height.saturating_sub(wanted.saturating_add(workers))).max((NEWS + 1).min(spare - workers));
    let [top, middle, bottom] = Layout::vertical([
        Constraint::Min(GROUPS),
        Constraint::Length(workers),
        Constraint::Length(news),
    ])
    .areas(area);
    if workers > 1 {
        let rest = heading(
            frame,
            middle,
            text::count(u32::try_from(here.len()).unwrap_or(u32::MAX), "worker"),
            scene.palette,
        );
        let rows = here
            .iter()
            .take(usize::from(rest.height))
            .map(|worker| worker_line(worker, scene));
        frame.render_widget(Paragraph::new(rows.collect::<Vec<_>>()), rest);
    }
    if news > 1 {
        let rest = heading(frame, bottom, "What happened".to_owned(), scene.palette);
        let lines: Vec<Line> = state.news.newest(usize::from(rest.height)).map(Line::from).collect();
        frame.render_widget(Paragraph::new(lines), rest);
    }
    groups(frame, top, scene, state);
}

fn groups(frame: &mut Frame, area: Rect, scene: &Scene, state: &mut State) {
    let view = scene.view;
    let name = |name: fn(&v1::Group) -> &str, least: usize| {
        let longest = view.groups.iter().map(|group| name(group).chars().count()).max();
        Constraint::Length(u16::try_from(longest.unwrap_or(0).clamp(least, 32)).unwrap_or(32))
    };
    let variant = if view.has_variants() {
        name(|group| &group.variant, 7)
    } else {
        Constraint::Length(0)
    };
    let widths = [
        Constraint::Length(1),
        name(|group| &group.task, 4),
        Constraint::Length(4),
        variant,
        Constraint::Length(10),
        Constraint::Length(5),
        Constraint::Length(7),
        Constraint::Length(7),
        Constraint::Length(6),
        Constraint::Length(13),
        Constraint::Min(10),
    ];
    let header = Row::new([
        "",
        "task",
        "seed",
        if view.has_variants() { "variant" } else { "" },
        "",
        "done",
        "running",
        "waiting",
        "failed",
        "best val_loss",
        "leading configuration",
    ]);
    let rows = view.groups.iter().map(|group| row(group, scene));
    let table = Table::new(rows, widths)
        .header(header.style(scene.palette.strong))
        .row_highlight_style(scene.palette.cursor);
    frame.render_stateful_widget(table, area, &mut state.groups);
}

fn row<'a>(group: &'a v1::Group, scene: &Scene<'a>) -> Row<'a> {
    let palette = scene.palette;
    let ended = group.trials_completed + group.trials_failed + group.trials_stopped;
    let running = scene.view.running(group.index);
    let waiting = group.trials_total.saturating_sub(ended + running);
    let (mark, style) = match group.state() {
        v1::GroupState::Done => ("✓", palette.good),
        v1::GroupState::Sealed => ("◆", palette.busy),
        v1::GroupState::Searching | v1::GroupState::Unspecified => (" ", palette.dim),
    };
    let filled = (ended * BAR).checked_div(group.trials_total).unwrap_or(0);
    let busy = (running * BAR).div_ceil(group.trials_total.max(1)).min(BAR - filled);
    let part = |length: u32, what: &str| what.repeat(length as usize);
    let bar = Line::from(vec![
        Span::styled(part(filled, "━"), palette.good),
        Span::styled(part(busy, "╸"), palette.busy),
        Span::styled(part(BAR - filled - busy, "─"), palette.dim),
    ]);
    let failed = Cell::from(group.trials_failed.to_string());
    Row::new([
        Cell::from(Span::styled(mark, style)),
        Cell::from(group.task.as_str()),
        Cell::from(format!("{:>4}", group.seed)),
        Cell::from(if scene.view.has_variants() {
            group.variant.as_str()
        } else {
            ""
        }),
        Cell::from(bar),
        Cell::from(format!("{:>5}", group.trials_completed + group.trials_stopped)),
        Cell::from(format!("{running:>7}")).style(if running > 0 { palette.busy } else { palette.dim }),
        Cell::from(format!("{waiting:>7}")),
        if group.trials_failed > 0 {
            failed.style(palette.bad)
        } else {
            failed.style(palette.dim)
        },
        Cell::from(format!("{:>13}", text::loss(group.best_val_loss))),
        Cell::from(scene.view.leader(group).unwrap_or_default()),
    ])
}

/// Workers that said goodbye are no news.
fn is_here(worker: &v1::Worker) -> bool {
    !matches!(worker.state(), v1::WorkerState::Left | v1::WorkerState::Unspecified)
}

fn worker_line<'a>(worker: &v1::Worker, scene: &Scene) -> Line<'a> {
    let style = match worker.state() {
        v1::WorkerState::Connected => scene.palette.good,
        v1::WorkerState::Draining => scene.palette.busy,
        v1::WorkerState::Lost | v1::WorkerState::Left | v1::WorkerState::Unspecified => scene.palette.bad,
    };
    let busy = worker.leases.min(worker.slots);
    let slots = "▮".repeat(busy as usize) + &"▯".repeat((worker.slots - busy) as usize);
    Line::from(vec![
        Span::styled(format!("{:<10}", text::worker_state(worker.state())), style),
        Span::raw(format!("{:<24} ", worker.host)),
        Span::raw(format!("{slots} {busy}/{} slots  ", worker.slots)),
        Span::styled(
            format!(
                "heartbeat {}",
                text::ago_at(worker.last_heartbeat_time.as_ref(), scene.now.1)
            ),
            scene.palette.dim,
        ),
    ])
}
