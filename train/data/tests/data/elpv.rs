//! The real ELPV, where it was fetched.

use crate::fixture::load_task;
use augur_core::{
    measure::auroc,
    spec::{AnomalySpec, ClassRef, Count, DataSpec, ElpvSpec, SplitSpec, TaskSpec},
};
use augur_data::{Images, inspect, load_labels};
use std::path::Path;

fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

/// The data set; none, with a word about it, where it isn't.
fn data() -> Option<DataSpec> {
    let data = DataSpec::Elpv(ElpvSpec {
        root: None,
        size_px: 32,
    });
    match inspect(&data, root()) {
        Ok(_) => Some(data),
        Err(error) => {
            eprintln!("not tested: {error}");
            None
        }
    }
}

#[test]
fn the_published_counts() {
    let Some(data) = data() else { return };
    let summary = inspect(&data, root()).unwrap();
    assert_eq!(summary.images, 2624);
    let counts: Vec<_> = summary.classes.iter().map(|class| class.images).collect();
    assert_eq!(counts, [588, 117, 56, 313, 920, 178, 50, 402]);
}

#[test]
fn defective_cells_are_darker() {
    let Some(data) = data() else { return };
    let task = TaskSpec {
        name: None,
        normal: ClassRef("mono".into()),
        anomaly: AnomalySpec::Class(ClassRef("p1".into())),
    };
    let split = SplitSpec {
        validation_anomalous: Some(Count::Number(188)),
        ..SplitSpec::default()
    };
    let images = load_task(&data, &split, &task, root()).unwrap();
    let labels = load_labels(&data, &split, &task, root()).unwrap().unwrap().validation;
    assert_eq!(
        (images.train.count, images.held_out.count, labels.len()),
        (350, 50, 376)
    );
    let darkness = |images: &Images, i: usize| -images.image(i).iter().map(|&v| f64::from(v)).sum::<f64>();
    let scores: Vec<_> = (0..labels.len()).map(|i| darkness(&images.validation, i)).collect();
    let found = auroc(&scores, &labels).unwrap();
    assert!((0.73..0.82).contains(&found), "{found}");
    // Pixels and labels belong together: the same images come from the cache.
    assert_eq!(load_task(&data, &split, &task, root()).unwrap(), images);
}
