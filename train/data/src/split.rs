//! Which images of a task go where. Drawn from the split's seed, the data set and the classes: the size of the
//! images, where they lie and the task's name don't matter, and tasks with one normal class train on the same images.

use augur_core::{
    draws::{Purpose, shared_stream},
    spec::SplitSpec,
};
use rand::seq::SliceRandom;

/// Where the anomalies of a task come from.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Anomalies<'a> {
    /// Images of another class: its number and its images.
    Class(u8, &'a [u32]),
    /// Further images of the normal class.
    Planted,
}

/// The images of a task by identifier, each in one place only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Split {
    /// To train on.
    pub train: Vec<u32>,
    /// Kept out of training.
    pub held_out: Vec<u32>,
    /// In the order in which trials see them, each with its label: true = anomalous.
    pub validation: Vec<(u32, bool)>,
}

/// Too few images of the normal (or else of the anomalous) class.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TooFew {
    pub normal_class: bool,
    pub has: u64,
    pub asked: u64,
}

/// How many images of the normal and of another class the split asks for.
fn asked(split: &SplitSpec, anomalies: Anomalies<'_>) -> (u64, u64) {
    let normal = u64::from(split.train) + u64::from(split.held_out()) + u64::from(split.validation_normal);
    let anomalous = u64::from(split.validation_anomalous);
    match anomalies {
        Anomalies::Class(..) => (normal, anomalous),
        Anomalies::Planted => (normal + anomalous, 0),
    }
}

/// Whether there are enough images.
fn enough(split: &SplitSpec, normal: &[u32], anomalies: Anomalies<'_>) -> Result<(), TooFew> {
    let (asked_normal, asked_other) = asked(split, anomalies);
    let other = if let Anomalies::Class(_, images) = anomalies {
        images.len()
    } else {
        0
    };
    for (normal_class, has, asked) in [(true, normal.len(), asked_normal), (false, other, asked_other)] {
        let has = has as u64;
        if has < asked {
            return Err(TooFew {
                normal_class,
                has,
                asked,
            });
        }
    }
    Ok(())
}

/// Draws the split of the task (`normal` class against `anomalies`) of `data_set`.
pub(crate) fn draw(
    data_set: &str,
    split: &SplitSpec,
    (class, normal): (u8, &[u32]),
    anomalies: Anomalies<'_>,
) -> Result<Split, TooFew> {
    enough(split, normal, anomalies)?;
    let shuffled = |key: String, images: &[u32]| {
        let mut images = images.to_vec();
        images.shuffle(&mut shared_stream(split.seed, &key, Purpose::Split, 0));
        images.into_iter()
    };
    let take = |images: &mut std::vec::IntoIter<u32>, n: u32| images.take(n as usize).collect::<Vec<_>>();

    let mut normal = shuffled(format!("{data_set}/{class}/normal"), normal);
    let (train, held_out) = (take(&mut normal, split.train), take(&mut normal, split.held_out()));
    let validation_normal = take(&mut normal, split.validation_normal);
    let (mut source, key) = match anomalies {
        Anomalies::Class(other, images) => (
            shuffled(format!("{data_set}/{class}/anomalous/{other}"), images),
            format!("{data_set}/{class}/validation/{other}"),
        ),
        Anomalies::Planted => (normal, format!("{data_set}/{class}/validation/planted")),
    };
    let anomalous = take(&mut source, split.validation_anomalous);

    let label = |images: Vec<u32>, anomalous: bool| images.into_iter().map(move |image| (image, anomalous));
    let mut validation: Vec<_> = label(validation_normal, false).chain(label(anomalous, true)).collect();
    validation.shuffle(&mut shared_stream(split.seed, &key, Purpose::Split, 0));
    Ok(Split {
        train,
        held_out,
        validation,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::HashSet;

    fn sizes() -> impl Strategy<Value = SplitSpec> {
        (
            1_u32..80,
            proptest::option::of(1_u32..80),
            1_u32..80,
            1_u32..80,
            any::<u64>(),
        )
            .prop_map(
                |(train, held_out, validation_normal, validation_anomalous, seed)| SplitSpec {
                    train,
                    held_out,
                    validation_normal,
                    validation_anomalous,
                    seed,
                },
            )
    }

    proptest! {
        #[test]
        fn no_image_stands_in_two_places(split in sizes(), planted: bool) {
            let (normal, other): (Vec<u32>, Vec<u32>) = ((0..400).collect(), (1000..1100).collect());
            let anomalies = if planted { Anomalies::Planted } else { Anomalies::Class(5, &other) };
            let drawn = draw("test", &split, (7, &normal), anomalies).unwrap();
            let of = |label| drawn.validation.iter().filter(|image| image.1 == label).count();
            prop_assert_eq!(drawn.train.len(), split.train as usize);
            prop_assert_eq!(drawn.held_out.len(), split.held_out() as usize);
            prop_assert_eq!(of(false), split.validation_normal as usize);
            prop_assert_eq!(of(true), split.validation_anomalous as usize);
            let mut seen = HashSet::new();
            let validation = drawn.validation.iter().map(|(image, _)| image);
            for image in drawn.train.iter().chain(&drawn.held_out).chain(validation) {
                prop_assert!(seen.insert(*image), "image {} stands twice", image);
            }
            for (image, anomalous) in &drawn.validation {
                prop_assert_eq!(*image >= 1000, *anomalous && !planted);
            }
        }
    }

    fn small(seed: u64) -> SplitSpec {
        SplitSpec {
            train: 4,
            held_out: Some(2),
            validation_normal: 3,
            validation_anomalous: 3,
            seed,
        }
    }

    #[test]
    fn a_seed_gives_the_same_images_for_ever() {
        let normal: Vec<u32> = (0..40).collect();
        let drawn = draw("test", &small(3), (7, &normal), Anomalies::Planted).unwrap();
        insta::assert_snapshot!(format!("{drawn:?}"), @"Split { train: [13, 28, 18, 30], held_out: [17, 0], validation: [(7, false), (22, true), (11, false), (39, true), (20, false), (2, true)] }");
        assert_ne!(
            drawn,
            draw("test", &small(4), (7, &normal), Anomalies::Planted).unwrap()
        );
    }

    #[test]
    fn tasks_with_one_normal_class_train_on_the_same_images() {
        let (normal, other): (Vec<u32>, Vec<u32>) = ((0..40).collect(), (50..60).collect());
        let planted = draw("test", &small(0), (7, &normal), Anomalies::Planted).unwrap();
        let class = draw("test", &small(0), (7, &normal), Anomalies::Class(5, &other)).unwrap();
        assert_eq!((planted.train, planted.held_out), (class.train, class.held_out));
    }

    #[test]
    fn too_few_images_are_told_apart() {
        let (normal, other) = ((0..12).collect::<Vec<u32>>(), [50, 51]);
        let outcome = |anomalies| draw("test", &small(0), (7, &normal), anomalies).map(|_| ());
        assert_eq!(outcome(Anomalies::Planted), Ok(()));
        assert_eq!(
            outcome(Anomalies::Class(5, &other)),
            Err(TooFew {
                normal_class: false,
                has: 2,
                asked: 3
            })
        );
        let more = SplitSpec { train: 5, ..small(0) };
        let planted = draw("test", &more, (7, &normal), Anomalies::Planted);
        assert_eq!(
            planted,
            Err(TooFew {
                normal_class: true,
                has: 12,
                asked: 13
            })
        );
    }
}
