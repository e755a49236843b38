//! `augur launch kubernetes`: what is written, and what is asked of the API. No cluster is here: a server takes its place that
//! keeps objects and answers as the API does where these requests are concerned ([`kubernetes::api`]). Whether the objects
//! are valid is for `make kubernetes-test`.

#![allow(clippy::unwrap_used)] // A test that can't go on has failed.

mod support {
    mod sandbox;
    pub use sandbox::{CONFIG, Sandbox, program};
}

mod kubernetes {
    mod api;
    mod apply;
    mod kit;
    mod manifests;
    mod mistakes;
    mod scripts;
    mod status;
    mod stop;
}
