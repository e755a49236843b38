//! Logs on standard error: for people, or a JSON object a line for programs.

mod json;

use clap::{Args, ValueEnum};
use std::io::{IsTerminal, stderr};
use tracing::Dispatch;
use tracing_subscriber::{
    EnvFilter,
    fmt::{MakeWriter, format::JsonFields},
    util::SubscriberInitExt,
};

/// How a program's log is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// A JSON object a line.
    Json,
}

/// The option of every program that logs.
#[derive(Clone, Copy, Debug, Args)]
pub struct LogOptions {
    /// The log: text for people, or a JSON object a line
    #[arg(
        long,
        value_enum,
        value_name = "FORMAT",
        default_value = "text",
        env = "AUGUR_LOG_FORMAT"
    )]
    pub log_format: LogFormat,
}

/// Starts to log what `filter` lets through; in text with the part of the program where `with_target`.
pub fn start(format: LogFormat, filter: EnvFilter, with_target: bool) {
    to(stderr, format, filter, with_target).init();
}

/// The same elsewhere, for whoever sets it: tests.
pub fn to<W>(writer: W, format: LogFormat, filter: EnvFilter, with_target: bool) -> Dispatch
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let log = tracing_subscriber::fmt()
        .with_writer(writer)
        .with_ansi(stderr().is_terminal())
        .with_env_filter(filter);
    match format {
        LogFormat::Text => log.with_target(with_target).finish().into(),
        LogFormat::Json => log
            .fmt_fields(JsonFields::new())
            .event_format(json::Flat)
            .finish()
            .into(),
    }
}
