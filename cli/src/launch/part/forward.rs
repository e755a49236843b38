//! An address on this machine behind which the coordinator is, wherever that runs now.
//!
//! A coordinator that was put back into its queue comes up on another machine; its workers keep their trials meanwhile, and
//! find it there with the next connection: each goes where the address file says at that moment. Nothing is changed on the way,
//! so TLS is between worker and coordinator.

use super::say;
use crate::{
    failure::{Exit, Failure, os_text},
    launch::files::LaunchFolder,
};
use std::{io, net::SocketAddr, time::Duration};
use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
    time::timeout,
};

const CONNECT: Duration = Duration::from_secs(5);

/// Serves such an address for as long as this process lives.
///
/// # Errors
/// A machine that has no port left.
pub async fn serve(folder: &LaunchFolder) -> Result<SocketAddr, Failure> {
    let fault = |error: io::Error| {
        let text = format!("no port of this machine can be used: {}", os_text(&error));
        Failure::new(Exit::CannotStart, text)
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.map_err(fault)?;
    let address = listener.local_addr().map_err(fault)?;
    let folder = folder.clone();
    tokio::spawn(async move {
        let mut last = String::new();
        loop {
            // Too many open files, at worst: the worker tries again.
            let Ok((near, _)) = listener.accept().await else {
                tokio::time::sleep(Duration::from_millis(100)).await;
                continue;
            };
            let Some(there) = host_and_port(&folder) else { continue };
            if there != last {
                say(&format!("the coordinator is at {there}"));
                last.clone_from(&there);
            }
            tokio::spawn(forward(near, there));
        }
    });
    Ok(address)
}

/// Ends with either side's end. Whoever can't be reached is a connection that closes at once, for the worker to try again.
async fn forward(mut near: TcpStream, there: String) {
    if let Ok(Ok(mut far)) = timeout(CONNECT, TcpStream::connect(&there)).await {
        let _ = near.set_nodelay(true);
        let _ = far.set_nodelay(true);
        let _ = copy_bidirectional(&mut near, &mut far).await;
    }
}

/// Where the coordinator is now, if there is one.
fn host_and_port(folder: &LaunchFolder) -> Option<String> {
    let url = folder.url()?;
    let (_, there) = url.split_once("://")?;
    Some(there.trim_end_matches('/').to_owned())
}
