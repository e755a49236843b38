//! What the end-to-end tests share: the built binaries, small sweeps, leaderboards without their times, process trees.

pub mod bin;
pub mod own_images;
pub mod process;
pub mod sweep;
