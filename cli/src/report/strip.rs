//! The AUROC of every candidate of the method, a row for each task, as static SVG: where the selected one lies among them.

use super::{format, page::View, scale::Axis};
use augur_core::{leaderboard::TaskResult, spec::METHOD};
use maud::{Markup, html};

/// Width in its own units; the page scales it.
const WIDTH: f64 = 760.0;
const LEFT: f64 = 200.0;
const RIGHT: f64 = 20.0;
const TOP: f64 = 26.0;
/// Height of a seed's lane, and between tasks.
const LANE: f64 = 11.0;
const GAP: f64 = 9.0;
/// Letters of a task's name that fit beside its row.
const LETTERS: usize = 27;

/// The figure with its legend; nothing where no candidate has an AUROC.
pub fn figure(view: &View) -> Markup {
    let tasks = view.tasks.iter().filter_map(|task| {
        let of_method = task.seeds.iter().flatten().filter(|result| result.variant == METHOD);
        Strip::of(task.name, of_method.copied())
    });
    let tasks: Vec<Strip> = tasks.collect();
    let values = tasks
        .iter()
        .flat_map(|task| task.lanes.iter().flat_map(|lane| lane.values.iter().copied()));
    let axis = Axis::around(values, 6);
    if tasks.is_empty() {
        return html! {};
    }
    html! {
        figure.strips {
            ul.legend aria-hidden="true" {
                li { span.dot { } " candidate" }
                li { span.dot.selected { } " selected" }
                li { span.tick { } " mean: a random pick, expected" }
            }
            (drawing(&tasks, &axis))
            figcaption { "AUROC of every ranked candidate; a lane for each seed. The rightmost of a lane is the oracle\u{2019}s choice." }
        }
    }
}

/// One task.
struct Strip<'a> {
    name: &'a str,
    lanes: Vec<Lane>,
}

/// One seed.
struct Lane {
    seed: u64,
    values: Vec<f64>,
    selected: Option<f64>,
}

impl<'a> Strip<'a> {
    fn of<'r>(name: &'a str, groups: impl Iterator<Item = &'r TaskResult>) -> Option<Self> {
        let lanes: Vec<Lane> = groups.filter_map(Lane::of).collect();
        (!lanes.is_empty()).then_some(Self { name, lanes })
    }

    fn height(&self) -> f64 {
        self.lanes.len() as f64 * LANE + GAP
    }
}

impl Lane {
    fn of(group: &TaskResult) -> Option<Self> {
        let values: Vec<f64> = group
            .candidates
            .iter()
            .filter_map(|candidate| candidate.auroc)
            .collect();
        (!values.is_empty()).then_some(Self {
            seed: group.seed,
            selected: group.selected.as_ref().and_then(|selected| selected.auroc),
            values,
        })
    }

    fn mean(&self) -> f64 {
        self.values.iter().sum::<f64>() / self.values.len() as f64
    }
}

fn drawing(tasks: &[Strip], axis: &Axis) -> Markup {
    let bottom = TOP + tasks.iter().map(Strip::height).sum::<f64>();
    let place = |value: f64| LEFT + axis.fraction(value) * (WIDTH - LEFT - RIGHT);
    let mut top = TOP;
    let rows = tasks.iter().map(|task| {
        let row = (top, task);
        top += task.height();
        row
    });
    let rows: Vec<_> = rows.collect();
    let label = format!(
        "AUROC of every candidate of {}, the selected ones marked",
        format::plural(tasks.len(), "task")
    );
    html! {
        svg viewBox=(format!("0 0 {WIDTH} {}", bottom + 22.0)) role="img" aria-label=(label) {
            text.title x="2" y="14" { "AUROC" }
            @for tick in &axis.ticks {
                line.grid x1=(units(place(*tick))) x2=(units(place(*tick))) y1=(units(TOP - 6.0)) y2=(units(bottom)) {}
                text.tick-x x=(units(place(*tick))) y=(units(bottom + 16.0)) {
                    (format::number(*tick, axis.decimals).unwrap_or_default())
                }
            }
            @for (top, task) in rows { (strip(task, top, &place)) }
        }
    }
}

fn strip(task: &Strip, top: f64, place: &impl Fn(f64) -> f64) -> Markup {
    let short: String = match task.name.chars().count() > LETTERS {
        true => task.name.chars().take(LETTERS - 1).chain(['\u{2026}']).collect(),
        false => task.name.to_owned(),
    };
    let middle = top + (task.height() - GAP) / 2.0;
    html! {
        text.strip-name x=(units(LEFT - 12.0)) y=(units(middle + 4.0)) { (short) title { (task.name) } }
        line.grid x1=(units(LEFT)) x2=(units(WIDTH - RIGHT)) y1=(units(top + task.height() - GAP / 2.0)) y2=(units(top + task.height() - GAP / 2.0)) {}
        @for (lane, at) in task.lanes.iter().zip(0u32..) {
            @let y = top + (f64::from(at) + 0.5) * LANE;
            g.lane {
                title { (task.name) ", seed " (lane.seed) }
                @for value in &lane.values { circle.candidate cx=(units(place(*value))) cy=(units(y)) r="3" {} }
                @let mean = units(place(lane.mean()));
                line.mean x1=(mean) x2=(mean) y1=(units(y - 5.0)) y2=(units(y + 5.0)) {}
                @if let Some(selected) = lane.selected {
                    circle.selected cx=(units(place(selected))) cy=(units(y)) r="4.2" {}
                }
            }
        }
    }
}

/// A length to a tenth of a unit: finer than a pixel.
fn units(length: f64) -> String {
    format!("{length:.1}")
}
