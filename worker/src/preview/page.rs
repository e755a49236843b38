//! `index.html`: all sheets with what they show. It opens offline; images are beside it.

use super::{
    content::{Entry, Picture, Section},
    value::unit,
};
use augur_core::spec::{Form, SweepSpec};
use maud::{DOCTYPE, Markup, PreEscaped, html};

/// The style sheet; ours, so it goes in as it is.
const STYLE: &str = include_str!("style.css");

/// The page of a config's preview.
pub(super) fn page(spec: &SweepSpec, seed: u64, sections: &[Section]) -> String {
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (spec.name) " \u{2013} augur preview" }
                style { (PreEscaped(STYLE)) }
            }
            body {
                header {
                    p.kicker { "augur preview" }
                    h1 { (spec.name) }
                    @if let Some(description) = &spec.description { p.note { (description) } }
                    p {
                        "What each family does to images of each task. A row is one image: first as it is, then "
                        "augmented. One hyperparameter changes over its range at a time, while all else, what is drawn at "
                        "random too, stays as it is. Patch centres, noise and the like are drawn with seed " (seed) ". "
                        "A family is worth tuning if, somewhere in its range, it resembles the defects."
                    }
                    nav aria-label="Tasks" {
                        ul {
                            @for (i, section) in sections.iter().enumerate() {
                                li { a href={ "#task-" (i + 1) } { (section.task) } }
                            }
                        }
                    }
                }
                main {
                    @for (i, section) in sections.iter().enumerate() { (task(i, section)) }
                }
            }
        }
    };
    page.into_string()
}

fn task(index: usize, section: &Section) -> Markup {
    html! {
        section {
            h2 id={ "task-" (index + 1) } { (section.task) }
            h3 { "What is to be found" }
            p.note {
                "Validation images of this task, normal and anomalous ones mixed. Which are which is left to your eyes: "
                "no label is used or shown."
            }
            (picture(&section.validation, &format!("{}: unlabelled validation images", section.task)))
            @for entry in &section.entries { (family(&section.task, entry)) }
        }
    }
}

fn family(task: &str, entry: &Entry) -> Markup {
    let name = entry.family.name();
    html! {
        h3 {
            (name) " " span.form { (form(entry.family.form())) }
            @if let Some(variant) = &entry.variant { " " span.form { "variant " (variant) } }
        }
        p.note { (about(entry.family.form())) }
        div.scroll { table {
            thead { tr { th { "hyperparameter" } th { "unit" } th { "columns" } th { "all else" } } }
            tbody {
                @for panel in &entry.panels {
                    tr {
                        th scope="row" { (panel.title()) }
                        td { (panel.hyperparameter.as_deref().and_then(unit).unwrap_or("\u{2013}")) }
                        td { (labels(panel)) }
                        td { @if panel.held.is_empty() { "\u{2013}" } @else { (panel.held) } }
                    }
                }
            }
        } }
        (picture(&entry.sheet, &alt(task, entry)))
        @if let Some(difference) = &entry.difference {
            p.note { "How far each pixel is changed, |phi(x) \u{2212} x|: black where it isn't, white from black to white." }
            (picture(difference, &format!("{}, as differences from the original", alt(task, entry))))
        }
    }
}

fn picture(picture: &Picture, alt: &str) -> Markup {
    html! {
        figure {
            a href=(picture.file) {
                img src=(picture.file) alt=(alt) width=(picture.width) height=(picture.height) loading="lazy";
            }
        }
    }
}

fn labels(panel: &super::panels::Panel) -> String {
    let labels: Vec<_> = panel.columns.iter().map(|column| column.label.as_str()).collect();
    labels.join(", ")
}

/// The sheet for who can't see it.
fn alt(task: &str, entry: &Entry) -> String {
    let panels: Vec<_> = entry
        .panels
        .iter()
        .map(|panel| format!("{} at {}", panel.title(), labels(panel)))
        .collect();
    let name = entry.family.name();
    format!(
        "Images of {task}, original and augmented by {name}: {}",
        panels.join("; ")
    )
}

pub(super) fn form(form: Form) -> &'static str {
    match form {
        Form::Tuned => "tuned",
        Form::Fixed => "fixed",
        Form::Distribution => "distribution",
        Form::Random => "random",
    }
}

fn about(form: Form) -> &'static str {
    match form {
        Form::Tuned => "One value of each hyperparameter for all images, tuned. Shown around the first starting point.",
        Form::Fixed => {
            "One value of each hyperparameter for all images, never tuned. Shown around the first starting point."
        }
        Form::Distribution => {
            "Every image has hyperparameters of its own, drawn about a centre; centre and spread are tuned. Shown over the \
             range of the centres, then as draws with the spread of the first starting point."
        }
        Form::Random => "Every image has hyperparameters of its own, drawn anew at each step; nothing is tuned.",
    }
}
