//! The paragraph at the head of the report.

use super::{format, page::View};
use crate::results;
use augur_core::{plan::Plan, select::Criterion, spec::METHOD};

/// How much was run, how it was chosen, and how well the choices did.
pub fn text(view: &View) -> String {
    let trials: usize = view.results().map(|r| r.candidates.len() + r.excluded.len()).sum();
    let excluded: usize = view.results().map(|r| r.excluded.len()).sum();
    let seeds = view.input.spec.seeds.len();
    let unselected = view.results().filter(|r| r.selected.is_none()).count();
    let criterion = view.input.leaderboard.criterion;
    let (each, variants) = match view.input.spec.variants.len() {
        0 => ("task and seed", String::new()),
        n => (
            "task, seed and variant",
            format!(
                " {METHOD}, the method, is held against {}.",
                format::plural(n, "variant")
            ),
        ),
    };
    let mut text = format!(
        "{} over {} and {}.{variants} For each {each} the trial with the lowest validation loss was selected. The \
         criterion is {}: {}. No label was read before the choice was sealed.",
        format::plural(trials, "trial"),
        format::plural(view.tasks.len(), "task"),
        format::plural(seeds, "seed"),
        format::criterion(criterion),
        meaning(criterion),
    );
    match excluded {
        0 => text += " No trial was excluded.",
        1 => text += " 1 trial was excluded, with its reason below.",
        _ => text += &format!(" {excluded} trials were excluded, with their reasons below."),
    }
    if unselected > 0 {
        text += &format!(
            " In {unselected} of {} every trial was excluded, so nothing was selected.",
            format::plural(view.results().count(), "group")
        );
    }
    let asked = Plan::new(view.input.spec.clone()).groups() as usize;
    if view.results().count() < asked {
        text += &format!(
            " Of {} that the config asks for, {} are here: the others are not done, or no sweep had them.",
            format::plural(asked, "choice"),
            view.results().count()
        );
    }
    if let Some(totals) = &view.input.leaderboard.early_stopping {
        text += &format!(" {}", results::totals(totals));
    }
    text + &agreement(view)
}

/// How the choices did once the labels were read.
fn agreement(view: &View) -> String {
    let mut values: Vec<f64> = view
        .selected()
        .filter_map(|c| c.auroc)
        .filter(|v| v.is_finite())
        .collect();
    values.sort_by(f64::total_cmp);
    let shown = |value: Option<&f64>| value.and_then(|value| format::number(*value, 3)).unwrap_or_default();
    match values.len() {
        0 => String::new(),
        1 => format!(
            " The labels, read afterwards, give the selected trial AUROC {}.",
            shown(values.first())
        ),
        n => format!(
            " The labels, read afterwards, give the selected trials AUROC {} to {} (median {}).",
            shown(values.first()),
            shown(values.last()),
            shown(Some(&((values[(n - 1) / 2] + values[n / 2]) / 2.0))),
        ),
    }
}

/// The criterion in one clause.
fn meaning(criterion: Criterion) -> &'static str {
    match criterion {
        Criterion::MixtureEnergy => {
            "how much of the shift from normal to the validation images the augmentation explains; at most 0, lower is \
             better"
        }
        Criterion::MeanDistance => {
            "the mean distance of the validation images from normal and from augmented ones; lower is better"
        }
        Criterion::Unexplained => {
            "the share of the shift from normal to the validation images that the augmentation leaves unexplained; \
             0 to 1, lower is better"
        }
        Criterion::ScoreVariance => "minus the variance of the anomaly scores; lower is better",
        Criterion::WhitenedCosine => {
            "minus the cosine between the whitened shifts from normal to the validation images and to the augmented \
             ones; \u{2212}1 to 1, lower is better"
        }
        Criterion::AlignedEnergy => {
            "how much of the shift from normal to the validation images the augmentation explains, weighted by how well \
             its direction agrees; at most 0, lower is better"
        }
        Criterion::AlignedExplained => {
            "the share of the shift from normal to the validation images that the augmentation explains, weighted by how \
             well its direction agrees; \u{2212}1 to 0, lower is better"
        }
        Criterion::Dsv => "discordance and separability of the embeddings; lower is better",
        Criterion::Mmd => {
            "the squared maximum mean discrepancy between the validation images and normal with augmented ones; lower \
             is better"
        }
    }
}
