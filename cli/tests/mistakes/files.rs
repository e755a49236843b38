//! Folders, files, ports and stores that can't be used.

use super::Page;
use crate::support::{Coordinator, program};
use std::{fs, net::TcpListener};

#[test]
fn folders() {
    let mut page = Page::new();
    page.sandbox.write("file", "");
    page.mistake("a folder below a file", 5, &["run", "config.yaml", "--out", "file/out"]);
    page.mistake("pages below a file", 5, &["man", "--out", "file/man"]);
    fs::create_dir(page.sandbox.path("out")).unwrap();
    let lock = fs::File::create(page.sandbox.path("out/augur.lock")).unwrap();
    lock.lock().unwrap();
    page.mistake(
        "a folder that another run has",
        11,
        &["run", "config.yaml", "--out", "out"],
    );
    drop(lock);
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    page.mistake(
        "a port that is in use",
        6,
        &["run", "config.yaml", "--out", "out", "--listen", &address],
    );
    // The store as a run leaves it: the sweep is in it, and no process has it.
    let coordinator = Coordinator::start(&page.sandbox);
    page.sandbox.success(&coordinator.arguments(&["submit", "config.yaml"]));
    drop(coordinator);
    // It was killed: what it wrote last is in a file of its own.
    for ending in ["", "-wal"] {
        let (from, to) = (format!("store.sqlite{ending}"), format!("out/augur.sqlite{ending}"));
        fs::rename(page.sandbox.path(&from), page.sandbox.path(&to)).unwrap();
    }
    page.sandbox.config("seeds: [0, 1]", "seeds: [0]");
    page.mistake(
        "a folder that has another sweep",
        13,
        &["run", "config.yaml", "--out", "out"],
    );
    page.check("folders");
}

#[test]
fn stores() {
    let mut page = Page::new();
    page.mistake("no such store", 4, &["store", "check", "--store", "none.sqlite"]);
    page.sandbox.write(
        "text.sqlite",
        "this is no database, however long it may be, and it never was one\n",
    );
    page.mistake(
        "a file that is no store",
        4,
        &["store", "check", "--store", "text.sqlite"],
    );
    page.mistake(
        "a run on a file that is no store",
        6,
        &["run", "config.yaml", "--out", "out", "--store", "text.sqlite"],
    );
    page.mistake(
        "a run on a store in a folder that is not there",
        5,
        &["run", "config.yaml", "--out", "out", "--store", "nowhere/all.sqlite"],
    );
    page.mistake(
        "a server that is not there",
        6,
        &["store", "check", "--store", "postgres://augur@127.0.0.1:1/augur"],
    );
    drop(Coordinator::start(&page.sandbox));
    page.mistake(
        "a sweep that is not in the store",
        12,
        &["store", "export", "small", "small.augur", "--store", "store.sqlite"],
    );
    page.mistake(
        "an import of something else",
        4,
        &["store", "import", "config.yaml", "--store", "store.sqlite"],
    );
    let coordinator = Coordinator::start(&page.sandbox);
    page.sandbox.success(&coordinator.arguments(&["submit", "config.yaml"]));
    page.sandbox
        .success(&["store", "export", "small", "small.augur", "--store", "store.sqlite"]);
    page.mistake(
        "a store that a coordinator has",
        11,
        &["store", "import", "small.augur", "--store", "store.sqlite"],
    );
    drop(coordinator);
    page.check("stores");
}

#[test]
fn detectors() {
    // It has to be there.
    program("augur-worker");
    let mut page = Page::new();
    page.mistake("no such detector", 4, &["score", "models/none", "images"]);
    fs::create_dir(page.sandbox.path("empty")).unwrap();
    page.mistake("a folder without a detector", 4, &["score", "empty", "images"]);
    page.mistake("no image is named", 2, &["score", "empty"]);
    page.mistake(
        "a preview of a task that there is not",
        2,
        &["preview", "config.yaml", "--out", "p", "--task", "bag-vs-cote"],
    );
    page.check("detectors");
}
