//! How numbers and configurations are written for people: one way everywhere.

use crate::watch::Left;
use augur_core::outcome::Hyperparameters;
use augur_proto::v1::{SweepState, TrialState, WorkerState};
use std::time::{Duration, SystemTime};

/// Hyperparameters that fit a line of a terminal.
const ON_A_LINE: usize = 4;

/// "angle_deg 147.3, area 0.051".
pub fn hyperparameters(values: &Hyperparameters) -> String {
    pairs(values).join(", ")
}

/// The same, but of many only the first and how many more there are: for a line of a terminal.
pub fn few_hyperparameters(values: &Hyperparameters) -> String {
    first(&pairs(values), ON_A_LINE)
}

fn pairs(values: &Hyperparameters) -> Vec<String> {
    let pair = |(name, value): (&String, &f64)| format!("{name} {}", hyperparameter(name, *value));
    values.iter().map(pair).collect()
}

/// Degrees with one decimal, fractions and ratios with three.
pub fn hyperparameter(name: &str, value: f64) -> String {
    match name.ends_with("_deg") || name.ends_with("_deg_spread") {
        true => format!("{value:.1}"),
        false => format!("{value:.3}"),
    }
}

/// A validation loss; a dash where there is none.
pub fn loss(value: Option<f64>) -> String {
    value.map_or("-".into(), |value| format!("{value:.4}"))
}

/// A p-value: "0.031", "< 0.001".
pub fn probability(p: f64) -> String {
    match p < 0.001 {
        true => "< 0.001".into(),
        false => format!("{p:.3}"),
    }
}

/// An AUROC or average precision; a dash where there are no labels.
pub fn share(value: Option<f64>) -> String {
    value.map_or("-".into(), |value| format!("{value:.3}"))
}

/// "1:02:03" or "02:03".
pub fn clock(duration: Duration) -> String {
    let seconds = duration.as_secs();
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    match hours {
        0 => format!("{minutes:02}:{seconds:02}"),
        _ => format!("{hours}:{minutes:02}:{seconds:02}"),
    }
}

/// "about 04:10", with what it may be where that is known: "about 04:10 (03:40 to 04:50)".
pub fn left(left: &Left) -> String {
    let about = clock(left.about);
    match left.between {
        Some((low, high)) => format!("about {about} ({} to {})", clock(low), clock(high)),
        None => format!("about {about}"),
    }
}

/// "3 minutes ago"; a dash for never.
pub fn ago(at: Option<&prost_types::Timestamp>) -> String {
    ago_at(at, SystemTime::now())
}

/// The same at a moment.
pub fn ago_at(at: Option<&prost_types::Timestamp>, now: SystemTime) -> String {
    let moment = at.and_then(|at| SystemTime::try_from(*at).ok());
    match moment.map(|at| now.duration_since(at).unwrap_or_default()) {
        Some(age) => format!("{} ago", indicatif::HumanDuration(age)),
        None => "-".into(),
    }
}

/// A sweep's state in a word.
pub fn sweep_state(state: SweepState) -> &'static str {
    match state {
        SweepState::Running => "running",
        SweepState::Paused => "paused",
        SweepState::Succeeded => "succeeded",
        SweepState::Failed => "failed",
        SweepState::Cancelled => "cancelled",
        SweepState::Unspecified => "unknown",
    }
}

/// A trial's.
pub fn trial_state(state: TrialState) -> &'static str {
    match state {
        TrialState::Pending => "waiting",
        TrialState::Running => "running",
        TrialState::Completed => "completed",
        TrialState::Failed => "failed",
        TrialState::Cancelled => "cancelled",
        TrialState::Stopped => "stopped",
        TrialState::Unspecified => "unknown",
    }
}

/// A worker's.
pub fn worker_state(state: WorkerState) -> &'static str {
    match state {
        WorkerState::Connected => "connected",
        WorkerState::Draining => "draining",
        WorkerState::Lost => "lost",
        WorkerState::Left => "left",
        WorkerState::Unspecified => "unknown",
    }
}

/// The first few of a list, and how many more there are.
pub fn first(items: &[String], most: usize) -> String {
    let mut text = items.iter().take(most).cloned().collect::<Vec<_>>().join(", ");
    if items.len() > most {
        text += &format!(", and {} more", items.len() - most);
    }
    text
}

/// A name of the user's as one part of a path.
pub fn file_name(name: &str) -> String {
    let tame = |c: char| match c.is_alphanumeric() || "._-".contains(c) {
        true => c,
        false => '-',
    };
    let name: String = name.chars().map(tame).collect();
    name.trim_start_matches('.').to_owned()
}

/// "1 trial", "2 trials".
pub fn count(n: u32, what: &str) -> String {
    match n {
        1 => format!("1 {what}"),
        _ => format!("{n} {what}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hyperparameters_read_as_name_and_value() {
        let values = Hyperparameters::from([("angle_deg".into(), 147.26), ("area".into(), 0.0512)]);
        assert_eq!(hyperparameters(&values), "angle_deg 147.3, area 0.051");
        assert_eq!(few_hyperparameters(&values), hyperparameters(&values));
        let many: Hyperparameters = ["a", "b", "c", "d", "e", "f"].map(|name| (name.into(), 0.5)).into();
        assert_eq!(
            few_hyperparameters(&many),
            "a 0.500, b 0.500, c 0.500, d 0.500, and 2 more"
        );
    }

    #[test]
    fn clocks_show_hours_only_when_there_are_some() {
        assert_eq!(clock(Duration::from_secs(65)), "01:05");
        assert_eq!(clock(Duration::from_secs(3723)), "1:02:03");
    }
}
