//! A TCP proxy on loopback between a depot and its server that can be told to cut, to refuse, to be slow and to be silent.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::{Mutex as AsyncMutex, Notify},
    time::sleep,
};

/// What becomes of what passes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mood {
    /// It passes.
    Fair,
    /// So many requests are answered with 503 SlowDown.
    SlowDown(u32),
    /// After so many bytes of answers the connection is cut, so many times.
    Cut { after: usize, times: u32 },
    /// After so many bytes of requests the connection is cut, once.
    CutUpload { after: usize },
    /// 16 KiB at a time, so much later each.
    Late(Duration),
    /// Just so many bytes of answers arrive, the connection is cut, and then it is this.
    Stop { after: usize, then: &'static Mood },
    /// Every connection is cut with its first request.
    Gone,
    /// Requests for what is in an object wait until it is something else.
    Held,
    /// Requests arrive and nothing comes back.
    Silent,
}

/// A proxy, for as long as the test's runtime.
#[derive(Clone)]
pub struct Proxy {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
    changed: Arc<Notify>,
    holds: Arc<Notify>,
}

struct State {
    mood: Mood,
    passed: usize,
    answers: usize,
}

impl Proxy {
    pub async fn start(server: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let proxy = Self {
            address: listener.local_addr().unwrap(),
            state: Arc::new(Mutex::new(State {
                mood: Mood::Fair,
                passed: 0,
                answers: 0,
            })),
            changed: Arc::default(),
            holds: Arc::default(),
        };
        let own = proxy.clone();
        tokio::spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                let Ok(far) = TcpStream::connect(server).await else {
                    continue;
                };
                tokio::spawn(own.clone().join(near, far));
            }
        });
        proxy
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    pub fn set(&self, mood: Mood) {
        let mut state = self.state.lock().unwrap();
        (state.mood, state.passed) = (mood, 0);
        drop(state);
        self.changed.notify_waiters();
    }

    /// Waits until a request is held.
    pub async fn holds(&self) {
        self.holds.notified().await;
    }

    /// Bytes of answers that have passed.
    pub fn answered(&self) -> usize {
        self.state.lock().unwrap().answers
    }

    async fn join(self, near: TcpStream, far: TcpStream) {
        let ((from_near, to_near), (from_far, to_far)) = (near.into_split(), far.into_split());
        let to_near = Arc::new(AsyncMutex::new(to_near));
        tokio::select! {
            () = self.requests(from_near, to_far, &to_near) => {}
            () = self.answers(from_far, &to_near) => {}
        }
    }

    async fn requests(&self, mut from: OwnedReadHalf, mut to: OwnedWriteHalf, back: &AsyncMutex<OwnedWriteHalf>) {
        let mut piece = vec![0; 16 << 10];
        while let Ok(length @ 1..) = from.read(&mut piece).await {
            let mood = self.state.lock().unwrap().mood;
            match mood {
                Mood::SlowDown(left) => {
                    self.set(
                        left.checked_sub(1)
                            .filter(|left| *left > 0)
                            .map_or(Mood::Fair, Mood::SlowDown),
                    );
                    let body =
                        "<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>";
                    let answer = format!(
                        "HTTP/1.1 503 Slow Down\r\nContent-Type: application/xml\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
                        body.len()
                    );
                    let _ = back.lock().await.write_all(answer.as_bytes()).await;
                    return;
                }
                Mood::CutUpload { after } if self.passes(length) > after => {
                    self.set(Mood::Fair);
                    return;
                }
                Mood::Gone => return,
                Mood::Held if piece.starts_with(b"GET ") => self.hold().await,
                Mood::Silent => std::future::pending().await,
                Mood::Late(by) => sleep(by).await,
                _ => {}
            }
            if to.write_all(&piece[..length]).await.is_err() {
                return;
            }
        }
    }

    async fn answers(&self, mut from: OwnedReadHalf, to: &AsyncMutex<OwnedWriteHalf>) {
        let mut piece = vec![0; 16 << 10];
        while let Ok(length @ 1..) = from.read(&mut piece).await {
            let mood = self.state.lock().unwrap().mood;
            match mood {
                Mood::Cut { after, times } if self.passes(length) > after => {
                    self.set(match times {
                        0 | 1 => Mood::Fair,
                        _ => Mood::Cut {
                            after,
                            times: times - 1,
                        },
                    });
                    return;
                }
                Mood::Stop { after, then } => {
                    let over = self.passes(length).saturating_sub(after);
                    if over > 0 {
                        let _ = to.lock().await.write_all(&piece[..length.saturating_sub(over)]).await;
                        self.set(*then);
                        return;
                    }
                }
                Mood::Late(by) => sleep(by).await,
                Mood::Silent => std::future::pending().await,
                _ => {}
            }
            self.state.lock().unwrap().answers += length;
            if to.lock().await.write_all(&piece[..length]).await.is_err() {
                return;
            }
        }
    }

    async fn hold(&self) {
        self.holds.notify_one();
        loop {
            let changed = self.changed.notified();
            if self.state.lock().unwrap().mood != Mood::Held {
                return;
            }
            changed.await;
        }
    }

    fn passes(&self, length: usize) -> usize {
        let mut state = self.state.lock().unwrap();
        state.passed += length;
        state.passed
    }
}
