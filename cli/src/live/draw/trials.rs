//! The trials of a group.

use super::{Scene, heading};
use crate::{live::state::State, results::id, text};
use augur_proto::v1;
use ratatui::{
    Frame,
    layout::{Constraint, Rect},
    widgets::{Cell, Row, Table},
};

/// Draws the page.
pub(super) fn draw(frame: &mut Frame, area: Rect, scene: &Scene, state: &mut State, group: u32) {
    let Some(group) = scene.view.group(group) else { return };
    let place = scene.view.place(&group.task, group.seed, &group.variant);
    let rest = heading(frame, area, place, scene.palette);
    let widths = [
        Constraint::Length(5),
        Constraint::Length(14),
        Constraint::Length(10),
        Constraint::Length(8),
        Constraint::Length(6),
        Constraint::Length(13),
        Constraint::Min(20),
        Constraint::Min(20),
    ];
    let header = [
        "trial", "family", "state", "attempts", "epochs", "val_loss", "from", "to",
    ];
    let rows = state
        .group_trials
        .iter()
        .map(|trial| row(trial, &state.measured, group, scene));
    let table = Table::new(rows.collect::<Vec<_>>(), widths)
        .header(Row::new(header).style(scene.palette.strong))
        .row_highlight_style(scene.palette.cursor);
    frame.render_stateful_widget(table, rest, &mut state.trials);
}

fn row<'a>(trial: &v1::Trial, measured: &[v1::TrialMeasurements], group: &v1::Group, scene: &Scene) -> Row<'a> {
    let palette = scene.palette;
    let (of_trial, style) = (
        id(&trial.name),
        match trial.state() {
            v1::TrialState::Completed => palette.good,
            v1::TrialState::Running => palette.busy,
            v1::TrialState::Failed => palette.bad,
            _ => palette.dim,
        },
    );
    let newest = measured
        .iter()
        .find(|it| it.trial == of_trial)
        .and_then(|it| it.measurements.last());
    let epochs = newest.map_or(0, |measurement| measurement.epoch);
    let loss = text::loss(scene.view.val_loss(trial));
    let now = newest.map(|measurement| &measurement.hyperparameters);
    let to = match (&trial.outcome, now) {
        (Some(outcome), _) => text::few_hyperparameters(&outcome.tuned),
        (None, Some(now)) => text::few_hyperparameters(now),
        (None, None) => trial
            .cause
            .as_ref()
            .map_or_else(String::new, |cause| cause.detail.clone()),
    };
    let leads = if group.best_trial == of_trial { "★ " } else { "  " };
    Row::new([
        Cell::from(format!("{:>5}", trial.index)),
        Cell::from(trial.family.clone()),
        Cell::from(text::trial_state(trial.state())).style(style),
        Cell::from(format!("{:>8}", trial.attempts)),
        Cell::from(format!("{epochs:>6}")),
        Cell::from(format!("{leads}{loss:>11}")),
        Cell::from(text::few_hyperparameters(&trial.initial)),
        Cell::from(to),
    ])
}
