//! Where the report comes from: identifiers, versions, command line, seals, spec.

use super::{format, page::View};
use augur_core::spec::canonical_json;
use maud::{Markup, html};

/// The block at the end of the report.
pub fn section(view: &View) -> Markup {
    let input = view.input;
    let sweep = &input.leaderboard.sweep;
    html! {
        section #provenance {
            h2 { "Provenance" }
            dl {
                dt { "Sweep" } dd { (sweep.name) " " code { (sweep.id) } }
                dt { "Spec SHA-256" } dd { code { (sweep.spec_sha256) } }
                dt { "augur" } dd { (given(&sweep.augur)) }
                dt { "libtorch" } dd { (given(&sweep.libtorch)) }
                dt { "Command" } dd { code { (given(&input.command_line)) } }
                @if let Some(time) = &input.time {
                    dt { "Time" }
                    dd {
                        (format::or_dash(format::duration(time.seconds), "unknown")) " from submission to the end; the trials "
                        "computed took " (format::or_dash(format::duration(time.trial_seconds), "unknown")) " in all, "
                        (format::or_dash(format::number(time.at_once(), 2), "unknown")) " at once on average"
                    }
                }
                dt { "Report made" }
                dd { (format::or_dash(format::moment(input.generated_at), "the moment is out of range")) }
            }
            (reused(view))
            h3 { "Seals" }
            p {
                "A seal is the SHA-256 of one choice (criterion, ranking with validation losses, excluded trials with "
                "reasons), taken before any label was read: whoever holds it can see that the choice was not changed "
                "afterwards."
            }
            div.scroll role="region" aria-label="Seals" tabindex="0" {
                table.seals {
                    thead { tr {
                        th scope="col" { "Task" } th.number scope="col" { "Seed" }
                        @if view.has_variants { th scope="col" { "Variant" } }
                        th scope="col" { "Seal" }
                    } }
                    tbody {
                        @for result in view.tasks.iter().flat_map(|task| task.seeds.iter().flatten()) {
                            tr {
                                td { (result.task) } td.number { (result.seed) }
                                @if view.has_variants { td { (result.variant) } }
                                td { code { (result.seal) } }
                            }
                        }
                    }
                }
            }
            details {
                summary { "Spec (YAML, defaults written out)" }
                // JSON is YAML too, so the fallback keeps what the heading says.
                pre { (serde_yaml::to_string(&input.spec).unwrap_or_else(|_| canonical_json(&input.spec))) }
            }
        }
    }
}

/// The trials that were not computed for this sweep, and which one computed them.
fn reused(view: &View) -> Markup {
    let trials = || {
        let groups = view.input.groups.iter();
        groups.flat_map(|group| group.trials.iter().map(move |trial| (group, trial)))
    };
    let count = trials().filter(|(_, trial)| trial.reused_from.is_some()).count();
    html! {
        @if count > 0 {
            h3 { "Reused trials" }
            p {
                (format::plural(count, "trial")) " of " (trials().count()) " had been computed before from the same images, "
                "weights, code and kind of machine, and were not computed again. Their seconds are those of then."
            }
            details {
                summary { "Which, and the sweep that computed each" }
                div.scroll role="region" aria-label="Reused trials" tabindex="0" {
                    table.reused {
                        thead { tr {
                            th scope="col" { "Task" } th.number scope="col" { "Seed" }
                            @if view.has_variants { th scope="col" { "Variant" } }
                            th scope="col" { "Trial" } th scope="col" { "Sweep" }
                        } }
                        tbody {
                            @for (group, trial) in trials() {
                                @if let Some(sweep) = &trial.reused_from {
                                    tr {
                                        td { (group.task) } td.number { (group.seed) }
                                        @if view.has_variants { td { (group.variant) } }
                                        td { code { (trial.trial) } } td { (sweep) }
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn given(text: &str) -> Markup {
    format::or_dash(
        Some(text.to_owned()).filter(|text| !text.trim().is_empty()),
        "not reported",
    )
}
