//! Data sets that are fetched once for a machine.

use crate::{
    moto::{Moto, PATIENCE, bytes, depot_at, variables},
    proxy::Proxy,
};
use augur_depot::{DataCache, Depot, DepotError, Key, MANIFEST, Wanted, push};
use std::{
    env, fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};
use tempfile::tempdir;

const LIMIT: u64 = 1 << 30;

fn wanted(folder: &str) -> Wanted {
    Wanted {
        folders: vec![Key::parse("not/there").unwrap(), Key::parse(folder).unwrap()],
        files: Vec::new(),
    }
}

/// A data set of 40 files, 4 MB, with its manifest, at `prefix`.
async fn pushed(moto: &Moto, prefix: &str, seed: u64) -> PathBuf {
    let folder = tempdir().unwrap().keep();
    for index in 0..40 {
        let file = folder.join(format!("part-{}", index % 3)).join(format!("{index}.png"));
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, bytes(100_000 + index, seed + index as u64)).unwrap();
    }
    fs::write(folder.join(".hidden"), "").unwrap();
    let pushed = push(&moto.depot(prefix), &folder, &|_, _| {}).await.unwrap();
    assert_eq!((pushed.put, pushed.unchanged), (40, 0));
    folder
}

fn same(a: &Path, b: &Path) -> bool {
    let read = |root: &Path| {
        let files = walk(root)
            .into_iter()
            .map(|path| fs::read(root.join(&path)).map(|bytes| (path, bytes)).unwrap());
        files.collect::<Vec<_>>()
    };
    read(a) == read(b)
}

/// The files below a folder that are not hidden.
fn walk(root: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for path in fs::read_dir(folder).unwrap().flatten().map(|entry| entry.path()) {
            let is_hidden = path.file_name().unwrap().to_string_lossy().starts_with('.');
            match (is_hidden, path.is_dir()) {
                (true, _) => {}
                (_, true) => folders.push(path),
                _ => found.push(path.strip_prefix(root).unwrap().to_owned()),
            }
        }
    }
    found.sort();
    found
}

#[tokio::test]
async fn a_data_set_is_fetched_once_and_by_one() {
    let Some(moto) = Moto::start() else { return };
    let (folder, cached) = (pushed(&moto, "base/sets/own", 1).await, tempdir().unwrap());
    let again = push(&moto.depot("base/sets/own"), &folder, &|_, _| {}).await.unwrap();
    assert_eq!((again.put, again.unchanged), (0, 40), "an upload goes on where it was");
    let proxy = Proxy::start(moto.address()).await;
    let cache = |depot: Depot| DataCache::new(depot, cached.path().to_owned(), LIMIT);
    let (one, two) = (
        cache(depot_at(proxy.address(), "s3://augur/base")),
        cache(depot_at(proxy.address(), "s3://augur/base")),
    );
    let wanted = wanted("sets/own");
    let (first, second) = tokio::join!(one.hold(&wanted), two.hold(&wanted));
    let (first, second) = (first.unwrap(), second.unwrap());
    assert_eq!(first.root(), second.root());
    assert!(same(&first.root().join("sets/own"), &folder));
    let answered = proxy.answered();
    assert!(
        (4_000_000..5_000_000).contains(&answered),
        "{answered} bytes for one transfer of 4 MB"
    );
    drop(one.hold(&wanted).await.unwrap());
    assert!(
        proxy.answered() < answered + 20_000,
        "the manifest is not even read again"
    );
}

#[tokio::test]
async fn another_version_is_another_data_set() {
    let Some(moto) = Moto::start() else { return };
    let folder = pushed(&moto, "base/own", 1).await;
    let cached = tempdir().unwrap();
    let cache = DataCache::new(moto.depot("base"), cached.path().to_owned(), LIMIT);
    let before = cache.hold(&wanted("own")).await.unwrap();
    fs::write(folder.join("part-0/0.png"), "changed").unwrap();
    push(&moto.depot("base/own"), &folder, &|_, _| {}).await.unwrap();
    let after = cache.hold(&wanted("own")).await.unwrap();
    assert_eq!(fs::read(after.root().join("own/part-0/0.png")).unwrap(), b"changed");
    assert_ne!(
        fs::read(before.root().join("own/part-0/0.png")).unwrap(),
        b"changed",
        "somebody reads it"
    );
}

