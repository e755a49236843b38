//! The size of each part: in full, and the smallest that shows that it works.

use super::{connected, durable, million};

pub struct Sizes {
    pub durable: durable::Size,
    pub connected: connected::Size,
    pub million: million::Size,
    /// Seconds of each point of the saturation.
    pub point_s: f64,
}

/// The sizes; `done` trials of the many are completed.
pub fn of(short: bool, done: u32) -> Sizes {
    let durable = durable::Size {
        processes: 4,
        slots: 8,
        reports: 10,
        seconds: if short { 2.0 } else { 20.0 },
        ray_trials: if short { 12 } else { 120 },
    };
    let connected = connected::Size {
        workers: if short { 50 } else { 1000 },
        epochs: 20,
        warm_s: if short { 1.0 } else { 10.0 },
        seconds: if short { 3.0 } else { 60.0 },
    };
    let million = million::Size {
        trials: if short { 10_000 } else { 1_000_000 },
        done: if short { 2_000 } else { done },
        reports: 2,
        leases: if short { 20 } else { 200 },
    };
    let point_s = if short { 1.0 } else { 10.0 };
    Sizes {
        durable,
        connected,
        million,
        point_s,
    }
}
