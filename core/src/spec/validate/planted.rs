//! Planted anomalies.

use super::Faults;
use crate::spec::{Planted, PlantedPatch};

pub(super) fn planted(planted: &Planted, path: &str, faults: &mut Faults) {
    match planted {
        Planted::RotateDeg(angle) => {
            let turns = angle.is_finite() && angle.rem_euclid(360.0) != 0.0;
            faults.check(turns, format!("{path}.rotate_deg"), || {
                format!("{angle} degrees leave the image as it is; give an angle that turns it")
            });
        }
        Planted::Cutdiff(patch) => cutdiff(patch, &format!("{path}.cutdiff"), faults),
        Planted::Blur(blur) => within(blur.sigma_px, 0.05, 1e3, &format!("{path}.blur.sigma_px"), faults),
        Planted::Noise(noise) => within(noise.sigma, 1e-6, 10.0, &format!("{path}.noise.sigma"), faults),
    }
}

fn cutdiff(patch: &PlantedPatch, path: &str, faults: &mut Faults) {
    within(patch.area, 1e-6, 1.0, &format!("{path}.area"), faults);
    within(patch.aspect, 1e-3, 1e3, &format!("{path}.aspect"), faults);
    within(patch.angle_deg, -360.0, 360.0, &format!("{path}.angle_deg"), faults);
    within(patch.fill, 0.0, 1.0, &format!("{path}.fill"), faults);
    within(patch.softness, 0.001, 10.0, &format!("{path}.softness"), faults);
}

fn within(value: f64, least: f64, most: f64, path: &str, faults: &mut Faults) {
    faults.check((least..=most).contains(&value), path, || {
        format!("{value} is out of range; choose a value from {least} to {most}")
    });
}
