//! MVTec AD: categories, types of defects, one-channel PNGs among colour ones.

use super::*;

/// Cable: levels 0 to 9 to train on, 20 to 24 good; 40 to 43 bent_wire, 60 to 61 cut; half of the PNGs in one channel.
pub fn cable() -> TempDir {
    let folder = TempDir::new().unwrap();
    let put = |part: &str, first: u8, n: u8| {
        for i in 0..n {
            let channels = if i % 2 == 0 { 3 } else { 1 };
            write(
                &folder,
                &format!("cable/{part}/{i:03}.png"),
                &picture(first + i, channels, 20),
            );
        }
    };
    put("train/good", 0, 10);
    put("test/good", 20, 5);
    put("test/bent_wire", 40, 4);
    put("test/cut", 60, 2);
    for (defect, n) in [("bent_wire", 4), ("cut", 2)] {
        for i in 0..n {
            let mut mask = GrayImage::new(20, 20);
            for at in 0..9 {
                mask.put_pixel(10 + at % 3, 10 + at / 3, Luma([255]));
            }
            write(
                &folder,
                &format!("cable/ground_truth/{defect}/{i:03}_mask.png"),
                &mask.into(),
            );
        }
    }
    fs::write(folder.path().join("license.txt"), "CC").unwrap();
    folder
}

fn mvtec(folder: &TempDir) -> DataSpec {
    data(folder, "{mvtec_ad: {root: ROOT, size_px: 8}}")
}

#[test]
fn one_type_of_defect() {
    let folder = cable();
    let (images, labels) = load(&mvtec(&folder), &all(), &task("cable", class("bent_wire"))).unwrap();
    assert_eq!(
        (images.train.count, images.held_out.count, images.train.channels),
        (8, 2, 3)
    );
    let mut normal = [levels(&images.train), levels(&images.held_out)].concat();
    normal.sort_unstable();
    assert_eq!(normal, (0..10).collect::<Vec<_>>());
    assert_eq!(
        labelled(&images.validation, &labels.validation, false),
        [20, 21, 22, 23, 24]
    );
    assert_eq!(labelled(&images.validation, &labels.validation, true), [40, 41, 42, 43]);
    assert!(images.test.count == 0 && labels.test.is_empty());
    // A one-channel file among colour ones gives three equal channels.
    let planes: Vec<_> = images.train.data.chunks(64).map(<[f32]>::to_vec).collect();
    assert!(
        planes
            .chunks(3)
            .all(|image| image[0] == image[1] && image[1] == image[2])
    );
}

#[test]
fn mixes_and_all_types_together() {
    let folder = cable();
    let anomalous = |anomaly| {
        let (images, labels) = load(&mvtec(&folder), &all(), &task("cable", anomaly)).unwrap();
        (
            labelled(&images.validation, &labels.validation, true),
            levels(&images.validation),
        )
    };
    let any = anomalous(AnomalySpec::Any);
    assert_eq!(any.0, [40, 41, 42, 43, 60, 61]);
    // The order in which a spec lists them doesn't matter.
    assert_eq!(anomalous(classes(&["cut", "bent_wire"])), any);
    assert_eq!(anomalous(classes(&["bent_wire", "cut"])), any);
    assert_eq!(anomalous(class("cut")).0, [60, 61]);
}

#[test]
fn a_share_of_anomalies_and_test_images() {
    let folder = cable();
    let split = SplitSpec {
        anomaly_share: Some(0.25),
        test_normal: count(2),
        test_anomalous: count(3),
        ..all()
    };
    let (images, labels) = load(&mvtec(&folder), &split, &task("cable", AnomalySpec::Any)).unwrap();
    let of = |labels: &[bool]| (labels.len(), labels.iter().filter(|label| **label).count());
    assert_eq!((of(&labels.validation), of(&labels.test)), ((4, 1), (5, 3)));
    let (judged, kept) = (levels(&images.validation), levels(&images.test));
    assert!(judged.iter().all(|level| !kept.contains(level)), "{judged:?} {kept:?}");
}

#[test]
fn defects_can_be_planted_in_good_images() {
    let folder = cable();
    let planted = AnomalySpec::Planted(augur_core::spec::Planted::RotateDeg(90.0));
    let split = SplitSpec {
        validation_normal: count(3),
        validation_anomalous: count(2),
        ..all()
    };
    let (images, labels) = load(&mvtec(&folder), &split, &task("cable", planted)).unwrap();
    assert_eq!(labels.validation.iter().filter(|label| **label).count(), 2);
    assert!(levels(&images.validation).iter().all(|level| (20..25).contains(level)));
}

#[test]
fn what_is_wrong_is_said() {
    let folder = cable();
    let data = mvtec(&folder);
    let says = |split: &SplitSpec, normal, anomaly| fault(&folder, &data, split, &task(normal, anomaly));
    insta::assert_snapshot!(says(&all(), "cabel", class("cut")), @"task `cabel-vs-cut`: mvtec-ad has no class `cabel` (did you mean `cable`?); its classes are cable");
    insta::assert_snapshot!(says(&all(), "cable", class("bent wire")), @"task `cable-vs-bent wire`: mvtec-ad has no class `bent wire` (did you mean `bent_wire`?); its classes are bent_wire, cut");
    insta::assert_snapshot!(says(&all(), "cable", class("good")), @"task `cable-vs-good`: `cable` and `good` are the same class; name another one as the anomaly");
    let split = SplitSpec {
        validation_normal: count(6),
        ..all()
    };
    insta::assert_snapshot!(says(&split, "cable", class("cut")), @"task `cable-vs-cut`: class good has 5 images in the part `test` and the split asks for 6 (validation_normal 6); ask for fewer");
    let split = SplitSpec {
        validation_anomalous: count(7),
        ..all()
    };
    insta::assert_snapshot!(says(&split, "cable", AnomalySpec::Any), @"task `cable-vs-any`: class bent_wire+cut has 6 images in the part `test` and the split asks for 7 (validation_anomalous 7); ask for fewer");
    fs::write(folder.path().join("cable/train/good/003.png"), "no image").unwrap();
    insta::assert_snapshot!(says(&all(), "cable", class("cut")), @"FOLDER/cable/train/good/003.png is no PNG, JPEG, BMP, TIFF or WebP image; convert it to one or move it out of the folder");
    fs::remove_dir_all(folder.path().join("cable/test/good")).unwrap();
    insta::assert_snapshot!(says(&all(), "cable", class("cut")), @"FOLDER holds no folder cable/test/good; `augur fetch mvtec-ad` says where to get the data set and how it should lie");
    fs::remove_dir_all(folder.path().join("cable")).unwrap();
    insta::assert_snapshot!(says(&all(), "cable", class("cut")), @"FOLDER holds no folder CATEGORY/train; `augur fetch mvtec-ad` says where to get the data set and how it should lie");
    fs::remove_dir_all(folder.path()).unwrap();
    insta::assert_snapshot!(says(&all(), "cable", class("cut")), @"no folder of mvtec-ad at FOLDER; run `augur fetch mvtec-ad`, or set `data.mvtec_ad.root` to the folder that has it");
}
