//! The predicate finds what is broken: each invariant is broken by hand once, and no other complains without need.

use super::{INVARIANTS, check};
use crate::store::{self, Conn, Location, StoreError, SweepKey, groups, query, sweeps, trials};
use augur_core::{
    id::TrialId,
    select::{Choice, Criterion, Ranked},
    spec,
    time::Timestamp,
};
use std::collections::BTreeSet;

const SPEC: &str = "version: 1
name: small
data: {fashion_mnist: {}}
tasks: [{normal: sneaker, anomaly: {class: dress}}]
families: [{rotation: {starts: [{angle_deg: 30}, {angle_deg: 120}]}}]
seeds: [0, 1]
";

/// What is done to a good store, and the invariants that then fail, by position in the list.
const DAMAGES: [(&str, &[usize]); 13] = [
    ("DELETE FROM trials WHERE trial_index = 1", &[0, 4, 6]),
    ("DELETE FROM groups WHERE group_index = 0", &[0, 1]),
    ("UPDATE trials SET expires = 5 WHERE trial_index = 0", &[2]),
    (
        "UPDATE trials SET state = 'leased', begun = 1, expires = 5, deadline = 5,
             worker = '00000000-0000-0000-0000-000000000001', token = '00000000-0000-0000-0000-000000000002'
             WHERE trial_index = 0;
         UPDATE sweeps SET trials_pending = 3, trials_leased = 1;
         INSERT INTO evaluations (sweep_key, group_index, state, updated_at, token) 
             VALUES (1, 0, 'leased', 0, '00000000-0000-0000-0000-000000000002')",
        &[3],
    ),
    ("UPDATE sweeps SET trials_failed = 1", &[4]),
    ("UPDATE sweeps SET groups_selected = 1", &[5]),
    ("UPDATE groups SET trials_failed = 1 WHERE group_index = 1", &[6]),
    (
        "INSERT INTO outcomes (sweep_key, trial_index, attempt, libtorch_version, outcome, scores)
         VALUES (1, 2, 1, '2.13.0', '{}', x'')",
        &[7],
    ),
    (
        "UPDATE groups SET state = 'sealed', seal = 's' WHERE group_index = 0",
        &[8],
    ),
    ("UPDATE sweeps SET state = 'failed', ended_at = 1", &[9]),
    ("UPDATE sweeps SET trials_reused = 1", &[10]),
    ("UPDATE trials SET stopped_epoch = 3 WHERE trial_index = 0", &[11]),
    ("UPDATE sweeps SET state = 'paused'", &[12]),
];

async fn fill(conn: &mut Conn) {
    let spec = spec::parse(SPEC).unwrap();
    let trials: Vec<_> = (0..4).map(|i| (TrialId::of(&i.to_string()), i / 2, i)).collect();
    let now = Timestamp(0);
    let key = sweeps::insert(conn, &spec, SPEC, [2, 4], true, now).await.unwrap();
    groups::insert(conn, key, 2, &[2]).await.unwrap();
    trials::insert(conn, key, &trials, now).await.unwrap();
}

#[tokio::test]
async fn each_damage_is_found() {
    let (mut writer, _reader) = store::open(&Location::Memory).await.unwrap();
    for (damage, expected) in DAMAGES {
        // Never committed: each damage meets a good store.
        let mut transaction = writer.begin(Timestamp(0)).await.unwrap();
        fill(transaction.conn()).await;
        assert_eq!(check(transaction.conn()).await.unwrap(), []);
        for statement in damage.split(';') {
            query(statement).execute(transaction.conn()).await.unwrap();
        }
        let found: BTreeSet<_> = check(transaction.conn())
            .await
            .unwrap()
            .iter()
            .map(|v| v.invariant)
            .collect();
        let expected: BTreeSet<_> = expected.iter().map(|i| INVARIANTS[*i].0).collect();
        // Those of core are damaged one by one where they are.
        let found: BTreeSet<_> = INVARIANTS
            .iter()
            .map(|(name, _)| *name)
            .filter(|name| found.contains(name))
            .collect();
        assert_eq!(found, expected, "{damage}");
        transaction.rollback().await.unwrap();
    }
}

#[tokio::test]
async fn a_choice_that_was_changed_after_its_seal_is_damage() {
    let (mut writer, _reader) = store::open(&Location::Memory).await.unwrap();
    let mut transaction = writer.begin(Timestamp(0)).await.unwrap();
    let conn = transaction.conn();
    fill(conn).await;
    let choice = Choice {
        criterion: Criterion::default(),
        ranking: vec![Ranked {
            trial: TrialId::of("0"),
            val_loss: Some(-0.25),
        }],
        excluded: Vec::new(),
    };
    groups::seal(conn, SweepKey(1), 0, &choice).await.unwrap();
    assert_eq!(groups::choice(conn, SweepKey(1), 0).await.unwrap(), Some(choice));
    let change = "UPDATE groups SET choice = replace(choice, '-0.25', '-0.24') WHERE group_index = 0";
    query(change).execute(conn).await.unwrap();
    let found = groups::choice(conn, SweepKey(1), 0).await;
    assert!(matches!(found, Err(StoreError::Damaged("choice"))), "{found:?}");
}
