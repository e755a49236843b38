//! Property tests of the transition function: any interleaving of events keeps the promises.

use super::*;
use proptest::prelude::*;
use uuid::Uuid;

fn token(n: u8) -> LeaseToken {
    LeaseToken::from_uuid(Uuid::from_u128(u128::from(n)))
}

fn event() -> impl Strategy<Value = JobEvent> {
    let kind = prop_oneof![
        Just(CauseKind::WorkerLost),
        Just(CauseKind::Crashed),
        Just(CauseKind::OutOfMemory),
        Just(CauseKind::BadData),
        Just(CauseKind::Numerical),
        Just(CauseKind::Released),
    ];
    prop_oneof![
        4 => (0..6u8, 0..50i64).prop_map(|(t, at)| JobEvent::Acquire {
            worker: WorkerId::from_uuid(Uuid::from_u128(9)),
            token: token(t),
            expires: Timestamp(at),
        }),
        2 => (0..6u8, 0..50i64).prop_map(|(t, at)| JobEvent::Renew { token: token(t), expires: Timestamp(at) }),
        2 => (0..6u8).prop_map(|t| JobEvent::Complete { token: token(t) }),
        2 => (0..6u8, kind).prop_map(|(t, kind)| JobEvent::Fail {
            token: token(t),
            cause: Cause { kind, detail: String::new() },
        }),
        1 => (0..60i64).prop_map(|at| JobEvent::Tick { now: Timestamp(at) }),
        1 => Just(JobEvent::Cancel),
        1 => (1..9u32).prop_map(|epoch| JobEvent::Stop { epoch }),
    ]
}

fn begun(state: &JobState) -> Option<u32> {
    match state {
        JobState::Pending(tally) => Some(tally.begun),
        JobState::Leased(lease) => Some(lease.attempt()),
        JobState::Completed { attempt, .. } | JobState::Failed { attempt, .. } | JobState::Stopped { attempt, .. } => {
            Some(*attempt)
        }
        JobState::Cancelled => None,
    }
}

proptest! {
    #[test]
    fn promises_hold_under_any_interleaving(events in prop::collection::vec(event(), 0..60), max_attempts in 1..4u32) {
        let policy = RetryPolicy { max_attempts };
        let mut state = JobState::Pending(Tally::default());
        for event in &events {
            let before = state.clone();
            match before.apply(event, &policy) {
                Ok(Applied::To(next)) => {
                    prop_assert!(!before.is_terminal(), "{before:?} is final but took {event:?}");
                    if let (Some(old), Some(new)) = (begun(&before), begun(&next)) {
                        prop_assert!(new >= old, "attempt numbers never go back");
                    }
                    if let JobState::Completed { token: by, .. } = &next {
                        prop_assert!(matches!(&before, JobState::Leased(lease) if lease.token == *by));
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
        let lease = Lease {
            tally: Tally { begun: 1, charged: 0 },
            worker: WorkerId::from_uuid(Uuid::from_u128(9)),
            token: token(t),
            expires: Timestamp(10),
        };
        let complete = JobEvent::Complete { token: token(t) };
        let Ok(Applied::To(done)) = JobState::Leased(lease).apply(&complete, &policy) else {
            return Err(TestCaseError::fail("the live lease completes"));
        };
        prop_assert_eq!(done.apply(&complete, &policy), Ok(Applied::Unchanged));
        prop_assert_eq!(done.apply(&JobEvent::Complete { token: token(t + 1) }, &policy), Err(Refusal::Stale));
    }
}

#[test]
fn a_worker_that_stops_in_good_order_is_not_charged() {
    let policy = RetryPolicy { max_attempts: 1 };
    let mut state = JobState::Pending(Tally::default());
    for round in 0..5 {
        let worker = WorkerId::from_uuid(Uuid::from_u128(9));
        let acquire = JobEvent::Acquire {
            worker,
            token: token(round),
            expires: Timestamp(1),
        };
        let release = JobEvent::Fail {
            token: token(round),
            cause: Cause {
                kind: CauseKind::Released,
                detail: String::new(),
            },
        };
        for event in [acquire, release] {
            match state.apply(&event, &policy) {
                Ok(Applied::To(next)) => state = next,
                other => panic!("{event:?} on {state:?} gave {other:?}"),
            }
        }
    }
    assert_eq!(state, JobState::Pending(Tally { begun: 5, charged: 0 }));
}
