//! One trial: its validation loss beside that of the others of its group, and the path of its hyperparameters.

use super::{Scene, heading};
use crate::{
    live::{palette::Palette, state::State},
    results::id,
    text,
};
use augur_proto::v1;
use ratatui::{
    Frame,
    layout::{Constraint, Layout, Rect},
    style::Style,
    symbols::Marker,
    text::{Line, Span},
    widgets::{Axis, Chart, Dataset, GraphType, Paragraph},
};

/// Hyperparameters with a chart; of more, the first.
const CHARTS: usize = 3;

/// Lines of the log at most, and rows that the rest has first.
const LOG: usize = 6;
const ROOM: usize = 20;

type Points = Vec<(f64, f64)>;

/// Draws the page.
pub(super) fn draw(frame: &mut Frame, area: Rect, scene: &Scene, state: &State, trial: &str) {
    let Some(shown) = state.group_trials.iter().find(|it| id(&it.name) == trial) else {
        frame.render_widget(Paragraph::new("waiting for the trial …").style(scene.palette.dim), area);
        return;
    };
    let place = scene.view.place(&shown.task, shown.seed, &shown.variant);
    let rest = heading(
        frame,
        area,
        format!("{place}: trial {} ({})", shown.index, shown.family),
        scene.palette,
    );
    let facts = facts(shown, scene);
    let log: Vec<&v1::LogLine> = state.log.1.iter().filter(|_| state.log.0 == trial).collect();
    // In a small window the curve comes first.
    let lines = log.len().min(LOG).min(usize::from(rest.height).saturating_sub(ROOM));
    let heading_too = u16::try_from(lines).unwrap_or(0) + u16::from(lines > 0);
    let [top, middle, bottom, tail] = Layout::vertical([
        Constraint::Length(u16::try_from(facts.len()).unwrap_or(u16::MAX)),
        Constraint::Fill(3),
        Constraint::Fill(2),
        Constraint::Length(heading_too),
    ])
    .areas(rest);
    frame.render_widget(Paragraph::new(facts), top);
    losses(frame, middle, scene.palette, state, trial);
    paths(frame, bottom, scene.palette, state, trial);
    if lines > 0 {
        let area = heading(frame, tail, "log".to_owned(), scene.palette);
        let newest = log[log.len() - lines..]
            .iter()
            .map(|line| Line::from(line.text.as_str()));
        frame.render_widget(Paragraph::new(newest.collect::<Vec<_>>()), area);
    }
}

fn facts<'a>(trial: &v1::Trial, scene: &Scene) -> Vec<Line<'a>> {
    let state = text::trial_state(trial.state());
    let mut first = format!("{state}, attempt {}", trial.attempts);
    if trial.state() == v1::TrialState::Running {
        first += &format!(", on {}", trial.worker);
    }
    if let Some(loss) = scene.view.val_loss(trial) {
        first += &format!(", {} {}", scene.view.sweep.criterion, text::loss(Some(loss)));
    }
    let mut lines = vec![Line::from(first)];
    if !trial.initial.is_empty() {
        lines.push(Line::from(format!(
            "from {}",
            text::few_hyperparameters(&trial.initial)
        )));
    }
    if let Some(cause) = &trial.cause {
        let style = scene.palette.bad;
        lines.extend(
            cause
                .detail
                .lines()
                .take(4)
                .map(|line| Line::from(Span::styled(line.to_owned(), style))),
        );
    }
    lines
}

/// The trial's curve over those of its group.
fn losses(frame: &mut Frame, area: Rect, palette: &Palette, state: &State, trial: &str) {
    let curve = |measured: &v1::TrialMeasurements| -> Points {
        let points = measured.measurements.iter();
        points
            .filter_map(|it| Some((f64::from(it.epoch), it.validation_loss.filter(|loss| loss.is_finite())?)))
            .collect()
    };
    let (own, others): (Vec<_>, Vec<_>) = state.measured.iter().partition(|it| it.trial == trial);
    let others: Vec<Points> = others.into_iter().map(curve).collect();
    let own: Points = own.into_iter().flat_map(curve).collect();
    let mut lines: Vec<(&str, &Points, Style)> = others.iter().map(|points| ("", points, palette.dim)).collect();
    lines.push(("", &own, palette.good));
    let title = "validation loss by epoch: this trial, and dimmed the others of its group";
    chart(frame, area, palette, title, &lines);
}

/// What tuning did to the hyperparameters.
fn paths(frame: &mut Frame, area: Rect, palette: &Palette, state: &State, trial: &str) {
    let measured = state.measured.iter().find(|it| it.trial == trial);
    let measured = measured.map_or([].as_slice(), |it| it.measurements.as_slice());
    let Some(last) = measured.last() else { return };
    let names: Vec<&String> = last.hyperparameters.keys().take(CHARTS).collect();
    let columns = Layout::horizontal(vec![Constraint::Fill(1); names.len()])
        .spacing(2)
        .split(area);
    for ((name, area), style) in names.into_iter().zip(columns.iter()).zip(palette.others) {
        let path = measured
            .iter()
            .filter_map(|it| Some((f64::from(it.epoch), *it.hyperparameters.get(name)?)));
        let path: Points = path.collect();
        let now = path.last().map_or(0.0, |point| point.1);
        let title = format!("{name}: {}", text::hyperparameter(name, now));
        chart(frame, *area, palette, &title, &[("", &path, style)]);
    }
}

fn chart(frame: &mut Frame, area: Rect, palette: &Palette, title: &str, lines: &[(&str, &Points, Style)]) {
    let rest = heading(frame, area, title.to_owned(), palette);
    let all = || lines.iter().flat_map(|(_, points, _)| points.iter());
    let (Some(xs), Some(ys)) = (bounds(all().map(|it| it.0)), bounds(all().map(|it| it.1))) else {
        frame.render_widget(Paragraph::new("nothing measured yet").style(palette.dim), rest);
        return;
    };
    let datasets = lines.iter().map(|(name, points, style)| {
        Dataset::default()
            .name(*name)
            .data(points)
            .marker(Marker::Braille)
            .graph_type(GraphType::Line)
            .style(*style)
    });
    let axis = |[low, high]: [f64; 2], digits: usize| {
        let labels = [low, high].map(|value| format!("{value:.digits$}"));
        Axis::default().bounds([low, high]).labels(labels).style(palette.dim)
    };
    let chart = Chart::new(datasets.collect())
        .x_axis(axis(xs, 0))
        .y_axis(axis(ys, 3))
        .legend_position(None);
    frame.render_widget(chart, rest);
}

/// The least and the greatest, a little apart where they are one.
fn bounds(values: impl Iterator<Item = f64>) -> Option<[f64; 2]> {
    let [low, high] = values.fold([f64::INFINITY, f64::NEG_INFINITY], |[low, high], value| {
        [low.min(value), high.max(value)]
    });
    let apart = if high > low { 0.0 } else { 0.5 };
    (low <= high).then_some([low - apart, high + apart])
}
