//! Why nobody can be spoken with: one sentence each.

use std::{io, path::PathBuf};
use thiserror::Error;

/// What is wrong with an address or with credentials.
#[derive(Debug, Error)]
pub enum AccessError {
    /// No address.
    #[error("`{given}` is no address of a coordinator; write it like http://127.0.0.1:7461 or https://HOST:PORT")]
    Address {
        /// What was given.
        given: String,
    },
    /// A file of the credentials can't be read.
    #[error("{}, the {what}, can't be read: {}; name another file with {flag}", path.display(), crate::error::os_text(fault))]
    File {
        /// What it should hold.
        what: &'static str,
        /// The flag that named it.
        flag: &'static str,
        /// Which.
        path: PathBuf,
        /// What the system said.
        fault: io::Error,
    },
    /// A token that can't be sent.
    #[error("the token of {origin} is not one line of visible characters; write it as it was printed when it was made")]
    Token {
        /// Where it stood.
        origin: String,
    },
    /// A token would cross the network in the clear.
    #[error(
        "a token would cross the network in the clear on the way to {address}; use https://, or a coordinator of this machine"
    )]
    TokenInTheClear {
        /// Whither.
        address: String,
    },
    /// TLS can't be set up.
    #[error("the certificates for {address} can't be used: {fault}; each file has to be PEM")]
    Tls {
        /// For which coordinator.
        address: String,
        /// What rustls said.
        fault: String,
    },
}

/// What the system says, without Rust's "(os error 20)".
pub(crate) fn os_text(fault: &io::Error) -> String {
    let text = fault.to_string();
    let text = text.split(" (os error").next().unwrap_or_default();
    let mut letters = text.chars();
    letters
        .next()
        .map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
}
