//! VisA: with its list as published, and converted to MVTec AD's layout.

use super::*;

/// (split, label) of each image with its level.
const IMAGES: [(&str, &str, u8, u8); 3] = [
    ("train", "normal", 0, 8),
    ("test", "normal", 20, 4),
    ("test", "anomaly", 40, 3),
];

fn name(split: &str, label: &str, i: u8) -> String {
    // The published names of normal images are numbered through.
    match (split, label) {
        ("train", _) => format!("{:04}.JPG", 4 + i),
        (_, "normal") => format!("{i:04}.JPG"),
        _ => format!("{i:03}.JPG"),
    }
}

fn published() -> TempDir {
    let folder = TempDir::new().unwrap();
    let mut list = "object,split,label,image,mask\n".to_owned();
    // Last first: the list's order is not that of the names.
    for (split, label, first, n) in IMAGES {
        for i in (0..n).rev() {
            let kind = if label == "normal" { "Normal" } else { "Anomaly" };
            let image = format!("candle/Data/Images/{kind}/{}", name(split, label, i));
            write(&folder, &image, &picture(first + i, 3, 16));
            let mask = match label {
                "normal" => String::new(),
                _ => format!("candle/Data/Masks/Anomaly/{i:03}.png"),
            };
            if !mask.is_empty() {
                write(&folder, &mask, &picture(255, 1, 16));
            }
            list += &format!("candle,{split},{label},{image},{mask}\n");
        }
    }
    fs::create_dir_all(folder.path().join("split_csv")).unwrap();
    fs::write(folder.path().join("split_csv/1cls.csv"), list).unwrap();
    folder
}

fn converted() -> TempDir {
    let folder = TempDir::new().unwrap();
    for (split, label, first, n) in IMAGES {
        for i in 0..n {
            let class = if label == "normal" { "good" } else { "bad" };
            let path = format!("candle/{split}/{class}/{}", name(split, label, i));
            write(&folder, &path, &picture(first + i, 3, 16));
        }
    }
    folder
}

#[test]
fn both_layouts_give_the_same_task() {
    let loaded = [published(), converted()].map(|folder| {
        let data = data(&folder, "{visa: {root: ROOT, size_px: 8, colour: false}}");
        let bad = load(&data, &all(), &task("candle", class("bad"))).unwrap();
        assert_eq!(load(&data, &all(), &task("candle", class("anomaly"))).unwrap(), bad);
        assert_eq!(load(&data, &all(), &task("candle", AnomalySpec::Any)).unwrap(), bad);
        bad
    });
    let (images, labels) = &loaded[0];
    assert_eq!(
        (images.train.count, images.held_out.count, images.train.channels),
        (6, 2, 1)
    );
    assert_eq!(
        labelled(&images.validation, &labels.validation, false),
        [20, 21, 22, 23]
    );
    assert_eq!(labelled(&images.validation, &labels.validation, true), [40, 41, 42]);
    assert_eq!(loaded[0], loaded[1]);
}

#[test]
fn a_wrong_list_is_refused() {
    let says = |from: &str, to: &str| {
        let folder = published();
        let path = folder.path().join("split_csv/1cls.csv");
        let list = fs::read_to_string(&path).unwrap();
        assert!(list.contains(from));
        fs::write(&path, list.replacen(from, to, 1)).unwrap();
        let data = data(&folder, "{visa: {root: ROOT, size_px: 8}}");
        fault(&folder, &data, &all(), &task("candle", class("bad")))
    };
    insta::assert_snapshot!(says("label", "class"), @"FOLDER/split_csv/1cls.csv has no column `label` (its columns must be object, split, label, image, mask); get the file anew");
    insta::assert_snapshot!(says("candle/Data/Images/Normal/0011.JPG", "../secret.png"), @"FOLDER/split_csv/1cls.csv has a path in line 2 that isn't one below the data set's folder; get the file anew");
    insta::assert_snapshot!(says("candle/Data/Images/Normal/0011.JPG", "/etc/secret.png"), @"FOLDER/split_csv/1cls.csv has a path in line 2 that isn't one below the data set's folder; get the file anew");
    insta::assert_snapshot!(says("train,normal", "training,normal"), @"FOLDER/split_csv/1cls.csv has `training`, `normal` in line 2, and only train or test, normal or anomaly belong there; get the file anew");
    let twice = |to| says("candle/Data/Images/Normal/0003.JPG", to);
    insta::assert_snapshot!(twice("candle/Data/Images/Normal/0011.JPG"), @"FOLDER/split_csv/1cls.csv lists candle/Data/Images/Normal/0011.JPG in line 2 and in line 10, and an image stands in one group only; get the file anew");
    insta::assert_snapshot!(twice("candle/Data//Images/Anomaly/000.JPG"), @"FOLDER/split_csv/1cls.csv lists candle/Data/Images/Anomaly/000.JPG in line 10 and in line 16, and an image stands in one group only; get the file anew");
    insta::assert_snapshot!(says("candle,train", "candle,train,more"), @"FOLDER/split_csv/1cls.csv can't be read: CSV error: record 1 (line: 2, byte: 30): found record with 6 fields, but the previous record has 5 fields; get the file anew");
    insta::assert_snapshot!(says("Normal/0011.JPG", "Normal/none.JPG"), @"can't read FOLDER/candle/Data/Images/Normal/none.JPG: No such file or directory (os error 2); mend its permissions or fetch the data set anew");
}
