//! Every family in every form, each with raw parameters at which each of them matters.

use augur_core::draws::{Purpose, shared_stream};
use augur_core::spec::Padding;
use tch::{Device, Kind, Tensor};

use crate::augment::{
    Augmentation, Blur, CutDiff, CutPaste, Distribution, Draw, Noise, PatchMode, PatchSource, Rotation, Scar,
    ScarSource,
};
use crate::testing::noise;

/// Images of a test: two of 3 channels, higher than wide.
pub const SHAPE: [i64; 4] = [2, 3, 9, 7];

pub struct Case {
    pub label: String,
    pub family: Box<dyn Augmentation>,
    pub raw: Vec<f64>,
}

/// The families with one `a` for all images, and the same with an `a` for each image.
pub fn cases() -> Vec<Case> {
    let shared = families().into_iter().map(|(what, family, raw)| Case {
        label: what.to_owned(),
        family,
        raw,
    });
    let distributions = families().into_iter().map(|(what, family, mut raw)| {
        raw.extend((0..raw.len()).map(|i| -1.0 - 0.3 * i as f64).collect::<Vec<_>>());
        Case {
            label: format!("{what}, distribution"),
            family: Box::new(Distribution(family)),
            raw,
        }
    });
    shared.chain(distributions).collect()
}

fn families() -> Vec<(&'static str, Box<dyn Augmentation>, Vec<f64>)> {
    let cutdiff = |mode| CutDiff {
        area: (0.05, 0.4),
        max_aspect: 3.0,
        softness: 0.2,
        mode,
    };
    let rotation = |padding| Box::new(Rotation { padding });
    let cutpaste = |source| CutPaste {
        source,
        ..CutPaste::default()
    };
    let scar = |source| Scar {
        source,
        ..Scar::default()
    };
    vec![
        ("rotation, zeros", rotation(Padding::Zeros), vec![0.7]),
        ("rotation, reflection", rotation(Padding::Reflection), vec![-2.1]),
        ("cutdiff, subtract", Box::new(CutDiff::default()), vec![0.4, -0.6, 1.1]),
        (
            "cutdiff, blend",
            Box::new(cutdiff(PatchMode::Blend { fill: 0.3 })),
            vec![-0.3, 0.5, 2.5],
        ),
        (
            "cutdiff, strength",
            Box::new(cutdiff(PatchMode::Veil {
                fill: 0.8,
                strength: (0.2, 1.0),
            })),
            vec![-0.3, 0.5, 2.5, 0.3],
        ),
        (
            "cutpaste, self",
            Box::new(cutpaste(PatchSource::Own)),
            vec![0.3, 0.4, 0.6, 0.5, -0.7],
        ),
        (
            "cutpaste, other",
            Box::new(cutpaste(PatchSource::Other)),
            vec![0.3, 0.4, 0.6, 0.5, -0.7],
        ),
        (
            "scar, fill",
            Box::new(scar(ScarSource::Fill(0.9))),
            vec![-0.4, 0.6, 0.6, 0.2],
        ),
        (
            "scar, self",
            Box::new(scar(ScarSource::Own { max_shift: 0.5 })),
            vec![-0.4, 0.6, 0.6, 0.2, 0.4, -0.9],
        ),
        ("blur", Box::new(Blur::default()), vec![-1.3]),
        ("noise", Box::new(Noise::default()), vec![-0.5]),
    ]
}

pub fn images() -> Tensor {
    noise(&SHAPE, 1.0)
}

/// What a family draws for [`images`], in double precision.
pub fn draw(family: &dyn Augmentation) -> Draw {
    let mut stream = shared_stream(7, "families", Purpose::Augmentation, 0);
    let mut draw = Draw::new(&family.needs(), SHAPE, &mut stream, Device::Cpu);
    draw.eps = draw.eps.map(|eps| eps.to_kind(Kind::Double));
    draw
}
