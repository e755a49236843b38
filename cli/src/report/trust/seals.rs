//! The seal of every choice, checked while the report was made, and the command that checks it again.

use super::super::{
    format::{self, or_dash},
    page::View,
};
use crate::results;
use augur_core::leaderboard::TaskResult;
use maud::{Markup, html};

/// A longer table of seals is folded.
const MOST_ROWS: usize = 30;

/// What a seal is, whether each holds, and all of them.
pub fn seals(view: &View) -> Markup {
    let faults = results::verify(&view.input.leaderboard, Some(&view.input.spec));
    let has_fingerprints = view.results().any(|result| fingerprint(result).is_some());
    html! {
        p {
            "No label was read before the choices were made: workers get the labels of a group only once its choice is sealed. A \
             seal is the SHA-256 of one choice (criterion, ranking with validation losses, excluded trials with reasons): \
             whoever holds it can see that the choice was not changed afterwards. Check them with "
            code { "augur verify" } " and the folder of this file, or leaderboard.json, or the sweep\u{2019}s name."
        }
        @if faults.is_empty() {
            p.verdict { "Checked when this report was made: all "
                (format::plural(view.results().count(), "choice")) " are as they were sealed." }
        } @else {
            p.verdict.broken { strong { "Not as sealed: " } (format::plural(faults.len(), "fault")) "." }
            ul { @for fault in &faults { li { (fault) } } }
        }
        @match view.results().count() {
            // More of them would stand between the reader and the rest.
            count if count > MOST_ROWS => details { summary { "All " (count) " seals" } (table(view, has_fingerprints)) },
            _ => (table(view, has_fingerprints)),
        }
        @if has_fingerprints {
            p.note {
                "Computed from: the fingerprint of the selected trial, a hash of the bytes of its images and weights, the code, and \
                 the kind of machine. Equal fingerprints of a trial give equal bits."
            }
        }
    }
}

fn table(view: &View, has_fingerprints: bool) -> Markup {
    html! {
        div.scroll role="region" aria-label="Seals" tabindex="0" {
            table.seals {
                thead { tr {
                    th scope="col" { "Task" } th.number scope="col" { "Seed" }
                    @if view.has_variants { th scope="col" { "Variant" } }
                    th scope="col" { "Seal" }
                    @if has_fingerprints { th scope="col" { "Computed from" } }
                } }
                tbody {
                    @for result in view.tasks.iter().flat_map(|task| task.seeds.iter().flatten()) {
                        tr {
                            td { (result.task) } td.number { (result.seed) }
                            @if view.has_variants { td { (result.variant) } }
                            td { code { (result.seal) } }
                            @if has_fingerprints { td { (short(fingerprint(result))) } }
                        }
                    }
                }
            }
        }
    }
}

fn fingerprint(result: &TaskResult) -> Option<&str> {
    result.selected.as_ref()?.fingerprint.as_deref()
}

/// The first twelve digits; the whole of it on hover.
fn short(fingerprint: Option<&str>) -> Markup {
    html! {
        @match fingerprint {
            Some(all) => code title=(all) { (all.chars().take(12).collect::<String>()) },
            None => (or_dash(None, "its worker did not know")),
        }
    }
}
