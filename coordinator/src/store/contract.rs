//! What every database has to do, run on each of them: memory, SQLite, PostgreSQL.

#![allow(clippy::unwrap_used, reason = "a panic here is a failed test")]

#[path = "../../tests/all/support/postgres.rs"]
#[allow(dead_code, reason = "shared with the tests of the whole coordinator")]
pub(super) mod postgres;

use super::{
    Conn, FaultKind, Location, OpenError, Reader, StoreError, SweepKey, Writer,
    backend::Value,
    groups, has_written, insert_rows,
    log_lines::{self, KEPT, LogLine},
    measurements, open, open_to_read, outcomes, pictures, query, query_scalar, requests, rungs, sweeps, transitions,
    trials, workers,
};
use augur_core::{
    id::{TrialId, WorkerId},
    outcome::{Measurement, Outcome, Validation},
    picture::{MediaType, Picture, PictureKind},
    select::Criterion,
    spec,
    time::Timestamp,
};
use postgres::Server;
use std::collections::BTreeMap;
use tempfile::TempDir;
use uuid::Uuid;

/// A place for stores of one kind.
pub(super) struct Ground {
    pub location: Location,
    /// What was written is there after it was closed.
    pub durable: bool,
    _folder: Option<TempDir>,
    _server: Option<Server>,
}

impl Ground {
    pub fn memory() -> Option<Self> {
        Some(Self {
            location: Location::Memory,
            durable: false,
            _folder: None,
            _server: None,
        })
    }

    pub fn sqlite() -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        Some(Self {
            location: folder.path().join("a.sqlite").into(),
            durable: true,
            _folder: Some(folder),
            _server: None,
        })
    }

    pub fn postgres() -> Option<Self> {
        let server = Server::start()?;
        Some(Self {
            location: server.url("postgres").parse().unwrap(),
            durable: true,
            _folder: None,
            _server: Some(server),
        })
    }

    pub async fn open(&self) -> (Writer, Reader) {
        open(&self.location).await.unwrap()
    }
}

