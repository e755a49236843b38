//! Who speaks, and whom it trusts: the files that the flags name.

use crate::{AccessError, address::Address, token::Token};
use clap::Args;
use std::{
    fs, io,
    path::{Path, PathBuf},
};
use tonic::transport::{Certificate, ClientTlsConfig, Endpoint, Identity};

/// The flags of everybody who speaks with a coordinator.
#[derive(Args, Clone, Debug, Default, PartialEq, Eq)]
#[command(next_help_heading = "Access to the coordinator")]
pub struct Credentials {
    /// File with the token that the coordinator knows this caller by, read again when it changes; the variable AUGUR_TOKEN may
    /// hold the token itself
    #[arg(long, value_name = "FILE", env = "AUGUR_TOKEN_FILE")]
    pub token_file: Option<PathBuf>,
    /// Certificate (PEM) of the authority that signed the coordinator's [default: those that this machine trusts]
    #[arg(long, value_name = "FILE", env = "AUGUR_CA")]
    pub ca: Option<PathBuf>,
    /// Certificate (PEM) of this caller, for a coordinator that asks for one
    #[arg(long, value_name = "FILE", env = "AUGUR_CERT", requires = "key")]
    pub cert: Option<PathBuf>,
    /// Its private key (PEM)
    #[arg(long, value_name = "FILE", env = "AUGUR_KEY", requires = "cert")]
    pub key: Option<PathBuf>,
}

impl Credentials {
    /// The same files by their whole paths, for a program that is started in another folder.
    pub fn absolute(&self) -> Self {
        let whole = |path: &Option<PathBuf>| {
            let path = path.as_ref()?;
            Some(std::path::absolute(path).unwrap_or_else(|_| path.clone()))
        };
        Self {
            token_file: whole(&self.token_file),
            ca: whole(&self.ca),
            cert: whole(&self.cert),
            key: whole(&self.key),
        }
    }

    /// The token, where there is one.
    pub(crate) fn token(&self) -> Result<Token, AccessError> {
        Token::open(self.token_file.as_deref())
    }

    /// The endpoint with TLS where its address asks for it.
    pub(crate) fn secure(
        &self,
        address: &Address,
        endpoint: Endpoint,
        has_token: bool,
    ) -> Result<Endpoint, AccessError> {
        if !address.is_secure() {
            return if address.is_local() || !has_token {
                Ok(endpoint)
            } else {
                Err(AccessError::TokenInTheClear {
                    address: address.to_string(),
                })
            };
        }
        let mut tls = match &self.ca {
            Some(path) => {
                let pem = read(path, "certificate of the authority", "--ca", "CERTIFICATE-----")?;
                ClientTlsConfig::new().ca_certificate(Certificate::from_pem(pem))
            }
            None => ClientTlsConfig::new().with_native_roots(),
        };
        if let (Some(cert), Some(key)) = (&self.cert, &self.key) {
            let cert = read(cert, "certificate", "--cert", "CERTIFICATE-----")?;
            let key = read(key, "private key", "--key", "PRIVATE KEY-----")?;
            tls = tls.identity(Identity::from_pem(cert, key));
        }
        endpoint.tls_config(tls).map_err(|fault| AccessError::Tls {
            address: address.to_string(),
            fault: innermost(&fault),
        })
    }
}

/// A file that has to contain `mark`, for rustls passes over what it doesn't know.
pub(crate) fn read(path: &Path, what: &'static str, flag: &'static str, mark: &str) -> Result<Vec<u8>, AccessError> {
    let text = fs::read(path);
    let text = text.and_then(|text| match String::from_utf8_lossy(&text).contains(mark) {
        true => Ok(text),
        false => Err(io::Error::other("it holds none")),
    });
    text.map_err(|fault| AccessError::File {
        what,
        flag,
        path: path.to_owned(),
        fault,
    })
}

fn innermost(fault: &dyn std::error::Error) -> String {
    match fault.source() {
        Some(deeper) => innermost(deeper),
        None => fault.to_string(),
    }
}
