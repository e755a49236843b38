//! The time that was spent, by variant.

use super::super::{
    format::{self, or_dash},
    page::View,
};
use maud::{Markup, html};

/// What one variant took.
struct Spent<'a> {
    variant: &'a str,
    trials: usize,
    reused: usize,
    seconds: f64,
}

/// The whole sweep's time, and that of each variant.
pub fn compute(view: &View) -> Markup {
    let spent = by_variant(view);
    html! {
        @if let Some(time) = &view.input.time {
            p {
                (or_dash(format::duration(time.seconds), "unknown")) " from submission to the end; the trials computed took "
                (or_dash(format::duration(time.trial_seconds), "unknown")) " in all, "
                (or_dash(format::number(time.at_once(), 2), "unknown")) " at once on average."
            }
        }
        div.scroll role="region" aria-label="Time of each variant" tabindex="0" {
            table.spent {
                thead { tr {
                    th scope="col" { @if view.has_variants { "Variant" } @else { "Trials" } }
                    th.number scope="col" { "Ranked" br; "trials" }
                    th.number scope="col" { "Reused" }
                    th.number scope="col" { "Time" br; span.unit { "computed" } }
                    th.number scope="col" { "Each" br; span.unit { "mean" } }
                } }
                tbody {
                    @for of in &spent {
                        tr {
                            td { @if view.has_variants { (of.variant) } @else { "all" } }
                            td.number { (of.trials) }
                            td.number { (of.reused) }
                            td.number { (or_dash(format::duration(of.seconds), "unknown")) }
                            td.number { (or_dash(each(of), "all were reused")) }
                        }
                    }
                }
            }
        }
        p.note { "Wall-clock seconds of the attempts that completed; those of reused trials were spent by an earlier sweep." }
    }
}

fn each(of: &Spent) -> Option<String> {
    let computed = of.trials - of.reused;
    (computed > 0)
        .then(|| format::duration(of.seconds / computed as f64))
        .flatten()
}

fn by_variant<'a>(view: &View<'a>) -> Vec<Spent<'a>> {
    let mut all: Vec<Spent> = Vec::new();
    for result in view.results() {
        let at = all
            .iter()
            .position(|of| of.variant == result.variant)
            .unwrap_or_else(|| {
                all.push(Spent {
                    variant: &result.variant,
                    trials: 0,
                    reused: 0,
                    seconds: 0.0,
                });
                all.len() - 1
            });
        for candidate in &result.candidates {
            all[at].trials += 1;
            match candidate.reused_from {
                Some(_) => all[at].reused += 1,
                None => all[at].seconds += candidate.seconds,
            }
        }
    }
    all
}
