//! The section of one task: what it is, and for each seed its charts and its trials.

use super::{
    GroupCurves,
    chart::{HEIGHT, Standing, symbol},
    format,
    page::View,
    plot::{self, Plot},
    tables,
};
use augur_core::{
    leaderboard::TaskResult,
    select::Criterion,
    spec::{AnomalySpec, Planted, TaskSpec},
};
use maud::{Markup, html};

/// The section of the task at `index`, all its seeds.
pub fn section(view: &View, index: usize) -> Markup {
    let results = &view.tasks[index];
    let name = &results[0].task;
    let spec = view.input.spec.tasks.iter().find(|task| task.name() == *name);
    html! {
        section.task id=(format!("task-{index}")) {
            h2 { (name) }
            @if let Some(spec) = spec { p { (description(spec)) } }
            @for (seed, result) in results.iter().enumerate() {
                article id=(format!("task-{index}-{seed}")) { (group(view, result, spec)) }
            }
            p.back { a href="#selection" { "\u{2191} all tasks" } }
        }
    }
}

fn description(task: &TaskSpec) -> String {
    let normal = &task.normal;
    match &task.anomaly {
        AnomalySpec::Class(class) => format!("Normal: {normal}. Anomalies: {class}."),
        AnomalySpec::Unlabelled => format!("Normal: {normal}. Its validation images have no labels."),
        AnomalySpec::Planted(Planted::RotateDeg(angle)) => {
            format!("Normal: {normal}. Anomalies: {normal} turned by {angle}°, planted, so the right answer is known.")
        }
    }
}

fn group(view: &View, result: &TaskResult, task: Option<&TaskSpec>) -> Markup {
    let input = view.input;
    let is_this = |group: &&GroupCurves| group.task == result.task && group.seed == result.seed;
    let curves = input.groups.iter().find(is_this);
    html! {
        h3 { "Seed " (result.seed) }
        p { (outcome(result)) }
        @match curves {
            Some(group) if group.trials.iter().any(|trial| !trial.measurements.is_empty()) => {
                (figures(&Plot { group, spec: &input.spec, task, families: &view.families }, input.leaderboard.criterion))
            }
            _ => p.note { "No measurements were reported for these trials, so there are no charts." },
        }
        @if !result.candidates.is_empty() { (tables::candidates(view, result)) }
        @if !result.excluded.is_empty() { (tables::excluded(view, result, curves)) }
    }
}

fn outcome(result: &TaskResult) -> Markup {
    html! {
        @match &result.selected {
            Some(selected) => {
                "Selected of " (format::plural(result.candidates.len() + result.excluded.len(), "trial")) ": "
                strong {
                    (selected.family) " from " (format::hyperparameters(&selected.initial)) ", tuned to "
                    (format::hyperparameters(&selected.tuned))
                }
                @if let Some(loss) = format::loss(selected.val_loss) { ", validation loss " (loss) }
                @if let Some(auroc) = selected.auroc.and_then(|auroc| format::number(auroc, 3)) { ", AUROC " (auroc) }
                "."
            }
            None => { strong { "Nothing was selected: " } "every trial was excluded." }
        }
    }
}

fn figures(plot: &Plot, criterion: Criterion) -> Markup {
    let paths = plot.paths();
    // As high as the paths beside it, within reason.
    let height = paths
        .iter()
        .map(|chart| chart.height)
        .sum::<f64>()
        .clamp(HEIGHT, 1.55 * HEIGHT);
    let silent = plot
        .group
        .trials
        .iter()
        .filter(|trial| trial.measurements.is_empty())
        .count();
    html! {
        figure {
            (legend(plot))
            div.charts {
                div { (plot.loss(height)) }
                div { @for chart in &paths { (chart) } }
            }
            figcaption {
                (caption(plot, criterion))
                @if silent > 0 { " " (format::plural(silent, "trial")) " reported no measurements." }
            }
        }
    }
}

fn caption(plot: &Plot, criterion: Criterion) -> String {
    let tunes = if plot.is_tuned() {
        "drives the tuning"
    } else {
        "tunes nothing here"
    };
    let loss = match criterion {
        Criterion::MeanDistance => format!("it {tunes}, and the selection compares its final value"),
        _ => format!("it {tunes} and is not what the selection compares"),
    };
    let families = plot.shown_families().join(", ");
    let paths = match (plot.is_tuned(), plot.group.trials.iter().any(|trial| trial.selected)) {
        (false, _) => "The augmentation was held at its start.".into(),
        (true, true) => format!("Paths: trials of the selected family, {families}; epoch 0 is the starting point."),
        (true, false) => "Paths: trials of every family; epoch 0 is the starting point.".into(),
    };
    format!("The loss is measured after each epoch; {loss}. {paths}")
}

fn legend(plot: &Plot) -> Markup {
    let trials = &plot.group.trials;
    let has = |family: &str, standing: Standing| {
        trials
            .iter()
            .any(|trial| trial.family == family && plot::standing(trial) == standing)
    };
    html! {
        ul.legend aria-hidden="true" {
            @for standing in [Standing::Selected, Standing::Ranked, Standing::Excluded] {
                @for family in plot.families.iter().filter(|family| has(family, standing)) {
                    @let number = plot.family(family);
                    li class=(format!("{} f{number}", standing.name())) {
                        span.swatch { } span.symbol { (symbol(number)) }
                        " " (family) @if standing != Standing::Ranked { ", " (standing.name()) }
                    }
                }
            }
            @if let Some((_, name)) = plot.planted() && plot.shown_families().contains(&"rotation") {
                li.reference { span.swatch { } " " (name) }
            }
        }
    }
}
