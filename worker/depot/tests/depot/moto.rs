//! A server that speaks S3 of a test's own: moto, in memory, gone with the test.

use augur_depot::{Depot, Patience, StoreUrl};
use std::{
    collections::BTreeMap,
    env,
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};

/// A running server with the bucket `augur`.
pub struct Moto {
    child: Child,
    address: SocketAddr,
}

/// What tests wait for at most.
pub const PATIENCE: Patience = Patience::of(Duration::from_secs(60));

impl Moto {
    /// A new server that asks nobody who they are; none, with the reason on stderr, where moto is not installed. With
    /// AUGUR_REQUIRE_S3 it has to be.
    pub fn start() -> Option<Self> {
        Self::start_with(None)
    }

    /// The same; after so many calls it lets in only whom it knows, which is nobody.
    pub fn start_with(calls_without_credentials: Option<u32>) -> Option<Self> {
        let Some(program) = program() else {
            assert!(
                env::var_os("AUGUR_REQUIRE_S3").is_none(),
                "AUGUR_REQUIRE_S3 is set, and .s3-venv has no moto: run scripts/s3-tools"
            );
            eprintln!("skipped: .s3-venv has no moto; `scripts/s3-tools` puts it there");
            return None;
        };
        let mut command = Command::new(program);
        command
            .args(["--host", "127.0.0.1", "--port", "0"])
            .env("PYTHONUNBUFFERED", "1");
        if let Some(calls) = calls_without_credentials {
            command.env("INITIAL_NO_AUTH_ACTION_COUNT", calls.to_string());
        }
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap())
            .lines()
            .map_while(Result::ok);
        let address = lines.find_map(|line| line.split_once("http://")?.1.trim().parse().ok());
        let address = address.expect("moto says where it listens");
        // Else it stops once the pipe is full.
        std::thread::spawn(move || lines.for_each(drop));
        let moto = Self { child, address };
        assert!(moto.request("PUT /augur", "", b"").starts_with("HTTP/1.1 200"));
        Some(moto)
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// A place in its bucket.
    pub fn depot(&self, prefix: &str) -> Depot {
        depot_at(self.address, &format!("s3://augur/{prefix}"))
    }

    /// Puts an object as it is, behind the depot's back.
    pub fn put(&self, key: &str, sha256: Option<&str>, bytes: &[u8]) {
        let header = sha256.map_or_else(String::new, |sha256| format!("x-amz-meta-augur-sha256: {sha256}\r\n"));
        let answer = self.request(&format!("PUT /augur/{key}"), &header, bytes);
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    }

    /// Removes an object.
    pub fn remove(&self, key: &str) {
        self.request(&format!("DELETE /augur/{key}"), "", b"");
    }

    fn request(&self, line: &str, headers: &str, body: &[u8]) -> String {
        let mut stream = TcpStream::connect(self.address).unwrap();
        let length = body.len();
        // moto takes the service from the credentials.
        let of = "Authorization: AWS4-HMAC-SHA256 Credential=a/20260101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=0";
        let head = format!(
            "{line} HTTP/1.1\r\nHost: {}\r\n{of}\r\nContent-Length: {length}\r\nConnection: close\r\n{headers}\r\n",
            self.address
        );
        stream.write_all(head.as_bytes()).unwrap();
        stream.write_all(body).unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        String::from_utf8_lossy(&answer).into_owned()
    }

    /// SIGKILL.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Moto {
    fn drop(&mut self) {
        let _ = (self.child.kill(), self.child.wait());
    }
}

/// The place `url` at a server, or at a proxy of one.
pub fn depot_at(address: SocketAddr, url: &str) -> Depot {
    Depot::open_with(&url.parse::<StoreUrl>().unwrap(), &variables(address)).unwrap()
}

/// What says where the server is.
pub fn variables(address: SocketAddr) -> BTreeMap<String, String> {
    let pairs = [
        ("AWS_ENDPOINT_URL", format!("http://{address}")),
        ("AWS_ALLOW_HTTP", "true".into()),
        ("AWS_ACCESS_KEY_ID", "augur".into()),
        ("AWS_SECRET_ACCESS_KEY", "augur".into()),
        ("AWS_REGION", "us-east-1".into()),
    ];
    pairs.map(|(name, value)| (name.to_owned(), value)).into()
}

fn program() -> Option<PathBuf> {
    let folders = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors();
    let mut programs = folders.map(|folder| folder.join(".s3-venv/bin/moto_server"));
    programs.find(|program| program.is_file())
}

/// Bytes that do not repeat.
pub fn bytes(length: usize, seed: u64) -> Vec<u8> {
    let mut state = seed.wrapping_mul(2) + 1;
    let next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()
    };
    std::iter::repeat_with(next).flatten().take(length).collect()
}
