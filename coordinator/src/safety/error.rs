//! Why a call is refused, and what is wrong with the files of certificates and tokens.

use super::roles::{Right, Role};
use std::{io, path::PathBuf, time::Duration};
use thiserror::Error;

/// A call that is not let through.
#[derive(Debug, Error)]
pub enum Denial {
    /// Nobody said who calls.
    #[error(
        "this coordinator asks who calls; give a token with --token-file FILE or AUGUR_TOKEN (`augur-coordinator token add` \
         makes one)"
    )]
    TokenMissing,
    /// No such token, or no longer.
    #[error("the token is not known here, or not any more; ask whoever runs the coordinator for a new one")]
    TokenUnknown,
    /// Its time is over.
    #[error("the token of {0} has expired; ask whoever runs the coordinator for a new one")]
    TokenExpired(String),
    /// The role is not enough.
    #[error(
        "{rpc} takes the role {}, and the token of {name} has the role {role}; use another token",
        needed(*right)
    )]
    RoleLacking {
        /// What was called.
        rpc: &'static str,
        /// What it takes.
        right: Right,
        /// Whose token it is.
        name: String,
        /// What it is for.
        role: Role,
    },
    /// Not in the table.
    #[error("this coordinator has no such call; install the same version of augur on both sides")]
    RpcUnknown,
    /// Too many in too short a time.
    #[error("{0} calls too often; wait, and call less often (--rate-limit of the coordinator)")]
    TooManyCalls(String, Duration),
    /// Too many streams at a time.
    #[error("{0} has {1} streams open already; end one of them first")]
    TooManyStreams(String, usize),
    /// It took too long.
    #[error("the call was not answered within {} seconds; try again, or ask for less", .0.as_secs())]
    Deadline(Duration),
    /// The message is too large.
    #[error("the request is larger than {} KiB, which is the most that {rpc} takes; send less", limit >> 10)]
    RequestTooLarge {
        /// What was called.
        rpc: &'static str,
        /// Bytes.
        limit: usize,
    },
}

fn needed(right: Right) -> String {
    let may = Role::ALL.into_iter().filter(|role| role.may(right));
    may.map(Role::name).collect::<Vec<_>>().join(" or ")
}

/// A file that can't be used, or a set-up that is not safe.
#[derive(Debug, Error)]
pub enum SafetyError {
    /// It can't be read.
    #[error("{}, the {what}, can't be read; name another file with {flag}", path.display())]
    Read {
        /// What it should hold.
        what: &'static str,
        /// The flag that named it.
        flag: &'static str,
        /// Which.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// It can't be written.
    #[error("{} can't be written; make its folder writable or name another one", path.display())]
    Write {
        /// Which.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// There is something already.
    #[error("{} is there already, and nothing is overwritten; move it away, or choose another folder with --out", .0.display())]
    Exists(PathBuf),
    /// A certificate or a key that can't be used.
    #[error("{}, the {what}, can't be used: {fault}; it has to be PEM, as `augur-coordinator certificates` writes it", path.display())]
    Certificate {
        /// What it should hold.
        what: &'static str,
        /// Which.
        path: PathBuf,
        /// What is wrong.
        fault: String,
    },
    /// No certificate can be made of this.
    #[error("no certificate can be made for {host}: {fault}; name a host or an address")]
    Host {
        /// For what.
        host: String,
        /// What is wrong.
        fault: String,
    },
    /// A line of a file of tokens.
    #[error("{}, line {line}: {fault}; a line is NAME ROLE SHA256 MADE EXPIRES, as `augur-coordinator token add` writes it", path.display())]
    Tokens {
        /// Which.
        path: PathBuf,
        /// From 1.
        line: usize,
        /// What is wrong.
        fault: String,
    },
    /// A name that is taken.
    #[error("there is a token of {0} already; choose another name, or replace it with `token rotate {0}`")]
    NameTaken(String),
    /// A name that nobody has.
    #[error("there is no token of {0}; `token list` shows those that there are")]
    NoToken(String),
    /// No randomness.
    #[error("the system gives no random numbers: {0}; no token is made without")]
    Random(String),
}
