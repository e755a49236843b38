//! Files in an object store that speaks S3: what trials leave behind ([`Mirror`]) and data sets ([`DataCache`]).
//!
//! A [`Depot`] is a place in a bucket. Whatever is put there carries its SHA-256, and whatever is fetched is checked against it,
//! also where a transfer was cut and went on. Every call ends: with what was asked for, or, once its [`Patience`] is over, with an
//! error that says what, where, and what to do.

mod cache;
mod data;
mod depot;
mod error;
mod get;
mod key;
mod lock;
mod manifest;
mod mirror;
mod patience;
mod place;
mod push;
mod put;
mod room;
mod stamp;
mod uplink;

pub use cache::{DataCache, InUse};
pub use data::Wanted;
pub use depot::{Depot, Found};
pub use error::DepotError;
pub use get::Got;
pub use key::Key;
pub use manifest::{Entry, MANIFEST, Manifest};
pub use mirror::Mirror;
pub use patience::Patience;
pub use place::{Place, StoreUrl, cache_home};
pub use push::{Pushed, download, push, upload};
pub use stamp::Stamp;
