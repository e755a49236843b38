//! Whatever a client sends, the coordinator neither panics nor hangs nor swells: bytes of every kind, by a seed, over real
//! HTTP/2, to every call of the real program.

use super::{
    call, framed,
    messages::Shapes,
    program::{Running, serve},
    roles::paths,
    send,
};
use http::{HeaderMap, HeaderValue, header};
use rand_chacha::{
    ChaCha8Rng,
    rand_core::{RngCore, SeedableRng},
};
use std::{fs, path::Path, time::Duration};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};
use tonic::{Code, transport::Channel};

/// Rounds over all calls, unless AUGUR_MALFORMED_ROUNDS says otherwise.
const ROUNDS: u64 = 6;

/// Longer than any answer may take: a hang.
const HANG: Duration = Duration::from_secs(30);

/// What the program may take at most: far below what the lengths claim that are sent.
const MEMORY_MIB: u64 = 400;

pub struct Draw(ChaCha8Rng);

impl Draw {
    pub fn below(&mut self, end: usize) -> usize {
        self.0.next_u64() as usize % end
    }

    pub fn bytes(&mut self, most: usize) -> Vec<u8> {
        let mut bytes = vec![0; self.below(most + 1)];
        self.0.fill_bytes(&mut bytes);
        bytes
    }

    pub fn one<T: Clone>(&mut self, all: &[T]) -> T {
        all[self.below(all.len())].clone()
    }
}

/// A message within a message, and so on: 20,000 deep.
fn nested(field: u8) -> Vec<u8> {
    let mut message: Vec<u8> = Vec::new();
    for _ in 0..20_000 {
        // Built from the inside, backwards.
        let mut length = message.len();
        let mut head = vec![field << 3 | 2];
        loop {
            let rest = length >> 7;
            head.push((length & 0x7f) as u8 | if rest > 0 { 0x80 } else { 0 });
            length = rest;
            if length == 0 {
                break;
            }
        }
        message.extend(head.into_iter().rev());
    }
    message.reverse();
    message
}

/// What is sent as the body of a call.
fn body(draw: &mut Draw, deep: &[Vec<u8>], request: Vec<u8>) -> Vec<u8> {
    match draw.below(12) {
        0 => draw.bytes(2000),
        1 => framed(&draw.bytes(2000)),
        // A length of up to 4 GiB, and nothing like it.
        2 => {
            let length = draw.one(&[u32::MAX, 1 << 31, 64 << 20, 1 << 20]);
            [vec![0], length.to_be_bytes().to_vec(), draw.bytes(100)].concat()
        }
        // It says that it is compressed.
        3 => [vec![1], 100_u32.to_be_bytes().to_vec(), draw.bytes(200)].concat(),
        4 => framed(&draw.one(deep)),
        // Two messages where there should be one, and a beginning of a third.
        5 => [framed(&request), framed(&request), draw.bytes(4)].concat(),
        // Cut off, in the frame and in the message.
        6 => {
            let mut whole = framed(&request);
            whole.truncate(draw.below(whole.len() + 1));
            whole
        }
        7 => framed(&request[..draw.below(request.len() + 1)]),
        // A byte is another one.
        8 if !request.is_empty() => {
            let mut request = request;
            let place = draw.below(request.len());
            request[place] = draw.below(256) as u8;
            framed(&request)
        }
        _ => framed(&request),
    }
}

fn headers(draw: &mut Draw) -> HeaderMap {
    let mut headers = HeaderMap::new();
    let kind = match draw.below(8) {
        0 => draw.one(&["application/grpc+json", "text/html", ""]),
        _ => "application/grpc",
    };
    if !kind.is_empty() {
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    }
    if draw.below(6) == 0 {
        let encoding = draw.one(&["gzip", "identity", "br", "zstd", ",,"]);
        headers.insert("grpc-encoding", HeaderValue::from_static(encoding));
    }
    if draw.below(8) == 0 {
        let wait = draw.one(&["1n", "0S", "99999999H", "-1S", "S", "100m", "9999999999999999999S"]);
        headers.insert("grpc-timeout", HeaderValue::from_static(wait));
    }
    if draw.below(6) == 0 {
        headers.insert("grpc-status", HeaderValue::from_static("0"));
        headers.insert("x-bin", HeaderValue::from_static("!!!"));
    }
    if draw.below(4) == 0
        && let Ok(value) = HeaderValue::from_bytes(&draw.bytes(300))
    {
        headers.insert(header::AUTHORIZATION, value);
    }
    headers
}

