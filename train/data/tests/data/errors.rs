//! The text of every error: what, where, what to do.

use crate::fixture::{against, data, load_task, rotated, small_split, write};
use augur_core::spec::{Count, DataSpec, FashionMnistSpec, SplitSpec, TaskSpec, parse};
use augur_data::{DataError, check, load_labels};
use std::{fs, path::Path};
use tempfile::TempDir;

/// What loading says, in images and in labels alike, with the folder as FOLDER.
fn text(folder: &TempDir, data: &DataSpec, split: &SplitSpec, task: &TaskSpec) -> String {
    let images = load_task(data, split, task, folder.path()).unwrap_err();
    shown(folder, &images)
}

fn shown(folder: &TempDir, error: &DataError) -> String {
    error.to_string().replace(folder.path().to_str().unwrap(), "FOLDER")
}

fn small() -> TempDir {
    let folder = TempDir::new().unwrap();
    write(folder.path(), 120, 80);
    folder
}

#[test]
fn missing_files() {
    let folder = small();
    let task = against("sneaker", "sandal");
    insta::assert_snapshot!(text(&folder, &data(Path::new("none")), &small_split(), &task), @"no folder of fashion-mnist at FOLDER/none; run `augur fetch fashion-mnist`, or set `data.fashion_mnist.root` to the folder that has it");
    fs::remove_file(folder.path().join("t10k-images-idx3-ubyte.gz")).unwrap();
    insta::assert_snapshot!(text(&folder, &data(folder.path()), &small_split(), &task), @"FOLDER holds neither t10k-images-idx3-ubyte.gz nor t10k-images-idx3-ubyte; run `augur fetch fashion-mnist --to FOLDER`");
}

#[test]
fn damaged_files() {
    let folder = small();
    let task = against("sneaker", "sandal");
    let damage = |name: &str, change: &dyn Fn(&mut Vec<u8>)| {
        let path = folder.path().join(name);
        let whole = fs::read(&path).unwrap();
        let mut bytes = whole.clone();
        change(&mut bytes);
        fs::write(&path, bytes).unwrap();
        let text = text(&folder, &data(folder.path()), &small_split(), &task);
        let sweep = sweep(folder.path(), "sneaker", "sandal");
        let checked = check(&sweep, folder.path()).map(drop).unwrap_err();
        assert_eq!(shown(&folder, &checked), text, "a check finds what loading finds");
        fs::write(&path, whole).unwrap();
        text
    };
    let images = "train-images-idx3-ubyte";
    insta::assert_snapshot!(damage(images, &|bytes| bytes.truncate(5000)), @"FOLDER/train-images-idx3-ubyte is damaged: truncated: expected 94096 bytes, found 5000; run `augur fetch fashion-mnist --to FOLDER`");
    insta::assert_snapshot!(damage(images, &|bytes| bytes.push(0)), @"FOLDER/train-images-idx3-ubyte is damaged: too long: expected 94096 bytes, found at least 94097; run `augur fetch fashion-mnist --to FOLDER`");
    insta::assert_snapshot!(damage(images, &|bytes| bytes[2] = 0x0d), @"FOLDER/train-images-idx3-ubyte is damaged: expected an IDX file (00 00 08 and the number of dimensions), found the bytes 00 00 0d 03; run `augur fetch fashion-mnist --to FOLDER`");
    insta::assert_snapshot!(damage(images, &|bytes| { bytes[11] = 14; bytes[15] = 56 }), @"FOLDER/train-images-idx3-ubyte is damaged: expected 120 x 28 x 28, found 120 x 14 x 56; run `augur fetch fashion-mnist --to FOLDER`");
    insta::assert_snapshot!(damage("train-labels-idx1-ubyte", &|bytes| bytes[11] = 10), @"FOLDER/train-labels-idx1-ubyte is damaged: expected one list of labels 0 to 9, found 10 at place 3; run `augur fetch fashion-mnist --to FOLDER`");
    insta::assert_snapshot!(damage("t10k-labels-idx1-ubyte.gz", &|bytes| bytes.truncate(20)), @"FOLDER/t10k-labels-idx1-ubyte.gz is damaged: expected whole gz data, found a fault after 0 bytes: incomplete deflate stream; run `augur fetch fashion-mnist --to FOLDER`");
}

