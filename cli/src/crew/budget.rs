//! How often a child may be started again: a few times in a row, ever slower, and not for ever.

use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

/// A child that dies more often than this within [`WINDOW`] is given up.
const MOST: usize = 10;
const WINDOW: Duration = Duration::from_secs(60);
const LONGEST_PAUSE: Duration = Duration::from_secs(8);

/// The recent deaths of one child.
#[derive(Default)]
pub struct RestartBudget {
    deaths: VecDeque<Instant>,
}

impl RestartBudget {
    /// Notes a death; the pause before the next start, or none when it is time to give up.
    pub fn next_pause(&mut self, now: Instant) -> Option<Duration> {
        self.deaths.retain(|death| now.duration_since(*death) < WINDOW);
        if self.deaths.len() == MOST {
            return None;
        }
        let doublings = u32::try_from(self.deaths.len()).unwrap_or(u32::MAX).min(10);
        self.deaths.push_back(now);
        Some(LONGEST_PAUSE.min(Duration::from_millis(250) * 2_u32.pow(doublings)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_and_end() {
        let mut budget = RestartBudget::default();
        let now = Instant::now();
        let pauses: Vec<_> = (0..11).map(|_| budget.next_pause(now)).collect();
        assert_eq!(pauses[0], Some(Duration::from_millis(250)));
        assert_eq!(pauses[3], Some(Duration::from_secs(2)));
        assert_eq!(pauses[9], Some(LONGEST_PAUSE));
        assert_eq!(pauses[10], None);
    }

    #[test]
    fn a_quiet_minute_forgives() {
        let mut budget = RestartBudget::default();
        let start = Instant::now();
        for _ in 0..10 {
            budget.next_pause(start);
        }
        assert_eq!(budget.next_pause(start + WINDOW), Some(Duration::from_millis(250)));
    }
}
