//! The cache of decoded images: the same bits with and without it, whatever lies in its folder.

mod damage;
mod limit;
mod processes;

use augur_data::{
    DataError, Images,
    cache::{Cache, CacheKey},
};
use std::fs;
use tempfile::TempDir;

/// Five images of 2 x 3 x 4 values, among them some that only equal bits tell apart.
fn images() -> Images {
    let mut data: Vec<f32> = (0..120).map(|at| at as f32 / 119.0).collect();
    data[..3].copy_from_slice(&[-0.0, f32::MIN_POSITIVE / 2.0, 1.0 - f32::EPSILON]);
    Images {
        data,
        count: 5,
        channels: 2,
        height: 3,
        width: 4,
    }
}

fn key(decoder: &str) -> CacheKey {
    CacheKey::of(decoder).with("size_px", 4).finish()
}

fn bits(images: &[f32]) -> Vec<u32> {
    images.iter().map(|value| value.to_bits()).collect()
}

/// Asks for the images, checks them, and says whether they were built.
fn ask(cache: &Cache, key: &CacheKey) -> bool {
    let mut built = false;
    let found = cache.images(key, || {
        built = true;
        Ok(images())
    });
    let found = found.unwrap();
    assert_eq!(bits(found.data()), bits(&images().data));
    assert_eq!(bits(found.image(3)), bits(images().image(3)));
    let picked = found.select([4, 0]);
    assert_eq!((picked.count, picked.stride()), (2, 24));
    assert_eq!(bits(picked.image(0)), bits(images().image(4)));
    assert_eq!(found.len(), 5);
    let all = found.into_images();
    assert_eq!((all.channels, all.height, all.width, all.count), (2, 3, 4, 5));
    assert_eq!(bits(&all.data), bits(&images().data));
    built
}

#[test]
fn images_are_built_once_and_keep_their_bits() {
    let folder = TempDir::new().unwrap();
    // It need not exist yet.
    let cache = Cache::at(&folder.path().join("a/b"));
    assert!(ask(&cache, &key("one")));
    assert!(!ask(&cache, &key("one")));
    assert!(ask(&cache, &key("two")), "another key is another entry");
    assert!(!ask(&cache, &key("one")));
    let names = fs::read_dir(folder.path().join("a/b"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name());
    let names: Vec<_> = names.filter_map(|name| name.into_string().ok()).collect();
    assert_eq!(names.len(), 2, "two entries and nothing else: {names:?}");
}

#[test]
fn no_images_at_all_are_kept_too() {
    let folder = TempDir::new().unwrap();
    let cache = Cache::at(folder.path());
    for built in [true, false] {
        let mut asked = false;
        let found = cache.images(&key("none"), || {
            asked = true;
            Ok(Images::default())
        });
        assert!(found.unwrap().is_empty());
        assert_eq!(asked, built);
    }
}

#[test]
fn a_fault_of_building_is_given_back_and_not_kept() {
    let folder = TempDir::new().unwrap();
    let cache = Cache::at(folder.path());
    let fault = DataError::NoRoot { root: "images".into() };
    assert_eq!(cache.images(&key("one"), || Err(fault.clone())).err(), Some(fault));
    assert!(ask(&cache, &key("one")));
}

#[test]
fn a_folder_that_cant_be_written_costs_nothing_but_time() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    for cache in [
        Cache::off(),
        Cache::at(&file),
        Cache::at(&file.join("below")),
        Cache::at("/proc/augur".as_ref()),
    ] {
        assert!(ask(&cache, &key("one")));
        assert!(ask(&cache, &key("one")));
    }
}

#[test]
fn the_key_is_of_content_and_preprocessing_alone() {
    let folder = TempDir::new().unwrap();
    let path = |name: &str, bytes: &str| {
        let path = folder.path().join(name);
        fs::write(&path, bytes).unwrap();
        path
    };
    let (a, b, copy) = (path("a", "one"), path("b", "two"), path("copy", "one"));
    let of = |decoder: &str, size: u32, files: [&std::path::PathBuf; 2]| {
        CacheKey::of(decoder)
            .with("size_px", size)
            .files(files)
            .unwrap()
            .finish()
    };
    let base = of("folder", 32, [&a, &b]);
    assert_eq!(of("folder", 32, [&copy, &b]), base, "names have no part in it");
    let others = [
        of("folder", 32, [&b, &a]),
        of("folder", 32, [&a, &a]),
        of("folder", 64, [&a, &b]),
        of("svhn", 32, [&a, &b]),
        CacheKey::of("folder")
            .with("size_p", "x32")
            .files([&a, &b])
            .unwrap()
            .finish(),
    ];
    for other in others {
        assert_ne!(other, base);
    }
    // Same length, same time of writing as far as the clock can tell: only the bytes differ.
    path("a", "eno");
    assert_ne!(of("folder", 32, [&a, &b]), base);
    assert!(matches!(
        CacheKey::of("folder").file(&folder.path().join("missing")),
        Err(DataError::Unreadable { .. })
    ));
}
