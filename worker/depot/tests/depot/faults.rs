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
use tokio::task::JoinSet;

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

    /// The file of a transfer that has ended after 5 MiB of answers; the proxy is fair again.
    async fn left_behind(&self) -> PathBuf {
        self.proxy.set(Mood::Stop {
            after: 5 << 20,
            then: &Mood::Gone,
        });
        let patience = Patience::while_it_moves(Duration::from_secs(10));
        let (got, came) = self.get(patience).await;
        assert!(matches!(got, Err(DepotError::Away { .. })), "{got:?}");
        self.proxy.set(Mood::Fair);
        let entries = fs::read_dir(self.folder.path()).unwrap().flatten();
        let mut parts = entries.filter(|entry| entry.path().extension().is_some_and(|end| end == "part"));
        let part = parts.next().expect("what came is kept").path();
        assert_eq!(fs::metadata(&part).unwrap().len(), came);
        // Heads take some of it.
        assert!((4 << 20..=5 << 20).contains(&came), "{came}");
        part
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
    let part = stage.left_behind().await;
    let length = fs::metadata(part).unwrap().len();
    // Nothing but the folder is known to this one.
    let other = depot_at(stage.proxy.address(), "s3://augur/p");
    let (came, before) = (AtomicU64::new(0), stage.proxy.answered());
    let progress = |bytes| {
        came.fetch_add(bytes, Relaxed);
    };
    let got = other.get(&stage.key, &stage.to(), None, PATIENCE, &progress).await;
    let got = got.unwrap();
    assert_eq!((got.stamp, got.resumed_at), (stage.stamp.clone(), length));
    assert_eq!(came.into_inner(), SIZE as u64 - length);
    let answered = stage.proxy.answered() - before;
    assert!(
        answered < SIZE - (4 << 20),
        "{answered} bytes passed for the rest of {SIZE}"
    );
    assert!(fs::read(stage.to()).unwrap() == bytes(SIZE, 2));
}

#[tokio::test]
async fn a_part_of_a_version_before_is_left_alone() {
    let Some(stage) = Stage::set().await else { return };
    stage.left_behind().await;
    let new = bytes(SIZE, 3);
    // Without a hash in its metadata, nothing but its version tells it from the old one.
    stage.moto.put("p/large", None, &new);
    let (got, came) = stage.get(PATIENCE).await;
    assert_eq!((got.unwrap(), came), (Stamp::of_bytes(&new), SIZE as u64));
    assert!(fs::read(stage.to()).unwrap() == new);
    let left = fs::read_dir(stage.folder.path()).unwrap().count();
    assert_eq!(left, 2, "`from` and `to`, and no part");
}

#[tokio::test]
async fn an_object_that_is_replaced_between_question_and_answer_starts_over() {
    let Some(stage) = Stage::set().await else { return };
    let (old, new) = (bytes(SIZE, 4), bytes(SIZE, 5));
    // Without hashes in their metadata, a file of both would not be noticed.
    stage.moto.put("p/large", None, &old);
    stage.proxy.set(Mood::Stop {
        after: 5 << 20,
        then: &Mood::Held,
    });
    let replaced = async {
        stage.proxy.holds().await;
        stage.moto.put("p/large", None, &new);
        stage.proxy.set(Mood::Fair);
    };
    let ((got, came), ()) = tokio::join!(stage.get(PATIENCE), replaced);
    assert_eq!(got.unwrap(), Stamp::of_bytes(&new));
    assert!(came > SIZE as u64, "a part of the old one came, and all of the new one");
    assert!(fs::read(stage.to()).unwrap() == new);
}

