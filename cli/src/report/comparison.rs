//! The section on how the method compares with its variants over all tasks.

use super::format::{self, or_dash};
use crate::results::{Against, Comparison};
use augur_core::spec::METHOD;
use maud::{Markup, html};

const NO_LABELS: &str = "no task has labels";
const ITSELF: &str = "the method is not held against itself";

/// The table, and how to read it.
pub fn section(comparison: &Comparison) -> Markup {
    html! {
        section #comparison {
            h2 { "Over all tasks" }
            div.scroll role="region" aria-label="The method and its variants over all tasks" tabindex="0" {
                table.comparison {
                    thead { tr {
                        th scope="col" { "Variant" }
                        th.number scope="col" { "Tasks" }
                        th.number scope="col" { "AUROC" br; span.unit { "mean" } }
                        th.number scope="col" { "Rank" br; span.unit { "mean" } }
                        th.number scope="col" { (METHOD) br; span.unit { "wins \u{2013} ties \u{2013} losses" } }
                        th.number scope="col" { "p" br; span.unit { "Wilcoxon" } }
                        th.number scope="col" { "p" br; span.unit { "with Holm" } }
                    } }
                    tbody { @for variant in &comparison.variants { (row(variant)) } }
                }
            }
            p.note { (reading(comparison)) }
        }
    }
}

fn row(variant: &crate::results::Compared) -> Markup {
    let against = |text: fn(&Against) -> Option<String>| or_dash(variant.against.as_ref().and_then(text), ITSELF);
    html! {
        tr.chosen[variant.name == METHOD] {
            td { (variant.name) }
            td.number { (variant.tasks) }
            td.number { (or_dash(variant.auroc.and_then(|auroc| format::number(auroc, 3)), NO_LABELS)) }
            td.number { (or_dash(variant.rank.and_then(|rank| format::number(rank, 2)), "no task has every variant")) }
            td.number { (against(|a| Some(format!("{} \u{2013} {} \u{2013} {}", a.wins, a.ties, a.losses)))) }
            td.number { (against(|a| Some(crate::text::probability(a.p)))) }
            td.number { (against(|a| Some(crate::text::probability(a.p_holm)))) }
        }
    }
}

/// What the columns are, and how low p could be at all.
fn reading(comparison: &Comparison) -> String {
    let mut text = format!(
        "AUROC of what was selected: the mean over seeds, then over tasks. Ranks are over the {} that every variant \
         has; 1 is best. Wins, ties and losses are those of {METHOD} against the variant. p is that of Wilcoxon\u{2019}s \
         signed-rank test over tasks, two-sided and exact, then with Holm\u{2019}s correction for all variants.",
        format::plural(comparison.common, "task"),
    );
    let least = comparison
        .variants
        .iter()
        .filter_map(|variant| variant.against)
        .map(|a| a.least_p());
    let least = least.fold(0.0, f64::max);
    if least > 0.05 {
        text += &format!(
            " With so few tasks p can\u{2019}t be below {}, whatever the results.",
            crate::text::probability(least)
        );
    }
    text
}
