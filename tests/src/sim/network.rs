//! gRPC over turmoil's network: how the coordinator is dialled, and how it takes connections. Every write goes into the trace
//! of the run.

use super::trace::Trace;
use augur_proto::v1::sweep_service_client::SweepServiceClient;
use hyper_util::rt::TokioIo;
use std::{
    io,
    net::Ipv4Addr,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    sync::mpsc,
};
use tokio_stream::wrappers::ReceiverStream;
use tonic::transport::{Channel, Endpoint, Uri, server::Connected};
use turmoil::net::{TcpListener, TcpStream};

/// Name of the coordinator's host.
pub const COORDINATOR: &str = "coordinator";
/// Where everybody finds it.
pub const URL: &str = "http://coordinator:7461";
const PORT: u16 = 7461;

/// Opens a connection over the simulated network.
pub fn dial(endpoint: &Endpoint, who: &str, trace: &Trace) -> Channel {
    let (who, trace) = (Arc::<str>::from(who), trace.clone());
    let connect = move |uri: Uri| {
        let (who, trace) = (Arc::clone(&who), trace.clone());
        async move {
            let host = uri.host().unwrap_or(COORDINATOR).to_owned();
            let stream = TcpStream::connect((host, uri.port_u16().unwrap_or(PORT))).await?;
            Ok::<_, io::Error>(TokioIo::new(Traced { who, stream, trace }))
        }
    };
    endpoint.connect_with_connector_lazy(tower::service_fn(connect))
}

/// The API of sweeps, for the client.
pub fn api(endpoint: &Endpoint, who: &str, trace: &Trace) -> SweepServiceClient<Channel> {
    SweepServiceClient::new(dial(endpoint, who, trace)).max_decoding_message_size(64 << 20)
}

/// Takes the coordinator's connections, as long as its host lives.
pub async fn listen(trace: &Trace) -> io::Result<ReceiverStream<io::Result<Traced>>> {
    let listener = TcpListener::bind((Ipv4Addr::UNSPECIFIED, PORT)).await?;
    let (accepted, incoming) = mpsc::channel(64);
    let trace = trace.clone();
    tokio::spawn(async move {
        loop {
            let accept = listener.accept().await;
            let trace = trace.clone();
            let who = COORDINATOR.into();
            let stream = accept.map(|(stream, _)| Traced { who, stream, trace });
            if accepted.send(stream).await.is_err() {
                return;
            }
        }
    });
    Ok(ReceiverStream::new(incoming))
}

/// A connection whose writes are noted.
pub struct Traced {
    who: Arc<str>,
    stream: TcpStream,
    trace: Trace,
}

impl Connected for Traced {
    type ConnectInfo = ();

    fn connect_info(&self) {}
}

impl AsyncRead for Traced {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for Traced {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, buf);
        if let Poll::Ready(Ok(count)) = written {
            self.trace.sent(&self.who, count);
        }
        written
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
