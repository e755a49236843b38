//! `augur-worker preview` on real images: what it writes, and that the pictures show what they say.

#![allow(clippy::unwrap_used, reason = "a test ends where it can not go on")]

mod support;

use augur_core::spec::{SweepSpec, parse};
use augur_data::{Images, load_task};
use image::RgbImage;
use std::{
    collections::BTreeMap,
    fs,
    path::Path,
    process::{Command, Output},
};
use support::{program, workspace};
use tempfile::TempDir;

const CONFIG: &str = "configs/demo.yaml";
/// Side of an image of the demo, 16 pixels, seven times as large.
const TILE: u32 = 112;
/// From an image to the one below it.
const STEP: u32 = TILE + 4;

/// Previews of one task in a folder.
fn preview(out: &Path, more: &[&str]) -> Output {
    let arguments = ["preview", CONFIG, "--task", "sneaker-rotated-150", "--out"];
    Command::new(program())
        .args(arguments)
        .arg(out)
        .args(more)
        .current_dir(workspace())
        .output()
        .unwrap()
}

fn previewed(more: &[&str]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let output = preview(folder.path(), more);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    folder
}

fn sheet(folder: &TempDir, name: &str) -> RgbImage {
    let path = folder.path().join(format!("sneaker-rotated-150.{name}.png"));
    image::open(path).unwrap().into_rgb8()
}

fn spec() -> SweepSpec {
    parse(&fs::read_to_string(workspace().join(CONFIG)).unwrap()).unwrap()
}

/// The training images of the task.
fn originals() -> Images {
    let spec = spec();
    load_task(&spec.data, &spec.split, &spec.tasks[0], &workspace())
        .unwrap()
        .train
}

/// Where in a sheet the image lies, each pixel of it seven by seven.
fn places(sheet: &RgbImage, image: &[f32]) -> Vec<(u32, u32)> {
    let grey: Vec<u8> = image.iter().map(|value| (value * 255.0).round() as u8).collect();
    let is_at = |(x, y): (u32, u32)| {
        (0..TILE * TILE).all(|i| {
            let (dx, dy) = (i % TILE, i / TILE);
            let expected = grey[(dy / 7 * 16 + dx / 7) as usize];
            sheet.get_pixel(x + dx, y + dy).0 == [expected; 3]
        })
    };
    let rows = 0..=sheet.height() - TILE;
    let all = rows.flat_map(|y| (0..=sheet.width() - TILE).map(move |x| (x, y)));
    all.filter(|place| is_at(*place)).collect()
}

#[test]
fn a_row_begins_with_its_original() {
    let folder = previewed(&[]);
    let images = originals();
    let rotation = sheet(&folder, "rotation");
    let found: Vec<_> = (0..4).flat_map(|i| places(&rotation, images.image(i))).collect();
    let top = found[0].1;
    let expected: Vec<_> = (0..4).map(|i| (16, top + i * STEP)).collect();
    assert_eq!(found, expected, "each once, one below the other");
    // Three hyperparameters, three blocks; a patch beside the shoe may leave a further image as it is.
    let cutdiff = sheet(&folder, "cutdiff");
    let first = places(&cutdiff, images.image(0));
    assert_eq!(first.iter().filter(|(x, _)| *x == 16).count(), 3);
    assert_eq!((rotation.width(), cutdiff.width()), (734, 734));
}

#[test]
fn more_images_make_more_rows() {
    let height = |n| sheet(&previewed(&["--images", n]), "rotation").height();
    assert_eq!(height("3"), height("1") + 2 * STEP);
}

#[test]
fn half_a_turn_and_its_difference() {
    let folder = previewed(&["--difference"]);
    let (sheet, difference) = (sheet(&folder, "rotation"), sheet(&folder, "rotation.difference"));
    let (x, y) = places(&sheet, originals().image(0))[0];
    // The third value, 180 degrees, is exact: no pixel falls between others.
    let half = x + TILE + 14 + 2 * STEP;
    for (dx, dy) in (0..TILE * TILE).map(|i| (i % TILE, i / TILE)) {
        let value = |sheet: &RgbImage, x, y| i32::from(sheet.get_pixel(x, y).0[0]);
        let original = value(&sheet, x + dx, y + dy);
        let turned = value(&sheet, half + dx, y + dy);
        let opposite = value(&sheet, x + TILE - 1 - dx, y + TILE - 1 - dy);
        assert!((turned - opposite).abs() <= 1, "({dx}, {dy}): {turned}, {opposite}");
        let changed = value(&difference, half + dx, y + dy);
        assert!((changed - (turned - original).abs()).abs() <= 1, "({dx}, {dy})");
    }
}

