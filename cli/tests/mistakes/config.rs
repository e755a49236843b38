//! Configs that are YAML and no spec.

use super::Page;
use crate::support::CONFIG;
use std::fs;

#[test]
fn keys() {
    let mut page = Page::new();
    page.in_config(
        "a key is misspelt",
        "      starts:\n        - {angle_deg: 40}",
        "      strats:\n        - {angle_deg: 40}",
    );
    page.in_config("a key at the top is misspelt", "seeds:", "sedes:");
    page.in_config("a key that there is nowhere", "seeds:", "colour: red\nseeds:");
    page.in_config(
        "a key stands in another part",
        "training: {epochs: 2,",
        "training: {width: 2, epochs: 2,",
    );
    page.in_config("a family is misspelt", "- rotation:", "- rotatoin:");
    page.in_config("a detector is misspelt", "  tiny: {width: 2}", "  tinny: {width: 2}");
    page.in_config("a data set is misspelt", "fashion_mnist:", "fashion-mnist:");
    page.in_config("a kind of anomaly is misspelt", "{class: coat}", "{clas: coat}");
    page.in_config("a hyperparameter is misspelt", "- {angle_deg: 110}", "- {angle: 110}");
    page.in_config(
        "a choice is misspelt",
        "seeds:",
        "tuning: {hypergradient: exakt}\nseeds:",
    );
    page.in_config(
        "a criterion is misspelt",
        "seeds:",
        "selection: {criterion: mixture-energy}\nseeds:",
    );
    page.in_config("a key is missing", "seeds: [0, 1]\n", "");
    page.in_config(
        "a key is missing in a task",
        "{normal: bag, anomaly: {class: coat}}",
        "{normal: bag}",
    );
    page.in_config("two families in one item", "  - cutdiff:", "    cutdiff:");
    page.check("config_keys");
}

#[test]
fn values() {
    let mut page = Page::new();
    page.in_config("a word instead of a whole number", "epochs: 2", "epochs: many");
    page.in_config("a fraction instead of a whole number", "epochs: 2", "epochs: 2.5");
    page.in_config("a number instead of a list", "seeds: [0, 1]", "seeds: 3");
    page.in_config("a word instead of a number", "angle_deg: 40", "angle_deg: steep");
    page.in_config(
        "a number instead of keys",
        "training: {epochs: 2, batch: 4}",
        "training: 7",
    );
    page.in_config(
        "a key without a value",
        "training: {epochs: 2, batch: 4}",
        "training:\nresources:",
    );
    page.in_config("keys instead of a name", "name: small", "name: {first: small}");
    page.in_config("yes or no instead of a word", "normal: bag", "normal: true");
    page.in_config(
        "a list of another length",
        "  tiny: {width: 2}",
        "  resnet: {blocks: [1, 1]}",
    );
    page.in_config("a negative seed", "seeds: [0, 1]", "seeds: [0, -1]");
    page.in_config("a seed stands twice", "seeds: [0, 1]", "seeds: [0, 1, 0]");
    page.in_config("a name with spaces", "name: small", "name: My Sweep");
    page.in_config("the version of another augur", "version: 1", "version: 2");
    page.in_config("an angle out of range", "angle_deg: 40", "angle_deg: 400");
    page.in_config("images larger than the data set has them", "size_px: 16", "size_px: 64");
    page.in_config("a batch of one", "batch: 4", "batch: 1");
    page.in_config(
        "no starting points",
        "starts:\n        - {area: 0.12, aspect: 2, angle_deg: 0}",
        "starts: []",
    );
    page.in_config(
        "a starting point stands twice",
        "- {angle_deg: 110}",
        "- {angle_deg: 40}",
    );
    page.in_config(
        "two tasks of one name",
        "{normal: bag, anomaly: {class: coat}}",
        "{normal: sneaker, anomaly: {planted: {rotate_deg: 150}}}",
    );
    page.in_config(
        "a variant called like the method",
        "seeds:",
        "variants: [{name: st-ssad, hypergradient: none}]\nseeds:",
    );
    page.in_config(
        "a rung after the last epoch",
        "seeds:",
        "early_stopping: {first_epoch: 9}\nseeds:",
    );
    let empty = CONFIG.split("tasks:").next().unwrap().to_owned() + "tasks: []\nfamilies: []\nseeds: []\n";
    page.as_config("three empty lists", &empty);
    page.check("config_values");
}

#[test]
fn files() {
    let mut page = Page::new();
    page.mistake("no such config", 3, &["plan", "other.yaml"]);
    fs::create_dir(page.sandbox.path("configs")).unwrap();
    page.mistake("a folder instead of a config", 3, &["plan", "configs"]);
    fs::write(page.sandbox.path("image.png"), b"\x89PNG\r\n\x1a\n\0\0").unwrap();
    page.mistake("an image instead of a config", 3, &["plan", "image.png"]);
    page.check("config_files");
}
