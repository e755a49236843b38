//! Every family in every form, each with raw parameters at which each of them matters.

use augur_core::draws::{Purpose, shared_stream};
use augur_core::spec::{
    BlurSpec, BrightnessContrastSpec, ComposeSpec, CutdiffMode, CutdiffSpec, CutpasteSpec, ElasticSpec, FamilySpec,
    Form, HueSaturationSpec, NoiseSpec, Padding, PatchSource, RotationSpec, ScarSource, ScarSpec, Starts,
};
use tch::{Device, Tensor};

use crate::augment::{Augmentation, Draw, from_spec};
use crate::testing::noise;

/// Images of a test: two of 3 channels, higher than wide.
pub const SHAPE: [i64; 4] = [2, 3, 9, 7];

pub struct Case {
    pub label: String,
    pub spec: FamilySpec,
    pub family: Box<dyn Augmentation>,
    pub raw: Vec<f64>,
}

impl Case {
    fn new(what: &str, spec: FamilySpec, raw: Vec<f64>) -> Self {
        Self {
            label: format!("{what}, {:?}", spec.form()),
            family: from_spec(&spec),
            spec,
            raw,
        }
    }
}

/// The families with one `a` for all images, and the same with an `a` for each image.
pub fn cases() -> Vec<Case> {
    let tuned = families()
        .into_iter()
        .map(|(what, spec, raw)| Case::new(what, spec, raw));
    let distributions = families().into_iter().map(|(what, spec, mut raw)| {
        let spreads: Vec<f64> = (0..raw.len()).map(|i| -1.0 - 0.3 * i as f64).collect();
        raw.extend(spreads);
        Case::new(what, spec.in_form(Form::Distribution), raw)
    });
    tuned.chain(distributions).collect()
}

/// Every family, plain.
pub fn families() -> Vec<(&'static str, FamilySpec, Vec<f64>)> {
    let rotation = |padding| {
        FamilySpec::Rotation(RotationSpec {
            padding,
            ..RotationSpec::default()
        })
    };
    let cutdiff = |mode, fill, strength| {
        FamilySpec::Cutdiff(CutdiffSpec {
            area: [0.05, 0.4],
            max_aspect: 3.0,
            softness: 0.2,
            mode,
            fill,
            strength,
            ..CutdiffSpec::default()
        })
    };
    let cutpaste = |source| {
        FamilySpec::Cutpaste(CutpasteSpec {
            source,
            ..CutpasteSpec::default()
        })
    };
    let scar = |source, fill| {
        FamilySpec::Scar(ScarSpec {
            source,
            fill,
            ..ScarSpec::default()
        })
    };
    vec![
        ("rotation, zeros", rotation(Padding::Zeros), vec![0.7]),
        ("rotation, reflection", rotation(Padding::Reflection), vec![-2.1]),
        (
            "cutdiff, subtract",
            FamilySpec::Cutdiff(CutdiffSpec::default()),
            vec![0.4, -0.6, 1.1],
        ),
        (
            "cutdiff, blend",
            cutdiff(CutdiffMode::Blend, 0.3, None),
            vec![-0.3, 0.5, 2.5],
        ),
        (
            "cutdiff, strength",
            cutdiff(CutdiffMode::Blend, 0.8, Some([0.2, 1.0])),
            vec![-0.3, 0.5, 2.5, 0.3],
        ),
        (
            "cutpaste, self",
            cutpaste(PatchSource::Own),
            vec![0.3, 0.4, 0.6, 0.5, -0.7],
        ),
        (
            "cutpaste, other",
            cutpaste(PatchSource::Other),
            vec![0.3, 0.4, 0.6, 0.5, -0.7],
        ),
        ("scar, fill", scar(ScarSource::Fill, 0.9), vec![-0.4, 0.6, 0.6, 0.2]),
        (
            "scar, self",
            scar(ScarSource::Own, 0.0),
            vec![-0.4, 0.6, 0.6, 0.2, 0.4, -0.9],
        ),
        ("blur", FamilySpec::Blur(BlurSpec::default()), vec![-1.3]),
        ("noise", FamilySpec::Noise(NoiseSpec::default()), vec![-0.5]),
        (
            "brightness_contrast",
            FamilySpec::BrightnessContrast(BrightnessContrastSpec::default()),
            vec![0.3, 0.4],
        ),
        (
            "hue_saturation",
            FamilySpec::HueSaturation(HueSaturationSpec::default()),
            vec![0.8, -0.3],
        ),
        ("elastic", FamilySpec::Elastic(ElasticSpec::default()), vec![0.2, -1.5]),
    ]
}

/// Three parts, the last one a distribution.
pub fn composition() -> ComposeSpec {
    let noise = FamilySpec::Noise(NoiseSpec::default());
    ComposeSpec {
        parts: vec![
            FamilySpec::Cutdiff(CutdiffSpec::default()),
            FamilySpec::Blur(BlurSpec::default()),
            noise.in_form(Form::Distribution),
        ],
        temperature: 0.7,
        form: Form::Tuned,
        starts: Starts::default(),
    }
}

pub fn images() -> Tensor {
    noise(&SHAPE, 1.0)
}

/// What a family draws for [`images`].
pub fn draw(family: &dyn Augmentation) -> Draw {
    draw_for(family, SHAPE)
}

/// What a family draws for images of a shape.
pub fn draw_for(family: &dyn Augmentation, shape: [i64; 4]) -> Draw {
    let mut stream = shared_stream(7, "families", Purpose::Augmentation, 0);
    Draw::new(&family.needs(), shape, &mut stream, Device::Cpu)
}
