//! The real Fashion-MNIST, found as the loaders find it from the repository's root.

use crate::fixture::{against, load_task, rotated};
use augur_core::spec::{Count, DataSpec, FashionMnistSpec, SplitSpec};
use augur_data::{DataError, Images, inspect, load_labels};
use std::path::Path;

fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

fn data(size_px: u32) -> DataSpec {
    let data = DataSpec::FashionMnist(FashionMnistSpec { root: None, size_px });
    if let Err(error @ DataError::NoFolder { .. }) = inspect(&data, root()) {
        panic!("run `augur fetch fashion-mnist` in the repository (`make setup-test` does): {error}");
    }
    data
}

fn mean(values: &[f32]) -> f64 {
    values.iter().map(|&value| f64::from(value)).sum::<f64>() / values.len() as f64
}

#[test]
fn every_class_has_seven_thousand_images() {
    let summary = inspect(&data(28), root()).unwrap();
    assert_eq!(summary.images, 70_000);
    assert_eq!(summary.classes.len(), 10);
    assert!(summary.classes.iter().all(|class| class.images == 7000));
}

#[test]
fn sneakers_lie_and_turned_sneakers_do_not() {
    let (data, split, task) = (data(16), SplitSpec::default(), rotated("sneaker", 90.0));
    let images = load_task(&data, &split, &task, root()).unwrap();
    let labels = load_labels(&data, &split, &task, root()).unwrap().unwrap().validation;
    assert_eq!(
        (images.train.count, images.held_out.count, images.validation.count),
        (512, 52, 300)
    );
    // A lying shoe leaves the upper rows black, a standing one doesn't.
    let upper = |images: &Images, i: usize| mean(&images.image(i)[..4 * 16]);
    let of = |label: bool| {
        let group: Vec<_> = (0..300)
            .filter(|&i| labels[i] == label)
            .map(|i| upper(&images.validation, i) as f32)
            .collect();
        mean(&group)
    };
    assert!(of(false) < 0.02 && of(true) > 0.1, "{} {}", of(false), of(true));
    let train: Vec<_> = (0..512).map(|i| upper(&images.train, i) as f32).collect();
    assert!(mean(&train) < 0.02, "{}", mean(&train));
}

#[test]
fn a_class_can_be_used_up_and_no_further() {
    let split = |train| SplitSpec {
        train: Some(Count::Number(train)),
        held_out: Some(100),
        validation_normal: Some(Count::Number(50)),
        ..SplitSpec::default()
    };
    let load = |train| load_task(&data(8), &split(train), &against("bag", "ankle-boot"), root());
    assert_eq!(load(6850).unwrap().train.count, 6850);
    assert!(matches!(
        load(6851),
        Err(DataError::TooFewImages {
            has: 7000,
            asked: 7001,
            ..
        })
    ));
}
