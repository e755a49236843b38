//! A sweep of several trials and workers, moved by core's own decisions under any interleaving of events and time.

use super::*;
use crate::{
    breaker::Breaker,
    id::WorkerId,
    state::{Applied, Cause, CauseKind, JobEvent, Refusal, RetryPolicy, Tally},
    sweep::{SweepEvent, SweepState},
    time::Timestamp,
};
use proptest::prelude::*;
use uuid::Uuid;

/// Groups, and trials of each.
const GROUPS: u32 = 2;
const SIZE: u32 = 3;
/// Milliseconds of a lease, and between epochs at most.
const LEASE: i64 = 15;
const STALL: i64 = 40;

/// What happens. Leases are named by their place among all that were ever given.
#[derive(Clone, Debug)]
enum Op {
    Acquire(u8),
    Renew(usize, bool),
    Advance(usize, u32),
    Complete(usize),
    Fail(usize, CauseKind, u64),
    Pass(i64),
    Restart,
    Verb(SweepEvent),
}

fn op() -> impl Strategy<Value = Op> {
    let lease = 0..40usize;
    let kind = prop::sample::select(&CauseKind::ALL[..]);
    let verb = prop::sample::select(
        &[
            SweepEvent::Pause,
            SweepEvent::Resume,
            SweepEvent::Cancel,
            SweepEvent::Retry,
        ][..],
    );
    prop_oneof![
        8 => (0..3u8).prop_map(Op::Acquire),
        3 => (lease.clone(), any::<bool>()).prop_map(|(at, excused)| Op::Renew(at, excused)),
        3 => (lease.clone(), 1..5u32).prop_map(|(at, epoch)| Op::Advance(at, epoch)),
        6 => lease.clone().prop_map(Op::Complete),
        5 => (lease, kind, 0..4u64).prop_map(|(at, kind, memory)| Op::Fail(at, kind, memory)),
        3 => (0..30i64).prop_map(Op::Pass),
        1 => Just(Op::Restart),
        2 => verb.prop_map(Op::Verb),
    ]
}

struct Model {
    policy: RetryPolicy,
    now: i64,
    sweep: SweepState,
    breaker: Breaker,
    trials: Vec<TrialFacts>,
    rankings: Vec<Option<Vec<TrialId>>>,
    /// Every lease that was given: its trial and its token.
    leases: Vec<(usize, LeaseToken)>,
}

impl Model {
    fn new(max_attempts: u32) -> Self {
        let trial = |index: u32| TrialFacts {
            index,
            trial: TrialId::of(&index.to_string()),
            state: JobState::Pending(Tally::default()),
            attempts: Vec::new(),
            outcomes: Vec::new(),
        };
        Self {
            policy: RetryPolicy {
                max_attempts,
                ..RetryPolicy::default()
            },
            now: 0,
            sweep: SweepState::Running,
            breaker: Breaker::default(),
            trials: (0..GROUPS * SIZE).map(trial).collect(),
            rankings: vec![None; GROUPS as usize],
            leases: Vec::new(),
        }
    }

