//! Who goes on: a function of the values at the rungs.

use std::fmt;

/// What is known of a trial on its way.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Course {
    /// Its value at each rung, in order, as far as it got; none is NaN.
    pub values: Vec<f64>,
    /// It failed for good: no further value will come.
    pub is_over: bool,
}

/// What is decided of a trial.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// Some value is missing: its own, or that of a trial before it.
    Undecided,
    /// It has passed every rung that it came to.
    GoesOn,
    /// It goes no further.
    Stopped(Stop),
}

/// Why a trial was stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stop {
    /// The rung, an epoch.
    pub epoch: u32,
    /// Its rank there, from 1.
    pub rank: u32,
    /// Among so many: itself, and those before it in the order that got so far.
    pub among: u32,
    /// The last rank that goes on.
    pub kept: u32,
}

impl fmt::Display for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            epoch,
            rank,
            among,
            kept,
        } = self;
        write!(
            f,
            "stopped: after epoch {epoch} it ranked {rank} of {among}, where the first {kept} went on"
        )
    }
}

/// One rung, while trials come to it in their order.
struct Rung {
    epoch: u32,
    /// The values of those who came to it, sorted.
    values: Vec<f64>,
    /// Of somebody before it is not known whether, or with what value, it comes here.
    is_open: bool,
}

impl Rung {
    /// Takes a trial's value; why it goes no further, if so. Ties are in its favour.
    fn enter(&mut self, value: f64, reduction: u32) -> Option<Stop> {
        let at = self.values.partition_point(|other| *other < value);
        self.values.insert(at, value);
        let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        let (rank, among) = (count(at + 1), count(self.values.len()));
        let kept = among.div_ceil(reduction);
        (rank > kept).then_some(Stop {
            epoch: self.epoch,
            rank,
            among,
            kept,
        })
    }
}

/// The fates of a group's trials, in their order. What is decided stays: more values only decide the undecided.
pub fn fates<'a>(reduction: u32, rungs: &[u32], courses: impl IntoIterator<Item = &'a Course>) -> Vec<Fate> {
    let mut rungs: Vec<Rung> = rungs
        .iter()
        .map(|epoch| Rung {
            epoch: *epoch,
            values: Vec::new(),
            is_open: false,
        })
        .collect();
    let fate = |course| fate(course, reduction, &mut rungs);
    courses.into_iter().map(fate).collect()
}

fn fate(course: &Course, reduction: u32, rungs: &mut [Rung]) -> Fate {
    for at in 0..rungs.len() {
        let Some(value) = course.values.get(at) else {
            if course.is_over {
                return Fate::GoesOn;
            }
            open(&mut rungs[at..]);
            return Fate::Undecided;
        };
        let stop = rungs[at].enter(*value, reduction);
        // It came here, with this value, but against whom is not known yet, so neither is whether it goes on.
        if rungs[at].is_open {
            open(&mut rungs[at + 1..]);
            return Fate::Undecided;
        }
        if let Some(stop) = stop {
            return Fate::Stopped(stop);
        }
    }
    Fate::GoesOn
}

fn open(rungs: &mut [Rung]) {
    rungs.iter_mut().for_each(|rung| rung.is_open = true);
}
