//! A sweep goes from any store to any other and comes out the same; what is damaged is refused.

#![allow(clippy::unwrap_used, reason = "a panic here is a failed test")]

use super::*;
use crate::store::{
    Conn, Reader, SweepKey, Writer,
    contract::{Ground, on_every_store},
    groups, invariants, job, query, query_scalar, sweeps, transitions, trials, workers,
};
use augur_core::{
    id::{LeaseToken, TrialId, WorkerId},
    spec,
    state::{JobState, Lease, Tally},
    time::Timestamp,
};
use std::{fs, path::Path};
use uuid::Uuid;

on_every_store!(
    a_sweep_comes_back_the_same,
    what_was_leased_is_pending_afterwards,
    a_file_that_was_changed_is_refused,
    a_reused_trial_needs_the_sweep_that_computed_it,
);

const NOW: Timestamp = Timestamp(1_700_000_000_000);

async fn import(writer: &mut Writer, file: &Path, now: Timestamp) -> std::result::Result<Imported, TransferError> {
    super::import(writer, Whole::verify(file)?, now).await
}

fn yaml(name: &str) -> String {
    format!(
        "version: 1
name: {name}
data: {{fashion_mnist: {{}}}}
tasks: [{{normal: sneaker, anomaly: {{class: dress}}}}]
families: [{{rotation: {{starts: [{{angle_deg: 30}}, {{angle_deg: 120}}]}}}}]
seeds: [0, 1]
"
    )
}

/// A sweep of four trials: the first leased, the second completed with numbers that are hard to keep.
async fn fill(conn: &mut Conn, name: &str) -> SweepKey {
    let yaml = yaml(name);
    let parsed = spec::parse(&yaml).unwrap();
    let rows: Vec<_> = (0..4).map(|i| (TrialId::of(&i.to_string()), i / 2, i)).collect();
    let key = sweeps::insert(conn, &parsed, &yaml, [2, 4], true, NOW).await.unwrap();
    groups::insert(conn, key, 2, &[2]).await.unwrap();
    trials::insert(conn, key, &rows, NOW).await.unwrap();
    for (at, complete) in [(0, false), (1, true)] {
        let row = trials::by_id(conn, key, TrialId::of(&at.to_string()))
            .await
            .unwrap()
            .unwrap();
        let lease = Lease {
            tally: Tally {
                begun: 1,
                ..Tally::default()
            },
            worker: WorkerId::from_uuid(Uuid::now_v7()),
            token: LeaseToken::from_uuid(Uuid::now_v7()),
            expires: NOW,
            deadline: NOW,
            epoch: 0,
        };
        let (attempt, token) = (1, lease.token);
        let leased = row.job.moved(JobState::Leased(lease), None, NOW);
        trials::put(conn, key, at, &leased).await.unwrap();
        let change = transitions::Change::Trial(at, (&leased).into());
        transitions::append(conn, key, &change, NOW).await.unwrap();
        if complete {
            let done = leased.moved(JobState::Completed { attempt, token }, None, NOW);
            trials::put(conn, key, at, &done).await.unwrap();
            let change = transitions::Change::Trial(at, (&done).into());
            transitions::append(conn, key, &change, NOW).await.unwrap();
        }
    }
    let more = [
        "UPDATE sweeps SET trials_pending = 2, trials_leased = 1, trials_completed = 1, trial_seconds = 0.1 + 0.2
         WHERE sweep_key = $1",
        "UPDATE groups SET trials_completed = 1, best_val_loss = -0.1, best_trial = 1
         WHERE sweep_key = $1 AND group_index = 0",
        "INSERT INTO rung_values (sweep_key, trial_index, epoch, value) VALUES ($1, 1, 3, 5e-324), ($1, 1, 9, NULL)",
    ];
    for sql in more {
        query(sql).bind(key.0).execute(conn).await.unwrap();
    }
    let bytes: Vec<u8> = (0..=255).collect();
    query(
        "INSERT INTO outcomes (sweep_key, trial_index, attempt, libtorch_version, outcome, scores, fingerprint)
         VALUES ($1, 1, 1, '2.13.0', $2, $3, 'f')",
    )
    .bind(key.0)
    .bind(OUTCOME)
    .bind(bytes.clone())
    .execute(conn)
    .await
    .unwrap();
    query("INSERT INTO measurements (sweep_key, trial_index, attempt, epoch, measurement) VALUES ($1, 1, 1, 1, $2)")
        .bind(key.0)
        .bind(bytes)
        .execute(conn)
        .await
        .unwrap();
    assert_eq!(invariants::check(conn).await.unwrap(), []);
    key
}

