//! A PostgreSQL server of a test's own, gone with the test.

use augur_postgres::{MISSING, Server as Running, programs};
use std::env;
use tempfile::TempDir;

/// A server.
pub struct Server {
    running: Running,
    // Goes after the server.
    _folder: TempDir,
}

impl Server {
    /// A new one; none, with the reason on stderr, where PostgreSQL is not installed. With AUGUR_REQUIRE_POSTGRES it has to be.
    pub fn start() -> Option<Self> {
        if programs().is_none() {
            let required = env::var_os("AUGUR_REQUIRE_POSTGRES").is_some();
            assert!(!required, "AUGUR_REQUIRE_POSTGRES is set, and {MISSING}");
            eprintln!("skipped: {MISSING}");
            return None;
        }
        let folder = tempfile::tempdir().unwrap();
        Some(Self {
            running: Running::start(folder.path(), &["max_connections=40"]).unwrap(),
            _folder: folder,
        })
    }

    /// The address of a database.
    pub fn url(&self, database: &str) -> String {
        self.running.url(database)
    }

    /// As when it crashes.
    pub fn kill(&mut self) {
        self.running.kill().unwrap();
    }

    /// Starts it on what is there.
    pub fn launch(&mut self) {
        self.running.launch().unwrap();
    }
}
