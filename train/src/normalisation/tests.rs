//! Normalisation: what is taken out, what stays, and what is refused.

use super::*;
use crate::testing::{difference, noise};
use augur_core::spec::LayoutSpec;

#[test]
fn a_shared_layout_is_taken_out_by_pixels_alone() {
    let x = noise(&[40, 2, 5, 4], 1.0) * 0.1;
    let layout = noise(&[1, 2, 5, 4], 2.0);
    let with = &x + &layout;
    let apply = |spec, x: &Tensor| Normalisation::from_spec(spec, x).unwrap().apply(x);
    let pixel = |x| apply(ImageNormalisation::Pixel, x);
    assert!(difference(&pixel(&with), &pixel(&x)) < 1e-9);
    let channel = |x| apply(ImageNormalisation::Channel, x);
    assert!(difference(&channel(&with), &channel(&x)) > 0.1);
    assert!(pixel(&with).mean_dim(0, false, None).abs().max().double_value(&[]) < 1e-9);
}

#[test]
fn a_pixel_that_never_changes_does_not_explode() {
    let mut x = noise(&[40, 1, 4, 4], 1.0);
    let _ = x.narrow(2, 0, 1).fill_(0.0);
    let normalisation = Normalisation::of_pixels(&x);
    x += 1.0;
    let largest = normalisation.apply(&x).abs().max().double_value(&[]);
    assert!(largest < 20.0, "{largest}");
}

#[test]
fn imagenet_and_none_are_constants() {
    let x = noise(&[3, 3, 2, 2], 1.0);
    assert_eq!(
        Normalisation::from_spec(ImageNormalisation::None, &x)
            .unwrap()
            .apply(&x),
        x
    );
    let y = Normalisation::from_spec(ImageNormalisation::Imagenet, &x)
        .unwrap()
        .apply(&x);
    let green = (x.double_value(&[1, 1, 0, 1]) - 0.456) / 0.224;
    assert!((y.double_value(&[1, 1, 0, 1]) - green).abs() < 1e-12);
    let grey = x.narrow(1, 0, 1);
    let y = Normalisation::from_spec(ImageNormalisation::Imagenet, &grey)
        .unwrap()
        .apply(&grey);
    let want = (grey.double_value(&[0, 0, 1, 1]) - 0.449) / 0.226;
    assert!((y.double_value(&[0, 0, 1, 1]) - want).abs() < 1e-12);
}

#[test]
fn comes_back_from_its_tensors() {
    let x = noise(&[9, 2, 3, 3], 1.0);
    let saved = Normalisation::of_pixels(&x);
    let tensors = saved.tensors();
    let find = |name: &str| tensors.iter().find(|(n, _)| *n == name).map(|(_, t)| t.shallow_clone());
    let pixel = ImageNormalisation::Pixel;
    assert_eq!(
        Normalisation::from_tensors(pixel, find).unwrap().apply(&x),
        saved.apply(&x)
    );
    assert_eq!(
        Normalisation::from_tensors(pixel, |_| None).unwrap_err(),
        MissingTensor { name: "mean" }
    );
}

/// Images made of two patterns in any strength, brightness and contrast: nothing of them is left, a spot is.
#[test]
fn a_layout_of_two_components_leaves_what_is_new() {
    let patterns = noise(&[2, 1, 6, 5], 1.0) - 0.5;
    let strength = noise(&[60, 2], 2.0);
    let images = strength.matmul(&patterns.view([2, 30])).view([60, 1, 6, 5]) + 0.5;
    for contrast in [false, true] {
        let components = if contrast { 3 } else { 2 };
        let spec = ImageNormalisation::Layout(LayoutSpec { components, contrast });
        let normalisation = Normalisation::from_spec(spec, &images).unwrap();
        let left = normalisation
            .apply(&images)
            .square()
            .mean(Kind::Double)
            .double_value(&[]);
        let spotted = images.copy();
        let _ = spotted.narrow(2, 2, 1).narrow(3, 1, 1).g_add_scalar_(0.3);
        let seen = normalisation
            .apply(&spotted)
            .square()
            .mean(Kind::Double)
            .double_value(&[]);
        assert!(seen > 100.0 * left, "contrast {contrast}: {left} {seen}");
    }
}

