//! The section "Was the choice good?": regret, rank correlation, other selectors, starts and seeds.

use super::{
    format::{self, number, or_dash, percent, plural},
    page::View,
    strip,
};
use crate::results::{Design, Overall, Quality, Selector, Spread, TaskQuality};
use augur_core::measure::{Correlation, Estimate};
use maud::{Markup, html};

const NO_CORRELATION: &str = "all losses or all AUROCs are the same";

/// The section; nothing without labels.
pub fn section(view: &View) -> Markup {
    let Some(quality) = &view.quality else { return html! {} };
    html! {
        section #quality {
            h2 { "Was the choice good?" }
            p { (summary(quality)) }
            (strip::figure(view))
            (tasks(view, quality))
            h3 { "Other selectors" }
            (selectors(quality))
            @if let Some(spread) = &quality.spread {
                h3 { "Starts and seeds" }
                (components(spread))
            }
        }
    }
}

fn summary(quality: &Quality) -> String {
    let Overall {
        selected,
        oracle,
        random,
        regret,
        gain,
        wins,
        correlation,
    } = &quality.overall;
    let shown = |value: f64| number(value, 3).unwrap_or_default();
    let mut text = format!(
        "The labels were read once every choice was sealed. Over {} the selected trials have a mean AUROC of {}; the best \
         candidates, which only an oracle can choose, have {}, and a random pick is expected to have {}. The choice loses {} to \
         the oracle and {} the random pick. It beats {} of the other candidates of its group; chance is 50%.",
        plural(quality.tasks.len(), "task"),
        shown(selected.value),
        shown(oracle.value),
        shown(random.value),
        shown(regret.value),
        match gain.value < 0.0 {
            true => format!("{} to", shown(-gain.value)),
            false => format!("gains {} over", shown(gain.value)),
        },
        percent(wins.value).unwrap_or_default(),
    );
    if let Some(correlation) = correlation {
        text += &format!(
            " The rank correlation (Spearman) of {} with AUROC is {}; \u{2212}1 would be best, since the lowest loss is selected.",
            quality.criterion.replace('_', " "),
            number(correlation.spearman.value, 2).unwrap_or_default(),
        );
    }
    text
}

fn tasks(view: &View, quality: &Quality) -> Markup {
    html! {
        div.scroll role="region" aria-label="Regret and rank correlation of each task" tabindex="0" {
            table.quality {
                thead { tr {
                    th scope="col" { "Task" }
                    th.number scope="col" { "Seeds" }
                    th.number scope="col" { "Candi-" br; "dates" }
                    th.number scope="col" { "Selected" br; span.unit { "AUROC" } }
                    th.number scope="col" { "Oracle" br; span.unit { "AUROC" } }
                    th.number scope="col" { "Random" br; span.unit { "mean \u{b1} dev." } }
                    th.number scope="col" { "Regret" }
                    th.number scope="col" { "Gain" }
                    th.number scope="col" { "Beats" }
                    th.number scope="col" { "Spearman" br; span.unit { "loss, AUROC" } }
                    th.number scope="col" { "Kendall" br; span.unit { "loss, AUROC" } }
                } }
                tbody {
                    @for task in &quality.tasks { (task_row(view, task)) }
                    (overall_row(quality))
                }
            }
        }
        p.note {
            "Means over seeds; in the last row means over tasks with 95 percent bootstrap intervals over tasks. Random: the mean \
             AUROC of the ranked candidates, and the deviation of a single pick. Regret: oracle \u{2212} selected. Gain: \
             selected \u{2212} random. Beats: the share of the group\u{2019}s other candidates with a lower AUROC, ties half. \
             Correlations are taken within each seed, their intervals by drawing candidates with replacement."
        }
    }
}

fn task_row(view: &View, task: &TaskQuality) -> Markup {
    let at = view.tasks.iter().position(|other| other.name == task.task);
    let regret = &task.regret;
    html! {
        tr {
            th scope="row" {
                @match at {
                    Some(at) => a href=(format!("#task-{at}")) { (task.task) },
                    None => (task.task),
                }
            }
            td.number { (task.seeds) }
            td.number { (task.candidates) }
            td.number { (plain(regret.selected)) }
            td.number { (plain(regret.oracle)) }
            td.number { (plain(regret.mean)) " \u{b1} " (plain(regret.deviation)) }
            td.number { (plain(regret.regret())) }
            td.number { (plain(regret.gain())) }
            td.number { (or_dash(regret.wins.and_then(|wins| number(100.0 * wins, 0)).map(|text| text + "%"), "one candidate")) }
            (correlations(task.correlation.as_ref()))
        }
    }
}

fn overall_row(quality: &Quality) -> Markup {
    let of = &quality.overall;
    html! {
        tr.chosen.overall {
            th scope="row" { "all tasks" }
            td.number { (quality.tasks.iter().map(|task| task.seeds).sum::<usize>()) }
            td.number { (quality.tasks.iter().map(|task| task.candidates).sum::<usize>()) }
            @for estimate in [&of.selected, &of.oracle, &of.random, &of.regret, &of.gain] {
                td.number { (with_interval(estimate, 3)) }
            }
            td.number { (shares(&of.wins)) }
            (correlations(of.correlation.as_ref()))
        }
    }
}

