//! What a check of the data finds.

use super::{mvtec_ad::cable, *};
use augur_data::{audit, check, inspect};

fn looked(folder: &TempDir, spec: &SweepSpec) -> (Vec<String>, Vec<String>) {
    let mut ticks = Vec::new();
    let found = audit(spec, Path::new("."), &mut |done, total| ticks.push((done, total))).unwrap();
    assert!(ticks.iter().zip(1..).all(|((done, _), n)| *done == n) && ticks.last().is_none_or(|t| t.0 == t.1));
    let short = |text: &String| text.replace(&root(folder), "FOLDER");
    (
        found.faults.iter().map(short).collect(),
        found.notes.iter().map(short).collect(),
    )
}

fn cable_sweep(folder: &TempDir) -> SweepSpec {
    sweep(
        folder,
        "{mvtec_ad: {root: ROOT, size_px: 8}}",
        "{normal: cable, anomaly: any}",
        "{held_out: 2}",
    )
}

#[test]
fn every_split_and_class_is_counted() {
    let folder = cable();
    let found = audit(&cable_sweep(&folder), Path::new("."), &mut |_, _| {}).unwrap();
    assert_eq!((found.data_set.images, found.faults.len()), (21, 0));
    let counts = &found.tasks[0].counts;
    let counts: Vec<_> = counts
        .iter()
        .map(|(group, class, n)| (*group, class.as_str(), *n))
        .collect();
    let expected = [
        ("train", "good", 8),
        ("held_out", "good", 2),
        ("validation", "good", 5),
        ("validation", "bent_wire", 4),
        ("validation", "cut", 2),
    ];
    assert_eq!(counts, expected);
}

#[test]
fn damaged_files_and_twins_are_named() {
    let folder = cable();
    let at = |path: &str| folder.path().join("cable").join(path);
    fs::copy(at("test/cut/000.png"), at("train/good/001.png")).unwrap();
    let whole = fs::read(at("train/good/002.png")).unwrap();
    fs::write(at("train/good/002.png"), &whole[..whole.len() - 20]).unwrap();
    // The same image twice in one group is nobody's business.
    fs::copy(at("test/bent_wire/000.png"), at("test/bent_wire/001.png")).unwrap();
    insta::assert_snapshot!(looked(&folder, &cable_sweep(&folder)).0.join("\n"), @r#"
FOLDER/cable/train/good/002.png is damaged (unexpected end of file); replace it or move it out of the folder
task `cable-vs-any`: FOLDER/cable/train/good/001.png (train) and FOLDER/cable/test/cut/000.png (validation) are the same image; remove one of them
"#);
}

#[test]
fn masks_that_do_not_fit_are_named() {
    let folder = cable();
    let truth = |path: &str| format!("cable/ground_truth/{path}_mask.png");
    fs::remove_file(folder.path().join(truth("cut/000"))).unwrap();
    write(&folder, &truth("cut/007"), &picture(255, 1, 20));
    write(&folder, &truth("bent_wire/000"), &picture(0, 1, 20));
    write(&folder, &truth("bent_wire/001"), &picture(255, 1, 10));
    // One pixel that no centre of an 8 x 8 image falls on.
    let mut small = GrayImage::new(20, 20);
    small.put_pixel(0, 0, Luma([255]));
    write(&folder, &truth("bent_wire/002"), &small.into());
    let (faults, notes) = looked(&folder, &cable_sweep(&folder));
    insta::assert_snapshot!(faults.join("\n"), @r#"
FOLDER/cable/ground_truth/bent_wire/000_mask.png marks nothing; get the file anew
FOLDER/cable/ground_truth/bent_wire/001_mask.png has 10 x 10 pixels and its image 20 x 20 pixels; get the file anew
FOLDER/cable/test/cut/000.png has no mask; get the file anew
FOLDER/cable/ground_truth/cut/007_mask.png is the mask of no image; get the file anew
"#);
    insta::assert_snapshot!(notes.join("\n"), @"cable: masks that mark nothing at 8 x 8 pixels: 1; a larger `size_px` may keep those defects");
}

#[test]
fn tasks_that_can_not_be_had_are_faults_and_others_go_on() {
    let folder = cable();
    let mut spec = cable_sweep(&folder);
    spec.tasks.push(task("cable", class("torn")));
    let found = audit(&spec, Path::new("."), &mut |_, _| {}).unwrap();
    assert_eq!((found.tasks.len(), found.faults.len()), (1, 1));
    assert!(found.faults[0].contains("no class `torn`"), "{}", found.faults[0]);
}

#[test]
fn a_half_unpacked_category_matters_to_who_uses_it() {
    let folder = cable();
    write(&folder, "bottle/train/good/000.png", &picture(1, 3, 20));
    let mut spec = cable_sweep(&folder);
    assert_eq!(check(&spec, Path::new(".")).unwrap().data_set.images, 21);
    let (faults, notes) = looked(&folder, &spec);
    assert_eq!(faults, [""; 0]);
    insta::assert_snapshot!(notes.join("\n"), @"FOLDER holds no folder bottle/test/good; `augur fetch mvtec-ad` says where to get the data set and how it should lie");
    let fault = inspect(&spec.data, Path::new(".")).unwrap_err();
    assert!(fault.to_string().contains("no folder bottle/test/good"), "{fault}");
    spec.tasks.push(task("bottle", AnomalySpec::Any));
    assert_eq!(looked(&folder, &spec), (notes, vec![]));
    assert_eq!(check(&spec, Path::new(".")).unwrap_err(), fault);
}

#[test]
fn twins_in_files_of_many_images_are_counted() {
    use crate::fixture::{idx, pixels};
    let folder = TempDir::new().unwrap();
    // Image 8 is image 0 again: both of class 0.
    for (half, ids) in [("train", 0..16_u32), ("t10k", 16..32)] {
        let bytes: Vec<u8> = ids
            .clone()
            .flat_map(|id| pixels(if id == 8 { 0 } else { id }))
            .collect();
        let labels: Vec<u8> = ids.map(|id| (id % 2) as u8).collect();
        fs::write(
            folder.path().join(format!("{half}-images-idx3-ubyte")),
            idx(&[16, 28, 28], &bytes),
        )
        .unwrap();
        fs::write(
            folder.path().join(format!("{half}-labels-idx1-ubyte")),
            idx(&[16], &labels),
        )
        .unwrap();
    }
    // Every image of both classes is used, so that both twins are: whether they meet is up to the seed.
    let found = (0..8).map(|seed| {
        let split = format!("{{train: 5, held_out: 5, validation_normal: 6, validation_anomalous: 16, seed: {seed}}}");
        let task = "{normal: 0, anomaly: {class: 1}}";
        looked(&folder, &sweep(&folder, "{fashion_mnist: {root: ROOT}}", task, &split))
    });
    let (faults, notes): (Vec<_>, Vec<_>) = found.unzip();
    assert_eq!(faults.concat(), [""; 0], "nobody can remove them");
    let notes = notes.concat();
    assert!(!notes.is_empty());
    let counted =
        |note: &String| note.contains("in two splits: 1, such as") && note.contains("image 8 of the first half");
    assert!(notes.iter().all(counted), "{notes:?}");
}
