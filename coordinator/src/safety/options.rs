//! The flags, and what is not safe to begin with.

use super::{Audit, Limits, Safety, SafetyError, Tls, TlsFiles, TokenFile, descriptors, limits::CALLS};
use clap::Args;
use std::{net::SocketAddr, num::NonZeroU32, path::PathBuf, sync::Arc};

/// Who may call, and how.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Safety (docs/security.md)")]
pub struct SafetyOptions {
    /// Certificate (PEM) of this coordinator; calls and the page then take TLS. `augur-coordinator certificates` makes one
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    pub tls_cert: Option<PathBuf>,
    /// Its private key (PEM)
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    pub tls_key: Option<PathBuf>,
    /// Certificate (PEM) of the authority of clients and workers, who then have to show a certificate of theirs
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    pub tls_client_ca: Option<PathBuf>,
    /// File of the tokens that callers are known by. `augur-coordinator token add` makes one
    #[arg(long, value_name = "FILE")]
    pub tokens: Option<PathBuf>,
    /// File that gets a line of JSON for each change and each refused call
    #[arg(long, value_name = "FILE")]
    pub audit: Option<PathBuf>,
    /// Calls in a second that each caller may make; workers 20 times as many
    #[arg(long, value_name = "CALLS", default_value_t = CALLS)]
    pub rate_limit: NonZeroU32,
    /// Listen beyond this machine without TLS or without tokens
    #[arg(long)]
    pub insecure: bool,
}

impl SafetyOptions {
    /// What is wrong with listening there.
    pub fn fault(&self, addresses: impl IntoIterator<Item = SocketAddr>) -> Option<String> {
        let mut addresses = addresses.into_iter();
        let open = addresses.find(|address| !address.ip().is_loopback())?;
        let missing = match (&self.tls_cert, &self.tokens) {
            _ if self.insecure => return None,
            (Some(_), Some(_)) => return None,
            (None, Some(_)) => "whoever listens on the way reads everything; add --tls-cert and --tls-key",
            (Some(_), None) => "nobody is asked who they are; add --tokens",
            (None, None) => {
                "nobody is asked who they are, and whoever listens on the way reads everything; add --tls-cert, --tls-key and \
                 --tokens (docs/security.md)"
            }
        };
        Some(format!(
            "{open} can be reached from other machines, and {missing}, listen on 127.0.0.1, \
             or add --insecure where every machine around is trusted"
        ))
    }

    /// Reads every file that is named.
    ///
    /// # Errors
    /// One that can't be used.
    pub fn open(&self) -> Result<Safety, SafetyError> {
        let tls = match (&self.tls_cert, &self.tls_key) {
            (Some(certificate), Some(key)) => Some(Arc::new(Tls::open(TlsFiles {
                certificate: certificate.clone(),
                key: key.clone(),
                client_authority: self.tls_client_ca.clone(),
            })?)),
            _ => None,
        };
        let tokens = self.tokens.as_deref().map(TokenFile::open).transpose()?;
        let audit = self.audit.as_deref().map(Audit::open).transpose()?;
        Ok(Safety {
            tls,
            tokens: tokens.map(Arc::new),
            audit: audit.map(Arc::new),
            limits: Limits {
                calls: self.rate_limit,
                room: descriptors::room(Limits::default().room),
                ..Limits::default()
            },
        })
    }
}
