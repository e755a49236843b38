//! Numbers, times and hyperparameters as people read them.

use super::scale;
use augur_core::{outcome::Hyperparameters, select::Criterion, time::Timestamp};
use maud::{Markup, html};

/// `value` with this many decimals and a true minus sign; none where it is not a number.
pub fn number(value: f64, decimals: usize) -> Option<String> {
    if !value.is_finite() {
        return None;
    }
    if value.abs() >= 1e6 {
        return Some(format!("{value:.3e}").replace('-', "\u{2212}"));
    }
    let text = format!("{value:.decimals$}");
    let is_zero = text.chars().all(|c| matches!(c, '-' | '0' | '.'));
    Some(if is_zero {
        text.replace('-', "")
    } else {
        text.replace('-', "\u{2212}")
    })
}

/// A loss or variance to four decimals, a large one to one; very small ones in powers of ten, so that they don't read
/// as zero.
pub fn loss(value: f64) -> Option<String> {
    if value != 0.0 && value.abs() < 1e-3 {
        return Some(format!("{value:.2e}").replace('-', "\u{2212}"));
    }
    number(value, if value.abs() < 1e3 { 4 } else { 1 })
}

/// An anomaly score: three significant digits or so.
pub fn score(value: f64) -> Option<String> {
    let decimals = match value.abs() {
        0.0..10.0 => 2,
        10.0..100.0 => 1,
        _ => 0,
    };
    number(value, decimals)
}

/// A share in [0, 1] as a percentage.
pub fn percent(share: f64) -> Option<String> {
    number(share * 100.0, 1).map(|text| format!("{text}%"))
}

/// A duration.
pub fn duration(seconds: f64) -> Option<String> {
    if !seconds.is_finite() || !(0.0..1e9).contains(&seconds) {
        return None;
    }
    if seconds < 59.95 {
        return Some(format!("{seconds:.1} s"));
    }
    let whole = seconds.round();
    let (hours, minutes) = ((whole / 3600.0).floor(), (whole % 3600.0 / 60.0).floor());
    Some(if hours > 0.0 {
        format!("{hours} h {minutes:02} min")
    } else {
        format!("{minutes} min {:02} s", whole % 60.0)
    })
}

/// A moment in UTC.
pub fn moment(at: Timestamp) -> Option<String> {
    let at = jiff::Timestamp::from_millisecond(at.0).ok()?;
    Some(at.strftime("%Y-%m-%d %H:%M UTC").to_string())
}

/// The text, or a dash that says why there is none.
pub fn or_dash(text: Option<String>, why: &str) -> Markup {
    html! {
        @match text {
            Some(text) => (text),
            None => span.none title=(why) { "\u{2013}" },
        }
    }
}

/// `count` things: `1 trial`, `2 trials`.
pub fn plural(count: usize, noun: &str) -> String {
    let s = if count == 1 { "" } else { "s" };
    format!("{count} {noun}{s}")
}

/// A criterion in words.
pub fn criterion(criterion: Criterion) -> String {
    criterion.name().replace('_', " ")
}

/// How a hyperparameter is shown.
#[derive(Clone, Debug, PartialEq)]
pub struct Quantity {
    /// Its name without the unit.
    pub label: String,
    /// Its name and unit, for an axis.
    pub axis: String,
    /// What is added to a number on the axis.
    pub unit: &'static str,
    /// Its period in the shown unit, where it has one.
    pub period: Option<f64>,
    decimals: usize,
    factor: f64,
}

impl Quantity {
    /// The hyperparameter with this name; the name's suffix is the unit.
    pub fn of(name: &str) -> Self {
        if let Some(stem) = name.strip_suffix("_spread") {
            return Self::spread(stem);
        }
        // Of a composition: `cutdiff.area`.
        if let Some((family, name)) = name.rsplit_once('.') {
            let own = Self::of(name);
            return Self {
                label: format!("{family} {}", own.label),
                axis: format!("{family} {}", own.axis),
                ..own
            };
        }
        let plain = |label: &str, axis: &str, unit, decimals| Self {
            label: label.replace('_', " "),
            axis: axis.replace('_', " "),
            unit,
            period: None,
            decimals,
            factor: 1.0,
        };
        match name {
            "angle_deg" => Self {
                period: Some(360.0),
                ..plain("angle", "angle (degrees)", "°", 1)
            },
            "area" => Self {
                factor: 100.0,
                ..plain("area", "area (% of the image)", "%", 1)
            },
            "aspect" => plain("aspect", "aspect (width / height)", "", 2),
            _ => match name.strip_suffix("_deg") {
                Some(stem) => plain(stem, &format!("{stem} (degrees)"), "°", 1),
                None => plain(name, name, "", 3),
            },
        }
    }

    /// How far the hyperparameter `stem` differs from image to image: of an angle in degrees, of anything else in units
    /// of the raw parameter behind it.
    fn spread(stem: &str) -> Self {
        let own = Self::of(stem);
        let is_angle = own.unit == "°";
        Self {
            label: format!("{} spread", own.label),
            axis: format!(
                "spread of {}{}",
                own.label,
                if is_angle { " (degrees)" } else { " (raw)" }
            ),
            unit: if is_angle { "°" } else { "" },
            period: None,
            decimals: if is_angle { 1 } else { 2 },
            factor: 1.0,
        }
    }

    /// The value in the shown unit, brought into [0, period) where it has a period.
    pub fn shown(&self, value: f64) -> f64 {
        let value = value * self.factor;
        self.period.map_or(value, |period| scale::wrapped(value, period))
    }

    /// The value with its unit, without the name; a dash where it is not a number.
    pub fn text(&self, value: f64) -> String {
        match number(value * self.factor, self.decimals) {
            Some(number) => format!("{number}{}", self.unit),
            None => "\u{2013}".into(),
        }
    }
}

/// The hyperparameters in the order in which they are shown: size and shape first, then angles.
pub fn in_order(values: &Hyperparameters) -> Vec<(&str, f64)> {
    let mut values: Vec<(&str, f64)> = values.iter().map(|(name, value)| (name.as_str(), *value)).collect();
    values.sort_by_key(|(name, _)| {
        (
            name.ends_with("_spread"),
            name.trim_end_matches("_spread").ends_with("_deg"),
        )
    });
    values
}

/// All hyperparameters with names and units; nothing for none: `area 5.0%, aspect 1.00`; a single one without its name: `110.0°`.
pub fn hyperparameters(values: &Hyperparameters) -> String {
    let text = |(name, value): (&str, f64)| {
        let quantity = Quantity::of(name);
        match values.len() {
            1 => quantity.text(value),
            // A no-break space: a line never ends between a name and its value.
            _ => format!("{}\u{a0}{}", quantity.label, quantity.text(value)),
        }
    };
    in_order(values).into_iter().map(text).collect::<Vec<_>>().join(", ")
}
