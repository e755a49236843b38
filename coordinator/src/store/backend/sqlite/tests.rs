//! What is particular to a file: migrations with a backup, a full disk, a damaged page.

#![allow(clippy::unwrap_used, reason = "a panic here is a failed test")]

use super::*;
use crate::store::{
    self, FaultKind, Location, StoreError, SweepKey, Writer, backend::NEWEST, contract, outcomes, query, query_scalar,
    requests,
};
use augur_core::time::Timestamp;
use std::{
    fs,
    io::{Seek, SeekFrom, Write},
    path::PathBuf,
};

const NOW: Timestamp = Timestamp(0);

fn names(folder: &Path) -> Vec<String> {
    let names = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<_> = names.filter(|name| name.contains(".bak")).collect();
    names.sort();
    names
}

/// A store as the first schemas left it, with an outcome in it.
async fn old_store(path: &Path, schema: usize) {
    let options = SqliteConnectOptions::new().filename(path).create_if_missing(true);
    let mut conn = SqliteConnection::connect_with(&options).await.unwrap();
    migrate(&mut conn, &migrations::SQLITE[..schema], "old").await.unwrap();
    let insert = "INSERT INTO outcomes (sweep_key, trial_index, attempt, libtorch_version, outcome, scores)
         VALUES (1, 2, 1, '2.13.0', '{}', x'0000000000000840')";
    sqlx::query(insert).execute(&mut conn).await.unwrap();
    conn.close().await.unwrap();
}

#[tokio::test]
async fn a_store_of_an_older_schema_is_copied_then_migrated_and_keeps_what_it_has() {
    for found in 1..migrations::SQLITE.len() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.sqlite");
        old_store(&path, found).await;
        // Whoever only reads does not migrate.
        let refused = store::open_to_read(&path.as_path().into()).await.err().unwrap();
        assert!(matches!(refused, OpenError::Older { .. }), "{refused:?}");
        assert_eq!(names(folder.path()), Vec::<String>::new());

        let (writer, reader) = store::open(&path.as_path().into()).await.unwrap();
        let mut view = reader.view().await.unwrap();
        let kept = outcomes::scores(view.conn(), SweepKey(1), 2).await.unwrap().unwrap();
        assert_eq!((kept.validation, kept.test), (vec![3.0], vec![]));
        drop(view);
        reader.close().await;
        writer.close().await.unwrap();
        // Opened again there is nothing to copy.
        drop(store::open(&path.as_path().into()).await.unwrap());
        let backup = format!("a.sqlite.schema-{found}.bak");
        assert_eq!(names(folder.path()), std::slice::from_ref(&backup));

        // The backup is a store of that schema, and can take the place of the other.
        fs::copy(folder.path().join(backup), folder.path().join("b.sqlite")).unwrap();
        let again: Location = folder.path().join("b.sqlite").into();
        let (_writer, reader) = store::open(&again).await.unwrap();
        let mut view = reader.view().await.unwrap();
        assert!(outcomes::scores(view.conn(), SweepKey(1), 2).await.unwrap().is_some());
    }
}

#[tokio::test]
async fn no_backup_replaces_another_and_without_room_for_one_nothing_is_migrated() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.sqlite");
    old_store(&path, 4).await;
    fs::write(folder.path().join("a.sqlite.schema-4.bak"), "of another day").unwrap();
    // A folder where the copy would be written.
    let in_the_way = folder.path().join("a.sqlite.schema-4.2.bak.part");
    fs::create_dir(&in_the_way).unwrap();
    let refused = store::open(&path.as_path().into()).await.err().unwrap();
    assert!(matches!(refused, OpenError::Backup { .. }), "{refused:?}");
    let mut conn = SqliteConnection::connect_with(&options(&path)).await.unwrap();
    assert_eq!(schema(&mut conn).await.unwrap(), 4);
    conn.close().await.unwrap();
    fs::remove_dir(&in_the_way).unwrap();
    drop(store::open(&path.as_path().into()).await.unwrap());
    assert_eq!(
        names(folder.path()),
        ["a.sqlite.schema-4.2.bak", "a.sqlite.schema-4.bak"]
    );
    assert_eq!(
        fs::read_to_string(folder.path().join("a.sqlite.schema-4.bak")).unwrap(),
        "of another day"
    );
}