/// Resident memory of a process, in MiB.
fn memory(running: &Running) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", running.child.id())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").trim().parse::<u64>().unwrap() / 1024
}

async fn connect(running: &Running) -> Channel {
    Channel::from_shared(running.url.clone())
        .unwrap()
        .connect()
        .await
        .unwrap()
}

/// It still serves, in time, and nothing in it broke.
async fn is_well(running: &mut Running, folder: &Path) {
    let channel = connect(running).await;
    let asked = call(&channel, "/augur.v1.SweepService/ListSweeps", None, &[]);
    assert_eq!(timeout(HANG, asked).await.expect("it hangs").code(), Code::Ok);
    assert!(running.child.try_wait().unwrap().is_none(), "it ended");
    let log = fs::read_to_string(folder.join("log")).unwrap();
    assert!(!log.contains("panicked"), "{log}");
    let memory = memory(running);
    println!("{memory} MiB at most");
    assert!(memory < MEMORY_MIB, "{memory} MiB");
}

#[tokio::test]
async fn no_message_breaks_it() {
    let folder = tempfile::tempdir().unwrap();
    let mut running = serve(folder.path(), "127.0.0.1:0", &[]);
    let mut draw = Draw(ChaCha8Rng::seed_from_u64(1));
    let shapes = Shapes::read();
    let deep: Vec<_> = (1..=8).map(nested).collect();
    let rounds = std::env::var("AUGUR_MALFORMED_ROUNDS").map_or(ROUNDS, |rounds| rounds.parse().unwrap());
    let mut channel = connect(&running).await;
    for _ in 0..rounds {
        for path in paths() {
            for _ in 0..10 {
                let request = shapes.request(&path, &mut draw).unwrap_or_else(|| draw.bytes(100));
                let (headers, body) = (headers(&mut draw), body(&mut draw, &deep, request));
                let shown = format!("{path} {headers:?} {:?}", &body[..body.len().min(64)]);
                let answer = timeout(HANG, send(&channel, &path, headers, body)).await;
                let status = answer.unwrap_or_else(|_| panic!("it hangs: {shown}"));
                if status.message().starts_with("no answer") {
                    channel = connect(&running).await;
                }
            }
        }
    }
    is_well(&mut running, folder.path()).await;
}

#[tokio::test]
async fn no_bytes_break_a_connection_for_others() {
    let folder = tempfile::tempdir().unwrap();
    let mut running = serve(folder.path(), "127.0.0.1:0", &[]);
    let address = running.url.trim_start_matches("http://").to_owned();
    let mut draw = Draw(ChaCha8Rng::seed_from_u64(2));
    const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
    for round in 0..200 {
        let mut stream = TcpStream::connect(&address).await.unwrap();
        let mut bytes = if round % 2 == 0 { PREFACE.to_vec() } else { vec![] };
        for _ in 0..draw.below(20) {
            // A frame whose length, kind, flags and stream are anything.
            let payload = draw.bytes(64);
            let length = draw.one(&[payload.len() as u32, 0, 1 << 14, (1 << 24) - 1]);
            bytes.extend(&length.to_be_bytes()[1..]);
            bytes.extend([draw.below(12) as u8, draw.below(256) as u8]);
            bytes.extend((draw.below(4) as u32).to_be_bytes());
            bytes.extend(payload);
        }
        if stream.write_all(&bytes).await.is_ok() {
            let _ = stream.shutdown().await;
            let mut answer = Vec::new();
            timeout(HANG, stream.read_to_end(&mut answer))
                .await
                .expect("it holds the connection")
                .ok();
        }
    }
    is_well(&mut running, folder.path()).await;
}

#[tokio::test]
async fn a_small_message_that_unpacks_to_much_is_refused() {
    use flate2::{Compression, write::GzEncoder};
    use std::io::Write;
    let folder = tempfile::tempdir().unwrap();
    let mut running = serve(folder.path(), "127.0.0.1:0", &[]);
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    for _ in 0..128 {
        encoder.write_all(&[0; 1 << 20]).unwrap();
    }
    let mut bomb = framed(&encoder.finish().unwrap());
    bomb[0] = 1;
    let channel = connect(&running).await;
    for path in [
        "/augur.v1.SweepService/GetSweep",
        "/augur.v1.WorkerService/CompleteTrial",
    ] {
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
        headers.insert("grpc-encoding", HeaderValue::from_static("gzip"));
        let answer = timeout(HANG, send(&channel, path, headers, bomb.clone()))
            .await
            .expect("it hangs");
        assert_ne!(answer.code(), Code::Ok, "{path}");
    }
    is_well(&mut running, folder.path()).await;
}
