//! What the end-to-end tests share: the built binaries, small sweeps, leaderboards without their times, process trees, and a
//! crew of processes that can be disturbed. `chaos` disturbs one in every way and compares (`make chaos`); `matrix` disturbs a
//! coordinator at every persistence step (`make crash-matrix`); `ha` strikes two that take turns (`make ha-test`). `sim` needs no
//! processes: it simulates a network that fails (`make sim`). `slurm` is a Slurm of a test's own (`make slurm-test`).

pub mod bin;
pub mod chaos;
pub mod crew;
pub mod ha;
pub mod matrix;
pub mod own_images;
pub mod process;
pub mod sim;
pub mod slurm;
pub mod sweep;
