//! Whether a coordinator that did not answer before is there again.
//!
//! One that is frozen, or that the network has cut off, may take a connection and a call all the same, and each call would wait as
//! long as it takes to notice. So it is asked for its health before a call is entrusted to it.

use http::{Request, Response, header::CONTENT_TYPE};
use std::time::Duration;
use tonic::{Status, body::Body, transport::Channel};
use tower::{Service, ServiceExt};

/// How long it may take to say anything.
const PROMPT: Duration = Duration::from_secs(1);

/// A message of no bytes, which asks for the health of all of it.
const EMPTY: &str = "\0\0\0\0\0";

/// Whether it says anything, be it that it stands by.
pub(crate) async fn is_there(mut channel: Channel) -> bool {
    let request = Request::post("/grpc.health.v1.Health/Check")
        .header(CONTENT_TYPE, "application/grpc")
        .header("te", "trailers")
        .body(Body::new(EMPTY.to_owned()));
    let Ok(request) = request else { return true };
    let asked = async {
        match channel.ready().await {
            Ok(channel) => channel.call(request).await.is_ok(),
            Err(_) => false,
        }
    };
    tokio::time::timeout(PROMPT, asked).await.unwrap_or(false)
}

/// What a call is told that was not sent.
pub(crate) fn is_away() -> Response<Body> {
    Status::unavailable("the coordinator does not answer").into_http()
}
