//! Single ideas left out, so that `make bench-ablation` can show what each is worth. Only in builds with the feature `ablation`;
//! in others the questions below are answered at compile time.

/// What makes a tuning step faster or smaller, and can be left out of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u32)]
pub enum Idea {
    /// Several threads share augur's own loops.
    Threads = 1,
    /// Batch normalisation, ReLUs and their derivatives in one pass over memory, instead of libtorch's operations.
    Fused = 1 << 1,
    /// A result is written over a term that nobody needs any more.
    Overwritten = 1 << 2,
    /// Convolutions of few pixels as products of matrices.
    Pixels = 1 << 3,
    /// The way back under a stride as a product of matrices.
    Strided = 1 << 4,
    /// Weights lie in memory as the images do.
    LaidOut = 1 << 5,
    /// Freed memory stays with the process.
    Kept = 1 << 6,
    /// What the first layer makes of images is computed again after the validation pass.
    Paused = 1 << 7,
    /// A weight's gradient as a sum of outer products.
    Outer = 1 << 8,
}

impl Idea {
    /// Every idea with its name.
    pub const ALL: [(&'static str, Self); 9] = [
        ("threads", Self::Threads),
        ("fused", Self::Fused),
        ("overwritten", Self::Overwritten),
        ("pixels", Self::Pixels),
        ("strided", Self::Strided),
        ("laid_out", Self::LaidOut),
        ("kept", Self::Kept),
        ("paused", Self::Paused),
        ("outer", Self::Outer),
    ];
}

#[cfg(feature = "ablation")]
mod switch {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::Idea;

    static LEFT_OUT: AtomicU32 = AtomicU32::new(0);

    unsafe extern "C" {
        fn augur_leave_out(ideas: u32);
    }

    /// From here on in this process. To be said before anything is computed.
    pub fn leave_out(idea: Idea) {
        let ideas = LEFT_OUT.fetch_or(idea as u32, Ordering::Relaxed) | idea as u32;
        // SAFETY: it stores a number, before any other thread computes.
        unsafe { augur_leave_out(ideas) };
    }

    pub(crate) fn leaves_out(idea: Idea) -> bool {
        LEFT_OUT.load(Ordering::Relaxed) & idea as u32 != 0
    }
}

#[cfg(feature = "ablation")]
pub use switch::leave_out;
#[cfg(feature = "ablation")]
pub(crate) use switch::leaves_out;

/// Whether an idea is left out: never.
#[cfg(not(feature = "ablation"))]
pub(crate) const fn leaves_out(_: Idea) -> bool {
    false
}
