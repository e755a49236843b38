//! Data that isn't there, is damaged, or lacks what the config asks for.

use super::Page;
use std::fs;

const RUN: [&str; 4] = ["run", "config.yaml", "--out", "out"];
const PLAN: [&str; 2] = ["plan", "config.yaml"];

#[test]
fn data_sets() {
    let mut page = Page::new();
    page.sandbox.config("normal: sneaker", "normal: sneeker");
    page.mistake("a class is misspelt", 4, &PLAN);
    page.sandbox.config("{class: coat}", "{class: bag}");
    page.mistake("the anomaly is the normal class", 3, &PLAN);
    page.sandbox.config("{class: coat}", "{classes: [coat, shrit]}");
    page.mistake("one of several classes is misspelt", 4, &PLAN);
    page.sandbox.config("{size_px: 16}", "{size_px: 16, root: elsewhere}");
    page.mistake("no such folder", 4, &RUN);
    page.sandbox.config("train: 8", "train: 800");
    page.mistake("more images than there are", 4, &RUN);
    page.sandbox.config("seeds:", "seeds:");
    let images = page.sandbox.path("data/fashion-mnist/t10k-images-idx3-ubyte");
    let bytes = fs::read(&images).unwrap();
    fs::write(&images, &bytes[..bytes.len() / 2]).unwrap();
    page.mistake("a file is cut off", 4, &RUN);
    fs::remove_file(&images).unwrap();
    page.mistake("a file is missing", 4, &RUN);
    page.mistake("a data set that there is not", 2, &["fetch", "fashion_mnist"]);
    page.mistake("a data set that has to be got by hand", 4, &["fetch", "btad"]);
    page.check("data_sets");
}

#[test]
fn own_images() {
    let mut page = Page::new();
    let data = "{normal: bag, anomaly: {class: coat}}";
    let task = "{normal: sneaker, anomaly: {planted: {rotate_deg: 150}}}";
    let config = crate::support::CONFIG
        .replace("fashion_mnist: {size_px: 16}", "folder: {root: own, size_px: 16}")
        .replace(
            "split: {train: 8, held_out: 4, validation_normal: 4, validation_anomalous: 4}\n",
            "",
        )
        .replace(&format!("  - {task}\n"), "")
        .replace(data, "{normal: screws, anomaly: unlabelled}");
    page.sandbox.write("config.yaml", &config);
    page.mistake("no folder", 4, &RUN);
    fs::create_dir_all(page.sandbox.path("own/screw/train")).unwrap();
    page.mistake("a folder is misspelt", 4, &RUN);
    fs::rename(page.sandbox.path("own/screw"), page.sandbox.path("own/screws")).unwrap();
    page.mistake("no image in it", 4, &RUN);
    (0..4).for_each(|n| {
        page.sandbox
            .write(&format!("own/screws/train/notes-{n}.txt"), "what I did")
    });
    page.mistake("no images to be judged", 4, &RUN);
    (0..2).for_each(|n| {
        page.sandbox
            .write(&format!("own/screws/validation/{n}.txt"), "what I saw")
    });
    page.mistake("a file that is no image", 4, &RUN);
    let labelled = config.replace("anomaly: unlabelled", "anomaly: {class: bent}");
    page.sandbox.write("config.yaml", &labelled);
    page.mistake("classes where nobody knows the labels", 3, &PLAN);
    page.check("own_images");
}
