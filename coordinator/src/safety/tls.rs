//! TLS: certificates from files, read again when they change.

use super::{error::SafetyError, watched::Watched};
use rustls::{
    RootCertStore, ServerConfig,
    crypto::ring,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    server::{NoClientAuth, WebPkiClientVerifier, danger::ClientCertVerifier},
};
use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

/// The files that the flags name.
#[derive(Clone, Debug)]
pub struct TlsFiles {
    /// The coordinator's certificate, with those between it and its authority.
    pub certificate: PathBuf,
    /// Its private key.
    pub key: PathBuf,
    /// The authority of the clients' certificates, where they have to have one.
    pub client_authority: Option<PathBuf>,
}

/// How connections are secured, by what the files say now.
pub struct Tls(Watched<Configs>);

struct Configs {
    /// HTTP/2, with clients' certificates where they are wanted.
    grpc: Arc<ServerConfig>,
    /// HTTP/1.1. Browsers are asked for a token instead of a certificate.
    page: Arc<ServerConfig>,
}

impl Tls {
    /// Reads the files.
    ///
    /// # Errors
    /// Files that can't be read or don't fit together.
    pub fn open(files: TlsFiles) -> Result<Self, SafetyError> {
        let mut watched = vec![files.certificate.clone(), files.key.clone()];
        watched.extend(files.client_authority.clone());
        Watched::open(watched, move || Configs::read(&files)).map(Self)
    }

    /// For the API.
    pub(super) fn grpc(&self) -> Arc<ServerConfig> {
        self.0.current().grpc.clone()
    }

    /// For the page.
    pub(super) fn page(&self) -> Arc<ServerConfig> {
        self.0.current().page.clone()
    }
}

const CERTIFICATE: &str = "certificate of the coordinator";
const KEY: &str = "private key of the coordinator";
const CLIENTS: &str = "certificate of the clients' authority";

impl Configs {
    fn read(files: &TlsFiles) -> Result<Self, SafetyError> {
        let verifier = match &files.client_authority {
            Some(path) => client_verifier(path)?,
            None => Arc::new(NoClientAuth),
        };
        Ok(Self {
            grpc: config(files, verifier, b"h2")?,
            page: config(files, Arc::new(NoClientAuth), b"http/1.1")?,
        })
    }
}

fn config(
    files: &TlsFiles,
    verifier: Arc<dyn ClientCertVerifier>,
    protocol: &[u8],
) -> Result<Arc<ServerConfig>, SafetyError> {
    let chain = certificates(&files.certificate, CERTIFICATE, "--tls-cert")?;
    let pem = text(&files.key, KEY, "--tls-key")?;
    let key = PrivateKeyDer::from_pem_slice(&pem).map_err(|fault| unusable(&files.key, KEY, &fault))?;
    let builder = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|fault| unusable(&files.certificate, CERTIFICATE, &fault))?;
    let mut config = builder
        .with_client_cert_verifier(verifier)
        .with_single_cert(chain, key)
        .map_err(|fault| unusable(&files.certificate, CERTIFICATE, &fault))?;
    config.alpn_protocols = vec![protocol.to_vec()];
    Ok(Arc::new(config))
}

fn client_verifier(path: &Path) -> Result<Arc<dyn ClientCertVerifier>, SafetyError> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates(path, CLIENTS, "--tls-client-ca")? {
        roots
            .add(certificate)
            .map_err(|fault| unusable(path, CLIENTS, &fault))?;
    }
    let provider = Arc::new(ring::default_provider());
    let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build();
    verifier.map_err(|fault| unusable(path, CLIENTS, &fault))
}

fn certificates(
    path: &Path,
    what: &'static str,
    flag: &'static str,
) -> Result<Vec<CertificateDer<'static>>, SafetyError> {
    let pem = text(path, what, flag)?;
    let all: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&pem).collect();
    let all = all.map_err(|fault| unusable(path, what, &fault))?;
    if all.is_empty() {
        return Err(unusable(path, what, &"it holds none"));
    }
    Ok(all)
}

fn text(path: &Path, what: &'static str, flag: &'static str) -> Result<Vec<u8>, SafetyError> {
    fs::read(path).map_err(|source| SafetyError::Read {
        what,
        flag,
        path: path.to_owned(),
        source,
    })
}

fn unusable(path: &Path, what: &'static str, fault: &dyn std::fmt::Display) -> SafetyError {
    SafetyError::Certificate {
        what,
        path: path.to_owned(),
        fault: fault.to_string(),
    }
}
