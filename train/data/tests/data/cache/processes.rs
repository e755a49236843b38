//! Several who ask at once, as threads and as processes, and one that is killed while it builds.

use super::{ask, images, key};
use augur_data::cache::Cache;
use std::{
    io::{BufRead, BufReader, Read},
    process::{Child, Command, Stdio},
    sync::{
        Barrier,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};
use tempfile::TempDir;

/// Set in a child process: the folder of the cache.
const FOLDER: &str = "AUGUR_TEST_CACHE";
/// Set in a child process that can't write any file: the same.
const FULL: &str = "AUGUR_TEST_FULL_CACHE";

#[test]
fn threads_that_ask_at_once_build_once() {
    let folder = TempDir::new().unwrap();
    let cache = Cache::at(folder.path());
    let (start, built) = (Barrier::new(8), AtomicUsize::new(0));
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                start.wait();
                let found = cache.images(&key("one"), || {
                    built.fetch_add(1, Ordering::Relaxed);
                    Ok(images())
                });
                assert_eq!(found.unwrap().data(), images().data);
            });
        }
    });
    assert_eq!(built.into_inner(), 1);
}

/// It says that it builds, and goes on when it is told to.
#[test]
#[ignore = "what a child process does, no test of its own"]
fn child() {
    let Some(folder) = std::env::var_os(FOLDER) else { return };
    let found = Cache::at(folder.as_ref()).images(&key("one"), || {
        println!("\nbuilding");
        let told = std::io::stdin().read(&mut [0]);
        Ok(images()).inspect(|_| assert_eq!(told.unwrap(), 0))
    });
    assert_eq!(found.unwrap().data(), images().data);
}

/// A child that builds, and holds until its input is closed.
fn building_child(folder: &TempDir) -> Child {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", "cache::processes::child", "--nocapture"])
        .env(FOLDER, folder.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = BufReader::new(child.stdout.as_mut().unwrap()).lines();
    assert!(said.any(|line| line.unwrap() == "building"));
    child
}

#[test]
fn a_process_waits_for_another_that_builds() {
    let folder = TempDir::new().unwrap();
    let mut child = building_child(&folder);
    let input = child.stdin.take();
    let cache = Cache::at(folder.path());
    thread::scope(|scope| {
        let asked = scope.spawn(|| ask(&cache, &key("one")));
        drop(input);
        assert!(!asked.join().unwrap(), "it was built by the child");
    });
    // Reads what it has still to say: a broken pipe would end it.
    assert!(child.wait_with_output().unwrap().status.success());
}

#[test]
fn a_process_that_is_killed_while_it_builds_holds_nobody_up() {
    let folder = TempDir::new().unwrap();
    let mut child = building_child(&folder);
    child.kill().unwrap();
    child.wait().unwrap();
    let cache = Cache::at(folder.path());
    assert!(ask(&cache, &key("one")));
    assert!(!ask(&cache, &key("one")));
}

/// Where the system takes no more bytes.
#[test]
#[ignore = "what a child process does, no test of its own"]
fn child_without_space() {
    let Some(folder) = std::env::var_os(FULL) else { return };
    let cache = Cache::at(folder.as_ref());
    assert!(ask(&cache, &key("one")));
    assert!(ask(&cache, &key("one")), "it couldn't be kept");
    println!("\nasked twice");
}

#[test]
fn a_full_disk_costs_nothing_but_time() {
    let folder = TempDir::new().unwrap();
    // Files of no bytes at most, and an error instead of a signal for who tries: as on a full disk.
    let done = Command::new("sh")
        .args(["-c", "trap '' XFSZ; ulimit -f 0; exec \"$0\" \"$@\""])
        .arg(std::env::current_exe().unwrap())
        .args([
            "--ignored",
            "--exact",
            "cache::processes::child_without_space",
            "--nocapture",
        ])
        .env(FULL, folder.path())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&done.stdout);
    assert!(done.status.success() && said.contains("asked twice"), "{said}");
    let left: Vec<_> = std::fs::read_dir(folder.path()).unwrap().collect();
    assert!(left.is_empty(), "{left:?}");
}
