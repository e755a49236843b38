//! Images whose augmentation is known.

use augur_core::spec::{
    BlurSpec, BrightnessContrastSpec, CutdiffSpec, CutpasteSpec, ElasticSpec, FamilySpec, HueSaturationSpec, NoiseSpec,
    PatchSource, RotationSpec, ScarSpec,
};
use tch::{Kind, Tensor};

use super::cases::{SHAPE, draw, draw_for, images};
use crate::augment::{AugmentError, Augmentation, Draw, from_spec};
use crate::testing::{difference, noise};

#[test]
fn rotation_turns_square_images_as_expected() {
    let x = noise(&[2, 3, 8, 8], 1.0);
    let turned = |degrees: f64| {
        RotationSpec::default().apply(&Tensor::from_slice(&[degrees.to_radians()]), &x, &Draw::default())
    };
    assert!(difference(&turned(0.0), &x) < 1e-12);
    assert!(difference(&turned(90.0), &x.rot90(1, [2, 3])) < 1e-9);
    assert!(difference(&turned(180.0), &x.flip([2, 3])) < 1e-9);
}

#[test]
fn cutdiff_darkens_its_centre_most() {
    let centers = Tensor::from_slice(&[0.25, 0.75]).view([1, 2]);
    let x = Tensor::ones([1, 1, 20, 20], (Kind::Double, tch::Device::Cpu));
    let y = CutdiffSpec::default().apply(
        &Tensor::from_slice(&[0.0, 0.0, 0.0]),
        &x,
        &Draw {
            centers: Some(centers),
            ..Draw::default()
        },
    );
    let darkest = y.argmin(None, false).int64_value(&[]);
    let (row, column) = (darkest / 20, darkest % 20);
    assert!(
        (14..=15).contains(&row) && (4..=5).contains(&column),
        "at row {row}, column {column}"
    );
    assert!(y.double_value(&[0, 0, row, column]) < 0.05);
    assert!(y.double_value(&[0, 0, 0, 19]) > 0.99);
}

/// Families at the hyperparameters that change nothing, and how far they may be from it.
#[test]
fn neutral_hyperparameters_give_the_image_itself() {
    let far = f64::NEG_INFINITY;
    let neutral = [
        (FamilySpec::Rotation(RotationSpec::default()), vec![0.0]),
        (
            FamilySpec::Cutpaste(CutpasteSpec::default()),
            vec![0.3, 0.2, 1.0, 0.0, 0.0],
        ),
        (FamilySpec::Scar(ScarSpec::default()), vec![0.3, 0.2, 1.0, far]),
        (
            FamilySpec::Blur(BlurSpec {
                sigma_px: [0.05, 1.0],
                ..BlurSpec::default()
            }),
            vec![far],
        ),
        (FamilySpec::Noise(NoiseSpec::default()), vec![far]),
        (
            FamilySpec::BrightnessContrast(BrightnessContrastSpec::default()),
            vec![0.0, 0.0],
        ),
        (FamilySpec::HueSaturation(HueSaturationSpec::default()), vec![0.0, 0.0]),
        (FamilySpec::Elastic(ElasticSpec::default()), vec![far, 0.0]),
    ];
    for (spec, raw) in neutral {
        let family = from_spec(&spec);
        let y = family.apply(&Tensor::from_slice(&raw), &images(), &draw(family.as_ref()));
        assert!(difference(&y, &images()) < 1e-12, "{}", family.name());
    }
}

#[test]
fn cutpaste_shows_what_lies_a_shift_away() {
    // One bright column, 0.25 of the side to the right of the patch's centre.
    let x = Tensor::zeros([1, 1, 16, 16], (Kind::Double, tch::Device::Cpu));
    let _ = x.narrow(3, 8, 1).fill_(1.0);
    let cutpaste = CutpasteSpec {
        area: [0.01, 0.9],
        softness: 1.0,
        ..CutpasteSpec::default()
    };
    let shift = cutpaste.parameters()[3].bound.raw(0.25).unwrap();
    let draw = Draw {
        centers: Some(Tensor::from_slice(&[4.5 / 16.0, 0.5]).view([1, 2])),
        ..Draw::default()
    };
    let y = cutpaste.apply(&Tensor::from_slice(&[2.0, 0.0, 0.0, shift, 0.0]), &x, &draw);
    assert!(
        y.double_value(&[0, 0, 8, 4]) > 0.99,
        "{}",
        y.double_value(&[0, 0, 8, 4])
    );
    assert!(y.double_value(&[0, 0, 8, 3]) < 0.01);
}

