//! Augmentations: the augmented images, and the gradient of a random functional of them in the raw parameters.

use augur_core::spec::{CutdiffMode, CutdiffSpec, Padding, RotationSpec};
use augur_train::augment::{Augmentation, Draw};
use serde_json::Value;
use tch::{Kind, Tensor};

use crate::case::{Case, is_of_kind};
use crate::report::Report;

pub fn check(case: &Case, kind: Kind, report: &mut Report) {
    let name = if is_of_kind(&case.name, "cutdiff") {
        "cutdiff"
    } else {
        "rotation"
    };
    let family = family(name, &case.json);
    let raw = case.tensor("raw", kind).set_requires_grad(true);
    let y = family.apply(&raw, &case.tensor("x", kind), &draw(case, kind));
    report.close("y", &y, &case.tensor("y", kind));
    let functional = (y * case.tensor("upstream", kind)).sum(kind);
    let gradient = Tensor::run_backward(&[functional], &[&raw], false, false).remove(0);
    report.close("raw_grad", &gradient, &case.tensor("raw_grad", kind));
    if case.has("extent") {
        check_extent(family.as_ref(), case, report);
    }
}

/// `extent` is (w, h) in fractions of the side and the angle in radians.
fn check_extent(family: &dyn Augmentation, case: &Case, report: &mut Report) {
    let hyper = family.hyperparameters(&case.values("raw"));
    let extent = case.values("extent");
    let named = |name: &str| hyper.iter().find(|(n, _)| *n == name).unwrap().1;
    report.close_value("extent (area)", named("area"), extent[0] * extent[1]);
    report.close_value("extent (aspect)", named("aspect"), extent[0] / extent[1]);
    let turns = (named("angle_deg") - extent[2].to_degrees()) / 360.0;
    report.close_value("extent (angle, from whole turns)", turns - turns.round(), 0.0);
}

/// The family `name` with the settings that `json` names, the method's defaults elsewhere.
pub fn family(name: &str, json: &Value) -> Box<dyn Augmentation> {
    match name {
        "cutdiff" => Box::new(cutdiff(json)),
        "rotation" => Box::new(RotationSpec {
            padding: padding(json),
            ..RotationSpec::default()
        }),
        other => panic!("unknown family {other}"),
    }
}

/// What was drawn for the case's images.
pub fn draw(case: &Case, kind: Kind) -> Draw {
    Draw {
        centers: case.has("centers").then(|| case.tensor("centers", kind)),
        ..Draw::default()
    }
}

fn cutdiff(json: &Value) -> CutdiffSpec {
    let default = CutdiffSpec::default();
    let number = |key: &str, default: f64| json.get(key).map_or(default, |v| v.as_f64().unwrap());
    let area = json
        .get("area")
        .map_or(default.area, |v| [v[0].as_f64().unwrap(), v[1].as_f64().unwrap()]);
    let mode = match json.get("mode").and_then(Value::as_str) {
        Some("blend") => CutdiffMode::Blend,
        // In a hypergradient case `mode` may be the network's.
        _ => CutdiffMode::Subtract,
    };
    CutdiffSpec {
        area,
        max_aspect: number("max_aspect", default.max_aspect),
        softness: number("softness", default.softness),
        mode,
        fill: number("fill", default.fill),
        ..default
    }
}

fn padding(json: &Value) -> Padding {
    match json.get("padding").and_then(Value::as_str) {
        None | Some("zeros") => Padding::Zeros,
        Some("reflection") => Padding::Reflection,
        Some(other) => panic!("unknown padding {other}"),
    }
}
