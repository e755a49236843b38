//! The anomaly score: squared Mahalanobis distance under a Ledoit-Wolf covariance.

use augur_train::score::Gde;
use tch::Kind;

use crate::case::Case;
use crate::report::Report;

pub fn check(case: &Case, kind: Kind, report: &mut Report) {
    let gde = Gde::fit(&case.tensor("z_trn", kind)).unwrap();
    let scores = gde.score(&case.tensor("z", kind)).unwrap();
    report.close("scores", &scores, &case.tensor("scores", kind));
    if let Some(shrinkage) = case.json["shrinkage"].as_f64() {
        report.close_value("shrinkage", gde.shrinkage(), shrinkage);
    }
}
