//! A TCP proxy on loopback between a worker and the coordinator that cuts, holds up and delays.
//!
//! It needs no rights, so that it works wherever tests run. To both ends, bytes that are held up look like packets that are
//! lost and sent again once the network is back: nothing arrives, nobody is told, and later everything comes in order.

use anyhow::Result;
use std::{net::SocketAddr, time::Duration};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::watch,
    time::sleep,
};

/// What becomes of the connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weather {
    /// Bytes pass.
    Fair,
    /// Connections are closed, and new ones too.
    Cut,
    /// Nothing passes, and nobody is told.
    Held,
    /// Each piece of up to 16 KiB arrives so much later, one after the other.
    Late(Duration),
}

/// A proxy that runs until it is dropped.
pub struct Proxy {
    address: SocketAddr,
    weather: watch::Sender<Weather>,
}

impl Proxy {
    /// Listens on a free port and passes on to wherever `target` says at the moment of each connection.
    ///
    /// # Errors
    /// No port.
    pub async fn start(target: watch::Receiver<SocketAddr>) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let weather = watch::Sender::new(Weather::Fair);
        let proxy = Self {
            address: listener.local_addr()?,
            weather: weather.clone(),
        };
        tokio::spawn(serve(listener, target, weather.subscribe()));
        Ok(proxy)
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Changes the weather, for connections that are open too.
    pub fn set(&self, weather: Weather) {
        self.weather.send_replace(weather);
    }
}

async fn serve(listener: TcpListener, target: watch::Receiver<SocketAddr>, weather: watch::Receiver<Weather>) {
    let mut dropped = weather.clone();
    let gone = async move { while dropped.changed().await.is_ok() {} };
    let accept = async {
        while let Ok((near, _)) = listener.accept().await {
            let to = *target.borrow();
            tokio::spawn(connect(near, to, weather.clone()));
        }
    };
    tokio::select! {
        () = gone => {}
        () = accept => {}
    }
}

/// One connection, until either end closes it or it is cut.
async fn connect(mut near: TcpStream, target: SocketAddr, weather: watch::Receiver<Weather>) {
    let mut cut = weather.clone();
    let joined = async {
        // In a held network, a handshake has no answer either.
        settled(&mut weather.clone()).await?;
        let mut far = TcpStream::connect(target).await.ok()?;
        let _ = (near.set_nodelay(true), far.set_nodelay(true));
        let ((from_near, to_near), (from_far, to_far)) = (near.split(), far.split());
        tokio::select! {
            () = pass(from_near, to_far, weather.clone()) => {}
            () = pass(from_far, to_near, weather.clone()) => {}
        }
        Some(())
    };
    tokio::select! {
        _ = joined => {}
        _ = cut.wait_for(|weather| *weather == Weather::Cut) => {}
    }
}

/// One direction of a connection.
async fn pass(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    mut weather: watch::Receiver<Weather>,
) {
    let mut piece = vec![0; 16 << 10];
    while let Ok(length @ 1..) = from.read(&mut piece).await {
        let Some(late) = settled(&mut weather).await else {
            return;
        };
        sleep(late).await;
        if to.write_all(&piece[..length]).await.is_err() {
            return;
        }
    }
}

/// Waits while everything is held up; then says how late the next piece is. None once the proxy is gone.
async fn settled(weather: &mut watch::Receiver<Weather>) -> Option<Duration> {
    match *weather.wait_for(|weather| *weather != Weather::Held).await.ok()? {
        Weather::Late(by) => Some(by),
        Weather::Fair | Weather::Cut | Weather::Held => Some(Duration::ZERO),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::time::timeout;

    /// A connection through a proxy to a server that sends back what it gets.
    async fn echo() -> (Proxy, TcpStream) {
        let server = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let target = watch::Sender::new(server.local_addr().unwrap());
        tokio::spawn(async move {
            let (stream, _) = server.accept().await.unwrap();
            let (mut read, mut write) = stream.into_split();
            tokio::io::copy(&mut read, &mut write).await
        });
        let proxy = Proxy::start(target.subscribe()).await.unwrap();
        let mut stream = TcpStream::connect(proxy.address()).await.unwrap();
        assert_eq!(send(&mut stream, b"one").await.unwrap(), *b"one");
        (proxy, stream)
    }

    async fn send(stream: &mut TcpStream, text: &[u8; 3]) -> std::io::Result<[u8; 3]> {
        stream.write_all(text).await?;
        let mut back = [0; 3];
        stream.read_exact(&mut back).await?;
        Ok(back)
    }

    #[tokio::test]
    async fn what_is_held_up_arrives_once_the_weather_is_fair() {
        let (proxy, mut stream) = echo().await;
        proxy.set(Weather::Held);
        assert!(
            timeout(Duration::from_millis(100), send(&mut stream, b"two"))
                .await
                .is_err()
        );
        proxy.set(Weather::Fair);
        let mut back = [0; 3];
        stream.read_exact(&mut back).await.unwrap();
        assert_eq!(&back, b"two");
    }

    #[tokio::test]
    async fn what_is_late_arrives_later() {
        let (proxy, mut stream) = echo().await;
        proxy.set(Weather::Late(Duration::from_millis(50)));
        let begin = std::time::Instant::now();
        assert_eq!(send(&mut stream, b"two").await.unwrap(), *b"two");
        assert!(begin.elapsed() >= Duration::from_millis(100), "both ways");
    }

    #[tokio::test]
    async fn a_cut_closes_what_is_open_and_what_comes() {
        let (proxy, mut stream) = echo().await;
        proxy.set(Weather::Cut);
        assert!(send(&mut stream, b"two").await.is_err());
        let mut next = TcpStream::connect(proxy.address()).await.unwrap();
        assert!(send(&mut next, b"two").await.is_err());
    }
}
