//! Transfers on a network, and with a server, that fail.

use crate::{
    moto::{Moto, PATIENCE, bytes, depot_at},
    proxy::{Mood, Proxy},
};
use augur_depot::{Depot, DepotError, Key, Patience, Stamp};
use std::{
    fs,
    path::PathBuf,
    sync::atomic::{AtomicU64, Ordering::Relaxed},
    time::{Duration, Instant},
};
use tempfile::{TempDir, tempdir};

/// A server, a proxy before it, a depot behind that, and a file of 12 MiB there.
struct Stage {
    moto: Moto,
    proxy: Proxy,
    depot: Depot,
    folder: TempDir,
    key: Key,
    stamp: Stamp,
}

const SIZE: usize = 12 << 20;

impl Stage {
    async fn set() -> Option<Self> {
        let moto = Moto::start()?;
        let proxy = Proxy::start(moto.address()).await;
        let depot = depot_at(proxy.address(), "s3://augur/p");
        let (folder, key) = (tempdir().unwrap(), Key::parse("large").unwrap());
        fs::write(folder.path().join("from"), bytes(SIZE, 2)).unwrap();
        let stamp = depot.put(&key, &folder.path().join("from"), PATIENCE).await.unwrap();
        Some(Self {
            moto,
            proxy,
            depot,
            folder,
            key,
            stamp,
        })
    }

    fn to(&self) -> PathBuf {
        self.folder.path().join("to")
    }

    async fn get(&self, patience: Patience) -> (Result<Stamp, DepotError>, u64) {
        let came = AtomicU64::new(0);
        let progress = |bytes| {
            came.fetch_add(bytes, Relaxed);
        };
        let got = self.depot.get(&self.key, &self.to(), None, patience, &progress).await;
        (got.map(|got| got.stamp), came.into_inner())
    }
}

#[tokio::test]
async fn a_transfer_that_is_cut_goes_on_where_it_was() {
    let Some(stage) = Stage::set().await else { return };
    stage.proxy.set(Mood::Cut {
        after: 3 << 20,
        times: 2,
    });
    let (got, came) = stage.get(PATIENCE).await;
    assert_eq!(got.unwrap(), stage.stamp);
    assert_eq!(came, SIZE as u64, "no byte was kept twice");
    assert!(fs::read(stage.to()).unwrap() == bytes(SIZE, 2));
    let answered = stage.proxy.answered();
    assert!(answered < SIZE + (2 << 20), "{answered} bytes passed for {SIZE}");
}

#[tokio::test]
async fn a_part_that_another_process_left_is_taken_up() {
    let Some(stage) = Stage::set().await else { return };
    // Whoever was at it is gone after 5 MiB: that much passes and no more.
    stage.proxy.set(Mood::Cut {
        after: 5 << 20,
        times: 1000,
    });
    let (got, came) = stage.get(Patience::of(Duration::from_secs(3))).await;
    assert!(matches!(got, Err(DepotError::Away { .. }) | Ok(_)), "{got:?}");
    if got.is_ok() {
        // Every try brought 5 MiB more.
        fs::remove_file(stage.to()).unwrap();
    }
    assert!(came >= 5 << 20);
    stage.proxy.set(Mood::Cut {
        after: 5 << 20,
        times: 1,
    });
    let broken_off = tokio::time::timeout(Duration::from_millis(300), stage.get(PATIENCE)).await;
    drop(broken_off);
    stage.proxy.set(Mood::Fair);
    let got = stage
        .depot
        .get(&stage.key, &stage.to(), None, PATIENCE, &|_| {})
        .await
        .unwrap();
    assert_eq!(got.stamp, stage.stamp);
}

#[tokio::test]
async fn an_object_that_changed_meanwhile_starts_over() {
    let Some(stage) = Stage::set().await else { return };
    stage.proxy.set(Mood::Cut {
        after: 3 << 20,
        times: 1000,
    });
    let first = tokio::time::timeout(Duration::from_millis(500), stage.get(PATIENCE)).await;
    drop(first);
    let _ = fs::remove_file(stage.to());
    stage.proxy.set(Mood::Fair);
    // A part of the old one lies there unless the machine was fast; it must not be continued with the new one.
    let new = bytes(SIZE, 3);
    let stamp = Stamp::of_bytes(&new);
    stage.moto.put("p/large", Some(&stamp.sha256), &new);
    let (got, came) = stage.get(PATIENCE).await;
    assert_eq!((got.unwrap(), came), (stamp, SIZE as u64));
    assert!(fs::read(stage.to()).unwrap() == new);
    let left = fs::read_dir(stage.folder.path()).unwrap().count();
    assert_eq!(left, 2, "`from` and `to`, and no part");
}

#[tokio::test]
async fn a_part_that_was_tampered_with_is_found_and_fetched_anew() {
    let Some(stage) = Stage::set().await else { return };
    stage.proxy.set(Mood::Cut {
        after: 3 << 20,
        times: 1000,
    });
    let (got, _) = stage.get(Patience::of(Duration::from_millis(50))).await;
    stage.proxy.set(Mood::Fair);
    if got.is_ok() {
        return;
    }
    let part = fs::read_dir(stage.folder.path())
        .unwrap()
        .flatten()
        .map(|entry| entry.path());
    let part = part
        .into_iter()
        .find(|path| path.extension().is_some_and(|end| end == "part"));
    if let Some(part) = part {
        fs::write(&part, vec![0; 1 << 20]).unwrap();
    }
    let (got, _) = stage.get(PATIENCE).await;
    assert_eq!(got.unwrap(), stage.stamp);
}