async fn filled(ground: &Ground, name: &str) -> (Writer, Reader) {
    let (mut writer, reader) = ground.open().await;
    let mut transaction = writer.begin(NOW).await.unwrap();
    fill(transaction.conn(), name).await;
    transaction.commit().await.unwrap();
    (writer, reader)
}

/// Exports a sweep into a file; all of its text.
async fn export_to(reader: &Reader, name: &str, path: &Path) -> String {
    let mut view = reader.view().await.unwrap();
    let sweep = sweeps::by_name(view.conn(), name).await.unwrap().unwrap();
    let mut text = Vec::new();
    let done = export(view.conn(), &sweep, NOW, &mut text).await;
    done.map_err(|failed| failed.at("x")).unwrap();
    fs::write(path, &text).unwrap();
    String::from_utf8(text).unwrap()
}

/// A store of another kind to go to.
async fn others() -> Vec<(Ground, Writer, Reader)> {
    let mut others = Vec::new();
    for ground in [Ground::memory(), Ground::sqlite(), Ground::postgres()]
        .into_iter()
        .flatten()
    {
        let (mut writer, reader) = ground.open().await;
        // Keys and revisions differ from those of the other store.
        let mut transaction = writer.begin(NOW).await.unwrap();
        fill(transaction.conn(), "before").await;
        transaction.commit().await.unwrap();
        others.push((ground, writer, reader));
    }
    others
}

async fn a_sweep_comes_back_the_same(ground: Option<Ground>) {
    let Some(ground) = ground else { return };
    let folder = tempfile::tempdir().unwrap();
    let (_writer, reader) = filled(&ground, "moved").await;
    let file = folder.path().join("moved");
    let text = export_to(&reader, "moved", &file).await;
    for (_ground, mut writer, reader) in others().await {
        let imported = import(&mut writer, &file, NOW).await.unwrap();
        assert_eq!(imported, Imported::New("moved".into()));
        assert_eq!(
            invariants::check(reader.view().await.unwrap().conn()).await.unwrap(),
            []
        );
        assert_eq!(export_to(&reader, "moved", &folder.path().join("again")).await, text);
        // Once more changes nothing; the other sweep was left alone.
        let imported = import(&mut writer, &file, NOW).await.unwrap();
        assert_eq!(imported, Imported::Identical("moved".into()));
        let trials: i64 = query_scalar("SELECT COUNT(*) FROM trials")
            .fetch_one(reader.view().await.unwrap().conn())
            .await
            .unwrap();
        assert_eq!(trials, 8);
        // In another state it is another sweep.
        let mut transaction = writer.begin(NOW).await.unwrap();
        let change = "UPDATE groups SET best_val_loss = -0.2 WHERE best_val_loss = -0.1";
        query(change).execute(transaction.conn()).await.unwrap();
        transaction.commit().await.unwrap();
        let refused = import(&mut writer, &file, NOW).await.unwrap_err();
        assert!(
            matches!(&refused, TransferError::Taken(name) if name == "moved"),
            "{refused:?}"
        );
    }
}

