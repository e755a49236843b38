//! Connections as they arrive: counted, with TLS where that is wanted, and with what is known of whoever is at the other end.

use super::tls::Tls;
use rustls::ServerConfig;
use std::{
    collections::HashMap,
    io,
    net::{IpAddr, SocketAddr},
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
    time::Duration,
};
use tokio::{
    io::{AsyncBufReadExt, AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpListener, TcpStream},
    sync::mpsc,
    time::{sleep, timeout},
};
use tokio_rustls::{TlsAcceptor, server::TlsStream};
use tokio_stream::Stream;
use tonic::transport::server::Connected;
use x509_parser::prelude::{FromDer, X509Certificate};

/// How long it may take until a connection says something, its handshake included.
const HANDSHAKE: Duration = Duration::from_secs(10);

/// A wait where the system has no more room for connections.
const NO_ROOM: Duration = Duration::from_millis(100);

/// Connections that wait to be served.
const WAITING: usize = 64;

/// Whoever is at the other end.
#[derive(Clone, Debug)]
pub struct Peer {
    /// Where it calls from.
    pub address: SocketAddr,
    /// The subject of its certificate, where it showed one.
    pub certificate: Option<Arc<str>>,
}

/// By what requests of somebody without a token are counted; nobody where it is this machine, which is trusted.
pub(super) fn stranger(peer: &Peer) -> Option<Arc<str>> {
    let ip = peer.address.ip();
    (!ip.is_loopback()).then(|| ip.to_string().into())
}

/// Which protocol the connections are for.
#[derive(Clone, Copy)]
pub enum Protocol {
    /// The API.
    Grpc,
    /// The page.
    Page,
}

/// How many connections there may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Room {
    /// Altogether.
    pub all: usize,
    /// From one address beyond loopback.
    pub each: usize,
}

/// Connections, each ready to be read.
pub struct Arrivals {
    ready: mpsc::Receiver<Arrival>,
    address: SocketAddr,
}

impl Arrivals {
    /// Accepts until the last connection has nobody to take it.
    pub fn of(listener: TcpListener, tls: Option<(Arc<Tls>, Protocol)>, room: Room) -> io::Result<Self> {
        Self::within(listener, tls, room, HANDSHAKE)
    }

    fn within(
        listener: TcpListener,
        tls: Option<(Arc<Tls>, Protocol)>,
        room: Room,
        patience: Duration,
    ) -> io::Result<Self> {
        let address = listener.local_addr()?;
        let (sender, ready) = mpsc::channel(WAITING);
        let accepting = Accepting {
            tls,
            census: Arc::new(Census::new(room)),
            patience,
        };
        tokio::spawn(accept(listener, accepting, sender));
        Ok(Self { ready, address })
    }
}

impl Stream for Arrivals {
    type Item = io::Result<Arrival>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.ready.poll_recv(context).map(|arrival| arrival.map(Ok))
    }
}

impl axum::serve::Listener for Arrivals {
    type Io = Arrival;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Arrival, SocketAddr) {
        match self.ready.recv().await {
            Some(arrival) => {
                let address = arrival.peer.address;
                (arrival, address)
            }
            // Nobody arrives any more.
            None => std::future::pending().await,
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        Ok(self.address)
    }
}

/// How connections are accepted.
struct Accepting {
    tls: Option<(Arc<Tls>, Protocol)>,
    census: Arc<Census>,
    /// How long it may take until they say something.
    patience: Duration,
}

async fn accept(listener: TcpListener, how: Accepting, ready: mpsc::Sender<Arrival>) {
    let Accepting { tls, census, patience } = how;
    loop {
        let accepted = tokio::select! {
            biased;
            () = ready.closed() => return,
            accepted = listener.accept() => accepted,
        };
        let (stream, address) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                tracing::warn!("can't accept a connection: {error}");
                sleep(NO_ROOM).await;
                continue;
            }
        };
        let Some(place) = census.enter(address.ip()) else {
            tracing::debug!("no more connections from {}", address.ip());
            continue;
        };
        // An answer is two writes, of which the second would wait for the client's word on the first: 40 ms.
        let _ = stream.set_nodelay(true);
        let config = tls.as_ref().map(|(tls, protocol)| match protocol {
            Protocol::Grpc => tls.grpc(),
            Protocol::Page => tls.page(),
        });
        let arrive = arrive(stream, address, config, place);
        let ready = ready.clone();
        tokio::spawn(async move {
            match timeout(patience, arrive).await {
                Ok(Ok(arrival)) => drop(ready.send(arrival).await),
                Ok(Err(error)) => tracing::debug!("no word from {address}: {error}"),
                Err(_) => tracing::debug!("no word from {address} within {patience:?}: closed"),
            }
        });
    }
}

async fn arrive(
    stream: TcpStream,
    address: SocketAddr,
    config: Option<Arc<ServerConfig>>,
    place: Place,
) -> io::Result<Arrival> {
    let (stream, certificate) = match config {
        // Whoever says nothing gets no place for long.
        None => {
            stream.peek(&mut [0]).await?;
            (Transport::Plain(stream), None)
        }
        Some(config) => {
            let mut stream = TlsAcceptor::from(config).accept(stream).await?;
            stream.fill_buf().await?;
            let certificate = subject(&stream);
            (Transport::Tls(Box::new(stream)), certificate)
        }
    };
    let peer = Peer { address, certificate };
    Ok(Arrival {
        stream,
        peer,
        _place: place,
    })
}