    fn groups(&self) -> impl Iterator<Item = GroupFacts> + '_ {
        (0..GROUPS).map(|index| {
            let members = index * SIZE..(index + 1) * SIZE;
            GroupFacts {
                index,
                ranking: self.rankings[index as usize].clone(),
                trials: self.trials[members.start as usize..members.end as usize].to_vec(),
                members,
            }
        })
    }

    fn broken(&self) -> Vec<Broken> {
        let mut inspection = Inspection::default();
        self.groups().for_each(|group| inspection.group(&group));
        inspection.end(GROUPS, GROUPS * SIZE)
    }

    /// Applies an event as the engine does: state and record together, then what follows from it.
    fn apply(&mut self, at: usize, event: &JobEvent) -> Result<(), Refusal> {
        let before = self.trials[at].state.clone();
        let Applied::To(state) = before.apply(event, &self.policy)? else {
            return Ok(());
        };
        let trial = &mut self.trials[at];
        trial.attempts.extend(state.begun());
        trial.state = state;
        if let JobState::Completed { attempt, .. } = trial.state {
            trial.outcomes.push(attempt);
            self.breaker.reset();
        }
        let cause = match event {
            JobEvent::Fail { cause, .. } => Some(cause.clone()),
            JobEvent::Tick { now } => match &before {
                JobState::Leased(lease) => lease.ends(*now),
                _ => None,
            },
            _ => None,
        };
        if let Some(cause) = cause
            && self.breaker.failed(at as u32, &cause, self.policy.breaker).is_some()
        {
            self.sweep = self.sweep.apply(SweepEvent::Pause).unwrap_or(self.sweep);
        }
        self.seal(at / SIZE as usize);
        Ok(())
    }

    fn seal(&mut self, group: usize) {
        let members = &self.trials[group * SIZE as usize..(group + 1) * SIZE as usize];
        let over = |trial: &TrialFacts| trial.state.is_terminal() && trial.state != JobState::Cancelled;
        if self.rankings[group].is_none() && members.iter().all(over) {
            let completed = members.iter().filter(|trial| !trial.outcomes.is_empty());
            self.rankings[group] = Some(completed.map(|trial| trial.trial).collect());
        }
        if self.rankings.iter().all(Option::is_some) {
            let selected = self.rankings.iter().flatten().all(|ranking| !ranking.is_empty());
            self.sweep = self.sweep.apply(SweepEvent::End { selected }).unwrap();
        }
    }

    fn due(&self) -> (Timestamp, Timestamp) {
        (Timestamp(self.now + LEASE), Timestamp(self.now + STALL))
    }

    fn each(&mut self, event: &JobEvent) {
        for at in 0..self.trials.len() {
            self.apply(at, event).unwrap();
        }
    }

    fn run(&mut self, op: &Op) {
        let (expires, deadline) = self.due();
        match op {
            Op::Acquire(worker) => self.acquire(*worker),
            Op::Pass(by) => {
                self.now += by;
                let now = Timestamp(self.now);
                self.each(&JobEvent::Tick { now });
            }
            Op::Restart => self.each(&JobEvent::Grace { expires, deadline }),
            Op::Verb(verb) => self.verb(*verb),
            Op::Renew(at, excused) => self.report(*at, |token| JobEvent::Renew {
                token,
                expires,
                excused: excused.then_some(deadline),
            }),
            Op::Advance(at, epoch) => self.report(*at, |token| JobEvent::Advance {
                token,
                epoch: *epoch,
                deadline,
            }),
            Op::Complete(at) => self.report(*at, |token| JobEvent::Complete { token }),
            Op::Fail(at, kind, memory) => self.report(*at, |token| JobEvent::Fail {
                token,
                cause: Cause {
                    kind: *kind,
                    detail: String::new(),
                },
                memory: Some(*memory),
            }),
        }
    }

    fn acquire(&mut self, worker: u8) {
        let pending = |trial: &TrialFacts| matches!(trial.state, JobState::Pending(_));
        if self.sweep == SweepState::Running
            && let Some(at) = self.trials.iter().position(pending)
        {
            let token = LeaseToken::from_uuid(Uuid::from_u128(self.leases.len() as u128));
            let (expires, deadline) = self.due();
            let acquire = JobEvent::Acquire {
                worker: WorkerId::from_uuid(Uuid::from_u128(worker.into())),
                token,
                expires,
                deadline,
            };
            self.apply(at, &acquire).unwrap();
            self.leases.push((at, token));
        }
    }

    /// Somebody reports under a lease, live or not; a stale one changes nothing.
    fn report(&mut self, lease: usize, event: impl Fn(LeaseToken) -> JobEvent) {
        if let Some((at, token)) = self.leases.get(lease).copied() {
            let before = self.trials[at].clone();
            if self.apply(at, &event(token)).is_err() {
                assert_eq!(self.trials[at], before);
            }
        }
    }

    fn verb(&mut self, verb: SweepEvent) {
        let Ok(after) = self.sweep.apply(verb) else { return };
        self.sweep = after;
        match verb {
            SweepEvent::Cancel => self.each(&JobEvent::Cancel),
            SweepEvent::Resume => self.breaker.reset(),
            SweepEvent::Retry => self.retry(),
            SweepEvent::Pause | SweepEvent::End { .. } => {}
        }
    }

    /// Failed trials of groups whose choice ranks nobody go back.
    fn retry(&mut self) {
        for at in 0..self.trials.len() {
            let ranking = &mut self.rankings[at / SIZE as usize];
            if ranking.as_ref().is_none_or(Vec::is_empty) && matches!(self.trials[at].state, JobState::Failed { .. }) {
                *ranking = None;
                self.apply(at, &JobEvent::Retry).unwrap();
            }
        }
        // Nothing to try again: it is as over as it was.
        self.seal(0);
    }

    /// A worker that does its work, to the end.
    fn work_off(&mut self) {
        self.verb(SweepEvent::Resume);
        self.now += LEASE + STALL;
        self.each(&JobEvent::Tick {
            now: Timestamp(self.now),
        });
        self.verb(SweepEvent::Resume);
        while self.sweep == SweepState::Running {
            self.acquire(0);
            self.report(self.leases.len() - 1, |token| JobEvent::Complete { token });
        }
    }
}

proptest! {
    #[test]
    fn no_interleaving_breaks_a_sweep(ops in prop::collection::vec(op(), 0..120), max_attempts in 1..4u32) {
        let mut model = Model::new(max_attempts);
        for op in &ops {
            model.run(op);
            prop_assert_eq!(model.broken(), vec![], "after {:?}", op);
        }
        model.work_off();
        prop_assert_eq!(model.broken(), vec![]);
        prop_assert!(model.sweep.is_final());
        prop_assert!(model.trials.iter().all(|trial| trial.state.is_terminal()), "nothing is left behind");
    }
}

/// What is done to a good sweep, and the invariant that then fails.
#[test]
fn each_damage_is_found() {
    type Damage = fn(&mut Model);
    let damages: [(&str, Damage); 6] = [
        (COVER, |model| model.trials[1].trial = model.trials[2].trial),
        (COVER, |model| model.trials[4].index = 3),
        (LEASES, |model| {
            let taken = model.trials[0].state.clone();
            model.trials[1] = TrialFacts {
                state: taken,
                attempts: vec![1],
                outcomes: vec![1],
                ..model.trials[1].clone()
            };
        }),
        (ATTEMPTS, |model| model.trials[0].attempts.push(0)),
        (OUTCOMES, |model| model.trials[0].outcomes.push(1)),
        (SEALS, |model| model.rankings[0] = Some(vec![model.trials[0].trial])),
    ];
    for (invariant, damage) in damages {
        let mut model = Model::new(3);
        model.acquire(0);
        model.report(0, |token| JobEvent::Complete { token });
        assert_eq!(model.broken(), Vec::new());
        damage(&mut model);
        let found: BTreeSet<_> = model.broken().into_iter().map(|(name, _)| name).collect();
        assert_eq!(found, BTreeSet::from([invariant]));
    }
}
