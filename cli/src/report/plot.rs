//! From the course of the trials of one (task, seed, variant) to its charts.

use super::{
    GroupCurves, TrialCurve,
    chart::{Chart, HEIGHT, Series, Standing},
    format::{self, Quantity},
    scale::{self, Axis},
};
use augur_core::{
    outcome::{Hyperparameters, Measurement},
    spec::{AnomalySpec, Hypergradient, Planted, SweepSpec, TaskSpec, ValidationLoss, VariantSpec},
};

/// Height of each of several charts that stand on one another, and of the lowest, which names the epochs.
const SMALL: [f64; 2] = [144.0, 160.0];

/// What the charts of one (task, seed, variant) are drawn from.
pub struct Plot<'a> {
    /// The trials.
    pub group: &'a GroupCurves,
    /// The sweep.
    pub spec: &'a SweepSpec,
    /// The task, where the spec has it.
    pub task: Option<&'a TaskSpec>,
    /// Every family of the report; the position is the family's number.
    pub families: &'a [String],
    /// Points of a line that are drawn at most.
    pub points: usize,
}

impl Plot<'_> {
    /// Mean-distance validation loss over epochs, all trials.
    pub fn loss(&self, height: f64) -> Chart {
        let value = |measurement: &Measurement| measurement.validation_loss.unwrap_or(f64::NAN);
        let series = self.group.trials.iter().map(|trial| {
            let points = trial.measurements.iter().map(|m| (f64::from(m.epoch), value(m)));
            let end = trial.measurements.last().and_then(|m| format::number(value(m), 3));
            self.series(trial, scale::runs(points, None), end)
        });
        let values = self
            .group
            .trials
            .iter()
            .flat_map(|trial| &trial.measurements)
            .map(value);
        Chart {
            title: match self.is_tuned_by_it() {
                true => "Mean distance L_val, the loss that tunes".into(),
                false => "Mean distance L_val".into(),
            },
            summary: self.summary(
                "Mean-distance validation loss after each epoch",
                self.group.trials.len(),
            ),
            height,
            x: self.epochs(),
            y: Axis::around(values, 5),
            unit: "",
            continued: false,
            warmup: self.warmup(),
            reference: None,
            series: series.collect(),
        }
    }

    /// The path of each hyperparameter over epochs, for the trials of the selected trial's family; of every family
    /// where none was selected. Epoch 0 is the starting point.
    pub fn paths(&self) -> Vec<Chart> {
        let shown = self.shown_families();
        let wanted: Vec<(&str, &str)> = shown
            .iter()
            .flat_map(|family| self.names(family).into_iter().map(move |name| (*family, name)))
            .collect();
        let last = wanted.len().saturating_sub(1);
        let chart = |(i, (family, name)): (usize, &(&str, &str))| Chart {
            continued: i < last,
            height: match last {
                0 => HEIGHT,
                _ => SMALL[usize::from(i == last)],
            },
            ..self.path(family, name, last > 0)
        };
        wanted.iter().enumerate().map(chart).collect()
    }

    /// The norm of the selected trial's hypergradient over epochs, as a power of ten; none where nothing was tuned.
    pub fn norm(&self) -> Option<Chart> {
        let trial = self.group.trials.iter().find(|trial| trial.selected)?;
        let norm = |m: &Measurement| m.hypergradient_norm.map_or(f64::NAN, f64::log10);
        let points = || trial.measurements.iter().map(|m| (f64::from(m.epoch), norm(m)));
        if !points().any(|(_, norm)| scale::is_drawable(norm)) {
            return None;
        }
        let last = trial.measurements.iter().rev().find_map(|m| m.hypergradient_norm);
        let end = last.map(|norm| format!("{norm:.1e}"));
        Some(Chart {
            title: "Norm of the hypergradient, log\u{2081}\u{2080}, selected trial".into(),
            summary: self.summary("Norm of the hypergradient after each epoch, as a power of ten", 1),
            height: HEIGHT,
            x: self.epochs(),
            y: Axis::around(points().map(|(_, norm)| norm), 4),
            unit: "",
            continued: false,
            warmup: self.warmup(),
            reference: None,
            series: vec![self.series(trial, scale::runs(points(), None), end)],
        })
    }

    /// The planted angle and what it is called, where the task plants one: the right answer of family rotation.
    pub fn planted(&self) -> Option<(f64, String)> {
        match self.task.map(|task| &task.anomaly) {
            Some(AnomalySpec::Planted(Planted::RotateDeg(angle))) if angle.is_finite() => {
                let text = Quantity::of("angle_deg").text(*angle);
                Some((*angle, format!("planted angle {text}")))
            }
            _ => None,
        }
    }

    /// Whether any augmentation takes steps at all.
    pub fn is_tuned(&self) -> bool {
        let variant = self.variant();
        let hypergradient = variant.and_then(|variant| variant.hypergradient);
        let families = variant.and_then(|variant| variant.families.as_ref());
        let families = families.unwrap_or(&self.spec.families);
        hypergradient.unwrap_or(self.spec.tuning.hypergradient) != Hypergradient::None
            && variant.is_none_or(|variant| variant.baseline.is_none())
            && families.iter().any(|family| family.form().is_tuned())
    }

    /// Whether they follow the loss that is drawn.
    pub fn is_tuned_by_it(&self) -> bool {
        let loss = self.variant().and_then(|variant| variant.validation_loss);
        self.is_tuned() && loss.unwrap_or(self.spec.tuning.loss) == ValidationLoss::MeanDistance
    }

    /// What the group's variant does otherwise; none of the method itself.
    fn variant(&self) -> Option<&VariantSpec> {
        self.spec
            .variants
            .iter()
            .find(|variant| variant.name == self.group.variant)
    }

    /// The families whose paths are drawn.
    pub fn shown_families(&self) -> Vec<&str> {
        let trials = &self.group.trials;
        let selected = trials.iter().find(|trial| trial.selected);
        let mut families: Vec<&str> = match selected {
            Some(trial) => vec![&trial.family],
            None => trials.iter().map(|trial| trial.family.as_str()).collect(),
        };
        families.dedup();
        families
    }

    /// The number of a family: its colour and marker.
    pub fn family(&self, name: &str) -> usize {
        family_number(self.families, name)
    }

    fn path(&self, family: &str, name: &str, is_small: bool) -> Chart {
        let quantity = Quantity::of(name);
        let trials: Vec<&TrialCurve> = self.group.trials.iter().filter(|t| t.family == family).collect();
        let series: Vec<Series> = trials
            .iter()
            .map(|trial| {
                let end = trial.measurements.last().map_or(&trial.initial, |m| &m.hyperparameters);
                let end = end.get(name).map(|value| quantity.text(*value));
                self.series(trial, scale::runs(path(trial, name, &quantity), quantity.period), end)
            })
            .collect();
        let values = series
            .iter()
            .flat_map(|series| series.runs.iter().flatten())
            .map(|p| p.1);
        let y = match quantity.period {
            Some(period) => Axis::turn(period, if is_small { 2 } else { 4 }),
            None => Axis::around(values, if is_small { 3 } else { 5 }),
        };
        let planted = self.planted().filter(|_| family == "rotation" && name == "angle_deg");
        Chart {
            title: match self.shown_families().len() {
                1 => capitalised(&quantity.axis),
                _ => format!("{}: {}", capitalised(family), quantity.axis),
            },
            summary: self.summary(&format!("Path of {} of family {family}", quantity.axis), trials.len()),
            height: HEIGHT,
            x: self.epochs(),
            y,
            unit: quantity.unit,
            continued: false,
            warmup: self.warmup(),
            reference: planted.map(|(angle, name)| (quantity.shown(angle), name)),
            series,
        }
    }

    fn series(&self, trial: &TrialCurve, runs: Vec<Vec<(f64, f64)>>, end: Option<String>) -> Series {
        let standing = standing(trial);
        let ended = end.as_ref().map(|end| format!(", ends at {end}")).unwrap_or_default();
        Series {
            title: format!("{} ({}){ended}", name(trial), standing.name()),
            family: self.family(&trial.family),
            standing,
            runs: runs.into_iter().map(|run| scale::thinned(run, self.points)).collect(),
            end: end.filter(|_| standing == Standing::Selected),
        }
    }

    /// The names of a family's hyperparameters, from the first of its trials that has any.
    fn names(&self, family: &str) -> Vec<&str> {
        let mut trials = self.group.trials.iter().filter(|trial| trial.family == family);
        let initial = trials
            .find(|trial| !trial.initial.is_empty())
            .map(|trial| format::in_order(&trial.initial));
        initial.into_iter().flatten().map(|(name, _)| name).collect()
    }

    fn epochs(&self) -> Axis {
        let measured = self.group.trials.iter().flat_map(|t| &t.measurements).map(|m| m.epoch);
        Axis::whole(0, measured.fold(self.spec.training.epochs, u32::max), 6)
    }

    fn warmup(&self) -> u32 {
        self.spec.tuning.warmup_epochs.min(self.spec.training.epochs)
    }

    fn summary(&self, what: &str, trials: usize) -> String {
        let selected = self.group.trials.iter().find(|trial| trial.selected);
        let selected = match selected {
            Some(trial) => format!("the selected one is {}", name(trial)),
            None => "none was selected".into(),
        };
        format!("{what}, {}; {selected}.", format::plural(trials, "trial"))
    }
}

