//! The ST-SSAD inner loop on libtorch: detector, augmentation families, losses, hypergradient, one trial.
//!
//! The only crate that names `tch`. It knows nothing of the network, of leases or of labels.

pub mod ablation;
pub mod augment;
mod baseline;
pub mod checkpoint;
pub mod detector;
pub mod device;
pub mod hypergradient;
pub mod init;
mod kernels;
pub mod loss;
pub mod model;
pub mod network;
pub mod normalisation;
pub mod optimiser;
pub mod preview;
pub mod score;
pub mod selection;
pub mod trial;

#[cfg(test)]
mod testing;
