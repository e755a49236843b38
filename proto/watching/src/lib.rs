//! What a running program of augur says of itself, the same for coordinators and workers: metrics as text ([`exposition`]),
//! traces of trials ([`traces`]), logs ([`logs`]). What is counted, and which spans there are, is said where it happens.

pub mod exposition;
pub mod logs;
pub mod process;
pub mod traces;
