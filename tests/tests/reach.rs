//! What is said to whoever reaches for a coordinator the wrong way: over TLS or not, with certificates or without.
#![allow(clippy::unwrap_used, reason = "a panic here is a failed test")]

use augur_tests::bin::{augur, path};
use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Output, Stdio},
};
use tempfile::tempdir;

/// A coordinator that is killed when the test lets go of it, and its address.
struct Coordinator(Child, String);

impl Coordinator {
    fn start(folder: &Path, store: &str, more: &[&str]) -> Self {
        let mut child = Command::new(path("augur-coordinator"))
            .args(["--listen", "127.0.0.1:0", "--http", "off", "--store", store])
            .args(more)
            .current_dir(folder)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let said = BufReader::new(child.stdout.take().unwrap()).read_line(&mut line);
        let coordinator = Self(child, line.trim().replace("listening on ", ""));
        said.unwrap();
        coordinator
    }

    /// Host and port.
    fn place(&self) -> &str {
        self.1.split("://").nth(1).unwrap()
    }
}

impl Drop for Coordinator {
    fn drop(&mut self) {
        // It may have ended by itself, which is as good.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn assert_says(ended: &Output, words: &str) {
    let said = String::from_utf8_lossy(&ended.stderr);
    assert_eq!(ended.status.code(), Some(7), "{said}");
    assert!(said.contains(words), "{said:?} lacks {words:?}");
}

#[test]
fn the_wrong_scheme_and_missing_certificates_are_named() {
    let folder = tempdir().unwrap();
    let folder = folder.path();
    let mut certificates = Command::new(path("augur-coordinator"));
    certificates.args(["certificates", "--out", "tls", "--host", "gpu-1"]);
    assert!(certificates.current_dir(folder).output().unwrap().status.success());
    let files = ["--tls-cert", "tls/coordinator.pem", "--tls-key", "tls/coordinator.key"];
    let plain = Coordinator::start(folder, "plain.sqlite", &[]);
    let tls = Coordinator::start(folder, "tls.sqlite", &files);
    let strict = [&files[..], &["--tls-client-ca", "tls/ca.pem"]].concat();
    let strict = Coordinator::start(folder, "strict.sqlite", &strict);

    let list = |scheme: &str, coordinator: &Coordinator, more: &[&str]| {
        let mut list = augur();
        list.args(["list", "--coordinator", &format!("{scheme}://{}", coordinator.place())]);
        list.args(more).current_dir(folder).output().unwrap()
    };
    let ca = ["--ca", "tls/ca.pem"];
    assert_says(&list("https", &plain, &ca), "does not speak TLS: write http://");
    assert_says(&list("http", &tls, &[]), "write https://, with --ca");
    assert_says(&list("https", &tls, &[]), "name the authority's with --ca");
    assert_says(&list("https", &strict, &ca), "--cert and --key");
    let whole = [&ca[..], &["--cert", "tls/client.pem", "--key", "tls/client.key"]].concat();
    let listed = list("https", &strict, &whole);
    assert!(listed.status.success(), "{}", String::from_utf8_lossy(&listed.stderr));

    let mut worker = Command::new(path("augur-worker"));
    worker.args(["--connect-timeout", "1", "--coordinator"]);
    let worker = worker.arg(format!("https://{}", plain.place())).args(ca);
    let ended = worker.current_dir(folder).output().unwrap();
    assert_says(&ended, "does not speak TLS: write http://");
}
