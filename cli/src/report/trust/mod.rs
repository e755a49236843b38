//! The section "Can it be trusted?": seals and how to check them, failures, compute, and where everything comes from.

mod compute;
mod failures;
mod provenance;
mod seals;

use super::page::View;
use maud::{Markup, html};

/// The section at the end of the report.
pub fn section(view: &View) -> Markup {
    html! {
        section #trust {
            h2 { "Can it be trusted?" }
            h3 { "Seals" }
            (seals::seals(view))
            h3 { "Failures and retries" }
            (failures::failures(view))
            h3 { "Compute" }
            (compute::compute(view))
            (provenance::reused(view))
            h3 { "Provenance" }
            (provenance::facts(view))
        }
    }
}