async fn what_was_leased_is_pending_afterwards(ground: Option<Ground>) {
    let Some(ground) = ground else { return };
    let folder = tempfile::tempdir().unwrap();
    let (mut writer, reader) = filled(&ground, "moved").await;
    let worker = WorkerId::from_uuid(Uuid::now_v7());
    let mut transaction = writer.begin(NOW).await.unwrap();
    workers::register(transaction.conn(), worker, "h", 1, ["1", "2"], NOW)
        .await
        .unwrap();
    transaction.commit().await.unwrap();
    let file = folder.path().join("moved");
    export_to(&reader, "moved", &file).await;
    // In its own store the lease goes on.
    assert_eq!(
        trials::leased(reader.view().await.unwrap().conn()).await.unwrap().len(),
        1
    );
    let other = Ground::memory().unwrap();
    let (mut writer, reader) = other.open().await;
    import(&mut writer, &file, NOW).await.unwrap();
    let mut view = reader.view().await.unwrap();
    let conn = view.conn();
    let sweep = sweeps::by_name(conn, "moved").await.unwrap().unwrap();
    assert_eq!(
        (sweep.trials_pending, sweep.trials_leased, sweep.trials_completed),
        (3, 0, 1)
    );
    let row = trials::by_id(conn, sweep.key, TrialId::of("0")).await.unwrap().unwrap();
    // The attempt counts as begun, not against the trial.
    assert_eq!(
        row.job.state,
        JobState::Pending(Tally {
            begun: 1,
            ..Tally::default()
        })
    );
    let last = transitions::after(conn, sweep.key, 0, 9).await.unwrap().pop().unwrap();
    let transitions::Change::Trial(0, change) = last.change else {
        panic!("{last:?}")
    };
    assert_eq!(
        (change.state.as_str(), change.begun, last.at),
        (job::tag(&row.job.state), 1, NOW)
    );
}

/// Without scores, as it is stored.
const OUTCOME: &str = r#"{"tuned":{"angle_deg":0.1},"validation":null,"diagnostics":null,"scores":[],"seconds":0.5}"#;

async fn a_file_that_was_changed_is_refused(ground: Option<Ground>) {
    let Some(ground) = ground else { return };
    let folder = tempfile::tempdir().unwrap();
    let (mut writer, reader) = filled(&ground, "moved").await;
    let file = folder.path().join("moved");
    let text = export_to(&reader, "moved", &file).await;
    let lines: Vec<_> = text.lines().collect();
    let without = |at: usize| [&lines[..at], &lines[at + 1..]].concat().join("\n") + "\n";
    let newer = text.replacen("\"schema\":5", "\"schema\":99", 1);
    let newer = newer.replacen(
        &format!("\"schema\":{}", crate::store::backend::NEWEST),
        "\"schema\":99",
        1,
    );
    let cases: [(String, &str); 7] = [
        (String::new(), "line 1 is not the beginning of an export"),
        ("{}\n".into(), "line 1 is not the beginning of an export"),
        (text[..text.len() - 1].into(), "is cut off"),
        (without(lines.len() - 1), "is cut off"),
        (without(3), "the file was changed"),
        (text.replacen("pending", "leased_", 1), "the file was changed"),
        (text.clone() + "{}\n", "comes after the end"),
    ];
    for (content, expected) in cases {
        fs::write(&file, content).unwrap();
        let refused = import(&mut writer, &file, NOW).await.unwrap_err().to_string();
        assert!(refused.contains(expected), "{refused}");
    }
    fs::write(&file, newer).unwrap();
    let refused = import(&mut writer, &file, NOW).await.unwrap_err();
    assert!(matches!(refused, TransferError::Newer { found: 99, .. }), "{refused:?}");
    let missing = import(&mut writer, &folder.path().join("none"), NOW).await.unwrap_err();
    assert!(matches!(missing, TransferError::Read { .. }), "{missing:?}");
    // A file that somebody made himself is believed as far as it holds together.
    for (from, to, expected) in [
        ("\"trials_failed\":0", "\"trials_failed\":1", "does not hold"),
        (
            "\"best_trial\":1",
            "\"best_trial; DROP TABLE sweeps\":1",
            "unknown column",
        ),
        ("\"table\":\"rung_values\"", "\"table\":\"workers\"", "unknown table"),
        ("\"name\":\"moved\"", "\"name\":\"other\"", "not the one of its spec"),
    ] {
        let changed = sealed(&text.replacen(from, to, 1));
        assert_ne!(changed, text, "{from}");
        fs::write(&file, changed).unwrap();
        let other = Ground::memory().unwrap();
        let (mut writer, reader) = other.open().await;
        let refused = import(&mut writer, &file, NOW).await.unwrap_err().to_string();
        assert!(refused.contains(expected), "{refused}");
        let left: i64 = query_scalar("SELECT COUNT(*) FROM sweeps")
            .fetch_one(reader.view().await.unwrap().conn())
            .await
            .unwrap();
        assert_eq!(left, 0);
    }
}