#[tokio::test]
async fn a_transfer_that_was_broken_off_goes_on() {
    let Some(moto) = Moto::start() else { return };
    let folder = pushed(&moto, "base/own", 1).await;
    let (cached, proxy) = (tempdir().unwrap(), Proxy::start(moto.address()).await);
    let cache = DataCache::new(
        depot_at(proxy.address(), "s3://augur/base"),
        cached.path().to_owned(),
        LIMIT,
    );
    let wanted = wanted("own");
    let half = async {
        while proxy.answered() < 2_000_000 {
            tokio::task::yield_now().await
        }
    };
    tokio::select! {
        held = cache.hold(&wanted) => panic!("it is there too soon: {held:?}"),
        () = half => {}
    }
    let before = proxy.answered();
    let held = cache.hold(&wanted).await.unwrap();
    assert!(same(&held.root().join("own"), &folder));
    let again = proxy.answered() - before;
    assert!(again < 3_500_000, "{again} bytes came after the break, of 4 MB");
}

#[tokio::test]
async fn what_was_used_longest_ago_goes_and_too_much_is_refused_before_it_is_fetched() {
    let Some(moto) = Moto::start() else { return };
    for (prefix, seed) in [("base/a", 1), ("base/b", 100), ("base/c", 200)] {
        pushed(&moto, prefix, seed).await;
    }
    let (cached, proxy) = (tempdir().unwrap(), Proxy::start(moto.address()).await);
    let depot = depot_at(proxy.address(), "s3://augur/base");
    let small = DataCache::new(depot.clone(), cached.path().to_owned(), 3_000_000);
    let error = small.hold(&wanted("a")).await.unwrap_err().to_string();
    assert!(
        error.starts_with("the data set s3://augur/base/a has 3.8 MiB and the cache"),
        "{error}"
    );
    assert!(error.ends_with("takes 2.9 MiB; raise `--data-cache-gib`"), "{error}");
    assert!(proxy.answered() < 100_000, "nothing was fetched");
    // Room for two.
    let cache = DataCache::new(depot, cached.path().to_owned(), 9_000_000);
    let root = |held: &augur_depot::InUse| held.root().to_owned();
    let (a, b) = (
        cache.hold(&wanted("a")).await.unwrap(),
        cache.hold(&wanted("b")).await.unwrap(),
    );
    let (in_a, in_b) = (root(&a), root(&b));
    drop(b);
    // The older one is in use, so that the other one goes.
    let c = cache.hold(&wanted("c")).await.unwrap();
    assert!(in_a.exists() && !in_b.exists() && c.root().exists());
    // Nothing can go: it waits until something may.
    let wants_b = wanted("b");
    let mut waiting = std::pin::pin!(cache.hold(&wants_b));
    let waits = tokio::time::timeout(std::time::Duration::from_millis(500), &mut waiting).await;
    assert!(waits.is_err() && in_a.exists());
    drop(a);
    drop(waiting.await.unwrap());
    assert!(!in_a.exists() && c.root().exists());
}

#[tokio::test]
async fn a_store_that_is_away_does_not_keep_from_what_is_here() {
    let Some(mut moto) = Moto::start() else { return };
    let folder = pushed(&moto, "base/own", 1).await;
    let cached = tempdir().unwrap();
    let cache = DataCache::new(moto.depot("base"), cached.path().to_owned(), LIMIT);
    drop(cache.hold(&wanted("own")).await.unwrap());
    moto.kill();
    let cache = cache.away_for(std::time::Duration::from_secs(1));
    let held = cache.hold(&wanted("own")).await.unwrap();
    assert!(same(&held.root().join("own"), &folder));
    let error = cache.hold(&wanted("other")).await.unwrap_err();
    assert!(matches!(error, DepotError::Away { .. }), "{error}");
}

