//! Which points of a family are shown: each hyperparameter over its range, or several draws.

use super::value::value;
use augur_core::{
    outcome::Hyperparameters,
    spec::{Bound, ComposeSpec, FamilySpec, Form, Parameter},
};

/// Values of each hyperparameter, and draws of what is drawn.
const COLUMNS: u32 = 5;
/// An angle can't be seen on a patch nearer to round than this.
const ROUND: f64 = 1.2;

/// One block of a sheet.
#[derive(Clone, Debug, PartialEq)]
pub struct Panel {
    /// The part of a composition that it shows.
    pub part: Option<String>,
    /// The hyperparameter that changes; none where draws are shown.
    pub hyperparameter: Option<String>,
    /// What holds for all its columns.
    pub held: String,
    /// What is applied.
    pub family: FamilySpec,
    /// From left to right.
    pub columns: Vec<Column>,
}

/// One point of a family.
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    /// The value, or which draw it is.
    pub label: String,
    /// All hyperparameters.
    pub point: Hyperparameters,
    /// Which draw of centres, noise and the like.
    pub draw: u64,
}

impl Panel {
    /// What it shows, in a few words.
    pub fn title(&self) -> String {
        let what = match (&self.hyperparameter, &self.family) {
            (Some(name), _) => name,
            (None, FamilySpec::Compose(_)) => "mixed draws",
            (None, _) => "draws",
        };
        match &self.part {
            Some(part) => format!("{part} \u{b7} {what}"),
            None => what.to_owned(),
        }
    }
}

/// The panels of a family whose first starting point is `start`; empty where it has none.
pub fn panels(family: &FamilySpec, start: &Hyperparameters) -> Vec<Panel> {
    let family = family.without_starts();
    match (family.form(), &family) {
        (form, FamilySpec::Compose(compose)) => {
            let mut panels = parts(compose, form, start);
            panels.push(draws(family, start));
            panels
        }
        (Form::Random, _) => vec![draws(family, start)],
        (Form::Distribution, _) => {
            let mut panels = ranges(&family, start);
            panels.push(draws(family, start));
            panels
        }
        (Form::Tuned | Form::Fixed, _) => ranges(&family, start),
    }
}

/// Each part of a composition by itself.
fn parts(compose: &ComposeSpec, form: Form, start: &Hyperparameters) -> Vec<Panel> {
    let of_part = |(name, part): (String, FamilySpec)| {
        let part = match form {
            Form::Random => part.in_form(Form::Random),
            Form::Tuned | Form::Fixed | Form::Distribution => part,
        };
        let prefix = format!("{name}.");
        let own = start
            .iter()
            .filter_map(|(key, v)| Some((key.strip_prefix(&prefix)?, *v)));
        let start = own.map(|(key, v)| (key.to_owned(), v)).collect();
        let named = move |panel: Panel| Panel {
            part: Some(match panel.part {
                Some(inner) => format!("{name}.{inner}"),
                None => name.clone(),
            }),
            ..panel
        };
        panels(&part, &start).into_iter().map(named)
    };
    compose.named_parts().into_iter().flat_map(of_part).collect()
}

/// Each hyperparameter in turn over its range, the others as at the start. A distribution's are shown without spread.
fn ranges(family: &FamilySpec, start: &Hyperparameters) -> Vec<Panel> {
    let family = family.in_form(Form::Tuned);
    let parameters = family.parameters();
    let range = |parameter: &Parameter| {
        let others = others(parameter, &parameters, start);
        let column = |i| {
            let value_at = parameter.bound.at(place(parameter.bound, i));
            let mut point = others.clone();
            point.insert(parameter.name.clone(), value_at);
            Column {
                label: value(&parameter.name, value_at),
                point,
                draw: 0,
            }
        };
        Panel {
            part: None,
            hyperparameter: Some(parameter.name.clone()),
            held: held("with", &others),
            family: family.clone(),
            columns: (0..COLUMNS).map(column).collect(),
        }
    };
    parameters.iter().map(range).collect()
}

/// The place in its range of the value in column `i`: from end to end, of an angle the middles of equal parts of a turn.
fn place(bound: Bound, i: u32) -> f64 {
    match bound {
        Bound::Angle => (f64::from(i) + 0.5) / f64::from(COLUMNS),
        Bound::Between { .. } | Bound::Size { .. } | Bound::Factor { .. } | Bound::Weight => {
            f64::from(i) / f64::from(COLUMNS - 1)
        }
    }
}

/// What the other hyperparameters are while `shown` changes: as at the start, or in the middle of their range. A round
/// patch is stretched, where else its angle couldn't be seen.
fn others(shown: &Parameter, parameters: &[Parameter], start: &Hyperparameters) -> Hyperparameters {
    let others = parameters.iter().filter(|p| p.name != shown.name);
    let value = |p: &Parameter| {
        let value = start.get(&p.name).copied().unwrap_or_else(|| p.bound.at(0.5));
        let round = (1.0 / ROUND..ROUND).contains(&value);
        match shown.bound == Bound::Angle && p.name == "aspect" && round {
            true => p.bound.at(0.75),
            false => value,
        }
    };
    others.map(|p| (p.name.clone(), value(p))).collect()
}

/// Several draws at the start, or over the search ranges.
fn draws(family: FamilySpec, start: &Hyperparameters) -> Panel {
    let held = match family.form() {
        Form::Random => {
            let ranges = family.search_ranges().into_iter();
            let ranges: Vec<_> = ranges
                .map(|r| format!("{} {} to {}", r.name, value(&r.name, r.low), value(&r.name, r.high)))
                .collect();
            format!("every image drawn from {}", ranges.join(", "))
        }
        Form::Tuned | Form::Fixed | Form::Distribution => held("at", start),
    };
    let column = |draw: u32| Column {
        label: format!("draw {}", draw + 1),
        point: start.clone(),
        draw: draw.into(),
    };
    Panel {
        part: None,
        hyperparameter: None,
        held,
        family,
        columns: (0..COLUMNS).map(column).collect(),
    }
}

fn held(word: &str, point: &Hyperparameters) -> String {
    let values: Vec<_> = point
        .iter()
        .map(|(name, v)| format!("{name} = {}", value(name, *v)))
        .collect();
    match values.is_empty() {
        true => String::new(),
        false => format!("{word} {}", values.join(", ")),
    }
}

#[cfg(test)]
#[path = "panels_tests.rs"]
mod tests;
