//! Scar: a long, thin, soft line that shows a grey value or another part of the image (after CutPaste-scar,
//! arXiv 2104.04015, made differentiable).

use tch::Tensor;

use super::cutpaste::shift_parameters;
use super::geometry::{drawn, ellipse, shifted};
use super::{Augmentation, Bound, Draw, Needs, Parameter, named, values};

/// What a scar shows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum ScarSource {
    /// The image itself, read (shift_x, shift_y) away: two further hyperparameters, between -max_shift and max_shift.
    Own { max_shift: f64 },
    /// A grey value in [0, 1].
    Fill(f64),
}

/// y = x + strength m (s - x), where m is the mask of [`ellipse`] with w = length and h = width, about a centre drawn
/// for every image, and s the source.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scar {
    pub source: ScarSource,
    /// Bounds of the length, fractions of the side, above 0.
    pub length: (f64, f64),
    /// Bounds of the width, fractions of the side, above 0. A line thinner than a pixel falls between the pixels.
    pub width: (f64, f64),
    /// Bounds of the strength, in [0, 1].
    pub strength: (f64, f64),
    /// Above 0; the smaller, the harder the line's edge.
    pub softness: f64,
}

impl Default for Scar {
    fn default() -> Self {
        Self {
            source: ScarSource::Fill(0.0),
            length: (0.2, 1.0),
            width: (0.02, 0.15),
            strength: (0.0, 1.0),
            softness: 0.1,
        }
    }
}

impl Augmentation for Scar {
    fn name(&self) -> &'static str {
        "scar"
    }

    fn parameters(&self) -> Vec<Parameter> {
        let between = |(lo, hi)| Bound::Between { lo, hi };
        let mut parameters = named([
            ("length", between(self.length)),
            ("width", between(self.width)),
            ("angle_deg", Bound::Angle),
            ("strength", between(self.strength)),
        ]);
        if let ScarSource::Own { max_shift } = self.source {
            parameters.extend(shift_parameters(max_shift));
        }
        parameters
    }

    fn needs(&self) -> Needs {
        Needs {
            centers: true,
            ..Needs::default()
        }
    }

    fn apply(&self, raw: &Tensor, x: &Tensor, draw: &Draw) -> Tensor {
        let a = values(self, raw, x);
        let centers = drawn(draw.centers.as_ref(), x);
        let mask = ellipse(x, &centers, &a[0], &a[1], &a[2], self.softness) * &a[3];
        match self.source {
            ScarSource::Own { .. } => {
                let change = shifted(x, &a[4], &a[5]) - x;
                x + mask * change
            }
            ScarSource::Fill(fill) => x + mask * (fill - x),
        }
    }
}
