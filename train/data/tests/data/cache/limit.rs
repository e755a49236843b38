//! What goes from the folder: entries beyond the limit, locks of the dead; and what never gets there.

use super::{ask, images, key};
use augur_data::{
    Images,
    cache::{Cache, CacheKey},
};
use std::{
    cell::Cell,
    fs::{self, File},
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};
use tempfile::TempDir;

/// Images of 0.4 MB.
fn large() -> Images {
    Images {
        data: vec![0.5; 100_000],
        count: 1,
        channels: 1,
        height: 100,
        width: 1000,
    }
}

/// Whether they were built.
fn ask_large(cache: &Cache, name: &str) -> bool {
    let built = Cell::new(false);
    let found = cache.images(&key(name), || {
        built.set(true);
        Ok(large())
    });
    assert_eq!(found.unwrap().data(), large().data);
    built.get()
}

fn entry(folder: &Path, name: &str) -> PathBuf {
    folder.join(format!("{}.images", key(name)))
}

fn used_hours_ago(path: &Path, hours: u64) {
    let file = File::options().append(true).open(path).unwrap();
    let time = SystemTime::now() - Duration::from_secs(hours * 60 * 60);
    file.set_modified(time).unwrap();
}

#[test]
fn what_was_used_longest_ago_goes_first() {
    let folder = TempDir::new().unwrap();
    let cache = Cache::at(folder.path()).with_limit_mb(1);
    let is_there = |name| entry(folder.path(), name).exists();
    assert!(ask_large(&cache, "one") && ask_large(&cache, "two"));
    used_hours_ago(&entry(folder.path(), "one"), 2);
    used_hours_ago(&entry(folder.path(), "two"), 1);
    assert!(!ask_large(&cache, "one"), "found, and so used last");
    assert!(ask_large(&cache, "three"));
    assert_eq!(["one", "two", "three"].map(is_there), [true, false, true]);
}

#[test]
fn what_is_larger_than_the_limit_is_not_kept_and_costs_nothing_else() {
    let folder = TempDir::new().unwrap();
    let cache = Cache::at(folder.path());
    assert!(ask(&cache, &key("small")));
    let none = cache.clone().with_limit_mb(0);
    assert!(ask_large(&none, "one") && ask_large(&none, "one"));
    assert!(!ask(&cache, &key("small")));
}

#[test]
fn locks_of_the_dead_go_and_those_of_the_living_stay() {
    let folder = TempDir::new().unwrap();
    let [dead, alive] = ["dead", "alive"].map(|name| folder.path().join(format!("{name}.lock")));
    fs::write(&dead, "").unwrap();
    let held = File::create(&alive).unwrap();
    held.lock().unwrap();
    assert!(ask(&Cache::at(folder.path()), &key("one")));
    assert_eq!([dead, alive].map(|path| path.exists()), [false, true]);
}

#[test]
fn files_that_change_while_they_are_read_are_not_kept() {
    let folder = TempDir::new().unwrap();
    let cache = Cache::at(&folder.path().join("cache"));
    let path = folder.path().join("image");
    let key = || Ok(CacheKey::of("test").file(&path)?.finish());
    // Says whether they were built, after which the file holds `then`.
    let ask = |then: &str| {
        let built = Cell::new(false);
        let found = cache.images_of(key, || {
            built.set(true);
            fs::write(&path, then).unwrap();
            Ok(images())
        });
        assert_eq!(found.unwrap().data(), images().data);
        built.get()
    };
    fs::write(&path, "before").unwrap();
    assert!(ask("after"));
    assert!(ask("after"), "built of what it holds now, and kept");
    assert!(!ask("after"));
    fs::write(&path, "before").unwrap();
    assert!(ask("before"), "what was read halfway isn't the content of before");
}