#[test]
fn residuals_of_the_training_images_have_variance_one_and_come_back_from_tensors() {
    for count in [20, 90] {
        let x = noise(&[count, 2, 5, 4], 1.0);
        let spec = ImageNormalisation::Layout(LayoutSpec {
            components: 7,
            contrast: true,
        });
        let saved = Normalisation::from_spec(spec, &x).unwrap();
        let y = saved.apply(&x);
        assert!((y.square().mean(Kind::Double).double_value(&[]) - 1.0).abs() < 1e-9);
        let tensors = saved.tensors();
        let find = |name: &str| tensors.iter().find(|(n, _)| *n == name).map(|(_, t)| t.shallow_clone());
        assert_eq!(Normalisation::from_tensors(spec, find).unwrap().apply(&x), y);
    }
}

#[test]
fn an_image_of_one_value_has_a_finite_gradient() {
    let x = noise(&[9, 1, 4, 4], 1.0);
    let spec = ImageNormalisation::Layout(LayoutSpec {
        components: 3,
        contrast: true,
    });
    let flat = (x.narrow(0, 0, 1) * 0.0 + 0.25).set_requires_grad(true);
    let loss = Normalisation::from_spec(spec, &x)
        .unwrap()
        .apply(&flat)
        .square()
        .sum(Kind::Double);
    let gradient = Tensor::run_backward(&[loss], &[flat], false, false).remove(0);
    assert_eq!(gradient.isfinite().all().int64_value(&[]), 1, "{gradient}");
}

#[test]
fn a_layout_of_more_components_than_images_can_tell_is_refused() {
    let fit = |shape: [i64; 4], components| {
        let spec = LayoutSpec {
            components,
            contrast: false,
        };
        Normalisation::from_spec(ImageNormalisation::Layout(spec), &noise(&shape, 1.0))
    };
    // Images, values of an image, the most components.
    for (images, side, most) in [(20, 6, 10), (90, 2, 3), (3, 6, 1), (2, 6, 0)] {
        let shape = [images, 1, side, side];
        assert!(fit(shape, most).is_ok(), "{shape:?}");
        let refused = TooManyComponents {
            components: most + 1,
            images,
            values: side * side,
            most: most.into(),
        };
        assert_eq!(fit(shape, most + 1).unwrap_err(), refused);
    }
}

/// Images that vary along one pattern only: a second component has nothing to take out, whichever matrix it comes from.
#[test]
fn a_direction_without_variance_takes_nothing_out() {
    for images in [12, 60] {
        let pattern = noise(&[1, 30], 1.0) - 0.5;
        let x = noise(&[images, 1], 2.0).matmul(&pattern).view([images, 1, 6, 5]);
        let components = |count| {
            let spec = LayoutSpec {
                components: count,
                contrast: false,
            };
            let layout = Normalisation::from_spec(ImageNormalisation::Layout(spec), &x).unwrap();
            layout.tensors().remove(2).1
        };
        let (one, six) = (components(1), components(6));
        assert!((one.norm().double_value(&[]) - 1.0).abs() < 1e-9);
        assert!(difference(&six.narrow(0, 0, 1), &one) < 1e-9, "{images}");
        assert!(six.narrow(0, 1, 5).abs().max().double_value(&[]) == 0.0, "{images}");
    }
}

#[test]
fn what_goes_by_place_also_fits_the_mirror_images_that_are_trained_on() {
    let x = noise(&[40, 1, 4, 4], 1.0) * noise(&[1, 1, 4, 4], 2.0);
    let layout = LayoutSpec {
        components: 2,
        contrast: false,
    };
    for normalisation in [ImageNormalisation::Pixel, ImageNormalisation::Layout(layout)] {
        let mut spec = TrainingSpec {
            normalisation,
            ..TrainingSpec::default()
        };
        let mean = |spec: &TrainingSpec| Normalisation::for_training(spec, &x).unwrap().tensors().remove(0).1;
        let plain = mean(&spec);
        assert!(difference(&plain, &plain.flip([3i64])) > 0.01);
        spec.augmentation.flip_horizontal = true;
        let both = mean(&spec);
        assert!(difference(&both, &both.flip([3i64])) < 1e-9);
    }
}
