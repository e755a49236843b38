//! `augur preview`: the config's faults are shown here, the worker's program draws.

#![allow(clippy::unwrap_used)] // A test that can't go on has failed.

mod support {
    mod sandbox;
    pub use sandbox::{Sandbox, program};
}

use support::{Sandbox, program};

#[test]
fn hands_every_option_over() {
    // It has to be there.
    program("augur-worker");
    let sandbox = Sandbox::new();
    let options = ["--task", "bag-vs-coat", "--images=2", "--seed", "7", "--difference"];
    let said = sandbox.success(&[&["preview", "config.yaml", "--out", "p"], &options[..]].concat());
    assert_eq!(said, "p/index.html\n");
    let mut files: Vec<_> = std::fs::read_dir(sandbox.path("p"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    files.sort();
    let expected = [
        "bag-vs-coat.cutdiff.difference.png",
        "bag-vs-coat.cutdiff.png",
        "bag-vs-coat.rotation.difference.png",
        "bag-vs-coat.rotation.png",
        "bag-vs-coat.validation.png",
        "index.html",
    ];
    assert_eq!(files, expected);
    let page = std::fs::read_to_string(sandbox.path("p/index.html")).unwrap();
    assert!(page.contains("seed 7"), "{page}");
}

#[test]
fn shows_a_fault_of_the_config_in_its_line() {
    let sandbox = Sandbox::new();
    sandbox.config("angle_deg: 40", "angle_deg: 400");
    let said = sandbox.failure(3, &["preview", "config.yaml", "--out", "p"]);
    assert!(
        said.contains("400 is out of range") && said.contains("{angle_deg: 400}"),
        "{said}"
    );
    assert!(!sandbox.path("p").exists());
}
