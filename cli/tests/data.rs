//! `augur data check` and `augur fetch` of what can't be fetched.

#![allow(clippy::unwrap_used)] // A test that can't go on has failed.

mod support {
    mod sandbox;
    pub use sandbox::Sandbox;
}

use std::fs;
use support::Sandbox;

/// The second half of the sandbox's images repeats the first; here it doesn't.
fn distinct(sandbox: &Sandbox) {
    let path = sandbox.path("data/fashion-mnist/t10k-images-idx3-ubyte");
    let mut bytes = fs::read(&path).unwrap();
    bytes[16..].iter_mut().for_each(|byte| *byte = 255 - *byte);
    fs::write(path, bytes).unwrap();
}

/// One more change of the config.
fn change(sandbox: &Sandbox, from: &str, to: &str) {
    let config = fs::read_to_string(sandbox.path("config.yaml")).unwrap();
    assert!(config.contains(from), "the config has no {from:?}");
    sandbox.write("config.yaml", &config.replacen(from, to, 1));
}

#[test]
fn good_data_is_counted() {
    let sandbox = Sandbox::new();
    distinct(&sandbox);
    insta::assert_snapshot!(sandbox.success(&["data", "check", "config.yaml"]), @r#"
data set fashion-mnist in data/fashion-mnist: 280 images

task                 split       class    images
sneaker-rotated-150  train       sneaker  8
                     held out    sneaker  4
                     validation  sneaker  4
                     validation  planted  4
bag-vs-coat          train       bag      8
                     held out    bag      4
                     validation  bag      4
                     validation  coat     4

nothing is wrong
"#);
}

/// A BMP file of 8 x 8 pixels of one level.
fn bmp(level: u8) -> Vec<u8> {
    let header: [u32; 12] = [246, 0, 54, 40, 8, 8, 1 | 24 << 16, 0, 192, 0, 0, 0];
    let header = header.iter().flat_map(|part| part.to_le_bytes());
    let pixels = [level; 192];
    b"BM"
        .iter()
        .copied()
        .chain(header)
        .chain([0; 4])
        .chain(pixels)
        .collect()
}

#[test]
fn an_image_in_two_splits_is_a_fault() {
    let sandbox = Sandbox::new();
    sandbox.config("fashion_mnist: {size_px: 16}", "folder: {root: own, size_px: 16}");
    change(
        &sandbox,
        "split: {train: 8, held_out: 4, validation_normal: 4, validation_anomalous: 4}",
        "split: {}",
    );
    let tasks =
        "  - {normal: sneaker, anomaly: {planted: {rotate_deg: 150}}}\n  - {normal: bag, anomaly: {class: coat}}";
    change(&sandbox, tasks, "  - {normal: screws, anomaly: unlabelled}");
    let put = |path: &str, level| {
        let path = sandbox.path("own/screws").join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bmp(level)).unwrap();
    };
    (0..6).for_each(|level| put(&format!("train/{level}.bmp"), level));
    put("validation/a.bmp", 100);
    put("validation/b.bmp", 101);
    assert!(
        sandbox
            .success(&["data", "check", "config.yaml"])
            .contains("nothing is wrong")
    );
    put("validation/b.bmp", 3);
    let text = sandbox.failure(4, &["data", "check", "config.yaml"]);
    assert!(
        text.contains("own/screws/train/3.bmp (") && text.contains("own/screws/validation/b.bmp (validation)"),
        "{text}"
    );
    assert!(text.contains("are the same image; remove one of them"), "{text}");
}

#[test]
fn what_is_missing_is_said() {
    let sandbox = Sandbox::new();
    sandbox.config("{size_px: 16}", "{size_px: 16, root: elsewhere}");
    let text = sandbox.failure(4, &["data", "check", "config.yaml"]);
    assert!(text.contains("no folder of fashion-mnist at elsewhere"), "{text}");
}

#[test]
fn a_data_set_that_is_not_fetched_is_explained() {
    let sandbox = Sandbox::new();
    insta::assert_snapshot!(sandbox.failure(4, &["fetch", "mvtec-ad"]), @r#"
error: mvtec-ad must be fetched by hand: get it from https://www.mvtec.com/company/research/datasets/mvtec-ad, and unpack it into data/mvtec-ad or name its folder as `data.mvtec_ad.root`
help: licence: CC BY-NC-SA 4.0: not for commercial use
the folder holds, for example:
  cable/train/good/000.png
  cable/test/good/000.png
  cable/test/bent_wire/000.png
  cable/ground_truth/bent_wire/000_mask.png
"#);
    fs::create_dir_all(sandbox.path("visa/candle")).unwrap();
    insta::assert_snapshot!(sandbox.failure(4, &["fetch", "visa", "--to", "visa"]), @r#"
error: visa must be fetched by hand: get it from https://github.com/amazon-science/spot-diff, and unpack it into visa or name its folder as `data.visa.root`
help: found: visa holds no folder CATEGORY/train
licence: CC BY 4.0
the folder holds, for example:
  split_csv/1cls.csv
  candle/Data/Images/Normal/0000.JPG
  candle/Data/Images/Anomaly/000.JPG
  or converted: candle/train/good, candle/test/good, candle/test/bad, candle/ground_truth/bad
"#);
    for part in ["train/good", "test/good", "test/bent_wire"] {
        fs::create_dir_all(sandbox.path("data/mvtec-ad/cable").join(part)).unwrap();
    }
    let text = sandbox.failure(4, &["fetch", "mvtec-ad"]);
    assert!(text.contains("found: data/mvtec-ad holds no images"), "{text}");
    fs::write(sandbox.path("data/mvtec-ad/cable/train/good/000.png"), "").unwrap();
    assert_eq!(
        sandbox.success(&["fetch", "mvtec-ad"]),
        "data/mvtec-ad (already there, 1 image)\n"
    );
}