#[tokio::test]
async fn a_store_of_a_newer_schema_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.sqlite");
    let location: Location = path.as_path().into();
    let (writer, reader) = store::open(&location).await.unwrap();
    reader.close().await;
    writer.close().await.unwrap();
    let mut conn = SqliteConnection::connect_with(&options(&path)).await.unwrap();
    let later = "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
         VALUES (99, 'later', 1, x'00', 0)";
    sqlx::query(later).execute(&mut conn).await.unwrap();
    conn.close().await.unwrap();
    for _ in 0..2 {
        let refused = store::open(&location).await.err().unwrap();
        let told = refused.to_string().replace(&folder.path().display().to_string(), "DIR");
        assert_eq!(
            told,
            format!(
                "the store DIR/a.sqlite is of a newer version of augur (schema 99, this build knows {NEWEST}); update augur"
            )
        );
        let refused = store::open_to_read(&location).await.err().unwrap();
        assert!(matches!(refused, OpenError::Newer { found: 99, .. }), "{refused:?}");
    }
    assert_eq!(names(folder.path()), Vec::<String>::new());
}

async fn remember(writer: &mut Writer, request: &str) -> store::Result<()> {
    let mut transaction = writer.begin(NOW).await?;
    let long = "x".repeat(20_000);
    requests::insert(transaction.conn(), request, &long, SweepKey(1), NOW).await?;
    transaction.commit().await
}

/// SQLite's own limit stands for the disk's: the same error on the same paths.
#[tokio::test]
async fn a_full_disk_undoes_the_batch_and_it_goes_on_once_there_is_room() {
    let ground = contract::Ground::sqlite().unwrap();
    let (mut writer, reader) = ground.open().await;
    remember(&mut writer, "before").await.unwrap();
    let mut transaction = writer.begin(NOW).await.unwrap();
    query("PRAGMA max_page_count = 1")
        .fetch_all(transaction.conn())
        .await
        .unwrap();
    transaction.commit().await.unwrap();
    let full = remember(&mut writer, "full").await.unwrap_err();
    let StoreError::Database(fault) = &full else {
        panic!("{full:?}")
    };
    assert_eq!(fault.kind, FaultKind::Full);
    let told = full.to_string();
    assert!(
        told.starts_with("the disk of the store ") && told.ends_with(" is full; make room, then it goes on by itself"),
        "{told}"
    );
    // The limit was the old connection's, as room that was made is everybody's.
    remember(&mut writer, "after").await.unwrap();
    let all = query_scalar("SELECT request FROM requests ORDER BY request");
    let all: Vec<String> = all.fetch_all(reader.view().await.unwrap().conn()).await.unwrap();
    assert_eq!(all, ["after", "before"]);
}

/// Overwrites a page in the middle of the table of requests.
fn damage(path: &PathBuf) {
    let mut file = fs::File::options().write(true).open(path).unwrap();
    let length = file.metadata().unwrap().len();
    for page in (length / 4096 / 2)..(length / 4096) {
        file.seek(SeekFrom::Start(page * 4096)).unwrap();
        file.write_all(&[0xa5; 64]).unwrap();
    }
}

#[tokio::test]
async fn a_damaged_page_is_told_and_found_by_the_check() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.sqlite");
    let location: Location = path.as_path().into();
    let (mut writer, reader) = store::open(&location).await.unwrap();
    for i in 0..50 {
        remember(&mut writer, &i.to_string()).await.unwrap();
    }
    reader.close().await;
    writer.close().await.unwrap();
    assert_eq!(
        crate::maintenance::check(&location).await.unwrap().wrong,
        Vec::<String>::new()
    );
    damage(&path);
    let (writer, reader) = store::open(&location).await.unwrap();
    let mut view = reader.view().await.unwrap();
    let all: store::Result<Vec<String>> = query_scalar("SELECT request FROM requests")
        .fetch_all(view.conn())
        .await;
    let told = all.unwrap_err();
    assert!(
        matches!(&told, StoreError::Database(fault) if fault.kind == FaultKind::Corrupt),
        "{told:?}"
    );
    drop(view);
    reader.close().await;
    writer.close().await.unwrap();
    let wrong = crate::maintenance::check(&location).await.unwrap().wrong;
    assert!(!wrong.is_empty());
}
