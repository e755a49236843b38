//! Who may do what: TLS, tokens with roles, limits, and the record of changes.
//!
//! `arrivals` (connections) -> `gate` (a layer around the services) -> `sizes` -> the services. `roles` and `tokens` decide, and read
//! nothing; docs/security.md says what is defended and what is not.

mod arrivals;
mod audit;
mod certificates;
pub mod command;
mod descriptors;
mod error;
mod gate;
mod limits;
pub mod options;
mod page;
mod roles;
mod sizes;
mod tls;
mod token_file;
mod tokens;
mod watched;

pub(crate) use arrivals::{Arrivals, Protocol};
pub(crate) use audit::{note_resource, noted};
pub(crate) use gate::Gate;
pub(crate) use page::{Doorkeeper, Visitor};
pub(crate) use sizes::BySize;

pub use arrivals::{Peer, Room};
pub use audit::Audit;
pub use certificates::make as make_certificates;
pub use error::{Denial, SafetyError};
pub use limits::Limits;
pub use roles::{RPCS, Record, Right, Role, Rpc, Size};
pub use tls::{Tls, TlsFiles};
pub use token_file::{TokenFile, change as change_tokens};
pub use tokens::{Entry, Tokens};

use std::{fmt, sync::Arc};

/// How a coordinator is kept safe. By default it isn't: for loopback, where whoever can call may do everything.
#[derive(Clone, Default)]
pub struct Safety {
    /// Certificates, where connections are secured.
    pub tls: Option<Arc<Tls>>,
    /// Who may call, where that is asked.
    pub tokens: Option<Arc<TokenFile>>,
    /// Where changes are recorded.
    pub audit: Option<Arc<Audit>>,
    /// How much one caller may ask for.
    pub limits: Limits,
}

impl Safety {
    /// `http`, or `https`.
    pub fn scheme(&self) -> &'static str {
        if self.tls.is_some() { "https" } else { "http" }
    }
}

impl fmt::Debug for Safety {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Safety")
            .field("tls", &self.tls.is_some())
            .field("tokens", &self.tokens.is_some())
            .field("audit", &self.audit.is_some())
            .field("limits", &self.limits)
            .finish()
    }
}