#[test]
fn cutpaste_takes_the_patch_of_its_partner() {
    let cutpaste = CutpasteSpec {
        source: PatchSource::Other,
        area: [0.01, 0.9],
        softness: 10.0,
        ..CutpasteSpec::default()
    };
    let draw = draw(&cutpaste);
    // A mask that covers everything, no shift: the other image.
    let y = cutpaste.apply(&Tensor::from_slice(&[30.0, 0.0, 0.0, 0.0, 0.0]), &images(), &draw);
    assert!(difference(&y, &images().flip([0])) < 0.1);
    assert!(difference(&y, &images()) > 0.5);
}

#[test]
fn blur_keeps_even_images_and_spreads_a_point_by_sigma() {
    let blur = BlurSpec::default();
    let sigma = 1.5;
    let raw = Tensor::from_slice(&[blur.parameters()[0].bound.raw(sigma).unwrap()]);
    let even = Tensor::ones([1, 1, 5, 8], (Kind::Double, tch::Device::Cpu)) * 0.7;
    assert!(difference(&blur.apply(&raw, &even, &Draw::default()), &even) < 1e-12);

    let point = Tensor::zeros([1, 1, 31, 31], (Kind::Double, tch::Device::Cpu));
    let _ = point.narrow(2, 15, 1).narrow(3, 15, 1).fill_(1.0);
    let along = blur
        .apply(&raw, &point, &Draw::default())
        .sum_dim_intlist([2i64].as_slice(), false, Kind::Double);
    let place = Tensor::arange(31, (Kind::Double, tch::Device::Cpu)) - 15.0;
    let variance = (along * place.square()).sum(Kind::Double).double_value(&[]);
    assert!((variance - sigma * sigma).abs() < 1e-3, "{variance}");
}

#[test]
fn noise_has_its_sigma() {
    let spec = NoiseSpec::default();
    let shape = [20, 1, 40, 40];
    let x = Tensor::ones(shape, (Kind::Double, tch::Device::Cpu)) * 0.5;
    let raw = Tensor::from_slice(&[spec.parameters()[0].bound.raw(0.05).unwrap()]);
    let deviation = (spec.apply(&raw, &x, &draw_for(&spec, shape)) - x)
        .std(false)
        .double_value(&[]);
    // 32,000 draws: a standard error of 0.0002.
    assert!((deviation - 0.05).abs() < 0.001, "{deviation}");
}

#[test]
fn a_third_of_a_turn_of_hue_moves_the_channels_on() {
    let raw = Tensor::from_slice(&[120.0_f64.to_radians(), 0.0]);
    let y = HueSaturationSpec::default().apply(&raw, &images(), &Draw::default());
    assert!(difference(&y, &images().roll([1], [1])) < 1e-12);
}

#[test]
fn hue_needs_colours() {
    let family = FamilySpec::HueSaturation(HueSaturationSpec::default());
    assert_eq!(from_spec(&family).accepts(3), Ok(()));
    let error = from_spec(&family).accepts(1).unwrap_err();
    assert!(matches!(error, AugmentError::NotColour { channels: 1, .. }), "{error}");
    assert_eq!(from_spec(&FamilySpec::Blur(BlurSpec::default())).accepts(1), Ok(()));
}

#[test]
fn an_elastic_warp_moves_pixels_by_its_amplitude() {
    // On a ramp along x the change is the displacement itself.
    let (amplitude, shape) = (0.01, [200, 1, 8, 64]);
    let ramp = (Tensor::arange(64, (Kind::Double, tch::Device::Cpu)) + 0.5) / 64.0;
    let x = ramp.view([1, 1, 1, 64]).expand(shape, false).contiguous();
    let elastic = ElasticSpec::default();
    let raw: Vec<f64> = elastic
        .parameters()
        .iter()
        .zip([amplitude, 3.0])
        .map(|(p, v)| p.bound.raw(v).unwrap())
        .collect();
    let y = elastic.apply(&Tensor::from_slice(&raw), &x, &draw_for(&elastic, shape));
    let inner = (y - x).narrow(3, 8, 48);
    let deviation = inner.std(false).double_value(&[]);
    assert!((deviation - amplitude).abs() < 0.1 * amplitude, "{deviation}");
    // Neighbours move together: the correlation at distance 1 is exp(-1 / (4 * 9)).
    let (a, b) = (inner.narrow(3, 0, 47), inner.narrow(3, 1, 47));
    let correlation = (a * b).mean(Kind::Double).double_value(&[]) / (deviation * deviation);
    assert!((correlation - (-1.0_f64 / 36.0).exp()).abs() < 0.03, "{correlation}");
}

#[test]
fn a_shape_that_is_not_square_is_kept() {
    for (_, spec, raw) in super::cases::families() {
        let family = from_spec(&spec);
        let y = family.apply(&Tensor::from_slice(&raw), &images(), &draw(family.as_ref()));
        assert_eq!(y.size(), SHAPE, "{}", family.name());
    }
}
