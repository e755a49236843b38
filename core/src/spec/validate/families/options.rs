//! The options of each family.

use super::super::Faults;
use crate::spec::{
    BrightnessContrastSpec, ComposeSpec, CutdiffMode, CutdiffSpec, CutpasteSpec, ElasticSpec, FamilySpec, ScarSource,
    ScarSpec,
};

/// The smallest standard deviation and softness: below, single precision has no numbers for the slopes.
const LEAST_SIGMA_PX: f64 = 0.05;
const LEAST_WIDTH: f64 = 0.001;
const LEAST_AREA: f64 = 1e-6;

pub(super) fn options(family: &FamilySpec, path: &str, faults: &mut Faults) {
    let mut check = Check { path, faults };
    match family {
        FamilySpec::Rotation(_) => {}
        FamilySpec::Cutdiff(cutdiff) => cutdiff_options(cutdiff, &mut check),
        FamilySpec::Cutpaste(cutpaste) => cutpaste_options(cutpaste, &mut check),
        FamilySpec::Scar(scar) => scar_options(scar, &mut check),
        FamilySpec::Blur(blur) => check.range("sigma_px", blur.sigma_px, LEAST_SIGMA_PX, 1e3),
        FamilySpec::Noise(noise) => check.range("sigma", noise.sigma, 0.0, 10.0),
        FamilySpec::BrightnessContrast(spec) => brightness_contrast_options(spec, &mut check),
        FamilySpec::HueSaturation(spec) => check.factor("max_saturation", spec.max_saturation),
        FamilySpec::Elastic(elastic) => elastic_options(elastic, &mut check),
        FamilySpec::Compose(compose) => compose_options(compose, &mut check),
    }
}

fn cutdiff_options(cutdiff: &CutdiffSpec, check: &mut Check<'_>) {
    check.patch(cutdiff.area, cutdiff.max_aspect, cutdiff.softness);
    check.grey("fill", cutdiff.fill);
    if let Some(strength) = cutdiff.strength {
        check.range("strength", strength, 0.0, 1.0);
        check.holds(cutdiff.mode == CutdiffMode::Blend, "strength", || {
            "only a blended patch has a strength; write `mode: blend` or remove it".into()
        });
    }
}

fn cutpaste_options(cutpaste: &CutpasteSpec, check: &mut Check<'_>) {
    check.patch(cutpaste.area, cutpaste.max_aspect, cutpaste.softness);
    check.shift(cutpaste.max_shift);
}

fn scar_options(scar: &ScarSpec, check: &mut Check<'_>) {
    check.range("length", scar.length, LEAST_WIDTH, 2.0);
    check.range("width", scar.width, LEAST_WIDTH, 2.0);
    check.range("strength", scar.strength, 0.0, 1.0);
    check.softness(scar.softness);
    match scar.source {
        ScarSource::Fill => check.grey("fill", scar.fill),
        ScarSource::Own => check.shift(scar.max_shift),
    }
}

fn brightness_contrast_options(spec: &BrightnessContrastSpec, check: &mut Check<'_>) {
    let brightness = spec.max_brightness;
    check.holds(brightness > 0.0 && brightness <= 1.0, "max_brightness", || {
        format!("{brightness} is no bound of the brightness; write one above 0, at most 1")
    });
    check.factor("max_contrast", spec.max_contrast);
}

fn elastic_options(elastic: &ElasticSpec, check: &mut Check<'_>) {
    check.range("amplitude", elastic.amplitude, 0.0, 0.5);
    check.range("smoothness_px", elastic.smoothness_px, LEAST_SIGMA_PX, 1e3);
}

fn compose_options(compose: &ComposeSpec, check: &mut Check<'_>) {
    check.holds(compose.parts.len() >= 2, "parts", || {
        "a composition has at least two parts; list them, or write the one family itself".into()
    });
    let temperature = compose.temperature;
    check.holds((0.01..=100.0).contains(&temperature), "temperature", || {
        format!("{temperature} is no temperature; write one from 0.01 to 100")
    });
    for (i, part) in compose.parts.iter().enumerate() {
        let path = format!("parts[{i}].{}", part.name());
        check.holds(!matches!(part, FamilySpec::Compose(_)), &path, || {
            "a composition can't be a part of another one; list its parts here".into()
        });
        check.holds(part.starts().is_empty(), &format!("{path}.starts"), || {
            format!(
                "a part has no starting points of its own; write them beside `parts`, as {}.NAME",
                part.name()
            )
        });
        options(part, &format!("{}.{path}", check.path), check.faults);
    }
}

/// Checks of one family's options.
struct Check<'a> {
    /// Where the family stands.
    path: &'a str,
    faults: &'a mut Faults,
}

impl Check<'_> {
    fn holds(&mut self, holds: bool, option: &str, message: impl FnOnce() -> String) {
        self.faults.check(holds, format!("{}.{option}", self.path), message);
    }

    /// least <= low < high <= most
    fn range(&mut self, option: &str, [low, high]: [f64; 2], least: f64, most: f64) {
        self.holds(least <= low && low < high && high <= most, option, || {
            format!("[{low}, {high}] is no range of it; write [low, high] with {least} <= low < high <= {most}")
        });
    }

    fn factor(&mut self, option: &str, max: f64) {
        self.holds(max > 1.0 && max <= 1e3, option, || {
            format!("{max} must be above 1, at most 1000")
        });
    }

    fn grey(&mut self, option: &str, value: f64) {
        self.holds((0.0..=1.0).contains(&value), option, || {
            format!("{value} is no grey value; write one between 0 and 1")
        });
    }

    fn patch(&mut self, [low, high]: [f64; 2], max_aspect: f64, softness: f64) {
        self.holds(LEAST_AREA <= low && low < high && high <= 1.0, "area", || {
            format!("[{low}, {high}] is no range of areas; write [low, high] with {LEAST_AREA} <= low < high <= 1")
        });
        self.factor("max_aspect", max_aspect);
        self.softness(softness);
    }

    fn softness(&mut self, softness: f64) {
        self.holds((0.001..=10.0).contains(&softness), "softness", || {
            format!("{softness} is no softness of an edge; write one from 0.001 (hard) to 10")
        });
    }

    fn shift(&mut self, max: f64) {
        self.holds(max > 0.0 && max <= 1.0, "max_shift", || {
            format!("{max} is no bound of a shift; write a fraction of the side above 0, at most 1")
        });
    }
}
