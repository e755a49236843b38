//! Files there and back.

use crate::moto::{Moto, PATIENCE, bytes};
use augur_depot::{DepotError, Key, Stamp};
use std::fs;
use tempfile::tempdir;

#[tokio::test]
async fn files_come_back_as_they_were_put() {
    let Some(moto) = Moto::start() else { return };
    let (depot, folder) = (moto.depot("some/place"), tempdir().unwrap());
    // Empty, small, in one request at most, in parts.
    for (name, length) in [
        ("empty", 0),
        ("a/small", 10),
        ("a/b c/ü", 8 << 20),
        ("large", (40 << 20) + 17),
    ] {
        let (from, to, key) = (
            folder.path().join("from"),
            folder.path().join("to").join(name),
            Key::parse(name).unwrap(),
        );
        fs::write(&from, bytes(length, 1)).unwrap();
        let stamp = depot.put(&key, &from, PATIENCE).await.unwrap();
        assert_eq!(stamp.size, length as u64);
        let got = depot.get(&key, &to, None, PATIENCE, &|_| {}).await.unwrap();
        assert_eq!(
            (got.stamp, got.is_verified, got.resumed_at),
            (stamp.clone(), true, 0),
            "{name}"
        );
        assert!(fs::read(&from).unwrap() == fs::read(&to).unwrap(), "{name}");
        assert_eq!(depot.stamp(&key, PATIENCE).await.unwrap(), Some(stamp));
    }
    let listed = depot.list(None, PATIENCE).await.unwrap();
    let listed: Vec<_> = listed.iter().map(|found| (found.key.as_str(), found.size)).collect();
    assert_eq!(
        listed,
        [
            ("a/b c/ü", 8 << 20),
            ("a/small", 10),
            ("empty", 0),
            ("large", (40 << 20) + 17)
        ]
    );
    assert_eq!(moto.depot("other").list(None, PATIENCE).await.unwrap(), []);
    assert_eq!(
        depot.delete_below(&Key::parse("a").unwrap(), PATIENCE).await.unwrap(),
        2
    );
    depot.delete(&Key::parse("never").unwrap(), PATIENCE).await.unwrap();
    assert_eq!(depot.list(None, PATIENCE).await.unwrap().len(), 2);
    let gone = depot
        .get(
            &Key::parse("a/small").unwrap(),
            &folder.path().join("x"),
            None,
            PATIENCE,
            &|_| {},
        )
        .await;
    assert!(matches!(gone, Err(DepotError::NotThere(_))), "{gone:?}");
}

#[tokio::test]
async fn what_is_not_what_was_put_is_found_by_its_hash() {
    let Some(moto) = Moto::start() else { return };
    let (depot, folder) = (moto.depot("p"), tempdir().unwrap());
    let (key, to) = (Key::parse("x").unwrap(), folder.path().join("to"));
    let right = Stamp::of_bytes(b"right");
    moto.put("p/x", Some(&right.sha256), b"wrong");
    let error = depot.get(&key, &to, None, PATIENCE, &|_| {}).await.unwrap_err();
    let text = error.to_string();
    assert!(matches!(error, DepotError::Damaged { .. }), "{text}");
    assert!(
        text.starts_with("s3://augur/p/x is damaged") && text.ends_with("put it there again"),
        "{text}"
    );
    // Nor is another size what a manifest says, or another hash.
    moto.put("p/x", None, b"longer than that");
    let error = depot.get(&key, &to, Some(&right), PATIENCE, &|_| {}).await.unwrap_err();
    assert!(matches!(error, DepotError::Damaged { .. }), "{error}");
    moto.put("p/x", None, b"wrong");
    let error = depot.get(&key, &to, Some(&right), PATIENCE, &|_| {}).await.unwrap_err();
    assert!(matches!(error, DepotError::Damaged { .. }), "{error}");
    assert_eq!(
        fs::read_dir(folder.path()).unwrap().count(),
        0,
        "neither the file nor a part of it"
    );
    // Somebody else's object has no hash: that is said.
    let got = depot.get(&key, &to, None, PATIENCE, &|_| {}).await.unwrap();
    assert!(!got.is_verified);
}
