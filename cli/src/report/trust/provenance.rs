//! Where the report comes from: identifiers, versions, machines, command line, spec.

use super::super::{format, page::View};
use augur_core::{leaderboard::Provenance, spec::canonical_json};
use maud::{Markup, html};

/// The list of facts, and the spec.
pub fn facts(view: &View) -> Markup {
    let input = view.input;
    let board = &input.leaderboard;
    let sweep = &board.sweep;
    let seeds: Vec<String> = input.spec.seeds.iter().map(u64::to_string).collect();
    html! {
        dl {
            dt { "Sweep" } dd { (name(sweep)) }
            @for (i, source) in board.merged.iter().enumerate() {
                dt { @if i == 0 { "Merged from" } } dd { (name(source)) }
            }
            dt { "Spec SHA-256" } dd { code { (sweep.spec_sha256) } }
            dt { "Seeds" } dd { (seeds.join(", ")) }
            dt { "augur" } dd { (given(&sweep.augur)) }
            dt { "libtorch" } dd { (given(&sweep.libtorch)) }
            @for (i, worker) in input.workers.iter().enumerate() {
                dt { @if i == 0 { "Workers known" } }
                dd {
                    (worker.host) ", " (format::plural(worker.slots as usize, "slot")) ", augur " (worker.augur)
                    ", libtorch " (worker.libtorch)
                }
            }
            dt { "Report\u{2019}s command" } dd { code { (given(&input.command_line)) } }
            dt { "Report made" }
            dd { (format::or_dash(format::moment(input.generated_at), "the moment is out of range")) }
        }
        details {
            summary { "Spec (YAML, defaults written out)" }
            // JSON is YAML too, so the fallback keeps what the heading says.
            pre { (serde_yaml::to_string(&input.spec).unwrap_or_else(|_| canonical_json(&input.spec))) }
        }
    }
}

fn name(sweep: &Provenance) -> Markup {
    html! { (sweep.name) " " code { (sweep.id) } }
}

/// The trials that were not computed for this sweep, and which one computed them.
pub fn reused(view: &View) -> Markup {
    let trials = || {
        let groups = view.input.groups.iter();
        groups.flat_map(|group| group.trials.iter().map(move |trial| (group, trial)))
    };
    let count = trials().filter(|(_, trial)| trial.reused_from.is_some()).count();
    html! {
        @if count > 0 {
            h4 { "Reused trials" }
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
