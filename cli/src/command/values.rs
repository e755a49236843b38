//! Values of options that clap's own words don't explain to people.

use std::{net::SocketAddr, num::NonZeroU32, path::PathBuf, str::FromStr};

/// A number of things of which there has to be one.
pub(crate) fn at_least_one(text: &str) -> Result<NonZeroU32, String> {
    text.parse().map_err(|_| "write a whole number of at least 1".into())
}

/// A whole number that isn't negative.
pub(crate) fn whole<T: FromStr>(text: &str) -> Result<T, String> {
    text.parse().map_err(|_| "write a whole number, 0 or more".into())
}

/// A whole number.
pub(crate) fn signed(text: &str) -> Result<i32, String> {
    text.parse()
        .map_err(|_| "write a whole number, such as 10 or -1".into())
}

/// Where the coordinator of a run serves: on this machine, since nobody is asked who they are.
pub(crate) fn loopback(text: &str) -> Result<SocketAddr, String> {
    let address: SocketAddr = text
        .parse()
        .map_err(|_| "write an address and a port, like 127.0.0.1:7461 (port 0: any free one)")?;
    match address.ip().is_loopback() {
        true => Ok(address),
        false => Err(
            "a run is for this machine; listen on 127.0.0.1, or start `augur-coordinator --insecure` and workers, and \
             `augur submit`"
                .into(),
        ),
    }
}

/// The store of a run is a file; a coordinator on a server is started apart from it.
pub(crate) fn store_file(text: &str) -> Result<PathBuf, String> {
    match text.contains("://") {
        false => Ok(text.into()),
        true => Err("it is no file; start `augur-coordinator --store` with it, workers, and `augur submit`".into()),
    }
}