/// How a trial came off.
pub fn standing(trial: &TrialCurve) -> Standing {
    match (trial.selected, &trial.excluded) {
        (true, _) => Standing::Selected,
        (false, Some(_)) => Standing::Excluded,
        (false, None) => Standing::Ranked,
    }
}

/// A trial in words: `rotation from 110.0°`.
pub fn name(trial: &TrialCurve) -> String {
    match trial.initial.is_empty() {
        true => trial.family.clone(),
        false => format!("{} from {}", trial.family, format::hyperparameters(&trial.initial)),
    }
}

/// The number of a family: its colour and marker.
pub fn family_number(families: &[String], name: &str) -> usize {
    families.iter().position(|family| family == name).unwrap_or(0) % super::chart::FAMILIES
}

fn path(trial: &TrialCurve, name: &str, quantity: &Quantity) -> Vec<(f64, f64)> {
    let at = |values: &Hyperparameters| values.get(name).map_or(f64::NAN, |value| quantity.shown(*value));
    let start = (0.0, at(&trial.initial));
    let epochs = trial
        .measurements
        .iter()
        .map(|m| (f64::from(m.epoch), at(&m.hyperparameters)));
    std::iter::once(start).chain(epochs).collect()
}

fn capitalised(text: &str) -> String {
    let mut chars = text.chars();
    chars
        .next()
        .map(|first| first.to_uppercase().chain(chars).collect())
        .unwrap_or_default()
}