fn correlations(of: Option<&Correlation>) -> Markup {
    html! {
        @for value in [of.map(|of| of.spearman), of.map(|of| of.kendall)] {
            td.number {
                @match value {
                    Some(value) => (with_interval(&value, 2)),
                    None => (or_dash(None, NO_CORRELATION)),
                }
            }
        }
    }
}

fn selectors(quality: &Quality) -> Markup {
    html! {
        div.scroll role="region" aria-label="What each criterion would have selected" tabindex="0" {
            table.selectors {
                thead { tr {
                    th scope="col" { "Criterion" }
                    th.number scope="col" { "Same choice" br; span.unit { "of " (quality.selectors.first().map_or(0, |s| s.groups)) } }
                    th.number scope="col" { "AUROC" }
                    th.number scope="col" { "Regret" }
                    th.number scope="col" { "Gain" br; span.unit { "over random" } }
                    th.number scope="col" { "Beats" }
                    th.number scope="col" { "Spearman" br; span.unit { "loss, AUROC" } }
                    th.number scope="col" { "Kendall" br; span.unit { "loss, AUROC" } }
                } }
                tbody {
                    @for selector in &quality.selectors { (selector_row(selector)) }
                    (bound("oracle", &quality.overall.oracle))
                    (bound("random pick", &quality.overall.random))
                }
            }
        }
        p.note {
            "Every criterion is computed of every trial, without labels; here each chooses among the same candidates. The choices that \
             were sealed are those of " (quality.criterion.replace('_', " ")) ". Choosing the criterion by this table would use the \
             labels: it is for the next sweep."
        }
    }
}

fn selector_row(selector: &Selector) -> Markup {
    let of = &selector.overall;
    html! {
        tr.chosen[selector.sealed] {
            td { (selector.criterion.replace('_', " ")) @if selector.sealed { ", sealed" } }
            td.number { (selector.same) }
            @for estimate in [&of.selected, &of.regret, &of.gain] { td.number { (with_interval(estimate, 3)) } }
            td.number { (shares(&of.wins)) }
            (correlations(of.correlation.as_ref()))
        }
    }
}

/// What no criterion reaches, and what none needs.
fn bound(name: &str, auroc: &Estimate) -> Markup {
    html! {
        tr.bound {
            td { (name) }
            td {}
            td.number { (with_interval(auroc, 3)) }
            @for _ in 0..5 { td {} }
        }
    }
}

fn components(spread: &Spread) -> Markup {
    let components = &spread.components;
    let rows = [
        ("starting point", Some(components.start)),
        ("seed", Some(components.seed)),
        ("both together, and noise", components.rest),
    ];
    html! {
        div.scroll role="region" aria-label="Components of variance" tabindex="0" {
            table.spread {
                thead { tr {
                    th scope="col" { "Source" }
                    th.number scope="col" { "Variance" br; span.unit { "of AUROC" } }
                    th.number scope="col" { "Deviation" br; span.unit { "of AUROC" } }
                    th.number scope="col" { "Share" }
                } }
                tbody {
                    @for (name, variance) in rows {
                        @if let Some(variance) = variance {
                            tr {
                                td { (name) }
                                td.number { (or_dash(format::loss(variance), "not a number")) }
                                td.number { (plain(variance.sqrt())) }
                                td.number { (or_dash(percent(variance / components.total()), "there is no variance")) }
                            }
                        }
                    }
                }
            }
        }
        p.note { (reading(spread)) }
    }
}

fn reading(spread: &Spread) -> String {
    let values = format!(
        "Random effects within tasks, estimated by the analysis of variance from {} of {}",
        plural(spread.values, "AUROC"),
        plural(spread.tasks, "task")
    );
    let design = match spread.design {
        Design::Crossed => {
            "every starting point was run on every seed, so that both are told apart; candidates that some seed lacks are left out"
        }
        Design::Nested => {
            "each seed has starting points of its own, so that starts are compared within their seed, and noise counts as theirs"
        }
    };
    format!("{values}: {design}. A negative estimate is shown as 0.")
}

fn plain(value: f64) -> Markup {
    or_dash(number(value, 3), "not a number")
}

fn shares(of: &Estimate) -> Markup {
    let percents = Estimate {
        value: 100.0 * of.value,
        interval: of.interval.map(|ends| ends.map(|end| 100.0 * end)),
    };
    html! { (with_unit(&percents, 0, "%")) }
}

fn with_interval(of: &Estimate, decimals: usize) -> Markup {
    with_unit(of, decimals, "")
}

/// A value, its interval below it.
fn with_unit(of: &Estimate, decimals: usize, unit: &str) -> Markup {
    let shown = |value: f64| number(value, decimals).unwrap_or_default();
    html! {
        (or_dash(number(of.value, decimals), "not a number")) (unit)
        @if let Some([low, high]) = of.interval {
            div.interval title="95 percent interval" { (shown(low)) " to " (shown(high)) }
        }
    }
}
