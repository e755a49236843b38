use super::*;
use crate::names::Name;
use augur_core::spec::{DataSpec, FashionMnistSpec};
use proptest::prelude::*;
use std::collections::HashSet;

/// Draws with the counts as they are given.
fn drawn(split: &SplitSpec, normal: &Members, anomalies: Anomalies<'_>) -> Result<Split, TooFew> {
    let data = DataSpec::FashionMnist(FashionMnistSpec {
        root: None,
        size_px: 28,
    });
    draw("test/7", split, &split.counts(&data), normal, anomalies)
}

fn class(key: &str, test: Vec<u32>) -> Class {
    Class {
        key: key.into(),
        name: Name::new(key),
        members: Members::Parts { train: vec![], test },
    }
}

fn count() -> impl Strategy<Value = Option<Count>> {
    (1_u32..40).prop_map(|n| Some(Count::Number(n)))
}

fn sizes() -> impl Strategy<Value = SplitSpec> {
    let held_out = proptest::option::of(1_u32..80);
    let share = proptest::option::of(0.01..0.99);
    (
        count(),
        held_out,
        count(),
        count(),
        count(),
        count(),
        share,
        any::<u64>(),
    )
        .prop_map(
            |(
                train,
                held_out,
                validation_normal,
                validation_anomalous,
                test_normal,
                test_anomalous,
                anomaly_share,
                seed,
            )| {
                SplitSpec {
                    train,
                    held_out,
                    validation_normal,
                    validation_anomalous,
                    anomaly_share,
                    test_normal,
                    test_anomalous,
                    seed,
                }
            },
        )
}

fn number(count: Option<Count>) -> usize {
    let Some(Count::Number(n)) = count else {
        panic!("{count:?}")
    };
    n as usize
}

proptest! {
    #[test]
    fn no_image_stands_in_two_places(split in sizes(), planted: bool, whole: bool, all: bool) {
        let normal = match whole {
            true => Members::Whole((0..400).collect()),
            false => Members::Parts { train: (0..200).collect(), test: (200..400).collect() },
        };
        let split = SplitSpec { train: if all { Some(Count::All) } else { split.train }, ..split };
        let (one, other) = (class("5", (1000..1060).collect()), class("6", (2000..2040).collect()));
        let classes = [&one, &other];
        let anomalies = if planted { Anomalies::Planted } else { Anomalies::Classes(&classes) };
        let drawn = drawn(&split, &normal, anomalies).unwrap();
        let of = |images: &[(u32, bool)], label| images.iter().filter(|image| image.1 == label).count();
        let mut held_out = 0;
        if !all {
            prop_assert_eq!(drawn.train.len(), number(split.train));
            held_out = split.held_out(number(split.train) as u32) as usize;
            prop_assert_eq!(drawn.held_out.len(), held_out);
        }
        prop_assert_eq!(of(&drawn.test, false), number(split.test_normal));
        prop_assert_eq!(of(&drawn.test, true), number(split.test_anomalous));
        let (normals, anomalous) = (of(&drawn.validation, false), of(&drawn.validation, true));
        prop_assert!(normals <= number(split.validation_normal) && anomalous <= number(split.validation_anomalous));
        match split.anomaly_share {
            None => prop_assert_eq!(
                (normals, anomalous),
                (number(split.validation_normal), number(split.validation_anomalous))
            ),
            // One more or less of the side that was cut would not come nearer, and the other side is whole.
            Some(share) => {
                let error = |n: usize, a: usize| (a as f64 - share * (n + a) as f64).abs();
                let whole = normals == number(split.validation_normal)
                    || anomalous == number(split.validation_anomalous);
                prop_assert!(whole);
                let here = error(normals, anomalous);
                prop_assert!(normals == 1 || anomalous == 1 || here <= 1.0, "{}", here);
            }
        }
        let mut seen = HashSet::new();
        let mixed = drawn.validation.iter().chain(&drawn.test).map(|(image, _)| image);
        for image in drawn.train.iter().chain(&drawn.held_out).chain(mixed) {
            prop_assert!(seen.insert(*image), "image {} stands twice", image);
        }
        if all && whole {
            let others = normals.max(number(split.validation_normal)) + number(split.test_normal);
            let planted = if planted { number(split.validation_anomalous) + number(split.test_anomalous) } else { 0 };
            prop_assert_eq!(drawn.train.len() + drawn.held_out.len() + others + planted, 400);
        }
        for (image, anomalous) in drawn.validation.iter().chain(&drawn.test) {
            prop_assert_eq!(*image >= 1000, *anomalous && !planted);
            prop_assert!(whole || *image >= 200, "an image to train on is judged");
        }
        let _ = held_out;
    }
}

