//! Trials that failed, were tried again, or were kept out of the choice.

use super::super::{
    GroupCurves, TrialCurve,
    format::{self, plural},
    page::View,
};
use maud::{Markup, html};
use std::collections::BTreeMap;

/// How many trials needed more than one attempt or came to nothing, with the last reason of each; how many were kept out, and
/// why.
pub fn failures(view: &View) -> Markup {
    let troubled: Vec<_> = trials(view).filter(|(_, trial)| is_troubled(trial)).collect();
    let known = trials(view).any(|(_, trial)| trial.attempts.is_some());
    html! {
        @match (known, troubled.is_empty()) {
            (false, _) => p { "The attempts at each trial stand in the coordinator\u{2019}s store, not in a folder of results." },
            (true, true) => p { "Every trial came to its end in its first attempt." },
            (true, false) => (table(view, &troubled)),
        }
        (kept_out(view))
    }
}

fn trials<'a>(view: &View<'a>) -> impl Iterator<Item = (&'a GroupCurves, &'a TrialCurve)> {
    let groups = view.input.groups.iter();
    groups.flat_map(|group| group.trials.iter().map(move |trial| (group, trial)))
}

fn is_troubled(trial: &TrialCurve) -> bool {
    trial.cause.is_some() || trial.attempts.is_some_and(|attempts| attempts > 1)
}

fn table(view: &View, troubled: &[(&GroupCurves, &TrialCurve)]) -> Markup {
    let attempts: u32 = troubled.iter().filter_map(|(_, trial)| trial.attempts).sum();
    html! {
        p {
            (plural(troubled.len(), "trial")) " of " (trials(view).count()) " did not come to an end at the first attempt; they had "
            (plural(attempts as usize, "attempt")) " in all."
        }
        details {
            summary { "Which, and the last failure of each" }
            div.scroll role="region" aria-label="Trials with failures" tabindex="0" {
                table.failures {
                    thead { tr {
                        th scope="col" { "Task" } th.number scope="col" { "Seed" }
                        @if view.has_variants { th scope="col" { "Variant" } }
                        th scope="col" { "Trial" } th.number scope="col" { "Attempts" } th scope="col" { "Last failure" }
                    } }
                    tbody {
                        @for (group, trial) in troubled {
                            tr {
                                td { (group.task) } td.number { (group.seed) }
                                @if view.has_variants { td { (group.variant) } }
                                td { code { (trial.trial) } }
                                td.number { (trial.attempts.unwrap_or(0)) }
                                td.reason {
                                    (format::or_dash(trial.cause.clone(), "it came to its end later; the coordinator's log tells why it did not at first"))
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// How many trials each kind of reason kept out of the choice; the reasons stand with each group.
fn kept_out(view: &View) -> Markup {
    let mut kinds: BTreeMap<&str, usize> = BTreeMap::new();
    for excluded in view.results().flat_map(|result| &result.excluded) {
        let kind = excluded.reason.split(':').next().unwrap_or_default();
        *kinds.entry(kind).or_default() += 1;
    }
    let each: Vec<String> = kinds.iter().map(|(kind, count)| format!("{kind} ({count})")).collect();
    html! {
        @if !each.is_empty() { p { "Kept out of a choice, by the kind of reason: " (each.join(", ")) "." } }
    }
}
