//! The scores that the selected trial gives the validation images, normal ones and anomalies, as static SVG.

use super::{
    chart::{HEIGHT, WIDTH},
    format,
    scale::Axis,
};
use augur_core::measure::{BINS, Histogram};
use maud::{Markup, html};

const LEFT: f64 = 46.0;
const RIGHT: f64 = 58.0;
const TOP: f64 = 38.0;
const BOTTOM: f64 = 38.0;

/// The chart: for each class the share of its images in each bin, so that a rare class is seen as well as a common one.
pub fn chart(histogram: &Histogram) -> Markup {
    let [normal, anomalous] = [&histogram.normal, &histogram.anomalous].map(|counts| counts.iter().sum::<u32>());
    let shares = [
        (&histogram.normal, normal, "normal"),
        (&histogram.anomalous, anomalous, "anomalous"),
    ];
    let highest = shares
        .iter()
        .flat_map(|(counts, all, _)| counts.iter().map(|count| share(*count, *all)));
    let y = Axis::around(highest.chain([0.0]).map(|share| 100.0 * share), 4);
    let x = Axis::around([histogram.low, histogram.high], 5);
    let (width, height) = (WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM);
    let across = |value: f64| LEFT + x.fraction(value) * width;
    let up = |share: f64| TOP + (1.0 - y.fraction(100.0 * share)) * height;
    let edge = |bin: usize| across(histogram.low + (histogram.high - histogram.low) * bin as f64 / BINS as f64);
    let bottom = HEIGHT - BOTTOM;
    html! {
        svg.histogram viewBox=(format!("0 0 {WIDTH} {HEIGHT}")) role="img"
            aria-label=(format!("Scores of {normal} normal and {anomalous} anomalous validation images")) {
            text.title x="2" y="14" { "Scores of the selected trial, share of each class" }
            @for tick in &y.ticks {
                line.grid x1=(units(LEFT)) x2=(units(LEFT + width)) y1=(units(up(*tick / 100.0))) y2=(units(up(*tick / 100.0))) {}
                text.tick-y x=(units(LEFT - 6.0)) y=(units(up(*tick / 100.0) + 4.0)) {
                    (format::number(*tick, y.decimals).unwrap_or_default()) "%"
                }
            }
            @for (counts, all, name) in shares {
                path class=(name) d=(outline(counts.map(|count| share(count, all)), &edge, &up, bottom)) {
                    title { (all) " " (name) " images" }
                }
            }
            line.axis x1=(units(LEFT)) x2=(units(LEFT + width)) y1=(units(bottom)) y2=(units(bottom)) {}
            @for tick in &x.ticks {
                line.axis x1=(units(across(*tick))) x2=(units(across(*tick))) y1=(units(bottom)) y2=(units(bottom + 4.0)) {}
                text.tick-x x=(units(across(*tick))) y=(units(bottom + 17.0)) {
                    (format::number(*tick, x.decimals).unwrap_or_default())
                }
            }
            text.tick-x x=(units(LEFT + width / 2.0)) y=(units(bottom + 33.0)) { "anomaly score" }
            text.normal-label x=(units(LEFT + width)) y=(units(TOP - 4.0)) {
                tspan.normal { (normal) " normal" } "  " tspan.anomalous { (anomalous) " anomalous" }
            }
        }
    }
}

fn share(count: u32, all: u32) -> f64 {
    f64::from(count) / f64::from(all.max(1))
}

/// The steps of a histogram, from the axis and back to it.
fn outline(shares: [f64; BINS], edge: &impl Fn(usize) -> f64, up: &impl Fn(f64) -> f64, bottom: f64) -> String {
    let mut path = format!("M{} {}", units(edge(0)), units(bottom));
    for (bin, share) in shares.into_iter().enumerate() {
        path += &format!("V{}H{}", units(up(share)), units(edge(bin + 1)));
    }
    path + &format!("V{}Z", units(bottom))
}

/// A length to a tenth of a unit: finer than a pixel.
fn units(length: f64) -> String {
    format!("{length:.1}")
}
