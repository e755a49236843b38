//! A task of Fashion-MNIST: who gets which image, and who gets a label.

use super::{CLASSES, FashionMnist, KEY, NAME, SIDE, class, locate, nearest_class};
use crate::{
    DataError, Images, TaskImages,
    check::TaskSummary,
    plant::rotate_zeros,
    resize::{GREY, Resizer},
    split::{self, Anomalies, Split, TooFew},
};
use augur_core::spec::{AnomalySpec, FashionMnistSpec, Planted, SplitSpec, TaskSpec};
use std::path::Path;

/// The sizes to which images can be brought, in pixels.
const SIZES: std::ops::RangeInclusive<u32> = 8..=28;

/// As [`crate::load_task`].
pub(crate) fn load_task(
    spec: &FashionMnistSpec,
    split: &SplitSpec,
    task: &TaskSpec,
    base: &Path,
) -> Result<TaskImages, DataError> {
    let source = open(spec, base)?;
    let drawn = draw(&source, split, task)?;
    let pixels = source.pixels()?;
    let resizer = Resizer::new((SIDE, SIDE), spec.size_px as usize);
    let images = |ids: &mut dyn Iterator<Item = u32>| {
        let side = spec.size_px as usize;
        let mut images = Images {
            channels: 1,
            height: side,
            width: side,
            ..Images::default()
        };
        for id in ids {
            resizer.append(pixels.image(id), 1, GREY, &mut images.data);
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

/// As [`crate::load_labels`], and for the same caller alone.
pub(crate) fn load_labels(
    spec: &FashionMnistSpec,
    split: &SplitSpec,
    task: &TaskSpec,
    base: &Path,
) -> Result<Vec<bool>, DataError> {
    let drawn = draw(&open(spec, base)?, split, task)?;
    Ok(drawn.validation.into_iter().map(|(_, anomalous)| anomalous).collect())
}

/// What a task takes, without reading an image.
pub(crate) fn task_summary(
    source: &FashionMnist,
    split: &SplitSpec,
    task: &TaskSpec,
) -> Result<TaskSummary, DataError> {
    let drawn = draw(source, split, task)?;
    let (normal, anomalous) = classes(task)?;
    let name = |class: u8| CLASSES[usize::from(class)].to_owned();
    Ok(TaskSummary {
        name: task.name(),
        normal: name(normal),
        anomalous: anomalous.map(name),
        train: drawn.train.len(),
        held_out: drawn.held_out.len(),
        validation: drawn.validation.len(),
    })
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
        return Err(DataError::Size {
            key: KEY,
            size: spec.size_px,
            most: *SIZES.end(),
        });
    }
    FashionMnist::open(locate(spec.root.as_deref(), base)?)
}

/// The split of a task.
fn draw(source: &FashionMnist, split: &SplitSpec, task: &TaskSpec) -> Result<Split, DataError> {
    let (normal, anomaly) = classes(task)?;
    let images = source.members(normal);
    let others = anomaly.map(|class| (class, source.members(class)));
    let anomalies = others
        .as_ref()
        .map_or(Anomalies::Planted, |(class, images)| Anomalies::Class(*class, images));
    split::draw(KEY, split, (normal, &images), anomalies).map_err(|few| too_few(few, split, task, normal, anomaly))
}

/// The normal and the anomalous class of a task by number; the latter is none for planted anomalies.
pub(crate) fn classes(task: &TaskSpec) -> Result<(u8, Option<u8>), DataError> {
    let number = |name: &str| {
        class(name).ok_or_else(|| DataError::NoClass {
            task: task.name(),
            data_set: NAME,
            class: name.into(),
            suggestion: nearest_class(name),
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
        AnomalySpec::Unlabelled => Err(DataError::Anomaly {
            task: task.name(),
            data_set: NAME,
            kinds: "`class` or `planted`",
        }),
    }
}

fn list_classes() -> String {
    let named = CLASSES
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
        class: CLASSES[usize::from(class)],
        has: few.has,
        asked: few.asked,
        uses: uses.join(", "),
    }
}