fn small(seed: u64) -> SplitSpec {
    SplitSpec {
        train: Some(Count::Number(4)),
        held_out: Some(2),
        validation_normal: Some(Count::Number(3)),
        validation_anomalous: Some(Count::Number(3)),
        seed,
        ..SplitSpec::default()
    }
}

#[test]
fn a_seed_gives_the_same_images_for_ever() {
    let normal = Members::Whole((0..40).collect());
    let first = drawn(&small(3), &normal, Anomalies::Planted).unwrap();
    insta::assert_snapshot!(format!("{first:?}"), @"Split { train: [13, 28, 18, 30], held_out: [17, 0], validation: [(7, false), (22, true), (11, false), (39, true), (20, false), (2, true)], test: [] }");
    assert_ne!(first, drawn(&small(4), &normal, Anomalies::Planted).unwrap());
}

#[test]
fn tasks_with_one_normal_class_train_on_the_same_images() {
    let normal = Members::Whole((0..40).collect());
    let other = class("5", (50..60).collect());
    let planted = drawn(&small(0), &normal, Anomalies::Planted).unwrap();
    let class = drawn(&small(0), &normal, Anomalies::Classes(&[&other])).unwrap();
    assert_eq!((planted.train, planted.held_out), (class.train, class.held_out));
}

#[test]
fn test_images_change_nothing_else() {
    let normal = Members::Whole((0..40).collect());
    let other = class("5", (50..60).collect());
    for anomalies in [Anomalies::Planted, Anomalies::Classes(&[&other])] {
        let without = drawn(&small(0), &normal, anomalies).unwrap();
        let split = SplitSpec {
            test_normal: Some(Count::Number(5)),
            test_anomalous: Some(Count::All),
            ..small(0)
        };
        let with = drawn(&split, &normal, anomalies).unwrap();
        assert_eq!(
            (with.train, with.held_out, with.validation),
            (without.train, without.held_out, without.validation)
        );
        assert!(with.test.len() >= 12, "{}", with.test.len());
    }
}

#[test]
fn all_of_a_part_but_those_that_are_held_out() {
    let normal = Members::Parts {
        train: (0..300).collect(),
        test: (300..340).collect(),
    };
    let other = class("bent", (500..510).collect());
    let all = Some(Count::All);
    let split = SplitSpec {
        train: all,
        validation_normal: all,
        validation_anomalous: all,
        ..SplitSpec::default()
    };
    let whole = drawn(&split, &normal, Anomalies::Classes(&[&other])).unwrap();
    assert_eq!(
        (whole.train.len(), whole.held_out.len(), whole.validation.len()),
        (250, 50, 50)
    );
    let split = SplitSpec {
        anomaly_share: Some(0.1),
        ..split
    };
    let share = drawn(&split, &normal, Anomalies::Classes(&[&other])).unwrap();
    assert_eq!(share.validation.iter().filter(|(_, anomalous)| *anomalous).count(), 4);
    assert_eq!(share.validation.len(), 44);
}

#[test]
fn too_few_images_are_told_apart() {
    let normal = Members::Whole((0..12).collect());
    let other = class("5", vec![50, 51]);
    let outcome = |split: &SplitSpec, anomalies| drawn(split, &normal, anomalies).map(|_| ()).unwrap_err();
    assert_eq!(drawn(&small(0), &normal, Anomalies::Planted).map(|_| ()), Ok(()));
    let classes = [&other];
    let few = outcome(&small(0), Anomalies::Classes(&classes));
    assert_eq!((few.normal_class, few.has, few.asked), (false, 2, 3));
    let more = SplitSpec {
        train: Some(Count::Number(5)),
        ..small(0)
    };
    let few = outcome(&more, Anomalies::Planted);
    assert_eq!((few.normal_class, few.has, few.asked), (true, 12, 13));
}
