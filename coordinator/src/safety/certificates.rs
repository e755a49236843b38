//! Certificates of one's own: an authority, the coordinator's, and one for clients.

use super::error::SafetyError;
use augur_core::time::Timestamp;
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose,
    SerialNumber,
};
use std::{
    fs::{self, OpenOptions},
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

const DAY: Duration = Duration::from_secs(86400);

/// How long the authority lasts: workers know it by its file, so that it is tedious to replace.
const AUTHORITY: Duration = DAY.saturating_mul(3653);

/// How long the others last: as long as browsers take.
const OTHERS: Duration = DAY.saturating_mul(397);

/// Clocks of other machines may be behind.
const BEFORE: Duration = DAY;

/// Names under which a coordinator is reached on its own machine.
const LOCAL: [&str; 3] = ["localhost", "127.0.0.1", "::1"];

/// Writes `ca`, `coordinator` and `client`, each `.pem` and `.key`, into `folder`. An authority that is there is used again:
/// whoever moves the other files away gets new ones that everybody trusts already. Gives the files that were written.
///
/// # Errors
/// A file that is there already, a folder that can't be written, a name that no certificate can be for.
pub fn make(folder: &Path, hosts: &[String], now: Timestamp) -> Result<Vec<PathBuf>, SafetyError> {
    let now = UNIX_EPOCH + Duration::from_millis(now.0.unsigned_abs());
    let written = |path: &Path| {
        let path = path.to_owned();
        move |source| SafetyError::Write { path, source }
    };
    fs::create_dir_all(folder).map_err(written(folder))?;
    let [certificate, key] = pair(folder, "ca");
    let renews = certificate.exists() && key.exists();
    let wanted = ["ca", "coordinator", "client"]
        .into_iter()
        .filter(|name| !renews || *name != "ca");
    if let Some(taken) = wanted.flat_map(|name| pair(folder, name)).find(|path| path.exists()) {
        return Err(SafetyError::Exists(taken));
    }
    let mut files = Vec::new();
    let authority = if renews {
        read_authority(&certificate, &key)?
    } else {
        let (text, authority) = authority(now)?;
        files.extend(write(folder, "ca", &text, authority.key())?);
        authority
    };
    let names: Vec<String> = LOCAL
        .iter()
        .map(ToString::to_string)
        .chain(hosts.iter().cloned())
        .collect();
    let (text, secret) = signed(
        &authority,
        "augur-coordinator",
        names,
        ExtendedKeyUsagePurpose::ServerAuth,
        now,
    )?;
    files.extend(write(folder, "coordinator", &text, &secret)?);
    let (text, secret) = signed(
        &authority,
        "augur-client",
        vec![],
        ExtendedKeyUsagePurpose::ClientAuth,
        now,
    )?;
    files.extend(write(folder, "client", &text, &secret)?);
    Ok(files)
}

/// The files of one certificate: itself, and its private key.
fn pair(folder: &Path, name: &str) -> [PathBuf; 2] {
    [folder.join(format!("{name}.pem")), folder.join(format!("{name}.key"))]
}

fn authority(now: SystemTime) -> Result<(String, Issuer<'static, KeyPair>), SafetyError> {
    let mut params = params("augur-authority", vec![], now, AUTHORITY)?;
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    let key = KeyPair::generate().map_err(|fault| host_fault("augur-authority", &fault))?;
    let certificate = params
        .self_signed(&key)
        .map_err(|fault| host_fault("augur-authority", &fault))?;
    Ok((certificate.pem(), Issuer::new(params, key)))
}

fn read_authority(certificate: &Path, key: &Path) -> Result<Issuer<'static, KeyPair>, SafetyError> {
    let read = |path: &Path, what| {
        fs::read_to_string(path).map_err(|source| SafetyError::Read {
            what,
            flag: "--out",
            path: path.to_owned(),
            source,
        })
    };
    let unusable = |path: &Path, what, fault: rcgen::Error| SafetyError::Certificate {
        what,
        path: path.to_owned(),
        fault: fault.to_string(),
    };
    let what = "private key of the authority";
    let secret = KeyPair::from_pem(&read(key, what)?).map_err(|fault| unusable(key, what, fault))?;
    let what = "certificate of the authority";
    Issuer::from_ca_cert_pem(&read(certificate, what)?, secret).map_err(|fault| unusable(certificate, what, fault))
}

fn signed(
    authority: &Issuer<'static, KeyPair>,
    name: &str,
    hosts: Vec<String>,
    purpose: ExtendedKeyUsagePurpose,
    now: SystemTime,
) -> Result<(String, KeyPair), SafetyError> {
    let shown = hosts.last().map_or(name, String::as_str).to_owned();
    let mut params = params(name, hosts, now, OTHERS)?;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![purpose];
    params.use_authority_key_identifier_extension = true;
    let key = KeyPair::generate().map_err(|fault| host_fault(&shown, &fault))?;
    let certificate = params
        .signed_by(&key, authority)
        .map_err(|fault| host_fault(&shown, &fault))?;
    Ok((certificate.pem(), key))
}

fn params(name: &str, hosts: Vec<String>, now: SystemTime, lasts: Duration) -> Result<CertificateParams, SafetyError> {
    let shown = hosts.last().map_or(name, String::as_str).to_owned();
    let mut params = CertificateParams::new(hosts).map_err(|fault| host_fault(&shown, &fault))?;
    params.distinguished_name.remove(DnType::CommonName);
    params.distinguished_name.push(DnType::CommonName, name);
    params.not_before = (now - BEFORE).into();
    params.not_after = (now + lasts).into();
    let mut serial = [0; 16];
    getrandom::fill(&mut serial).map_err(|fault| SafetyError::Random(fault.to_string()))?;
    // A positive number that has its leading byte.
    serial[0] = serial[0] & 0x7f | 0x40;
    params.serial_number = Some(SerialNumber::from_slice(&serial));
    Ok(params)
}

fn host_fault(host: &str, fault: &rcgen::Error) -> SafetyError {
    SafetyError::Host {
        host: host.to_owned(),
        fault: fault.to_string(),
    }
}

fn write(folder: &Path, name: &str, certificate: &str, key: &KeyPair) -> Result<[PathBuf; 2], SafetyError> {
    let [public, private] = pair(folder, name);
    let failed = |path: &Path, source: io::Error| match source.kind() {
        io::ErrorKind::AlreadyExists => SafetyError::Exists(path.to_owned()),
        _ => SafetyError::Write {
            path: path.to_owned(),
            source,
        },
    };
    create(&private, 0o600, &key.serialize_pem()).map_err(|source| failed(&private, source))?;
    create(&public, 0o644, certificate).map_err(|source| failed(&public, source))?;
    Ok([public, private])
}

fn create(path: &Path, mode: u32, text: &str) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(mode).open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}
