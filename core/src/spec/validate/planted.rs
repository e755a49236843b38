//! Planted anomalies.

use super::Faults;
use crate::spec::Planted;

pub(super) fn planted(planted: &Planted, path: &str, faults: &mut Faults) {
    match planted {
        Planted::RotateDeg(angle) => {
            let turns = angle.is_finite() && angle.rem_euclid(360.0) != 0.0;
            faults.check(turns, format!("{path}.rotate_deg"), || {
                format!("{angle} degrees leave the image as it is; give an angle that turns it")
            });
        }
    }
}
