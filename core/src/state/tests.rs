//! Property tests of the transition function: any interleaving of events keeps the promises.

use super::*;
use proptest::prelude::*;
use uuid::Uuid;

pub(crate) fn token(n: u8) -> LeaseToken {
    LeaseToken::from_uuid(Uuid::from_u128(u128::from(n)))
}

fn worker() -> WorkerId {
    WorkerId::from_uuid(Uuid::from_u128(9))
}

fn cause(kind: CauseKind) -> Cause {
    Cause {
        kind,
        detail: String::new(),
    }
}

fn event() -> impl Strategy<Value = JobEvent> {
    let kind = prop::sample::select(&CauseKind::ALL[..]);
    prop_oneof![
        4 => (0..6u8, 0..50i64, 0..50i64).prop_map(|(t, at, due)| JobEvent::Acquire {
            worker: worker(),
            token: token(t),
            expires: Timestamp(at),
            deadline: Timestamp(due),
        }),
        2 => (0..6u8, 0..50i64, prop::option::of(0..50i64)).prop_map(|(t, at, excused)| JobEvent::Renew {
            token: token(t),
            expires: Timestamp(at),
            excused: excused.map(Timestamp),
        }),
        2 => (0..6u8, 1..9u32, 0..50i64).prop_map(|(t, epoch, due)| JobEvent::Advance {
            token: token(t),
            epoch,
            deadline: Timestamp(due),
        }),
        1 => (0..50i64).prop_map(|at| JobEvent::Grace { expires: Timestamp(at), deadline: Timestamp(at) }),
        2 => (0..6u8).prop_map(|t| JobEvent::Complete { token: token(t) }),
        2 => (0..6u8, kind, prop::option::of(0..9u64)).prop_map(|(t, kind, memory)| JobEvent::Fail {
            token: token(t),
            cause: cause(kind),
            memory,
        }),
        1 => (0..60i64).prop_map(|at| JobEvent::Tick { now: Timestamp(at) }),
        1 => Just(JobEvent::Cancel),
        1 => (1..9u32).prop_map(|epoch| JobEvent::Stop { epoch }),
        1 => Just(JobEvent::Retry),
    ]
}

fn policy(max_attempts: u32) -> RetryPolicy {
    RetryPolicy {
        max_attempts,
        ..RetryPolicy::default()
    }
}

fn leased(token: LeaseToken) -> Lease {
    Lease {
        tally: Tally {
            begun: 1,
            ..Tally::default()
        },
        worker: worker(),
        token,
        expires: Timestamp(10),
        deadline: Timestamp(100),
        epoch: 0,
    }
}

fn moved(state: &JobState, event: &JobEvent, policy: &RetryPolicy) -> JobState {
    match state.apply(event, policy) {
        Ok(Applied::To(next)) => next,
        other => panic!("{event:?} on {state:?} gave {other:?}"),
    }
}

proptest! {
    #[test]
    fn promises_hold_under_any_interleaving(events in prop::collection::vec(event(), 0..60), max_attempts in 1..4u32) {
        let policy = policy(max_attempts);
        let mut state = JobState::Pending(Tally::default());
        for event in &events {
            let before = state.clone();
            match before.apply(event, &policy) {
                Ok(Applied::To(next)) => {
                    prop_assert!(step_holds(&before, &next), "{before:?} took {event:?}");
                    if before.is_terminal() {
                        prop_assert_eq!(event, &JobEvent::Retry);
                    }
                    if let JobState::Stopped { epoch, .. } = &next {
                        prop_assert_eq!(event, &JobEvent::Stop { epoch: *epoch });
                    }
                    if let JobState::Pending(tally) = &next {
                        prop_assert!(tally.charged < max_attempts);
                    }
                    state = next;
                }
                Ok(Applied::Unchanged) | Err(_) => {}
            }
        }
    }

    #[test]
    fn every_accepted_report_may_be_repeated(t in 0..6u8) {
        let policy = RetryPolicy::default();
        let complete = JobEvent::Complete { token: token(t) };
        let done = moved(&JobState::Leased(leased(token(t))), &complete, &policy);
        prop_assert_eq!(done.apply(&complete, &policy), Ok(Applied::Unchanged));
        prop_assert_eq!(done.apply(&JobEvent::Complete { token: token(t + 1) }, &policy), Err(Refusal::Stale));
    }
}

#[test]
fn a_worker_that_stops_in_good_order_is_not_charged() {
    let mut state = JobState::Pending(Tally::default());
    for round in 0..5 {
        let acquire = JobEvent::Acquire {
            worker: worker(),
            token: token(round),
            expires: Timestamp(1),
            deadline: Timestamp(1),
        };
        let release = JobEvent::Fail {
            token: token(round),
            cause: cause(CauseKind::Preempted),
            memory: None,
        };
        for event in [acquire, release] {
            state = moved(&state, &event, &policy(1));
        }
    }
    let tally = Tally {
        begun: 5,
        ..Tally::default()
    };
    assert_eq!(state, JobState::Pending(tally));
}

#[test]
fn an_attempt_without_a_new_epoch_ends_at_its_deadline() {
    let policy = policy(1);
    let renewed = JobEvent::Renew {
        token: token(1),
        expires: Timestamp(1000),
        excused: None,
    };
    let advance = |epoch, due| JobEvent::Advance {
        token: token(1),
        epoch,
        deadline: Timestamp(due),
    };
    let state = moved(&JobState::Leased(leased(token(1))), &renewed, &policy);
    let state = moved(&state, &advance(3, 200), &policy);
    // The same epoch again is no progress.
    assert_eq!(state.apply(&advance(3, 900), &policy), Ok(Applied::Unchanged));
    let tick = |now| JobEvent::Tick { now: Timestamp(now) };
    assert_eq!(state.apply(&tick(199), &policy), Ok(Applied::Unchanged));
    let JobState::Failed { cause, .. } = moved(&state, &tick(200), &policy) else {
        panic!("it has one attempt")
    };
    assert_eq!(cause.kind, CauseKind::Deadline);
    assert!(cause.detail.contains("after epoch 3"), "{cause}");
}

#[test]
fn memory_that_was_too_little_is_remembered_until_somebody_wants_another_try() {
    let policy = policy(2);
    let fail = |memory| JobEvent::Fail {
        token: token(1),
        cause: cause(CauseKind::OutOfMemory),
        memory: Some(memory),
    };
    let JobState::Pending(tally) = moved(&JobState::Leased(leased(token(1))), &fail(7), &policy) else {
        panic!("it may be tried again")
    };
    assert_eq!((tally.charged, tally.too_little), (1, Some(7)));
    let again = JobState::Leased(Lease {
        tally: Tally { begun: 2, ..tally },
        ..leased(token(1))
    });
    let failed = moved(&again, &fail(5), &policy);
    assert!(matches!(failed, JobState::Failed { attempt: 2, .. }));
    let tally = Tally {
        begun: 2,
        ..Tally::default()
    };
    assert_eq!(moved(&failed, &JobEvent::Retry, &policy), JobState::Pending(tally));
}

#[test]
fn causes_of_an_earlier_schema_are_read() {
    let cause: Cause = serde_json::from_str(r#"{"kind":"released","detail":""}"#).unwrap();
    assert_eq!(cause.kind, CauseKind::Preempted);
}
