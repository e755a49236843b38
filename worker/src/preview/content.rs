//! What a preview is made of, and the making of one task's sheets.

use super::{
    PreviewError,
    files::Folder,
    page::form,
    panels::{Panel, panels},
    sheet::{Block, sheet, tile},
};
use augur_core::{
    outcome::Hyperparameters,
    spec::{FamilySpec, SweepSpec, TaskSpec},
};
use augur_data::{Images, TaskImages};
use augur_train::preview::Preview;
use image::RgbImage;

/// The validation images that are shown: rows, columns.
const VALIDATION: (usize, usize) = (2, 6);

/// One task.
pub(super) struct Section {
    /// Its name.
    pub task: String,
    /// Its validation images.
    pub validation: Picture,
    /// Its families.
    pub entries: Vec<Entry>,
}

/// A written image.
pub(super) struct Picture {
    pub file: String,
    pub width: u32,
    pub height: u32,
}

/// One family of one task.
pub(super) struct Entry {
    /// The variant that uses it, if it isn't the method.
    pub variant: Option<String>,
    pub family: FamilySpec,
    pub panels: Vec<Panel>,
    pub sheet: Picture,
    pub difference: Option<Picture>,
}

/// A family of a config, and whose it is.
pub(super) struct Shown {
    pub variant: Option<String>,
    pub family: FamilySpec,
    /// Its first starting point, empty where it has none.
    pub start: Hyperparameters,
}

/// The families of a config as they start on a task: the method's, then those that its variants have beyond them.
pub(super) fn families(spec: &SweepSpec, task: &TaskSpec, seed: u64) -> Vec<Shown> {
    let own = spec.families.iter().map(|family| (None, family));
    let of_variants = spec.variants.iter().flat_map(|variant| {
        let families = variant.families.as_deref().unwrap_or_default();
        families.iter().map(|family| (Some(variant.name.clone()), family))
    });
    let mut shown: Vec<Shown> = Vec::new();
    for (variant, family) in own.chain(of_variants) {
        let start = family.start(0, task, seed);
        let family = family.without_starts();
        if !shown.iter().any(|other| other.family == family && other.start == start) {
            shown.push(Shown { variant, family, start });
        }
    }
    shown
}

/// Writes the sheets of one family of a task.
pub(super) fn entry(
    folder: &mut Folder,
    task: &str,
    shown: &Shown,
    preview: &Preview,
    difference: bool,
) -> Result<Entry, PreviewError> {
    let (name, family) = (shown.family.name(), &shown.family);
    let panels = panels(family, &shown.start);
    let originals = preview.originals();
    let mut blocks = Vec::new();
    let mut differences = Vec::new();
    for panel in &panels {
        let augmented = panel.columns.iter();
        let augmented = augmented.map(|column| preview.augmented(&panel.family, &column.point, column.draw));
        let augmented = augmented.collect::<Result<Vec<_>, _>>()?;
        blocks.push(block(panel, &originals, &augmented));
        if difference {
            let changes: Vec<_> = augmented.iter().map(|images| change(&originals, images)).collect();
            differences.push(block(panel, &originals, &changes));
        }
    }
    let variant = shown.variant.as_deref();
    let mut words = vec![task];
    words.extend(variant);
    words.push(name);
    let title = [words.join(" \u{b7} "), form(family.form()).to_owned()].join(" \u{b7} ");
    let mut write = |words: &[&str], image: &RgbImage| picture(folder, words, image);
    let whole = write(&words, &sheet(&title, &blocks))?;
    words.push("difference");
    let difference = match difference {
        true => Some(write(
            &words,
            &sheet(&format!("{title} \u{b7} |phi(x) - x|"), &differences),
        )?),
        false => None,
    };
    Ok(Entry {
        variant: shown.variant.clone(),
        family: family.clone(),
        panels,
        sheet: whole,
        difference,
    })
}

/// Writes the first validation images of a task, which carry no label.
pub(super) fn validation(folder: &mut Folder, task: &str, images: &TaskImages) -> Result<Picture, PreviewError> {
    let (rows, columns) = VALIDATION;
    let images = &images.validation;
    let indices: Vec<usize> = (0..images.count.min(rows * columns)).collect();
    let rows = indices.chunks(columns);
    let rows = rows.map(|row| row.iter().map(|i| tile(images, *i)).collect()).collect();
    let block = Block {
        heading: String::new(),
        note: String::new(),
        labels: Vec::new(),
        rows,
    };
    let title = format!("{task} \u{b7} unlabelled validation images");
    picture(folder, &[task, "validation"], &sheet(&title, &[block]))
}

fn picture(folder: &mut Folder, words: &[&str], image: &RgbImage) -> Result<Picture, PreviewError> {
    let file = folder.name(words);
    folder.png(&file, image)?;
    Ok(Picture {
        file,
        width: image.width(),
        height: image.height(),
    })
}

/// A panel's images: a row for each original, which comes first.
fn block(panel: &Panel, originals: &Images, columns: &[Images]) -> Block {
    let row = |i| {
        let images = std::iter::once(originals).chain(columns);
        images.map(|images| tile(images, i)).collect()
    };
    let labels = panel.columns.iter().map(|column| column.label.clone());
    Block {
        heading: panel.title(),
        note: panel.held.clone(),
        labels: std::iter::once("original".to_owned()).chain(labels).collect(),
        rows: (0..originals.count).map(row).collect(),
    }
}

/// |y - x|
fn change(x: &Images, y: &Images) -> Images {
    let data = x.data.iter().zip(&y.data).map(|(x, y)| (y - x).abs()).collect();
    Images { data, ..*y }
}
