//! What people read when something is wrong. Each page of mistakes is one snapshot: what was done wrong, the command, all that
//! it said, and its exit code. Every message says what is wrong, where, and what to do.

#![allow(clippy::unwrap_used)] // A test that can't go on has failed.

mod support {
    mod coordinator;
    mod foreign;
    mod sandbox;
    pub mod worker;
    pub use coordinator::Coordinator;
    pub use foreign::Foreign;
    pub use sandbox::{CONFIG, Sandbox, program};
}

mod mistakes {
    mod command_line;
    mod config;
    mod coordinator;
    mod data;
    mod files;
    mod page;
    mod results;
    mod verbs;
    mod yaml;
    use page::Page;
}
