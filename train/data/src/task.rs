//! Loading a task: its images, without a label, and apart from them its labels.

use crate::{
    DataError, Images, TaskImages,
    fashion_mnist::{self, FashionMnist},
    plant::rotate_zeros,
    resize::Resizer,
    split::{self, Anomalies, Split, TooFew},
};
use augur_core::spec::{AnomalySpec, DataSpec, FashionMnistSpec, Planted, SplitSpec, TaskSpec};
use std::path::Path;

/// The sizes to which images can be brought, in pixels.
const SIZES: std::ops::RangeInclusive<u32> = 8..=28;

/// The images of a task: a function of its arguments and the data set, the same bits everywhere.
/// `base` is the folder at which relative paths start.
///
/// # Errors
/// Files that are missing or damaged, classes that aren't there, too few images.
pub fn load_task(data: &DataSpec, split: &SplitSpec, task: &TaskSpec, base: &Path) -> Result<TaskImages, DataError> {
    let DataSpec::FashionMnist(spec) = data;
    let source = open(spec, base)?;
    let drawn = draw(&source, split, task)?;
    let pixels = source.pixels()?;
    let resizer = Resizer::new(fashion_mnist::SIDE, spec.size_px as usize);
    let images = |ids: &mut dyn Iterator<Item = u32>| {
        let side = spec.size_px as usize;
        let mut images = Images {
            channels: 1,
            height: side,
            width: side,
            ..Images::default()
        };
        for id in ids {
            resizer.append(pixels.image(id), &mut images.data);
            images.count += 1;
        }
        images
    };
    let mut validation = images(&mut drawn.validation.iter().map(|image| image.0));
    if let AnomalySpec::Planted(change) = &task.anomaly {
        plant(&mut validation, &drawn, change);
    }
    Ok(TaskImages {
        train: images(&mut drawn.train.into_iter()),
        held_out: images(&mut drawn.held_out.into_iter()),
        validation,
    })
}

/// The labels of a task's validation images in their order, true = anomalous; none where the data set has none.
/// For the evaluation alone: nothing that trains, tunes or selects may call it.
///
/// # Errors
/// As [`load_task`].
pub fn load_labels(
    data: &DataSpec,
    split: &SplitSpec,
    task: &TaskSpec,
    base: &Path,
) -> Result<Option<Vec<bool>>, DataError> {
    let DataSpec::FashionMnist(spec) = data;
    let drawn = draw(&open(spec, base)?, split, task)?;
    Ok(Some(
        drawn.validation.into_iter().map(|(_, anomalous)| anomalous).collect(),
    ))
}

/// Changes the anomalous images of the validation set.
fn plant(validation: &mut Images, drawn: &Split, Planted::RotateDeg(degrees): &Planted) {
    let turned = rotate_zeros(validation, *degrees);
    let stride = validation.stride();
    for (i, (_, anomalous)) in drawn.validation.iter().enumerate() {
        if *anomalous {
            validation.data[i * stride..][..stride].copy_from_slice(turned.image(i));
        }
    }
}

/// The data set of a spec.
pub(crate) fn open(spec: &FashionMnistSpec, base: &Path) -> Result<FashionMnist, DataError> {
    if !SIZES.contains(&spec.size_px) {
        return Err(DataError::Size { size: spec.size_px });
    }
    FashionMnist::open(fashion_mnist::locate(spec.root.as_deref(), base)?)
}

/// The split of a task.
pub(crate) fn draw(source: &FashionMnist, split: &SplitSpec, task: &TaskSpec) -> Result<Split, DataError> {
    let (normal, anomaly) = classes(task)?;
    let images = source.members(normal);
    let others = anomaly.map(|class| (class, source.members(class)));
    let anomalies = others
        .as_ref()
        .map_or(Anomalies::Planted, |(class, images)| Anomalies::Class(*class, images));
    split::draw(fashion_mnist::KEY, split, (normal, &images), anomalies)
        .map_err(|few| too_few(few, split, task, normal, anomaly))
}

/// The normal and the anomalous class of a task by number; the latter is none for planted anomalies.
pub(crate) fn classes(task: &TaskSpec) -> Result<(u8, Option<u8>), DataError> {
    let number = |name: &str| {
        fashion_mnist::class(name).ok_or_else(|| DataError::NoClass {
            task: task.name(),
            data_set: fashion_mnist::NAME,
            class: name.into(),
            suggestion: fashion_mnist::nearest_class(name),
            classes: list_classes(),
        })
    };
    let normal = number(&task.normal.0)?;
    match &task.anomaly {
        AnomalySpec::Planted(_) => Ok((normal, None)),
        AnomalySpec::Class(class) if number(&class.0)? == normal => Err(DataError::SameClass {
            task: task.name(),
            normal: task.normal.0.clone(),
            anomaly: class.0.clone(),
        }),
        AnomalySpec::Class(class) => Ok((normal, Some(number(&class.0)?))),
    }
}

fn list_classes() -> String {
    let named = fashion_mnist::CLASSES
        .iter()
        .enumerate()
        .map(|(number, name)| format!("{number} {name}"));
    named.collect::<Vec<_>>().join(", ")
}

fn too_few(few: TooFew, split: &SplitSpec, task: &TaskSpec, normal: u8, anomaly: Option<u8>) -> DataError {
    let class = if few.normal_class {
        normal
    } else {
        anomaly.unwrap_or(normal)
    };
    let anomalous = format!("validation_anomalous {}", split.validation_anomalous);
    let mut uses = vec![];
    if few.normal_class {
        uses.push(format!("train {}", split.train));
        uses.push(format!("held_out {}", split.held_out()));
        uses.push(format!("validation_normal {}", split.validation_normal));
    }
    if !few.normal_class || anomaly.is_none() {
        uses.push(anomalous);
    }
    DataError::TooFewImages {
        task: task.name(),
        class: fashion_mnist::CLASSES[usize::from(class)],
        has: few.has,
        asked: few.asked,
        uses: uses.join(", "),
    }
}
