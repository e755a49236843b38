//! Draws: what is there, and that one family's needs don't move another's.

use augur_core::draws::{Purpose, shared_stream};
use rand::Rng;
use tch::{Device, Kind, Tensor};

use super::cases::{Case, cases};
use crate::augment::{Draw, Needs};

fn draw(needs: &Needs, images: i64) -> Draw {
    let mut stream = shared_stream(3, "draws", Purpose::Augmentation, 5);
    Draw::new(needs, [images, 1, 4, 4], &mut stream, Device::Cpu)
}

#[test]
fn centres_come_first_from_the_stream() {
    let needs = Needs {
        centers: true,
        partners: true,
        eps: 3,
        ..Needs::default()
    };
    let mut stream = shared_stream(3, "draws", Purpose::Augmentation, 5);
    let first: Vec<f32> = (0..10).map(|_| stream.random()).collect();
    let draw = draw(&needs, 5);
    assert_eq!(draw.centers.unwrap(), Tensor::from_slice(&first).view([5, 2]));
    assert_eq!(draw.eps.unwrap().size(), [5, 3]);
}

#[test]
fn a_partner_is_another_image() {
    let needs = Needs {
        partners: true,
        ..Needs::default()
    };
    let partners = draw(&needs, 50).partners.unwrap();
    let own = Tensor::arange(50, (Kind::Int64, Device::Cpu));
    assert_eq!(partners.eq_tensor(&own).any().int64_value(&[]), 0);
    assert!(partners.min().int64_value(&[]) >= 0 && partners.max().int64_value(&[]) < 50);
    assert_eq!(draw(&needs, 1).partners.unwrap(), Tensor::from_slice(&[0_i64]));
}

#[test]
fn gumbel_noise_has_its_mean_and_variance() {
    let needs = Needs {
        gumbel: 2,
        ..Needs::default()
    };
    let gumbel = draw(&needs, 20_000).gumbel.unwrap().to_kind(Kind::Double);
    let (mean, variance) = (gumbel.mean(Kind::Double), gumbel.var(false));
    // Euler's constant and pi^2 / 6.
    assert!((mean.double_value(&[]) - 0.5772).abs() < 0.03, "{mean}");
    assert!((variance.double_value(&[]) - 1.6449).abs() < 0.06, "{variance}");
}

#[test]
fn only_what_is_needed_is_drawn() {
    for Case { label, family, .. } in cases() {
        let needs = family.needs();
        let draw = draw(&needs, 3);
        let (noise, displacement) = (draw.noise.is_some(), draw.displacement.is_some());
        assert_eq!((noise, displacement), (needs.noise, needs.displacement), "{label}");
        assert_eq!(draw.centers.is_some(), needs.centers, "{label}");
        assert_eq!(draw.eps.map_or(0, |eps| eps.size()[1]), needs.eps as i64, "{label}");
    }
}