#[tokio::test]
async fn a_part_that_was_tampered_with_is_found_and_fetched_anew() {
    let Some(stage) = Stage::set().await else { return };
    let part = stage.left_behind().await;
    fs::write(part, vec![0; 1 << 20]).unwrap();
    let (got, came) = stage.get(PATIENCE).await;
    assert_eq!(got.unwrap(), stage.stamp);
    assert!(fs::read(stage.to()).unwrap() == bytes(SIZE, 2));
    let rest = SIZE as u64 - (1 << 20);
    assert_eq!(came, rest + SIZE as u64, "the rest, and then all of it");
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
    let (got, _) = stage.get(Patience::of(Duration::from_secs(5))).await;
    let text = got.unwrap_err().to_string();
    // How long it was tried is measured, and a busy machine takes longer.
    assert!(
        text.contains(" within ") && text.contains(" s: the store answers with status 503; check AWS_ENDPOINT_URL"),
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
    let (got, _) = stage.get(Patience::of(Duration::from_secs(5))).await;
    assert!(matches!(got, Err(DepotError::Away { .. })), "{got:?}");
    assert!(begun.elapsed() < Duration::from_secs(20));
    // One that may take as long as it moves goes on, where the other one was.
    stage.proxy.set(Mood::Late(Duration::from_millis(2)));
    let (got, came) = stage.get(Patience::while_it_moves(Duration::from_secs(20))).await;
    assert_eq!(got.unwrap(), stage.stamp);
    assert!(came < SIZE as u64, "something was there already");
}

#[tokio::test]
async fn a_slow_upload_lands_though_its_answer_takes_longer_than_a_silence_may() {
    let Some(stage) = Stage::set().await else { return };
    // 16 KiB every 45 ms: 23 s for a part of 8 MiB, whose answer comes after that.
    stage.proxy.set(Mood::Late(Duration::from_millis(45)));
    let (again, begun) = (Key::parse("again").unwrap(), Instant::now());
    let patience = Patience::while_it_moves(Duration::from_secs(60));
    let from = stage.folder.path().join("from");
    let put = stage.depot.put(&again, &from, patience).await;
    assert_eq!(put.unwrap(), stage.stamp);
    let whole = begun.elapsed();
    assert!((22..40).contains(&whole.as_secs()), "sent {whole:?}, and once");
}

#[tokio::test]
async fn uploads_that_wait_for_their_turn_are_patient_while_others_land() {
    let Some(stage) = Stage::set().await else { return };
    let put_all = async |patience| {
        let begun = Instant::now();
        let mut puts = JoinSet::new();
        for number in 0..16 {
            let (depot, key) = (stage.depot.clone(), Key::parse(&format!("small-{number}")).unwrap());
            puts.spawn(async move { depot.put_bytes(&key, vec![number; 1 << 20], patience).await });
        }
        (puts.join_all().await, begun.elapsed())
    };
    // A file of 1 MiB takes 2.9 s, four at a time: the last ones begin after 8.6 s.
    stage.proxy.set(Mood::Late(Duration::from_millis(45)));
    let (puts, whole) = put_all(Patience::while_it_moves(Duration::from_secs(8))).await;
    assert!(puts.iter().all(Result::is_ok), "{puts:?}");
    assert!(whole > Duration::from_secs(10), "side by side: {whole:?}");
    // Where nothing lands, those that wait give up like those that send: one after the other would take 24 s.
    stage.proxy.set(Mood::Silent);
    let (puts, whole) = put_all(Patience::while_it_moves(Duration::from_secs(6))).await;
    assert!(
        puts.iter().all(|put| matches!(put, Err(DepotError::Away { .. }))),
        "{puts:?}"
    );
    assert!(whole < Duration::from_secs(20), "{whole:?}");
}

#[tokio::test]
async fn a_silent_server_is_given_up() {
    let Some(stage) = Stage::set().await else { return };
    stage.proxy.set(Mood::Silent);
    let begun = Instant::now();
    let error = stage.get(Patience::of(Duration::from_secs(1))).await.0.unwrap_err();
    assert!(begun.elapsed() < Duration::from_secs(20));
    let place = format!(
        "can't fetch s3://augur/p/large at http://{} within ",
        stage.proxy.address()
    );
    assert!(error.to_string().starts_with(&place), "{error}");
}

#[tokio::test]
async fn errors_say_what_where_and_what_to_do() {
    let Some(mut moto) = Moto::start() else { return };
    let text = |ended: Result<(), DepotError>| ended.unwrap_err().to_string();
    let place = format!("http://{}", moto.address());
    let no_bucket = text(depot_at(moto.address(), "s3://nowhere/x").check(PATIENCE).await);
    assert_eq!(
        no_bucket,
        format!("can't list s3://nowhere/x: {place} has no bucket nowhere; make it, or mend the URL")
    );
    let put = depot_at(moto.address(), "s3://nowhere")
        .put_bytes(&Key::parse("a").unwrap(), vec![1], PATIENCE)
        .await;
    assert!(matches!(put, Err(DepotError::NoBucket { .. })), "{put:?}");
    moto.kill();
    let short = Patience::of(Duration::from_secs(1));
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
