//! What trials leave behind, on one machine and on the next.

use crate::{
    moto::{Moto, PATIENCE, bytes, depot_at},
    proxy::{Mood, Proxy},
};
use augur_core::model::{CARD_FILE, EMBEDDINGS_FILE, TENSORS_FILE};
use augur_depot::{Key, Mirror, Stamp};
use std::{
    fs,
    future::{pending, ready},
    path::{Path, PathBuf},
    time::{Duration, Instant},
};
use tempfile::{TempDir, tempdir};
use tokio::{sync::oneshot, time::sleep};

const TRIAL: &str = "a7c17ea9-94e0-558c-b4e8-4a3757a080a4/b7c17ea9-94e0-558c-b4e8-4a3757a080a4";

/// A machine: a mirror on a scratch of its own, and the folder of the trial there.
struct Machine {
    mirror: Mirror,
    trial: PathBuf,
    _scratch: TempDir,
}

impl Machine {
    fn new(depot: augur_depot::Depot) -> Self {
        let scratch = tempdir().unwrap();
        Self {
            mirror: Mirror::new(depot, scratch.path().to_owned()),
            trial: scratch.path().join(TRIAL),
            _scratch: scratch,
        }
    }

    fn checkpoint(&self, step: u32) -> PathBuf {
        self.trial.join(format!("checkpoints/step-{step:012}.safetensors"))
    }

    fn save(&self, step: u32) {
        fs::create_dir_all(self.trial.join("checkpoints")).unwrap();
        fs::write(self.checkpoint(step), bytes(300_000, u64::from(step))).unwrap();
    }
}

async fn there(moto: &Moto) -> Vec<String> {
    let found = moto.depot("kept").list(None, PATIENCE).await.unwrap();
    let names = found
        .iter()
        .map(|found| found.key.as_str().strip_prefix(TRIAL).unwrap().to_owned());
    names.collect()
}

fn stored(step: u32) -> String {
    format!("/checkpoints/step-{step:012}.safetensors")
}

#[tokio::test]
async fn a_trial_that_leaves_one_machine_goes_on_on_another() {
    let Some(moto) = Moto::start() else { return };
    let one = Machine::new(moto.depot("kept"));
    one.mirror.fetch_checkpoint(&one.trial).await;
    let (tell, told) = oneshot::channel::<()>();
    let trial = async {
        for step in [10, 20, 30] {
            one.save(step);
            let name = stored(step);
            while !there(&moto).await.contains(&name) {
                sleep(Duration::from_millis(50)).await;
            }
        }
        told.await.unwrap();
        // The one that it leaves with.
        one.save(35);
    };
    let orders = async {
        while there(&moto).await.len() < 2 {
            sleep(Duration::from_millis(50)).await;
        }
        tell.send(()).unwrap();
    };
    let ((), ()) = tokio::join!(one.mirror.beside(&one.trial, trial, |()| true), orders);
    let kept = [
        "/checkpoints/step-000000000030.safetensors",
        "/checkpoints/step-000000000035.safetensors",
    ];
    assert_eq!(there(&moto).await, kept, "the last two");
    let two = Machine::new(moto.depot("kept"));
    two.mirror.fetch_checkpoint(&two.trial).await;
    assert_eq!(fs::read(two.checkpoint(35)).unwrap(), bytes(300_000, 35));
    assert!(!two.checkpoint(30).exists());
    assert_eq!(two.mirror.unfinished().await.unwrap(), std::slice::from_ref(&two.trial));
    two.mirror.discard_checkpoints(&two.trial).await.unwrap();
    assert_eq!(there(&moto).await, [""; 0]);
}

#[tokio::test]
async fn a_newer_checkpoint_stands_against_an_attempt_that_was_given_up() {
    let Some(moto) = Moto::start() else { return };
    let (ahead, behind) = (Machine::new(moto.depot("kept")), Machine::new(moto.depot("kept")));
    let given_up = async {
        behind.save(30);
        while there(&moto).await.is_empty() {
            sleep(Duration::from_millis(50)).await;
        }
        // Another one goes on meanwhile, and comes further.
        ahead.mirror.fetch_checkpoint(&ahead.trial).await;
        ahead.save(50);
        ahead.mirror.beside(&ahead.trial, ready(()), |()| true).await;
        behind.save(40);
    };
    behind.mirror.beside(&behind.trial, given_up, |()| true).await;
    assert_eq!(there(&moto).await, [30, 40, 50].map(stored));
    // What is newer here stays too.
    behind.save(60);
    behind.mirror.fetch_checkpoint(&behind.trial).await;
    assert!(!behind.checkpoint(50).exists());
}