#[test]
fn wrong_tasks() {
    let folder = small();
    let text = |split: &SplitSpec, task: &TaskSpec| {
        let labels = load_labels(&data(folder.path()), split, task, folder.path()).unwrap_err();
        let images = text(&folder, &data(folder.path()), split, task);
        assert_eq!(shown(&folder, &labels), images);
        images
    };
    insta::assert_snapshot!(text(&small_split(), &against("snaeker", "sandal")), @"task `snaeker-vs-sandal`: fashion-mnist has no class `snaeker` (did you mean `sneaker`?); its classes are 0 t-shirt, 1 trouser, 2 pullover, 3 dress, 4 coat, 5 sandal, 6 shirt, 7 sneaker, 8 bag, 9 ankle-boot");
    insta::assert_snapshot!(text(&small_split(), &against("sneaker", "Ankle boot")), @"task `sneaker-vs-Ankle boot`: fashion-mnist has no class `Ankle boot` (did you mean `ankle-boot`?); its classes are 0 t-shirt, 1 trouser, 2 pullover, 3 dress, 4 coat, 5 sandal, 6 shirt, 7 sneaker, 8 bag, 9 ankle-boot");
    insta::assert_snapshot!(text(&small_split(), &against("10", "sandal")), @"task `10-vs-sandal`: fashion-mnist has no class `10`; its classes are 0 t-shirt, 1 trouser, 2 pullover, 3 dress, 4 coat, 5 sandal, 6 shirt, 7 sneaker, 8 bag, 9 ankle-boot");
    insta::assert_snapshot!(text(&small_split(), &against("sneaker", "7")), @"task `sneaker-vs-7`: `sneaker` and `7` are the same class; name another one as the anomaly");
    let many = |train, validation_anomalous| SplitSpec {
        train: Some(Count::Number(train)),
        validation_anomalous: Some(Count::Number(validation_anomalous)),
        ..small_split()
    };
    insta::assert_snapshot!(text(&many(6, 21), &against("sneaker", "sandal")), @"task `sneaker-vs-sandal`: class sandal has 20 images and the split asks for 21 (validation_anomalous 21); ask for fewer");
    insta::assert_snapshot!(text(&many(13, 3), &against("sneaker", "sandal")), @"task `sneaker-vs-sandal`: class sneaker has 20 images and the split asks for 21 (train 13, held_out 3, validation_normal 5); ask for fewer");
    insta::assert_snapshot!(text(&many(u32::MAX, u32::MAX), &rotated("sneaker", 150.0)), @"task `sneaker-rotated-150`: class sneaker has 20 images and the split asks for 8589934598 (train 4294967295, held_out 3, validation_normal 5, validation_anomalous 4294967295); ask for fewer");
}

#[test]
fn wrong_size() {
    let folder = small();
    let data = DataSpec::FashionMnist(FashionMnistSpec { root: None, size_px: 0 });
    insta::assert_snapshot!(text(&folder, &data, &small_split(), &against("7", "5")), @"`data.fashion_mnist.size_px`: 0 is out of range; images can be 8 to 28 pixels wide");
}

fn sweep(folder: &Path, normal: &str, anomaly: &str) -> augur_core::spec::SweepSpec {
    parse(&format!(
        "version: 1
name: small
data: {{ fashion_mnist: {{ root: {:?} }} }}
split: {{ train: 6, held_out: 3, validation_normal: 5, validation_anomalous: 3 }}
tasks:
  - {{ normal: {normal}, anomaly: {{ class: {anomaly} }} }}
  - {{ normal: {normal}, anomaly: {{ planted: {{ rotate_deg: 150 }} }} }}
families:
  - rotation: {{ starts: [{{ angle_deg: 30 }}] }}
seeds: [0]
",
        folder.to_str().unwrap()
    ))
    .unwrap()
}

#[test]
fn a_sweep_that_can_run_is_summarised() {
    let folder = small();
    let summary = check(&sweep(folder.path(), "sneaker", "5"), folder.path()).unwrap();
    assert_eq!((summary.data_set.images, summary.data_set.classes[7].images), (200, 20));
    insta::assert_debug_snapshot!(summary.tasks, @r#"
    [
        TaskSummary {
            name: "sneaker-vs-5",
            normal: "sneaker",
            anomalous: Some(
                "sandal",
            ),
            train: 6,
            held_out: 3,
            validation: 8,
            test: 0,
        },
        TaskSummary {
            name: "sneaker-rotated-150",
            normal: "sneaker",
            anomalous: None,
            train: 6,
            held_out: 3,
            validation: 8,
            test: 0,
        },
    ]
    "#);
    let missing = check(&sweep(folder.path(), "sneaker", "shoe"), folder.path()).unwrap_err();
    assert!(matches!(missing, DataError::NoClass { .. }));
}