#[tokio::test]
async fn nothing_leaves_the_cache() {
    let Some(moto) = Moto::start() else { return };
    let cached = tempdir().unwrap();
    let cache = DataCache::new(moto.depot("base"), cached.path().join("cache"), LIMIT);
    let sha256 = "0".repeat(64);
    for path in ["../../evil", "/tmp/evil", "a\\\\..\\\\evil"] {
        let json = format!(r#"{{"version":1,"files":[{{"path":"{path}","size":1,"sha256":"{sha256}"}}]}}"#);
        moto.put(&format!("base/own/{MANIFEST}"), None, json.as_bytes());
        let error = cache.hold(&wanted("own")).await.unwrap_err();
        assert!(matches!(error, DepotError::Manifest { .. }), "{path}: {error}");
    }
    // Keys of objects, where there is no manifest.
    for key in ["base/keys/%2e%2e/evil", "base/keys/a%5C..%5Cevil", "base/keys/a%00b"] {
        moto.put(key, None, b"x");
        let error = cache.hold(&wanted("keys")).await;
        assert!(error.is_err(), "{key}: {error:?}");
        moto.remove(key);
    }
    // A link in the cache.
    let folder = pushed(&moto, "base/linked", 1).await;
    drop(cache.hold(&wanted("linked")).await.unwrap());
    let tree = fs::read_dir(cached.path().join("cache"))
        .unwrap()
        .flatten()
        .find(|entry| entry.path().is_dir());
    let tree = tree.unwrap().path();
    fs::remove_file(tree.join("complete")).unwrap();
    fs::remove_dir_all(tree.join("tree/linked")).unwrap();
    std::os::unix::fs::symlink(cached.path(), tree.join("tree/linked")).unwrap();
    let error = cache.hold(&wanted("linked")).await.unwrap_err().to_string();
    assert!(error.contains("it is a link"), "{error}");
    assert!(!cached.path().join("part-0").exists());
    drop(folder);
}

#[tokio::test]
async fn a_data_set_that_is_not_there_is_asked_for() {
    let Some(moto) = Moto::start() else { return };
    let cache = DataCache::new(moto.depot("base"), tempdir().unwrap().keep(), LIMIT);
    let error = cache.hold(&wanted("own")).await.unwrap_err().to_string();
    assert_eq!(
        error,
        "there is no data set at s3://augur/base/not/there; upload it with `augur data push DIR s3://augur/base/not/there`"
    );
}

/// Two processes of this test's own program, each of which does what the next test does, share one cache.
#[tokio::test]
async fn processes_share_a_cache() {
    let Some(moto) = Moto::start() else { return };
    let folder = pushed(&moto, "base/own", 1).await;
    let (cached, proxy) = (tempdir().unwrap(), Proxy::start(moto.address()).await);
    let start = || {
        let mut command = Command::new(env::current_exe().unwrap());
        command.args(["--exact", "cache::one_of_the_processes", "--nocapture"]);
        command
            .envs(variables(proxy.address()))
            .env("AUGUR_TEST_CACHE", cached.path());
        command.stdout(Stdio::piped()).spawn().unwrap()
    };
    let (one, two) = (start(), start());
    for process in [one, two] {
        let ended = tokio::task::spawn_blocking(move || process.wait_with_output().unwrap())
            .await
            .unwrap();
        assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stdout));
    }
    let answered = proxy.answered();
    assert!(
        (4_000_000..5_000_000).contains(&answered),
        "{answered} bytes for one transfer of 4 MB"
    );
    let cache = DataCache::new(moto.depot("base"), cached.path().to_owned(), LIMIT);
    assert!(same(
        &cache.hold(&wanted("own")).await.unwrap().root().join("own"),
        &folder
    ));
    assert!(
        moto.depot("base")
            .find(&Key::parse("own/part-0/0.png").unwrap(), PATIENCE)
            .await
            .unwrap()
            .is_some()
    );
}

#[tokio::test]
async fn one_of_the_processes() {
    let Some(folder) = env::var_os("AUGUR_TEST_CACHE") else {
        return;
    };
    let depot = Depot::open(&"s3://augur/base".parse().unwrap()).unwrap();
    DataCache::new(depot, folder.into(), LIMIT)
        .hold(&wanted("own"))
        .await
        .unwrap();
}