fn subject(stream: &TlsStream<TcpStream>) -> Option<Arc<str>> {
    let certificate = stream.get_ref().1.peer_certificates()?.first()?;
    let (_, certificate) = X509Certificate::from_der(certificate).ok()?;
    Some(certificate.subject().to_string().into())
}

/// How many there are, from where.
struct Census {
    room: Room,
    present: Mutex<(usize, HashMap<IpAddr, usize>)>,
}

/// A connection's place, free again once it is dropped.
struct Place {
    census: Arc<Census>,
    ip: IpAddr,
}

impl Census {
    fn new(room: Room) -> Self {
        Self {
            room,
            present: Mutex::default(),
        }
    }

    fn enter(self: &Arc<Self>, ip: IpAddr) -> Option<Place> {
        let mut present = self.present.lock().unwrap_or_else(PoisonError::into_inner);
        let here = present.1.get(&ip).copied().unwrap_or(0);
        if present.0 >= self.room.all || (here >= self.room.each && !ip.is_loopback()) {
            return None;
        }
        present.0 += 1;
        present.1.insert(ip, here + 1);
        let census = self.clone();
        Some(Place { census, ip })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut present = self.census.present.lock().unwrap_or_else(PoisonError::into_inner);
        present.0 -= 1;
        if let Some(here) = present.1.get_mut(&self.ip) {
            *here -= 1;
            if *here == 0 {
                present.1.remove(&self.ip);
            }
        }
    }
}

/// A connection.
pub struct Arrival {
    stream: Transport,
    /// Who is at its other end.
    pub peer: Peer,
    _place: Place,
}

enum Transport {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

impl Connected for Arrival {
    type ConnectInfo = Peer;

    fn connect_info(&self) -> Peer {
        self.peer.clone()
    }
}

impl axum::extract::connect_info::Connected<axum::serve::IncomingStream<'_, Arrivals>> for Peer {
    fn connect_info(stream: axum::serve::IncomingStream<'_, Arrivals>) -> Self {
        stream.io().peer.clone()
    }
}

macro_rules! each {
    ($self:ident, $stream:ident => $call:expr) => {
        match &mut $self.get_mut().stream {
            Transport::Plain($stream) => {
                let $stream = Pin::new($stream);
                $call
            }
            Transport::Tls($stream) => {
                let $stream = Pin::new(&mut **$stream);
                $call
            }
        }
    };
}

impl AsyncRead for Arrival {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        each!(self, stream => stream.poll_read(cx, buf))
    }
}

impl AsyncWrite for Arrival {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, data: &[u8]) -> Poll<io::Result<usize>> {
        each!(self, stream => stream.poll_write(cx, data))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        data: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        each!(self, stream => stream.poll_write_vectored(cx, data))
    }

    fn is_write_vectored(&self) -> bool {
        match &self.stream {
            Transport::Plain(stream) => stream.is_write_vectored(),
            Transport::Tls(stream) => stream.is_write_vectored(),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        each!(self, stream => stream.poll_flush(cx))
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        each!(self, stream => stream.poll_shutdown(cx))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a panic here is a failed test")]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio_stream::StreamExt;

    const ROOM: Room = Room { all: 2, each: 1 };

    #[tokio::test]
    async fn an_answer_does_not_wait_for_the_word_on_the_one_before() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut arrivals = Arrivals::of(listener, None, ROOM).unwrap();
        let mut client = TcpStream::connect(arrivals.address).await.unwrap();
        client.write_all(b"G").await.unwrap();
        let Transport::Plain(stream) = arrivals.next().await.unwrap().unwrap().stream else {
            panic!("TLS that nobody asked for")
        };
        assert!(stream.nodelay().unwrap());
    }

    #[tokio::test]
    async fn whoever_says_nothing_is_sent_away_and_its_place_is_free() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let room = Room { all: 1, each: 1 };
        let mut arrivals = Arrivals::within(listener, None, room, Duration::from_millis(100)).unwrap();
        let mut silent = TcpStream::connect(arrivals.address).await.unwrap();
        assert_eq!(silent.read(&mut [0]).await.unwrap(), 0, "closed");
        let mut client = TcpStream::connect(arrivals.address).await.unwrap();
        client.write_all(b"G").await.unwrap();
        arrivals.next().await.unwrap().unwrap();
    }

    #[test]
    fn a_place_is_free_again_once_its_connection_is_gone() {
        let census = Arc::new(Census::new(ROOM));
        let [near, far]: [IpAddr; 2] = ["127.0.0.1".parse().unwrap(), "192.0.2.1".parse().unwrap()];
        let first = census.enter(far);
        assert!(first.is_some() && census.enter(far).is_none());
        let _second = census.enter(near).unwrap();
        assert!(census.enter(near).is_none());
        drop(first);
        assert!(census.enter(near).is_some() && census.enter(far).is_some());
    }
}