#[tokio::test]
async fn checkpoints_that_an_attempt_could_not_use_make_way_for_its_own() {
    let Some(moto) = Moto::start() else { return };
    let (one, two) = (Machine::new(moto.depot("kept")), Machine::new(moto.depot("kept")));
    let of_another_kind = Some(Stamp::of_bytes(b"another kind").sha256);
    for step in [20, 30] {
        let key = format!("kept/{TRIAL}{}", stored(step));
        moto.put(&key, of_another_kind.as_deref(), b"another kind");
    }
    one.mirror.fetch_checkpoint(&one.trial).await;
    assert_eq!(fs::read(one.checkpoint(30)).unwrap(), b"another kind");
    let from_the_beginning = async {
        one.save(10);
        // As a trial does with its first one.
        fs::remove_file(one.checkpoint(30)).unwrap();
        while there(&moto).await != [stored(10)] {
            sleep(Duration::from_millis(50)).await;
        }
        one.save(20);
    };
    one.mirror.beside(&one.trial, from_the_beginning, |()| true).await;
    assert_eq!(there(&moto).await, [10, 20].map(stored));
    two.mirror.fetch_checkpoint(&two.trial).await;
    assert_eq!(fs::read(two.checkpoint(20)).unwrap(), bytes(300_000, 20));
}

#[tokio::test]
async fn a_damaged_checkpoint_is_passed_over() {
    let Some(moto) = Moto::start() else { return };
    let one = Machine::new(moto.depot("kept"));
    let right = Stamp::of_bytes(b"right").sha256;
    moto.put(
        &format!("kept/{TRIAL}/checkpoints/step-000000000010.safetensors"),
        Some(&right),
        b"right",
    );
    moto.put(
        &format!("kept/{TRIAL}/checkpoints/step-000000000020.safetensors"),
        Some(&right),
        b"wrong",
    );
    one.mirror.fetch_checkpoint(&one.trial).await;
    assert!(one.checkpoint(10).exists() && !one.checkpoint(20).exists());
}

#[tokio::test]
async fn a_store_that_is_away_fails_no_trial_and_holds_nobody_up() {
    let Some(moto) = Moto::start() else { return };
    let proxy = Proxy::start(moto.address()).await;
    let one = Machine::new(depot_at(proxy.address(), "s3://augur/kept"));
    proxy.set(Mood::Silent);
    one.save(10);
    let begun = Instant::now();
    // It has ended in order: nobody needs the checkpoint, nor the 12 seconds that its upload may take.
    assert_eq!(one.mirror.beside(&one.trial, ready(1), |_| false).await, 1);
    assert!(begun.elapsed() < Duration::from_secs(10));
    // It leaves: the worker's 20 seconds are not exceeded.
    let begun = Instant::now();
    assert_eq!(one.mirror.beside(&one.trial, ready(2), |_| true).await, 2);
    assert!((Duration::from_secs(11)..Duration::from_secs(20)).contains(&begun.elapsed()));
    let given_up = tokio::time::timeout(
        Duration::from_secs(2),
        one.mirror.beside(&one.trial, pending::<()>(), |()| true),
    );
    assert!(given_up.await.is_err());
    assert_eq!(there(&moto).await, [""; 0]);
}

#[tokio::test]
async fn what_a_trial_left_is_kept_fetched_and_discarded() {
    let Some(moto) = Moto::start() else { return };
    let (one, two) = (Machine::new(moto.depot("kept")), Machine::new(moto.depot("kept")));
    // Of the lease that wants them: other leases of the machine have their own.
    let to = two.trial.with_file_name("another trial").join("earlier");
    one.mirror.keep(&one.trial).await.unwrap();
    assert_eq!(there(&moto).await, [""; 0], "a baseline leaves nothing");
    fs::create_dir_all(&one.trial).unwrap();
    for file in [CARD_FILE, TENSORS_FILE, EMBEDDINGS_FILE] {
        fs::write(one.trial.join(file), file).unwrap();
    }
    assert!(!two.mirror.fetch_leaves(&two.trial, &to).await);
    one.mirror.keep(&one.trial).await.unwrap();
    assert!(two.mirror.has_detector(&two.trial).await.unwrap());
    assert!(two.mirror.fetch_leaves(&two.trial, &to).await);
    let same = |file: &str| fs::read_to_string(to.join(file)).unwrap() == file;
    assert!([CARD_FILE, TENSORS_FILE, EMBEDDINGS_FILE].into_iter().all(same));
    assert!(!two.trial.exists());
    two.mirror.discard_model(&two.trial).await.unwrap();
    assert!(!one.mirror.has_detector(&one.trial).await.unwrap());
    assert_eq!(there(&moto).await, [format!("/{EMBEDDINGS_FILE}")]);
    // Embeddings are enough to be reused.
    fs::remove_dir_all(&to).unwrap();
    assert!(two.mirror.fetch_leaves(&two.trial, &to).await);
    two.mirror.discard_all(&two.trial).await.unwrap();
    assert_eq!(there(&moto).await, [""; 0]);
}

#[tokio::test]
async fn folders_outside_are_refused() {
    let Some(moto) = Moto::start() else { return };
    let one = Machine::new(moto.depot("kept"));
    assert!(one.mirror.keep(Path::new("/etc")).await.is_err());
    assert!(one.mirror.discard_all(&one.trial.join("../..")).await.is_err());
    assert!(Key::of_path(&one.trial).is_err());
}