#[tokio::test]
async fn a_server_that_is_busy_is_asked_again() {
    let Some(stage) = Stage::set().await else { return };
    stage.proxy.set(Mood::SlowDown(4));
    assert_eq!(stage.get(PATIENCE).await.0.unwrap(), stage.stamp);
    stage.proxy.set(Mood::SlowDown(4));
    let again = Key::parse("again").unwrap();
    let put = stage
        .depot
        .put(&again, &stage.folder.path().join("from"), PATIENCE)
        .await;
    assert_eq!(put.unwrap(), stage.stamp);
    stage.proxy.set(Mood::SlowDown(u32::MAX));
    let (got, _) = stage.get(Patience::of(Duration::from_secs(1))).await;
    let text = got.unwrap_err().to_string();
    assert!(
        text.contains("within 1 s: the store answers with status 503; check AWS_ENDPOINT_URL"),
        "{text}"
    );
}

#[tokio::test]
async fn an_upload_that_is_cut_is_put_again_and_whole() {
    let Some(stage) = Stage::set().await else { return };
    stage.proxy.set(Mood::CutUpload { after: 3 << 20 });
    let again = Key::parse("again").unwrap();
    let put = stage
        .depot
        .put(&again, &stage.folder.path().join("from"), PATIENCE)
        .await;
    assert_eq!(put.unwrap(), stage.stamp);
    let got = stage
        .depot
        .get(&again, &stage.to(), None, PATIENCE, &|_| {})
        .await
        .unwrap();
    assert_eq!(got.stamp, stage.stamp);
}

#[tokio::test]
async fn a_slow_transfer_ends_in_time_or_with_its_file() {
    let Some(stage) = Stage::set().await else { return };
    // 16 KiB every 20 ms: 15 s for all.
    stage.proxy.set(Mood::Late(Duration::from_millis(20)));
    let begun = Instant::now();
    let (got, _) = stage.get(Patience::of(Duration::from_secs(2))).await;
    assert!(matches!(got, Err(DepotError::Away { .. })), "{got:?}");
    assert!(begun.elapsed() < Duration::from_secs(4));
    // One that may take as long as it moves goes on, where the other one was.
    stage.proxy.set(Mood::Late(Duration::from_millis(2)));
    let (got, came) = stage.get(Patience::while_it_moves(Duration::from_secs(20))).await;
    assert_eq!(got.unwrap(), stage.stamp);
    assert!(came < SIZE as u64, "something was there already");
}

#[tokio::test]
async fn a_silent_server_is_given_up() {
    let Some(stage) = Stage::set().await else { return };
    stage.proxy.set(Mood::Silent);
    let begun = Instant::now();
    let error = stage.get(Patience::of(Duration::from_secs(1))).await.0.unwrap_err();
    assert!(begun.elapsed() < Duration::from_secs(3));
    let place = format!(
        "can't fetch s3://augur/p/large at http://{} within 1 s",
        stage.proxy.address()
    );
    assert!(error.to_string().starts_with(&place), "{error}");
}

#[tokio::test]
async fn errors_say_what_where_and_what_to_do() {
    let Some(mut moto) = Moto::start() else { return };
    let short = Patience::of(Duration::from_secs(1));
    let text = |ended: Result<(), DepotError>| ended.unwrap_err().to_string();
    let place = format!("http://{}", moto.address());
    let no_bucket = text(depot_at(moto.address(), "s3://nowhere/x").check(short).await);
    assert_eq!(
        no_bucket,
        format!("can't list s3://nowhere/x: {place} has no bucket nowhere; make it, or mend the URL")
    );
    let put = depot_at(moto.address(), "s3://nowhere")
        .put_bytes(&Key::parse("a").unwrap(), vec![1], short)
        .await;
    assert!(matches!(put, Err(DepotError::NoBucket { .. })), "{put:?}");
    moto.kill();
    let away = text(moto.depot("x").check(short).await);
    assert!(
        away.starts_with(&format!("can't list s3://augur/x at {place} within")),
        "{away}"
    );
    assert!(
        away.ends_with("check AWS_ENDPOINT_URL and whether the store runs") && away.contains("refused"),
        "{away}"
    );
}

#[tokio::test]
async fn who_is_not_known_is_told_so() {
    let Some(moto) = Moto::start_with(Some(1)) else { return };
    let error = moto.depot("x").check(PATIENCE).await.unwrap_err();
    let text = error.to_string();
    assert!(matches!(error, DepotError::Denied { .. }), "{text}");
    assert!(
        text.contains("refuses (InvalidAccessKeyId); check AWS_ACCESS_KEY_ID"),
        "{text}"
    );
}

#[test]
fn http_has_to_be_allowed() {
    let mut variables = crate::moto::variables("127.0.0.1:1".parse().unwrap());
    variables.remove("AWS_ALLOW_HTTP");
    let error = Depot::open_with(&"s3://augur".parse().unwrap(), &variables).unwrap_err();
    assert!(error.to_string().contains("AWS_ALLOW_HTTP"), "{error}");
}
