//! Sweeps on clusters: `augur launch` gives a scheduler a coordinator and workers, asks how they are, and stops them.
//!
//! All that belongs to a launch lies in one folder on a file system that every machine of the cluster has ([`files`]): who was
//! given to which scheduler ([`state`]), where the coordinator is, the store, the results. A scheduler is a folder beside this
//! file; `augur launch status` and `stop` ask the one that the state names.

pub mod access;
pub mod files;
pub mod keys;
pub mod kubernetes;
pub mod part;
pub mod scheduler;
pub mod slurm;
pub mod state;
