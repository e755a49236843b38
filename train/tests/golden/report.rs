//! Runs the cases of one kind in both precisions and names every field that deviates.

use tch::{Kind, Tensor};

use crate::case::{self, Case};

const PRECISIONS: [(Kind, f64); 2] = [(Kind::Double, 1e-9), (Kind::Float, 1e-4)];
/// Fields whose largest value lies below this are compared absolutely: the golden value of an exact zero may
/// itself be a rounding error.
const SMALLEST_SCALE: f64 = 1e-6;

/// What deviated in one case at one precision.
pub struct Report {
    tolerance: f64,
    checked: usize,
    deviations: Vec<String>,
}

impl Report {
    /// Holds `got` against `want`: largest absolute difference over the largest absolute value of `want`.
    pub fn close(&mut self, field: &str, got: &Tensor, want: &Tensor) {
        self.checked += 1;
        if got.numel() != want.numel() || (want.dim() > 1 && got.size() != want.size()) {
            self.deviations
                .push(format!("{field} has shape {:?}, not {:?}", got.size(), want.size()));
            return;
        }
        let (got, want) = (
            got.to_kind(Kind::Double).view([-1]),
            want.to_kind(Kind::Double).view([-1]),
        );
        let scale = want.abs().max().double_value(&[]).max(SMALLEST_SCALE);
        let error = (got - want).abs().max().double_value(&[]) / scale;
        // Written so that a NaN deviates.
        if !matches!(error.partial_cmp(&self.tolerance), Some(std::cmp::Ordering::Less)) {
            self.deviations.push(format!(
                "{field} is off by {error:.2e} relative (allowed {:.0e})",
                self.tolerance
            ));
        }
    }

    pub fn close_value(&mut self, field: &str, got: f64, want: f64) {
        self.close(field, &Tensor::from(got), &Tensor::from(want));
    }
}

/// Checks every case of `kind`, and fails with all deviations at once.
pub fn run(kind: &str, check: fn(&Case, Kind, &mut Report)) {
    let names: Vec<_> = case::names()
        .into_iter()
        .filter(|name| case::is_of_kind(name, kind))
        .collect();
    if names.is_empty() {
        println!("no case of kind {kind} in {}", case::folder().display());
    }
    let mut deviations = Vec::new();
    for name in names {
        let case = Case::read(&name);
        for (precision, tolerance) in PRECISIONS {
            let mut report = Report {
                tolerance,
                checked: 0,
                deviations: Vec::new(),
            };
            check(&case, precision, &mut report);
            if report.checked == 0 && precision == Kind::Double {
                report.deviations.push("holds nothing that could be checked".to_owned());
            }
            println!("{name} in {precision:?}: {} fields checked", report.checked);
            deviations.extend(
                report
                    .deviations
                    .into_iter()
                    .map(|d| format!("{name} in {precision:?}: {d}")),
            );
        }
    }
    assert!(
        deviations.is_empty(),
        "golden cases deviate:\n  {}",
        deviations.join("\n  ")
    );
}
