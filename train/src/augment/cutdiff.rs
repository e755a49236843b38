//! CutDiff: a soft, turned, elliptic patch that darkens or fills a part of the image (ST-SSAD, arXiv 2306.12033).

use std::collections::BTreeMap;

use tch::Tensor;

use super::{AugmentError, Augmentation, Draw, Hyper, degrees, pixel_centers, scalars};

const NAMES: &[&str] = &["area", "aspect", "angle_deg"];

/// What the patch does to the image x where its mask is m.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum PatchMode {
    /// clamp(x - m, 0, 1), as in the paper.
    Subtract,
    /// (1 - m) x + m fill, with fill in [0, 1].
    Blend { fill: f64 },
}

/// The differentiable CutOut, with raw parameters (r0, r1, r2) for area, aspect and angle.
///
/// With rho the aspect, w = sqrt(area rho) and h = sqrt(area / rho) in fractions of the side; a pixel that lies
/// (u, v) from the patch centre in the turned frame has the mask
/// m = exp(-((u/w)^2 + (v/h)^2) / (2 softness)).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CutDiff {
    /// Bounds (lo, hi) of the patch's area, 0 < lo < hi, as fractions of the image.
    pub area: (f64, f64),
    /// The aspect stays between 1/max_aspect and max_aspect; above 1.
    pub max_aspect: f64,
    /// Above 0; the smaller, the harder the patch's edge.
    pub softness: f64,
    pub mode: PatchMode,
}

impl Default for CutDiff {
    fn default() -> Self {
        Self {
            area: (0.01, 0.25),
            max_aspect: 4.0,
            softness: 0.1,
            mode: PatchMode::Subtract,
        }
    }
}

impl CutDiff {
    /// The mask m, [B, 1, H, W] in [0, 1], of patches at `centers` [B, 2].
    fn mask(&self, raw: &Tensor, x: &Tensor, centers: &Tensor) -> Tensor {
        let (_, _, rows, columns) = x.size4().expect("images are [B, C, H, W]");
        let (kind, device) = (x.kind(), x.device());
        let r = scalars(raw, x);
        let area = r[0].sigmoid() * (self.area.1 - self.area.0) + self.area.0;
        let aspect = (r[1].tanh() * self.max_aspect.ln()).exp();
        let (w, h) = ((&area * &aspect).sqrt(), (&area / &aspect).sqrt());
        let (cos, sin) = (r[2].cos(), r[2].sin());

        let centers = centers.to_device_(device, kind, false, false).view([-1, 2, 1, 1]);
        let dx = pixel_centers(columns, kind, device).view([1, 1, columns]) - centers.select(1, 0);
        let dy = pixel_centers(rows, kind, device).view([1, rows, 1]) - centers.select(1, 1);
        let u = (&dx * &cos + &dy * &sin) / w;
        let v = (&dy * &cos - &dx * &sin) / h;
        ((u.square() + v.square()) * (-0.5 / self.softness)).exp().unsqueeze(1)
    }
}

impl Augmentation for CutDiff {
    fn name(&self) -> &'static str {
        "cutdiff"
    }

    fn raw_len(&self) -> i64 {
        3
    }

    fn needs_centers(&self) -> bool {
        true
    }

    fn apply(&self, raw: &Tensor, x: &Tensor, draw: &Draw) -> Tensor {
        let centers = draw.centers.as_ref().expect("cutdiff needs patch centres");
        let mask = self.mask(raw, x, centers);
        match self.mode {
            PatchMode::Subtract => (x - mask).clamp(0.0, 1.0),
            PatchMode::Blend { fill } => x + mask * (fill - x),
        }
    }

    fn hyperparameters(&self, raw: &[f64]) -> Vec<(&'static str, f64)> {
        let (lo, hi) = self.area;
        let area = lo + (hi - lo) / (1.0 + (-raw[0]).exp());
        let aspect = (self.max_aspect.ln() * raw[1].tanh()).exp();
        vec![("area", area), ("aspect", aspect), ("angle_deg", degrees(raw[2]))]
    }

    fn raw_from(&self, hyper: &BTreeMap<String, f64>) -> Result<Vec<f64>, AugmentError> {
        let hyper = Hyper::new(self.name(), hyper, NAMES)?;
        let (lo, hi) = self.area;
        let area = hyper.between("area", lo, hi)?;
        let aspect = hyper.between("aspect", 1.0 / self.max_aspect, self.max_aspect)?;
        let angle = hyper.angle("angle_deg")?;
        Ok(vec![
            ((area - lo) / (hi - area)).ln(),
            (aspect.ln() / self.max_aspect.ln()).atanh(),
            angle,
        ])
    }
}
