//! What early stopping saves, roughly and in advance.

use super::Rules;

/// The expected share of the epochs that a group of `trials` runs, in (0, 1], if values say nothing about the order and every
/// decision falls at once: the n-th to come to a rung goes on with probability ceil(n / reduction) / n.
pub fn expected_share(trials: u32, rules: &Rules, epochs: u32) -> f64 {
    let mut running = f64::from(trials);
    let (mut at, mut work) = (0, 0.0);
    // Trials that were stopped and run on for the audit.
    let mut audited = 0.0;
    for rung in rules.rungs.iter().copied() {
        work += (running + audited) * f64::from(rung - at);
        let left = going_on(running, rules.reduction);
        audited += (running - left) * rules.audit;
        (running, at) = (left, rung);
    }
    work += (running + audited) * f64::from(epochs - at);
    work / (f64::from(trials) * f64::from(epochs))
}

/// How many of `trials`, a mean and so perhaps no whole number, go on.
fn going_on(trials: f64, reduction: u32) -> f64 {
    let chance = |n: u32| f64::from(n.div_ceil(reduction)) / f64::from(n);
    let whole = trials.floor() as u32;
    let part = (trials - f64::from(whole)) * chance(whole + 1);
    (1..=whole).map(chance).sum::<f64>() + part
}
