//! Where pixels lie, soft masks around a centre, and images read at other places.

use augur_core::spec::Padding;
use tch::{Device, Kind, Tensor};

/// Bilinear interpolation, in libtorch's numbering.
const BILINEAR: i64 = 0;
/// Coordinates of -1 and 1 are the outer edges of the border pixels, not their centres.
pub const ALIGN_CORNERS: bool = false;

/// Height and width of images [B, C, H, W].
pub fn sides(x: &Tensor) -> (i64, i64) {
    let (_, _, rows, columns) = x.size4().expect("images are [B, C, H, W]");
    (rows, columns)
}

/// A draw in the kind and on the device of `x`.
///
/// # Panics
/// If it is missing: a fault of the caller, who was told what is needed.
pub fn drawn(draw: Option<&Tensor>, x: &Tensor) -> Tensor {
    draw.expect("the draw holds what the family needs")
        .to_device_(x.device(), x.kind(), false, false)
}

/// A soft, turned ellipse about the place `centers` [B, 2] of each image: the mask
/// m = exp(-((u/w)^2 + (v/h)^2) / (2 softness)), [B, 1, H, W] in [0, 1], of a pixel that lies (u, v) from the centre
/// in the frame turned by `angle` (radians). `w`, `h` (fractions of the side, above 0) and `angle` are [1 or B, 1, 1, 1].
pub fn ellipse(x: &Tensor, centers: &Tensor, w: &Tensor, h: &Tensor, angle: &Tensor, softness: f64) -> Tensor {
    let (rows, columns) = sides(x);
    let (kind, device) = (x.kind(), x.device());
    let (cos, sin) = (angle.cos(), angle.sin());
    let centers = centers.view([-1, 2, 1, 1, 1]);
    let dx = pixel_centers(columns, kind, device).view([1, 1, 1, columns]) - centers.select(1, 0);
    let dy = pixel_centers(rows, kind, device).view([1, 1, rows, 1]) - centers.select(1, 1);
    let u = (&dx * &cos + &dy * &sin) / w;
    let v = (&dy * &cos - &dx * &sin) / h;
    ((u.square() + v.square()) * (-0.5 / softness)).exp()
}

/// The places of the pixel centres of `x` in the frame [-1, 1]^2, [1, H, W, 2] as (x, y).
pub fn pixel_grid(x: &Tensor) -> Tensor {
    let (rows, columns) = sides(x);
    let (kind, device) = (x.kind(), x.device());
    let across = (pixel_centers(columns, kind, device) * 2.0 - 1.0).view([1, columns]);
    let down = (pixel_centers(rows, kind, device) * 2.0 - 1.0).view([rows, 1]);
    let shape = [rows, columns];
    Tensor::stack(&[across.expand(shape, false), down.expand(shape, false)], -1).unsqueeze(0)
}

/// The images x [B, C, H, W] read bilinearly at the places `grid` [1 or B, H, W, 2] of the frame [-1, 1]^2.
pub fn sample(x: &Tensor, grid: &Tensor, padding: Padding) -> Tensor {
    let (images, channels, rows, columns) = x.size4().expect("images are [B, C, H, W]");
    let padding = match padding {
        Padding::Zeros => 0,
        Padding::Reflection => 2,
    };
    if grid.size()[0] == images {
        return x.grid_sampler(grid, BILINEAR, padding, ALIGN_CORNERS);
    }
    // As channels of one image, all images share one grid and its weights.
    x.reshape([1, images * channels, rows, columns])
        .grid_sampler(grid, BILINEAR, padding, ALIGN_CORNERS)
        .view([images, channels, rows, columns])
}

/// The images read at places moved by `shift_x`, `shift_y` (fractions of the side, [1 or B, 1, 1, 1]); mirrored at
/// the border.
pub fn shifted(x: &Tensor, shift_x: &Tensor, shift_y: &Tensor) -> Tensor {
    // The frame [-1, 1] is two wide.
    let shift = Tensor::cat(&[shift_x, shift_y], -1) * 2.0;
    sample(x, &(pixel_grid(x) + shift), Padding::Reflection)
}

/// -(i - j)^2 / (2 sigma^2) for the pixels i, j of a side of `n`: [.., n, n] for `sigma` [.., 1, 1] in pixels.
pub fn gaussian_exponent(n: i64, sigma: &Tensor) -> Tensor {
    let i = Tensor::arange(n, (sigma.kind(), sigma.device()));
    let distance = i.view([n, 1]) - i.view([1, n]);
    distance.square() * -0.5 / sigma.square()
}

/// Pixel centres of a side of `n` pixels in [0, 1]: (i + 0.5) / n.
fn pixel_centers(n: i64, kind: Kind, device: Device) -> Tensor {
    (Tensor::arange(n, (kind, device)) + 0.5) / n as f64
}
