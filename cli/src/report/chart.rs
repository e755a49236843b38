//! A line chart as static SVG: axes, round ticks, a shaded band, a reference line, one series standing out.
//!
//! Colours and widths are classes of the page's style sheet, so that light, dark and print share one drawing.

use super::{format, scale::Axis};
use maud::{Markup, Render, html};

/// Width of every chart in its own units; the page scales it.
pub const WIDTH: f64 = 480.0;
/// Height of a chart that stands alone, in the same units.
pub const HEIGHT: f64 = 300.0;
const LEFT: f64 = 46.0;
const RIGHT: f64 = 58.0;
const TOP: f64 = 38.0;
/// Below the plot: numbers and the word `epoch`, or numbers alone.
const BOTTOM: [f64; 2] = [38.0, 22.0];

/// A chart over epochs.
#[derive(Clone, Debug)]
pub struct Chart {
    /// What the vertical axis measures, with its unit.
    pub title: String,
    /// The chart in one sentence, for those who can't see it.
    pub summary: String,
    /// Height in units of [`WIDTH`].
    pub height: f64,
    /// Epochs.
    pub x: Axis,
    /// Values.
    pub y: Axis,
    /// Added to the numbers on the vertical axis.
    pub unit: &'static str,
    /// Whether another chart with the same epochs stands right below, which names them.
    pub continued: bool,
    /// The last epoch of the warm-up; 0 for none.
    pub warmup: u32,
    /// A value marked by a line, with its name.
    pub reference: Option<(f64, String)>,
    /// The lines, drawn in the order of [`Standing`].
    pub series: Vec<Series>,
}

/// One trial in a chart.
#[derive(Clone, Debug)]
pub struct Series {
    /// Shown on hover.
    pub title: String,
    /// Number of the family: colour and marker.
    pub family: usize,
    /// How much it stands out.
    pub standing: Standing,
    /// Unbroken pieces of the line.
    pub runs: Vec<Vec<(f64, f64)>>,
    /// Written at the line's end.
    pub end: Option<String>,
}

/// How a trial came off. What comes later is drawn on top.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    /// Kept out of the choice.
    Excluded,
    /// Ranked, not chosen.
    Ranked,
    /// Chosen.
    Selected,
}

impl Standing {
    /// Its name, which is its class too.
    pub fn name(self) -> &'static str {
        match self {
            Self::Excluded => "excluded",
            Self::Ranked => "ranked",
            Self::Selected => "selected",
        }
    }
}

impl Chart {
    /// The place of a point of the data in the drawing.
    pub fn place(&self, (x, y): (f64, f64)) -> (f64, f64) {
        let width = WIDTH - LEFT - RIGHT;
        let height = self.bottom() - TOP;
        (
            LEFT + self.x.fraction(x) * width,
            TOP + (1.0 - self.y.fraction(y)) * height,
        )
    }

    fn bottom(&self) -> f64 {
        self.height - BOTTOM[usize::from(self.continued)]
    }

    fn frame(&self) -> Markup {
        let (left, right, top, bottom) = (LEFT, WIDTH - RIGHT, TOP, self.bottom());
        let (warm, _) = self.place((f64::from(self.warmup), self.y.low));
        html! {
            @if self.warmup > 0 {
                // The band rises above the plot, so that its label meets no line.
                @let high = top - 14.0;
                rect.warmup x=(units(left)) y=(units(high)) width=(units(warm - left)) height=(units(bottom - high)) {}
                text.warmup-label x=(units(left + 3.0)) y=(units(top - 4.0)) { "warm-up" }
            }
            text.title x="2" y="14" { (self.title) }
            @for tick in &self.y.ticks {
                @let y = self.place((self.x.low, *tick)).1;
                line.grid x1=(units(left)) x2=(units(right)) y1=(units(y)) y2=(units(y)) {}
                text.tick-y x=(units(left - 6.0)) y=(units(y + 4.0)) {
                    (format::number(*tick, self.y.decimals).unwrap_or_default()) (self.unit)
                }
            }
            line.axis x1=(units(left)) x2=(units(right)) y1=(units(bottom)) y2=(units(bottom)) {}
            @for tick in &self.x.ticks {
                @let x = self.place((*tick, self.y.low)).0;
                line.axis x1=(units(x)) x2=(units(x)) y1=(units(bottom)) y2=(units(bottom + 4.0)) {}
                text.tick-x x=(units(x)) y=(units(bottom + 17.0)) { (tick) }
            }
            @if !self.continued {
                text.tick-x x=(units((left + right) / 2.0)) y=(units(bottom + 33.0)) { "epoch" }
            }
            @if let Some((value, name)) = &self.reference {
                @let y = self.place((self.x.low, *value)).1;
                line.reference x1=(units(left)) x2=(units(right)) y1=(units(y)) y2=(units(y)) { title { (name) } }
            }
        }
    }

    fn line(&self, series: &Series) -> Markup {
        let size = if series.standing == Standing::Selected {
            1.6
        } else {
            1.0
        };
        let last = series
            .runs
            .last()
            .and_then(|run| run.last())
            .map(|end| self.place(*end));
        html! {
            g class=(format!("series {} f{}", series.standing.name(), series.family)) {
                title { (series.title) }
                @for run in &series.runs {
                    @let points = self.points(run);
                    polyline.hit points=(points) {}
                    polyline points=(points) {}
                }
                @if let Some((x, y)) = last {
                    path.end d=(marker(series.family)) transform=(format!("translate({} {}) scale({size})", units(x), units(y))) {}
                    @if let Some(text) = &series.end {
                        text.end-label x=(units(x + 9.0)) y=(units(y + 4.0)) { (text) }
                    }
                }
            }
        }
    }

    fn points(&self, run: &[(f64, f64)]) -> String {
        let mut places: Vec<String> = run
            .iter()
            .map(|point| self.place(*point))
            .map(|(x, y)| format!("{},{}", units(x), units(y)))
            .collect();
        // A line of one point is not drawn; one of no length is, as a dot.
        if let [only] = places.as_slice() {
            places.push(only.clone());
        }
        places.join(" ")
    }
}

impl Render for Chart {
    fn render(&self) -> Markup {
        let mut series: Vec<&Series> = self.series.iter().collect();
        series.sort_by_key(|series| series.standing);
        html! {
            svg viewBox=(format!("0 0 {WIDTH} {}", self.height)) role="img" aria-label=(self.summary) {
                (self.frame())
                @for series in series { (self.line(series)) }
            }
        }
    }
}

/// A length to a tenth of a unit: finer than a pixel.
fn units(length: f64) -> String {
    format!("{length:.1}")
}

/// Number of families that a reader can tell apart; further ones begin again.
pub const FAMILIES: usize = 4;

/// The outline of a family's marker around the origin: circle, square, triangle, diamond.
fn marker(family: usize) -> &'static str {
    match family % FAMILIES {
        0 => "M-3 0a3 3 0 1 0 6 0a3 3 0 1 0 -6 0z",
        1 => "M-2.7-2.7h5.4v5.4h-5.4z",
        2 => "M0-3.6L3.4 2.6H-3.4z",
        _ => "M0-3.8L3.8 0L0 3.8L-3.8 0z",
    }
}

/// The same marker as a character, for the legend.
pub fn symbol(family: usize) -> char {
    ['●', '■', '▲', '◆'][family % FAMILIES]
}
