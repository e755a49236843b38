//! The document: head, summary, table of tasks, a section for each task, provenance.

use super::{ReportInput, comparison, format, provenance, tables, task, variants};
use crate::results::{Comparison, Measure, compare, has_variants, shown};
use augur_core::{
    leaderboard::{Candidate, TaskResult},
    select::Criterion,
    spec::METHOD,
};
use maud::{DOCTYPE, Markup, PreEscaped, html};

/// The style sheet; ours, so it goes in as it is.
const STYLE: &str = include_str!("style.css");

/// Nothing may be fetched, whatever a name in the data says.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

/// What the parts of the document share.
pub struct View<'a> {
    /// The input.
    pub input: &'a ReportInput,
    /// Every family, in the spec's order; the position is the family's number.
    pub families: Vec<String>,
    /// The tasks in the leaderboard's order.
    pub tasks: Vec<Task<'a>>,
    /// The measures that tables show.
    pub measures: Vec<&'static Measure>,
    /// Whether there are variants beside the method.
    pub has_variants: bool,
    /// How they compare.
    pub comparison: Option<Comparison>,
}

/// One task.
pub struct Task<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its results by seed: the method first, then its variants.
    pub seeds: Vec<Vec<&'a TaskResult>>,
}

impl<'a> View<'a> {
    fn new(input: &'a ReportInput) -> Self {
        let board = &input.leaderboard;
        let mut tasks: Vec<Task> = Vec::new();
        for result in &board.tasks {
            let at = tasks.iter().position(|task| task.name == result.task);
            let at = at.unwrap_or_else(|| {
                let (name, seeds) = (result.task.as_str(), Vec::new());
                tasks.push(Task { name, seeds });
                tasks.len() - 1
            });
            let seeds = &mut tasks[at].seeds;
            match seeds.iter_mut().find(|seed| seed[0].seed == result.seed) {
                Some(seed) => seed.push(result),
                None => seeds.push(vec![result]),
            }
        }
        Self {
            input,
            families: families(input),
            tasks,
            measures: shown(board),
            has_variants: has_variants(board),
            comparison: compare(board),
        }
    }

    fn results(&self) -> impl Iterator<Item = &'a TaskResult> {
        self.input.leaderboard.tasks.iter()
    }

    /// What the method selected.
    fn selected(&self) -> impl Iterator<Item = &'a Candidate> {
        let method = self.results().filter(|result| result.variant == METHOD);
        method.filter_map(|result| result.selected.as_ref())
    }
}

/// Every family of the spec, its variants and the trials; baselines are none.
fn families(input: &ReportInput) -> Vec<String> {
    let variants = &input.spec.variants;
    let is_baseline = |name: &str| variants.iter().any(|v| v.name == name && v.baseline.is_some());
    let own = variants.iter().filter_map(|variant| variant.families.as_deref());
    let specified = std::iter::once(input.spec.families.as_slice()).chain(own).flatten();
    let specified = specified.map(|family| -> &str { family.name() });
    let measured = input.groups.iter().filter(|group| !is_baseline(&group.variant));
    let measured = measured
        .flat_map(|group| &group.trials)
        .map(|trial| trial.family.as_str());
    let mut families: Vec<String> = Vec::new();
    for family in specified.chain(measured) {
        if !families.iter().any(|known| known == family) {
            families.push(family.to_owned());
        }
    }
    families
}

/// The whole report.
pub fn document(input: &ReportInput) -> Markup {
    let view = View::new(input);
    let name = &input.leaderboard.sweep.name;
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(POLICY);
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (name) " \u{2013} augur report" }
                style { (PreEscaped(STYLE)) }
            }
            body {
                header {
                    p.kicker { "augur report" }
                    h1 { (name) }
                    @if let Some(description) = &input.spec.description { p.description { (description) } }
                    p.lead { (summary(&view)) }
                }
                main {
                    @if let Some(comparison) = &view.comparison { (comparison::section(comparison)) }
                    section #selection {
                        h2 { "What was selected" }
                        @if view.has_variants { (variants::leaderboard(&view)) } @else { (tables::leaderboard(&view)) }
                    }
                    @for index in 0..view.tasks.len() { (task::section(&view, index)) }
                    (provenance::section(&view))
                }
                footer {
                    "Made by augur " (input.leaderboard.sweep.augur)
                    @if let Some(at) = format::moment(input.generated_at) { ", " (at) }
                    ". This file needs no network."
                }
            }
        }
    }
}

fn summary(view: &View) -> String {
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
        Criterion::Dsv => "discordance and separability of the embeddings; lower is better",
        Criterion::Mmd => {
            "the squared maximum mean discrepancy between the validation images and normal with augmented ones; lower \
             is better"
        }
    }
}
