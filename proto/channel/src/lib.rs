//! How a client or a worker reaches a coordinator: which addresses there are, over TLS or not, and with which token.
//!
//! Several coordinators may share one store; one of them leads, the others stand by. A [`Connection`] knows the addresses of
//! all and goes on to the next one whenever the present one is away or does not lead.

mod address;
mod connection;
mod credentials;
mod error;
mod obstacle;
mod presence;
mod token;

pub use address::Addresses;
pub use connection::Connection;
pub use credentials::Credentials;
pub use error::AccessError;
pub use obstacle::{Obstacle, cause};

use tonic::transport::{Channel, Endpoint};

/// Everything that it takes to speak with a coordinator.
#[derive(Clone, Debug)]
pub struct Access {
    /// Where they are.
    pub addresses: Addresses,
    /// Who speaks, and whom it trusts.
    pub credentials: Credentials,
}

impl Access {
    /// Without TLS's certificates and without a token: for a coordinator of this machine that asks for none.
    ///
    /// # Errors
    /// Text that is no address.
    pub fn plain(addresses: &str) -> Result<Self, AccessError> {
        Ok(Self {
            addresses: addresses.parse()?,
            credentials: Credentials::default(),
        })
    }

    /// A connection that opens itself with the first call, and again whenever it broke; `shape` sets times and limits,
    /// `dial` opens a channel such as [`Endpoint::connect_lazy`].
    ///
    /// # Errors
    /// Files of the credentials that can't be read or used.
    pub fn open(
        &self,
        shape: impl Fn(Endpoint) -> Endpoint,
        dial: impl Fn(&Endpoint) -> Channel,
    ) -> Result<Connection, AccessError> {
        let token = self.credentials.token()?;
        let endpoints = self.addresses.iter().map(|address| {
            let endpoint = shape(address.endpoint());
            Ok(dial(&self.credentials.secure(address, endpoint, token.is_some())?))
        });
        let channels = endpoints.collect::<Result<Vec<_>, AccessError>>()?;
        Ok(Connection::new(channels, token))
    }
}