/// Runs a test on each kind of store.
macro_rules! on_every_store {
    ($($test:ident),* $(,)?) => {
        mod on_memory { $(#[tokio::test] async fn $test() { super::$test(super::Ground::memory()).await; })* }
        mod on_sqlite { $(#[tokio::test] async fn $test() { super::$test(super::Ground::sqlite()).await; })* }
        mod on_postgres { $(#[tokio::test] async fn $test() { super::$test(super::Ground::postgres()).await; })* }
    };
}
pub(super) use on_every_store;

mod connections;
mod listings;

on_every_store!(
    what_was_committed_is_there_after_closing,
    what_was_not_committed_is_not,
    a_part_is_undone_alone,
    a_view_shows_one_moment,
    it_is_known_whether_something_was_written,
    values_come_back_bit_for_bit,
    a_text_with_a_nul_is_refused_and_nothing_else_suffers,
    a_statement_that_fails_leaves_the_rest_of_the_batch_to_the_caller,
    what_is_there_already_stays_as_it_is,
    of_a_long_log_the_newest_lines_are_kept,
    many_rows_are_inserted_in_order,
    pictures_come_back_bit_for_bit,
    a_second_writer_is_kept_out,
    counters_counts_and_sums,
    cancelled_trials_have_their_transitions,
);

const NOW: Timestamp = Timestamp(1_700_000_000_000);

const SPEC: &str = "version: 1
name: small
data: {fashion_mnist: {}}
tasks: [{normal: sneaker, anomaly: {class: dress}}]
families: [{rotation: {starts: [{angle_deg: 30}, {angle_deg: 120}]}}]
seeds: [0, 1]
";

/// A sweep with two groups of two trials.
async fn sweep(conn: &mut Conn) -> SweepKey {
    let spec = spec::parse(SPEC).unwrap();
    let rows: Vec<_> = (0..4).map(|i| (TrialId::of(&i.to_string()), i / 2, 3 - i)).collect();
    let key = sweeps::insert(conn, &spec, SPEC, [2, 4], true, NOW).await.unwrap();
    groups::insert(conn, key, 2, &[2]).await.unwrap();
    trials::insert(conn, key, &rows, NOW).await.unwrap();
    key
}

async fn count(conn: &mut Conn, table: &str) -> i64 {
    query_scalar(format!("SELECT COUNT(*) FROM {table}"))
        .fetch_one(conn)
        .await
        .unwrap()
}

async fn what_was_committed_is_there_after_closing(ground: Option<Ground>) {
    let Some(ground) = ground else { return };
    let (mut writer, reader) = ground.open().await;
    let mut transaction = writer.begin(NOW).await.unwrap();
    let key = sweep(transaction.conn()).await;
    transaction.commit().await.unwrap();
    let read = sweeps::get(reader.view().await.unwrap().conn(), key).await.unwrap();
    assert_eq!(
        (read.name.as_str(), read.trials_pending, read.groups_total),
        ("small", 4, 2)
    );
    reader.close().await;
    writer.close().await.unwrap();
    let (_writer, reader) = ground.open().await;
    let mut view = reader.view().await.unwrap();
    let again = sweeps::by_name(view.conn(), "small").await.unwrap();
    assert_eq!(again, ground.durable.then_some(read));
}

async fn it_is_known_whether_something_was_written(ground: Option<Ground>) {
    let Some(ground) = ground else { return };
    let (writer, reader) = ground.open().await;
    reader.close().await;
    writer.close().await.unwrap();
    let (mut writer, _reader) = ground.open().await;
    let mut transaction = writer.begin(NOW).await.unwrap();
    let mut part = transaction.savepoint().await.unwrap();
    if ground.durable {
        // One in memory has been written when it was made.
        assert_eq!(count(part.conn(), "sweeps").await, 0);
        assert!(!has_written(part.conn()).await.unwrap());
    }
    sweep(part.conn()).await;
    part.commit().await.unwrap();
    assert!(has_written(transaction.conn()).await.unwrap());
    transaction.commit().await.unwrap();
}

async fn what_was_not_committed_is_not(ground: Option<Ground>) {
    let Some(ground) = ground else { return };
    let (mut writer, reader) = ground.open().await;
    let mut transaction = writer.begin(NOW).await.unwrap();
    sweep(transaction.conn()).await;
    transaction.rollback().await.unwrap();
    assert_eq!(count(reader.view().await.unwrap().conn(), "sweeps").await, 0);
    // Dropped on the way, in a part of a part.
    let mut transaction = writer.begin(NOW).await.unwrap();
    sweep(transaction.conn()).await;
    let mut part = transaction.savepoint().await.unwrap();
    workers::left(part.conn(), WorkerId::from_uuid(Uuid::now_v7()))
        .await
        .unwrap();
    drop(part);
    drop(transaction);
    assert_eq!(count(reader.view().await.unwrap().conn(), "sweeps").await, 0);
    let mut transaction = writer.begin(NOW).await.unwrap();
    assert_eq!(count(transaction.conn(), "trials").await, 0);
    sweep(transaction.conn()).await;
    transaction.commit().await.unwrap();
    assert_eq!(count(reader.view().await.unwrap().conn(), "trials").await, 4);
}

async fn remember(conn: &mut Conn, request: &str) {
    requests::insert(conn, request, "f", SweepKey(1), NOW).await.unwrap();
}

async fn requests(conn: &mut Conn) -> Vec<String> {
    query_scalar("SELECT request FROM requests ORDER BY request")
        .fetch_all(conn)
        .await
        .unwrap()
}

async fn a_part_is_undone_alone(ground: Option<Ground>) {
    let Some(ground) = ground else { return };
    let (mut writer, reader) = ground.open().await;
    let mut transaction = writer.begin(NOW).await.unwrap();
    for (request, kept) in [("a", true), ("b", false), ("c", true)] {
        let mut part = transaction.savepoint().await.unwrap();
        remember(part.conn(), request).await;
        match kept {
            true => part.commit().await.unwrap(),
            false => part.rollback().await.unwrap(),
        }
    }
    let mut part = transaction.savepoint().await.unwrap();
    remember(part.conn(), "d").await;
    drop(part);
    transaction.commit().await.unwrap();
    assert_eq!(requests(reader.view().await.unwrap().conn()).await, ["a", "c"]);
}

async fn a_view_shows_one_moment(ground: Option<Ground>) {
    let Some(ground) = ground else { return };
    let (mut writer, reader) = ground.open().await;
    let mut view = reader.view().await.unwrap();
    assert_eq!(count(view.conn(), "requests").await, 0);
    let write = async {
        let mut transaction = writer.begin(NOW).await.unwrap();
        remember(transaction.conn(), "a").await;
        transaction.commit().await.unwrap();
    };
    if ground.durable {
        // Beside a view that is held.
        write.await;
        assert_eq!(count(view.conn(), "requests").await, 0);
        drop(view);
    } else {
        // One connection: the writer waits for the view, and the view never sees half of a transaction.
        drop(view);
        write.await;
    }
    assert_eq!(count(reader.view().await.unwrap().conn(), "requests").await, 1);
}

async fn values_come_back_bit_for_bit(ground: Option<Ground>) {
    let Some(ground) = ground else { return };
    let (mut writer, reader) = ground.open().await;
    let mut transaction = writer.begin(NOW).await.unwrap();
    let conn = transaction.conn();
    let key = sweep(conn).await;
    let reals = [
        0.1,
        -0.0,
        5e-324,
        f64::MAX,
        1.0 / 3.0,
        f64::INFINITY,
        f64::NAN,
        f64::NEG_INFINITY,
    ];
    for (epoch, value) in (1..).zip(reals) {
        assert!(rungs::insert(conn, key, 0, epoch, value).await.unwrap());
    }
    let scores = [reals.to_vec(), vec![f64::from_bits(0x7ff8_0000_0000_beef)]];
    let outcome = Outcome {
        scores: scores[0].clone(),
        test_scores: scores[1].clone(),
        ..outcome()
    };
    outcomes::insert(conn, (key, 1, 1), ("2.13.0", "f"), &outcome, Criterion::Mmd)
        .await
        .unwrap();
    let measured = Measurement {
        hypergradient_norm: Some(f64::NAN),
        training_loss: 5e-324,
        ..measurement(7)
    };
    measurements::insert(conn, key, 0, 1, vec![measured]).await.unwrap();
    sweeps::add_seconds(conn, key, 0.1).await.unwrap();
    sweeps::add_seconds(conn, key, 0.2).await.unwrap();
    transaction.commit().await.unwrap();

    let mut view = reader.view().await.unwrap();
    let values = rungs::values(view.conn(), key, 0..1).await.unwrap().remove(&0).unwrap();
    let bits = |value: &f64| value.to_bits();
    // What is not finite is as bad as can be, and zero has no sign.
    let expected = reals.map(|value| if value.is_finite() { value + 0.0 } else { f64::INFINITY });
    assert!(values.values().map(bits).eq(expected.iter().map(bits)), "{values:?}");
    let read = outcomes::scores(view.conn(), key, 1).await.unwrap().unwrap();
    assert!(read.validation.iter().map(bits).eq(scores[0].iter().map(bits)));
    assert!(read.test.iter().map(bits).eq(scores[1].iter().map(bits)));
    let within = outcomes::scores_within(view.conn(), key, 0..4).await.unwrap();
    let (index, same) = &within[&TrialId::of("1")];
    assert_eq!((*index, within.len()), (1, 1));
    assert!(same.validation.iter().map(bits).eq(scores[0].iter().map(bits)));
    assert!(same.test.iter().map(bits).eq(scores[1].iter().map(bits)));
    assert!(
        outcomes::scores_within(view.conn(), key, 2..4)
            .await
            .unwrap()
            .is_empty()
    );
    let read = outcomes::without_scores(view.conn(), key, 0..4).await.unwrap();
    assert_eq!(read[&1].tuned, outcome.tuned);
    let measured = measurements::at(view.conn(), (key, 0, 1), &[7])
        .await
        .unwrap()
        .remove(0);
    assert!(measured.hypergradient_norm.unwrap().is_nan());
    assert_eq!(measured.training_loss.to_bits(), 1);
    let seconds = sweeps::get(view.conn(), key).await.unwrap().trial_seconds;
    assert_eq!(seconds.to_bits(), (0.1f64 + 0.2).to_bits());
}

fn outcome() -> Outcome {
    Outcome {
        tuned: BTreeMap::from([("angle_deg".to_owned(), 0.1 + 0.2)]),
        validation: None,
        diagnostics: None,
        scores: vec![1.0],
        test_scores: vec![],
        seconds: 0.5,
    }
}

fn measurement(epoch: u32) -> Measurement {
    augur_proto::v1::Measurement {
        epoch,
        ..Default::default()
    }
    .into()
}

async fn a_text_with_a_nul_is_refused_and_nothing_else_suffers(ground: Option<Ground>) {
    let Some(ground) = ground else { return };
    let (mut writer, reader) = ground.open().await;
    let mut transaction = writer.begin(NOW).await.unwrap();
    remember(transaction.conn(), "ü \u{1F600} ' \" \\ \n").await;
    let mut part = transaction.savepoint().await.unwrap();
    let refused = requests::insert(part.conn(), "a\0b", "f", SweepKey(1), NOW).await;
    assert!(matches!(refused, Err(StoreError::NulInText)), "{refused:?}");
    part.rollback().await.unwrap();
    transaction.commit().await.unwrap();
    let mut view = reader.view().await.unwrap();
    assert_eq!(requests(view.conn()).await, ["ü \u{1F600} ' \" \\ \n"]);
    let refused = requests::get(view.conn(), "\0").await;
    assert!(matches!(refused, Err(StoreError::NulInText)), "{refused:?}");
}

async fn a_statement_that_fails_leaves_the_rest_of_the_batch_to_the_caller(ground: Option<Ground>) {
    let Some(ground) = ground else { return };
    let (mut writer, reader) = ground.open().await;
    let mut transaction = writer.begin(NOW).await.unwrap();
    remember(transaction.conn(), "a").await;
    let mut part = transaction.savepoint().await.unwrap();
    let twice = requests::insert(part.conn(), "a", "f", SweepKey(1), NOW).await;
    assert!(
        matches!(&twice, Err(StoreError::Database(fault)) if fault.kind == FaultKind::Other),
        "{twice:?}"
    );
    drop(part);
    drop(transaction);
    // Nothing of the batch that was given up stays, and the next one goes as if nothing had been.
    let mut transaction = writer.begin(NOW).await.unwrap();
    remember(transaction.conn(), "b").await;
    transaction.commit().await.unwrap();
    assert_eq!(requests(reader.view().await.unwrap().conn()).await, ["b"]);
}

fn log_line(sequence: u32, text: &str) -> LogLine {
    LogLine {
        sequence,
        at: -1,
        line: text.to_owned(),
    }
}

async fn of_a_long_log_the_newest_lines_are_kept(ground: Option<Ground>) {
    let Some(ground) = ground else { return };
    let (mut writer, _reader) = ground.open().await;
    let mut transaction = writer.begin(NOW).await.unwrap();
    let conn = transaction.conn();
    let place = (sweep(conn).await, 0, 2);
    assert_eq!(
        log_lines::newest_attempt(conn, place.0, 0, u32::MAX).await.unwrap(),
        None
    );
    for first in [1, KEPT] {
        let lines = (first..first + KEPT).map(|sequence| log_line(sequence, "line"));
        log_lines::insert(conn, place, lines.collect()).await.unwrap();
    }
    let kept = log_lines::after(conn, place, 0).await.unwrap();
    assert!(kept.iter().map(|line| line.sequence).eq(KEPT..2 * KEPT));
    let newest = log_lines::after(conn, place, 2 * KEPT - 2).await.unwrap();
    assert_eq!(newest, [log_line(2 * KEPT - 1, "line")]);
    for (upto, attempt) in [(u32::MAX, Some(2)), (2, Some(2)), (1, None)] {
        let found = log_lines::newest_attempt(conn, place.0, 0, upto).await.unwrap();
        assert_eq!(found, attempt);
    }
}

async fn what_is_there_already_stays_as_it_is(ground: Option<Ground>) {
    let Some(ground) = ground else { return };
    let (mut writer, _reader) = ground.open().await;
    let mut transaction = writer.begin(NOW).await.unwrap();
    let conn = transaction.conn();
    let key = sweep(conn).await;
    assert!(rungs::insert(conn, key, 0, 3, 1.5).await.unwrap());
    assert!(!rungs::insert(conn, key, 0, 3, 2.5).await.unwrap());
    let values = rungs::values(conn, key, 0..4).await.unwrap();
    assert_eq!(values, BTreeMap::from([(0, BTreeMap::from([(3, 1.5)]))]));
    let losses = [0.25, 0.75].map(|training_loss| Measurement {
        training_loss,
        ..measurement(1)
    });
    for loss in losses {
        measurements::insert(conn, key, 0, 1, vec![loss]).await.unwrap();
    }
    let place = (key, 0, 1);
    for text in ["first", "second"] {
        log_lines::insert(conn, place, vec![log_line(1, text)]).await.unwrap();
    }
    assert_eq!(log_lines::after(conn, place, 0).await.unwrap(), [log_line(1, "first")]);
    let kept = measurements::at(conn, (key, 0, 1), &[1, 2]).await.unwrap();
    assert_eq!(kept.iter().map(|m| m.training_loss).collect::<Vec<_>>(), [0.25]);
    // A worker that comes again is the same one.
    let worker = WorkerId::from_uuid(Uuid::now_v7());
    for slots in [2, 3] {
        workers::register(conn, worker, "host", slots, ["1", "2"], NOW)
            .await
            .unwrap();
    }
    let all = workers::list(conn, 0, 10).await.unwrap();
    assert_eq!(
        all.iter().map(|row| (row.slots, row.present)).collect::<Vec<_>>(),
        [(3, true)]
    );
}

async fn many_rows_are_inserted_in_order(ground: Option<Ground>) {
    let Some(ground) = ground else { return };
    let (mut writer, _reader) = ground.open().await;
    let mut transaction = writer.begin(NOW).await.unwrap();
    let conn = transaction.conn();
    // More than one statement takes, and a remainder.
    let n = 10_007;
    let row = |i: u32| -> Vec<Value> { vec![1i64.into(), i.into(), 2u32.into(), Some(f64::from(i)).into()] };
    let columns = ["sweep_key", "trial_index", "epoch", "value"];
    insert_rows(conn, "rung_values", &columns, (0..n).map(row))
        .await
        .unwrap();
    let sum = query("SELECT COUNT(*) AS n, MAX(trial_index) AS last, SUM(value) AS total FROM rung_values");
    let row = sum.fetch_one(conn).await.unwrap();
    assert_eq!(row.try_get::<u32>("n").unwrap(), n);
    assert_eq!(row.try_get::<u32>("last").unwrap(), n - 1);
    assert_eq!(
        row.try_get::<f64>("total").unwrap(),
        f64::from(n) * f64::from(n - 1) / 2.0
    );
    insert_rows(conn, "rung_values", &columns, []).await.unwrap();
}

async fn pictures_come_back_bit_for_bit(ground: Option<Ground>) {
    let Some(ground) = ground else { return };
    let (mut writer, _reader) = ground.open().await;
    let mut transaction = writer.begin(NOW).await.unwrap();
    let conn = transaction.conn();
    let key = sweep(conn).await;
    let picture = |kind, score, anomalous| Picture {
        kind,
        media_type: MediaType::Jpeg,
        data: (0..=255).collect(),
        image: 3,
        score,
        anomalous,
    };
    let all = vec![
        picture(PictureKind::Lowest, Some(-0.5), Some(false)),
        picture(PictureKind::Training, None, None),
        picture(PictureKind::Augmented, None, None),
        picture(PictureKind::Highest, Some(1e300), Some(true)),
    ];
    pictures::insert(conn, key, 1, all.clone()).await.unwrap();
    pictures::insert(conn, key, 0, vec![]).await.unwrap();
    assert_eq!(pictures::list(conn, key, 1).await.unwrap(), all);
    assert_eq!(pictures::list(conn, key, 0).await.unwrap(), []);
}

async fn a_second_writer_is_kept_out(ground: Option<Ground>) {
    let Some(ground) = ground else { return };
    let (writer, reader) = ground.open().await;
    if ground.durable {
        let second = open(&ground.location).await.err();
        assert!(matches!(second, Some(OpenError::InUse { .. })), "{second:?}");
        // Whoever only reads is let in.
        let beside = open_to_read(&ground.location).await.unwrap();
        assert_eq!(count(beside.view().await.unwrap().conn(), "sweeps").await, 0);
        beside.close().await;
    }
    reader.close().await;
    writer.close().await.unwrap();
    ground.open().await;
}

async fn counters_counts_and_sums(ground: Option<Ground>) {
    let Some(ground) = ground else { return };
    let (mut writer, _reader) = ground.open().await;
    let mut transaction = writer.begin(NOW).await.unwrap();
    let conn = transaction.conn();
    assert_eq!(transitions::newest(conn).await.unwrap(), 0);
    let key = sweep(conn).await;
    assert_eq!(super::invariants::check(conn).await.unwrap(), []);
    assert_eq!(measurements::running_epochs(conn, key).await.unwrap(), 0);
    assert_eq!(groups::without_choice(conn, key, 1).await.unwrap(), 2);
    assert_eq!(workers::connected(conn, NOW).await.unwrap(), 0);
    // By rank, not by position.
    let pending = trials::pending(conn, key, [0, 0], 3).await.unwrap();
    assert_eq!(pending.iter().map(|row| row.index).collect::<Vec<_>>(), [3, 2, 1]);
    let listed = trials::list(conn, key, 1..3, Some("pending"), 9).await.unwrap();
    assert_eq!(listed.iter().map(|row| row.index).collect::<Vec<_>>(), [1, 2]);
}

async fn cancelled_trials_have_their_transitions(ground: Option<Ground>) {
    let Some(ground) = ground else { return };
    let (mut writer, _reader) = ground.open().await;
    let mut transaction = writer.begin(NOW).await.unwrap();
    let conn = transaction.conn();
    let key = sweep(conn).await;
    assert_eq!(trials::cancel_pending(conn, key, NOW).await.unwrap(), 4);
    let changes = transitions::after(conn, key, 0, 10).await.unwrap();
    let positions: Vec<_> = changes
        .iter()
        .map(|transition| match &transition.change {
            transitions::Change::Trial(index, change) => (*index, change.state.as_str(), change.begun),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(positions, [0, 1, 2, 3].map(|index| (index, "cancelled", 0)));
    let generation = trials::by_id(conn, key, TrialId::of("2"))
        .await
        .unwrap()
        .unwrap()
        .job
        .generation;
    assert_eq!(generation, 1);
    assert_eq!(trials::cancel_pending(conn, key, NOW).await.unwrap(), 0);
}
