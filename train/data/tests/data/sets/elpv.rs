//! ELPV: kinds of cells and probabilities of a defect.

use super::*;

/// Two cells of each kind at each probability, eight of probability 0; the level is the row's number.
fn cells() -> TempDir {
    let folder = TempDir::new().unwrap();
    let (mut list, mut n) = (String::new(), 0_u8);
    for kind in ["mono", "poly"] {
        for (probability, cells) in [
            ("0.0", 8),
            ("0.3333333333333333", 2),
            ("0.6666666666666666", 2),
            ("1.0", 2),
        ] {
            for _ in 0..cells {
                let path = format!("images/cell{n:04}.png");
                write(&folder, &path, &picture(n, 1, 30));
                list += &format!("{path}  {probability:20}{kind}\n");
                n += 1;
            }
        }
    }
    fs::write(folder.path().join("labels.csv"), list).unwrap();
    folder
}

#[test]
fn kinds_and_probabilities() {
    let folder = cells();
    let data = data(&folder, "{elpv: {root: ROOT, size_px: 8}}");
    let split = SplitSpec {
        validation_normal: count(3),
        ..all()
    };
    let taken = |kind, anomaly| {
        let (images, labels) = load(&data, &split, &task(kind, anomaly)).unwrap();
        let normal = [
            levels(&images.train),
            levels(&images.held_out),
            labelled(&images.validation, &labels.validation, false),
        ];
        let mut normal = normal.concat();
        normal.sort_unstable();
        (normal, labelled(&images.validation, &labels.validation, true))
    };
    let (mono, poly): (Vec<u8>, Vec<u8>) = ((0..8).collect(), (14..22).collect());
    assert_eq!(taken("mono", class("p1")), (mono.clone(), vec![12, 13]));
    assert_eq!(taken("mono", class("p2/3")), (mono.clone(), vec![10, 11]));
    assert_eq!(taken("mono", class("p1/3")), (mono.clone(), vec![8, 9]));
    assert_eq!(
        taken("poly", classes(&["p2/3", "p1"])),
        (poly.clone(), vec![24, 25, 26, 27])
    );
    assert_eq!(taken("all", class("p1")), ([mono, poly].concat(), vec![12, 13, 26, 27]));
    assert_eq!(taken("mono", AnomalySpec::Any).1, [8, 9, 10, 11, 12, 13]);
}

#[test]
fn what_is_wrong_is_said() {
    let folder = cells();
    let data = data(&folder, "{elpv: {root: ROOT, size_px: 8}}");
    let says = |kind, anomaly| fault(&folder, &data, &SplitSpec::default(), &task(kind, anomaly));
    insta::assert_snapshot!(says("monos", class("p1")), @"task `monos-vs-p1`: elpv has no class `monos` (did you mean `mono`?); its classes are mono, poly, all");
    insta::assert_snapshot!(says("mono", class("p3/3")), @"task `mono-vs-p3/3`: elpv has no class `p3/3` (did you mean `p2/3`?); its classes are p1/3, p2/3, p1");
    insta::assert_snapshot!(says("mono", class("p1")), @"task `mono-vs-p1`: class mono has 8 images and the split asks for 192 (train all, held_out 2, validation_normal 188); ask for fewer");
    insta::assert_snapshot!(says("mono", AnomalySpec::Unlabelled), @"task `mono`: data set elpv has no anomalies of this kind; write `class`, `classes`, `any` or `planted` as the task's `anomaly`");
    fs::write(folder.path().join("labels.csv"), "images/a.png 0.0 multi\n").unwrap();
    insta::assert_snapshot!(says("mono", class("p1")), @"FOLDER/labels.csv line 1: the kind of cell `multi` is neither `mono` nor `poly`");
    fs::remove_file(folder.path().join("labels.csv")).unwrap();
    insta::assert_snapshot!(says("mono", class("p1")), @"FOLDER holds no labels.csv; run `augur fetch elpv --to FOLDER`");
}