/// Every file of a folder.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = fs::read_dir(folder).unwrap().map(Result::unwrap);
    entries
        .map(|entry| {
            let name = entry.file_name().into_string().unwrap();
            (name, fs::read(entry.path()).unwrap())
        })
        .collect()
}

#[test]
fn the_same_bytes_again_and_other_patches_with_another_seed() {
    let folder = previewed(&["--difference"]);
    let first = files(folder.path());
    let names: Vec<_> = first.keys().map(String::as_str).collect();
    let task = "sneaker-rotated-150";
    let of_task = [
        "cutdiff.difference",
        "cutdiff",
        "rotation.difference",
        "rotation",
        "validation",
    ];
    let mut expected: Vec<_> = of_task.iter().map(|name| format!("{task}.{name}.png")).collect();
    expected.insert(0, "index.html".into());
    assert_eq!(names, expected);

    fs::write(folder.path().join("notes.txt"), "mine").unwrap();
    fs::write(folder.path().join("index.html"), "old").unwrap();
    assert!(preview(folder.path(), &["--difference"]).status.success());
    let mut again = files(folder.path());
    assert_eq!(again.remove("notes.txt").unwrap(), b"mine");
    assert!(again == first, "the same bytes");

    let other = files(previewed(&["--seed", "1"]).path());
    let differs = |name: &str| {
        let name = format!("{task}.{name}.png");
        other[&name] != first[&name]
    };
    assert!(differs("cutdiff") && !differs("rotation") && !differs("validation"));
}

#[test]
fn the_page_shows_every_sheet_and_nothing_from_elsewhere() {
    let folder = previewed(&["--difference"]);
    let files = files(folder.path());
    let page = String::from_utf8(files["index.html"].clone()).unwrap();
    let shown: Vec<_> = page
        .split("src=\"")
        .skip(1)
        .map(|rest| rest.split('"').next().unwrap())
        .collect();
    assert_eq!(shown.len(), files.len() - 1);
    assert!(shown.iter().all(|name| files.contains_key(*name)), "{shown:?}");
    assert_eq!(page.matches("alt=\"").count(), shown.len());
    assert!(!page.contains("http"), "no other resource");
    for text in [
        "fraction of the image",
        "0.01, 0.0224, 0.05, 0.112, 0.25",
        "36°, 108°, 180°, 252°, 324°",
    ] {
        assert!(page.contains(text), "{text}");
    }
}

/// Exit code and what was said.
fn told(output: &Output) -> (i32, String) {
    let said = String::from_utf8(output.stderr.clone()).unwrap();
    (output.status.code().unwrap(), said)
}

#[test]
fn what_can_not_be_drawn() {
    let folder = tempfile::tempdir().unwrap();
    let (code, said) = told(&preview(folder.path(), &["--task", "boots"]));
    let expected = "error: the config has no task `boots`; it has sneaker-rotated-150, trouser-rotated-90, \
                    sneaker-vs-bag, trouser-vs-dress\n";
    assert_eq!((code, &*said), (2, expected));

    let (code, said) = told(&preview(&workspace().join("Cargo.toml/here"), &[]));
    assert_eq!(code, 5, "{said}");
    assert!(
        said.contains("Cargo.toml/here: not a directory; choose another folder with --out"),
        "{said}"
    );

    let run = |config: &str| {
        let path = folder.path().join("config.yaml");
        fs::write(&path, config).unwrap();
        let mut command = Command::new(program());
        let command = command
            .arg("preview")
            .arg(&path)
            .arg("--out")
            .arg(folder.path().join("out"));
        told(&command.current_dir(folder.path()).output().unwrap())
    };
    let text = fs::read_to_string(workspace().join(CONFIG)).unwrap();
    let (code, said) = run(&text.replace("angle_deg: 70", "angle_deg: 700"));
    assert!(
        code == 3 && said.contains("line ") && said.contains("700 is out of range"),
        "{said}"
    );
    // No data set lies below that folder.
    let (code, said) = run(&text);
    assert!(code == 4 && said.contains("fetch"), "{code} {said}");
    let gone = Command::new(program())
        .args(["preview", "gone.yaml", "--out", "x"])
        .output()
        .unwrap();
    let expected = "error: can't read the config gone.yaml: no such file or directory; check the path\n";
    assert_eq!(told(&gone), (3, expected.into()));
}
