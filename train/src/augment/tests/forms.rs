//! Hyperparameters of each image: as good as one image after the other, and spread as they should be.

use augur_core::spec::{Bound, CutdiffSpec, FamilySpec, Form, RotationSpec};
use tch::{Kind, Tensor};

use super::cases::{Case, SHAPE, cases, draw, draw_for, families, images};
use crate::augment::{Augmentation, Distribution, from_spec};
use crate::testing::{difference, noise};

#[test]
fn raw_of_each_image_is_the_shared_one_where_they_agree() {
    for Case { label, family, raw, .. } in cases() {
        let shared = Tensor::from_slice(&raw);
        let each = shared.unsqueeze(0).repeat([SHAPE[0], 1]);
        let draw = draw(family.as_ref());
        let y = family.apply(&shared, &images(), &draw);
        assert!(
            difference(&y, &family.apply(&each, &images(), &draw)) < 1e-12,
            "{label}"
        );
    }
}

#[test]
fn each_image_follows_its_own_raw() {
    for (what, spec, raw) in families() {
        let family = from_spec(&spec);
        let draw = draw(family.as_ref());
        let rows = [raw.clone(), raw.iter().map(|r| 0.5 - r).collect()].map(|raw| Tensor::from_slice(&raw));
        let together = family.apply(&Tensor::stack(&rows, 0), &images(), &draw);
        for (i, raw) in rows.iter().enumerate() {
            let alone = family.apply(raw, &images(), &draw).get(i as i64);
            assert!(difference(&together.get(i as i64), &alone) < 1e-12, "{what}");
        }
    }
}

#[test]
fn a_distribution_draws_around_its_centre() {
    let spec = FamilySpec::Cutdiff(CutdiffSpec::default());
    let family = Distribution(from_spec(&spec));
    let count = 4000;
    let draw = draw_for(&family, [count, 1, 1, 1]);
    let spread = |name: &str, value: f64| {
        let parameters = family.parameters();
        let parameter = parameters.iter().find(|p| p.name == name).unwrap();
        parameter.bound.raw(value).unwrap()
    };
    let raw = [
        0.3,
        -0.2,
        1.0,
        spread("area_spread", 0.5),
        spread("aspect_spread", 0.25),
        spread("angle_deg_spread", 20.0),
    ];
    let each = family.raw_of_images(&Tensor::from_slice(&raw), draw.eps.as_ref().unwrap());
    assert_eq!(each.size(), [count, 3]);
    for (i, want) in [0.5, 0.25, 20.0_f64.to_radians()].into_iter().enumerate() {
        let column = each.select(1, i as i64);
        let (mean, deviation) = (column.mean(Kind::Double), column.std(true));
        assert!((mean.double_value(&[]) - raw[i]).abs() < 0.1 * want, "{i}: {mean}");
        assert!(
            (deviation.double_value(&[]) - want).abs() < 0.05 * want,
            "{i}: {deviation}"
        );
    }
}

#[test]
fn random_draws_evenly_over_the_range() {
    let spec = FamilySpec::Rotation(RotationSpec::default()).in_form(Form::Random);
    let family = from_spec(&spec);
    assert_eq!(family.raw_len(), 0);
    assert!(family.hyperparameters(&[]).is_empty());
    let none = Tensor::from_slice::<f64>(&[]);
    // Every image another angle: of 40 copies of one image none looks like another.
    let x = noise(&[1, 1, 9, 9], 1.0).repeat([40, 1, 1, 1]);
    let y = family.apply(&none, &x, &draw_for(family.as_ref(), [40, 1, 9, 9]));
    let flat = y.flatten(1, -1);
    let apart = Tensor::cdist(&flat, &flat, 2.0, None) + Tensor::eye(40, (Kind::Double, tch::Device::Cpu)) * 9.0;
    assert!(apart.min().double_value(&[]) > 1e-3);
}

#[test]
fn raw_at_a_place_is_the_value_there() {
    let bounds = [
        Bound::Between { low: -0.5, high: 2.0 },
        Bound::Size { low: 0.002, high: 0.3 },
        Bound::Factor { max: 4.0 },
        Bound::Angle,
        Bound::Weight,
    ];
    for bound in bounds {
        for place in [0.01, 0.3, 0.5, 0.99] {
            let raw = crate::augment::parameter::raw_at(&bound, &Tensor::from_slice(&[place])).double_value(&[0]);
            assert!((bound.value(raw) - bound.at(place)).abs() < 1e-9, "{bound:?} {place}");
        }
    }
}

#[test]
fn every_family_runs_in_the_form_random() {
    for (what, spec, _) in families() {
        let family = from_spec(&spec.in_form(Form::Random));
        let none = Tensor::from_slice::<f64>(&[]);
        let y = family.apply(&none, &images(), &draw(family.as_ref()));
        assert!(
            y.min().double_value(&[]) >= 0.0 && y.max().double_value(&[]) <= 1.0,
            "{what}"
        );
        assert!(difference(&y, &images()) > 1e-3, "{what}");
    }
}
