//! What lies in the folder is never trusted.

use super::{ask, images, key};
use augur_data::cache::Cache;
use std::{
    fs,
    path::{Path, PathBuf},
};
use tempfile::TempDir;

/// A cache with one entry, and the entry's file.
fn filled(folder: &Path) -> (Cache, PathBuf) {
    let cache = Cache::at(folder);
    assert!(ask(&cache, &key("one")));
    (cache, folder.join(format!("{}.images", key("one"))))
}

#[test]
fn every_changed_byte_is_found_and_mended() {
    let folder = TempDir::new().unwrap();
    let (cache, path) = filled(folder.path());
    let whole = fs::read(&path).unwrap();
    // Each of the header, some of the values.
    for at in (0..128).chain((128..whole.len()).step_by(5)) {
        let mut damaged = whole.clone();
        damaged[at] ^= 0x10;
        fs::write(&path, damaged).unwrap();
        assert!(ask(&cache, &key("one")), "byte {at} of {}", whole.len());
        assert_eq!(fs::read(&path).unwrap(), whole, "byte {at}");
    }
}

#[test]
fn other_lengths_are_found_and_mended() {
    let folder = TempDir::new().unwrap();
    let (cache, path) = filled(folder.path());
    let whole = fs::read(&path).unwrap();
    for length in [0, 1, 64, 127, 128, 129, whole.len() - 4, whole.len() - 1] {
        fs::write(&path, &whole[..length]).unwrap();
        assert!(ask(&cache, &key("one")), "cut to {length}");
        assert!(!ask(&cache, &key("one")));
    }
    fs::write(&path, [&whole[..], &[0; 4]].concat()).unwrap();
    assert!(ask(&cache, &key("one")), "too long");
}

#[test]
fn foreign_entries_are_found_and_mended() {
    let folder = TempDir::new().unwrap();
    let (cache, path) = filled(folder.path());
    fs::copy(&path, folder.path().join(format!("{}.images", key("two")))).unwrap();
    assert!(ask(&cache, &key("two")), "the entry of another key");
    fs::write(&path, [7; 608]).unwrap();
    assert!(ask(&cache, &key("one")), "something else");
    // A folder can't be replaced by a file: the images come all the same.
    fs::remove_file(&path).unwrap();
    fs::create_dir_all(path.join("below")).unwrap();
    assert!(ask(&cache, &key("one")));
    assert!(ask(&cache, &key("one")));
}

#[test]
fn who_has_images_keeps_them_when_the_entry_goes() {
    let folder = TempDir::new().unwrap();
    let (cache, path) = filled(folder.path());
    let held = cache.images(&key("one"), || unreachable!("it is there")).unwrap();
    fs::remove_file(&path).unwrap();
    assert!(ask(&cache, &key("one")), "the entry is gone");
    assert_eq!(held.data(), images().data);
    drop(folder);
    assert_eq!(held.data(), images().data);
}

#[test]
fn what_a_killed_process_left_is_removed_after_a_day() {
    let folder = TempDir::new().unwrap();
    let (old, new) = (folder.path().join(".writing-old"), folder.path().join(".writing-new"));
    for path in [&old, &new] {
        fs::write(path, "half an entry").unwrap();
    }
    let days_ago = std::time::SystemTime::now() - std::time::Duration::from_secs(2 * 24 * 60 * 60);
    fs::File::options()
        .append(true)
        .open(&old)
        .unwrap()
        .set_modified(days_ago)
        .unwrap();
    filled(folder.path());
    assert!(!old.exists());
    assert!(new.exists(), "somebody may be writing it");
}
