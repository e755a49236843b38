//! The section of one task: what it is, and for each seed its charts and its trials.

use super::{
    GroupCurves,
    chart::{HEIGHT, Standing, symbol},
    format, histogram,
    page::{Task, View},
    pictures,
    plot::{self, Plot},
    tables, variants,
};
use crate::results;
use augur_core::{
    leaderboard::{Candidate, TaskResult},
    select::Criterion,
    spec::{AnomalySpec, ClassRef, METHOD, Planted, TaskSpec},
};
use maud::{Markup, html};

/// The section of the task at `index`, all its seeds.
pub fn section(view: &View, index: usize) -> Markup {
    let Task { name, seeds } = &view.tasks[index];
    let spec = view.input.spec.tasks.iter().find(|task| task.name() == *name);
    html! {
        section.task id=(format!("task-{index}")) {
            h2 { (name) }
            @if let Some(spec) = spec { p { (description(spec)) } }
            @for (seed, results) in seeds.iter().enumerate() {
                article id=(format!("task-{index}-{seed}")) {
                    h3 { "Seed " (results[0].seed) }
                    @for result in results.iter().filter(|result| result.variant == METHOD) {
                        (group(view, result, spec))
                    }
                    @if view.has_variants { (seed_variants(view, results, spec)) }
                }
            }
            p.back { a href="#selection" { "\u{2191} all tasks" } }
        }
    }
}

/// The method beside its variants on one seed, and the trials of each variant that had several.
fn seed_variants(view: &View, results: &[&TaskResult], task: Option<&TaskSpec>) -> Markup {
    let trials = |result: &TaskResult| result.candidates.len() + result.excluded.len();
    let several =
        |result: &&&TaskResult| result.variant != METHOD && (trials(result) > 1 || !result.excluded.is_empty());
    html! {
        (variants::seed(view, results))
        @for result in results.iter().filter(several) {
            details.variant {
                summary { (result.variant) ": " (format::plural(trials(result), "trial")) }
                (group(view, result, task))
            }
        }
    }
}

fn description(task: &TaskSpec) -> String {
    let normal = &task.normal;
    match &task.anomaly {
        AnomalySpec::Class(class) => format!("Normal: {normal}. Anomalies: {class}."),
        AnomalySpec::Classes(classes) => {
            let names: Vec<_> = classes.iter().map(ClassRef::to_string).collect();
            format!("Normal: {normal}. Anomalies: {}, mixed.", names.join(", "))
        }
        AnomalySpec::Any => format!("Normal: {normal}. Anomalies: every other class, mixed."),
        AnomalySpec::Unlabelled => format!("Normal: {normal}. Its validation images have no labels."),
        AnomalySpec::Planted(Planted::RotateDeg(angle)) => {
            format!("Normal: {normal}. Anomalies: {normal} turned by {angle}°, planted, so the right answer is known.")
        }
        AnomalySpec::Planted(planted) => {
            format!("Normal: {normal}. Anomalies: {normal} {planted}, planted, so the right answer is known.")
        }
    }
}

fn group(view: &View, result: &TaskResult, task: Option<&TaskSpec>) -> Markup {
    let input = view.input;
    let key = (&result.task, result.seed, &result.variant);
    let is_this = |group: &&GroupCurves| (&group.task, group.seed, &group.variant) == key;
    let curves = input.groups.iter().find(is_this);
    html! {
        p { (outcome(result)) }
        @if let Some(group) = curves { (pictures::figure(view, group)) }
        @if let Some(summary) = &result.early_stopping {
            p.note {
                "Early stopping: " (format::plural(summary.stopped as usize, "trial")) " stopped; epochs left out: "
                (results::saved(summary)) "; audit: " (results::audit(summary)) "."
            }
        }
        @match curves.map(|group| Plot { group, spec: &input.spec, task, families: &view.families, points: view.points }) {
            // Of a variant that tunes nothing every line is flat.
            Some(plot) if result.variant != METHOD && !plot.is_tuned() => {}
            Some(plot) if plot.group.trials.iter().any(|trial| !trial.measurements.is_empty()) => {
                (figures(&plot, result, input.leaderboard.criterion))
            }
            _ => {
                p.note { "No measurements were reported for these trials, so their course is not drawn." }
                @if let Some(histogram) = &result.histogram { figure { div.charts { (histogram::chart(histogram)) } } }
            }
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
                strong { (configuration(selected)) }
                @if let Some(loss) = selected.val_loss.and_then(format::loss) { ", validation loss " (loss) }
                @if let Some(auroc) = selected.auroc.and_then(|auroc| format::number(auroc, 3)) { ", AUROC " (auroc) }
                "."
            }
            None => { strong { "Nothing was selected: " } "every trial was excluded." }
        }
    }
}

/// `rotation from 110.0°, tuned to 147.3°`; the family alone where it has no hyperparameters.
fn configuration(candidate: &Candidate) -> String {
    let Candidate {
        family, initial, tuned, ..
    } = candidate;
    match (initial.is_empty(), initial == tuned) {
        (true, _) => family.clone(),
        (false, true) => format!("{family} at {}", format::hyperparameters(tuned)),
        (false, false) => {
            let (from, to) = (format::hyperparameters(initial), format::hyperparameters(tuned));
            format!("{family} from {from}, tuned to {to}")
        }
    }
}

fn figures(plot: &Plot, result: &TaskResult, criterion: Criterion) -> Markup {
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
                @if let Some(histogram) = &result.histogram { (histogram::chart(histogram)) }
                @if let Some(chart) = plot.norm() { (chart) }
            }
            figcaption {
                (caption(plot, criterion))
                @if silent > 0 { " " (format::plural(silent, "trial")) " reported no measurements." }
            }
        }
    }
}

fn caption(plot: &Plot, criterion: Criterion) -> String {
    let tunes = match (plot.is_tuned(), plot.is_tuned_by_it()) {
        (_, true) => "drives the tuning",
        (true, false) => "is not what tunes here",
        (false, false) => "tunes nothing here",
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
