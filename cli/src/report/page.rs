//! The document: head, summary, table of tasks, a section for each task, provenance.

use super::{ReportInput, comparison, format, paper, pictures, quality, summary, tables, task, trust, variants};
use crate::results::{self, Comparison, Layout, Measure, Quality, compare, has_variants, shown};
use augur_core::{
    leaderboard::{Candidate, TaskResult},
    spec::METHOD,
};
use maud::{DOCTYPE, Markup, PreEscaped, html};

/// The style sheet; ours, so it goes in as it is.
const STYLE: &str = include_str!("style.css");

/// Nothing may be fetched, whatever a name in the data says.
const POLICY: &str =
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'";

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
    /// How good the choices were; none without labels.
    pub quality: Option<Quality>,
    /// Points of a line that are drawn at most, so that the file of a large sweep can still be sent.
    pub points: usize,
    /// Seeds of each task that are shown with pictures.
    pub pictured: usize,
}

/// Points of all lines of a report together, about: each takes some 25 bytes.
const POINTS: usize = 300_000;
/// Lines of a trial, about: its loss and its paths.
const LINES: usize = 3;
/// As fine as a line is ever drawn, and as coarse.
const POINTS_OF_A_LINE: [usize; 2] = [16, 400];

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
            quality: results::quality(board),
            points: points(input),
            pictured: pictures::seeds(input),
        }
    }

    /// Every result, in the leaderboard's order.
    pub fn results(&self) -> impl Iterator<Item = &'a TaskResult> {
        self.input.leaderboard.tasks.iter()
    }

    /// What the method selected.
    pub fn selected(&self) -> impl Iterator<Item = &'a Candidate> {
        let method = self.results().filter(|result| result.variant == METHOD);
        method.filter_map(|result| result.selected.as_ref())
    }
}

fn points(input: &ReportInput) -> usize {
    let trials: usize = input.groups.iter().map(|group| group.trials.len()).sum();
    let [coarse, fine] = POINTS_OF_A_LINE;
    (POINTS / (LINES * trials).max(1)).clamp(coarse, fine)
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
                    p.lead { (summary::text(&view)) }
                    (contents(&view))
                }
                main {
                    @if let Some(comparison) = &view.comparison { (comparison::section(comparison)) }
                    section #selection {
                        h2 { "What was selected" }
                        @match (input.layout, view.has_variants) {
                            (Layout::Paper, _) => (paper::leaderboard(&view)),
                            (Layout::Full, true) => (variants::leaderboard(&view)),
                            (Layout::Full, false) => (tables::leaderboard(&view)),
                        }
                    }
                    (quality::section(&view))
                    @if !view.tasks.is_empty() { (learnt()) }
                    @for index in 0..view.tasks.len() { (task::section(&view, index)) }
                    (trust::section(&view))
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

/// Links to the sections.
fn contents(view: &View) -> Markup {
    html! {
        nav aria-label="Sections" {
            @if view.comparison.is_some() { a href="#comparison" { "Over all tasks" } }
            a href="#selection" { "What was selected" }
            @if view.quality.is_some() { a href="#quality" { "Was the choice good?" } }
            @if !view.tasks.is_empty() { a href="#learnt" { "What did it learn?" } }
            a href="#trust" { "Can it be trusted?" }
        }
    }
}

/// What the sections of the tasks show.
fn learnt() -> Markup {
    html! {
        section #learnt {
            h2 { "What did it learn?" }
            p {
                "For each task and seed: training images with the selected augmentation, and the validation images that score highest \
                 and lowest; the validation loss of every trial, the paths of the hyperparameters, the norm of the selected trial\u{2019}s \
                 hypergradient, and how it scores normal and anomalous validation images; then every trial, and the reason of each \
                 that was kept out."
            }
        }
    }
}
