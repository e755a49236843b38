//! What the benchmarks share: sides that run as child processes and answer in turn, and how their times are compared.
//!
//! Machines are noisy, so both sides of a comparison run in one go and alternately, and what is reported is the ratio
//! of neighbouring measurements: its median, and the quarters around it. A sweep's sides run once, one after another.

pub mod ablation;
pub mod fit;
pub mod local;
pub mod options;
pub mod profile;
pub mod recovery;
pub mod sample;
pub mod scale;
pub mod scaling;
pub mod side;
pub mod step;
pub mod sweep;
pub mod table;