/// The text with a trailer that fits.
fn sealed(text: &str) -> String {
    use sha2::{Digest, Sha256};
    let end = text.trim_end().rfind('\n').unwrap() + 1;
    let trailer = Trailer {
        rows: text[..end].lines().count() as u64 - 1,
        sha256: cell::hex(&Sha256::digest(&text[..end])),
    };
    format!("{}{}\n", &text[..end], serde_json::to_string(&trailer).unwrap())
}

async fn a_reused_trial_needs_the_sweep_that_computed_it(ground: Option<Ground>) {
    let Some(ground) = ground else { return };
    let folder = tempfile::tempdir().unwrap();
    let (mut writer, reader) = filled(&ground, "first").await;
    let mut transaction = writer.begin(NOW).await.unwrap();
    let conn = transaction.conn();
    fill(conn, "second").await;
    let reuse = "UPDATE outcomes SET reused_from = (SELECT sweep_key FROM sweeps WHERE name = 'first')
         WHERE sweep_key = (SELECT sweep_key FROM sweeps WHERE name = 'second')";
    query(reuse).execute(conn).await.unwrap();
    let counted = "UPDATE sweeps SET trials_reused = 1 WHERE name = 'second'";
    query(counted).execute(conn).await.unwrap();
    assert_eq!(invariants::check(conn).await.unwrap(), []);
    transaction.commit().await.unwrap();
    let (first, second) = (folder.path().join("first"), folder.path().join("second"));
    export_to(&reader, "first", &first).await;
    let text = export_to(&reader, "second", &second).await;
    for (_ground, mut writer, reader) in others().await {
        let refused = import(&mut writer, &second, NOW).await.unwrap_err();
        assert!(
            matches!(refused, TransferError::NoOrigin { trial: 1, .. }),
            "{refused:?}"
        );
        import(&mut writer, &first, NOW).await.unwrap();
        import(&mut writer, &second, NOW).await.unwrap();
        assert_eq!(
            invariants::check(reader.view().await.unwrap().conn()).await.unwrap(),
            []
        );
        assert_eq!(export_to(&reader, "second", &folder.path().join("again")).await, text);
    }
}

#[tokio::test]
async fn every_table_of_a_sweep_is_moved() {
    let (_writer, reader) = Ground::memory().unwrap().open().await;
    let mut view = reader.view().await.unwrap();
    let tables = "SELECT m.name FROM sqlite_master m JOIN pragma_table_info(m.name) c
         WHERE m.type = 'table' AND c.name = 'sweep_key' ORDER BY m.name";
    let tables: Vec<String> = query_scalar(tables).fetch_all(view.conn()).await.unwrap();
    let mut moved: Vec<_> = TABLES.iter().map(|(table, _)| *table).collect();
    // Requests are between one client and one coordinator.
    moved.push("requests");
    moved.sort_unstable();
    assert_eq!(tables, moved);
}
