//! `augur-coordinator`: reads its arguments, runs a coordinator until it is told to stop, says how it ended.

use augur_coordinator::{Config, Coordinator, OpenError, Settings, StartError, clock::SystemClock};
use clap::{CommandFactory, Parser, error::ErrorKind};
use std::{
    error::Error,
    io::{self, IsTerminal, Read, Write},
    net::SocketAddr,
    path::PathBuf,
    process::ExitCode,
    sync::Arc,
    time::Duration,
};
use tokio::{
    signal::unix::{SignalKind, signal},
    sync::oneshot,
};
use tracing_subscriber::EnvFilter;

/// Keeps sweeps, leases their trials to workers, selects.
#[derive(Parser)]
#[command(version)]
struct Args {
    /// Address and port to listen on; port 0 is any free one
    #[arg(long, default_value = "127.0.0.1:7461")]
    listen: SocketAddr,
    /// The SQLite file that holds everything; made if it isn't there
    #[arg(long, default_value = "augur.sqlite")]
    store: PathBuf,
    /// How long a worker may be silent before its trials go to others; it renews three times as often
    #[arg(long, default_value_t = 15.0, value_parser = seconds)]
    lease_seconds: f64,
    /// Stop when standard input ends: with whoever started this
    #[arg(long)]
    exit_with_stdin: bool,
    /// Listen beyond this machine although nobody is asked who they are
    #[arg(long)]
    insecure: bool,
}

fn seconds(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(seconds) if (0.1..=86400.0).contains(&seconds) => Ok(seconds),
        _ => Err("use 0.1 to 86400 seconds".into()),
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    let args = Args::parse();
    if !args.listen.ip().is_loopback() && !args.insecure {
        let message = format!(
            "{} can be reached from other machines, and nobody is asked who they are; \
             listen on 127.0.0.1, or add --insecure where every machine around is trusted",
            args.listen
        );
        Args::command().error(ErrorKind::ValueValidation, message).exit();
    }
    let filter = EnvFilter::try_from_env("AUGUR_LOG").or_else(|_| EnvFilter::try_from_default_env());
    tracing_subscriber::fmt()
        .with_writer(io::stderr)
        .with_ansi(io::stderr().is_terminal())
        .with_env_filter(filter.unwrap_or_else(|_| EnvFilter::new("info")))
        .init();
    match run(args).await {
        Ok(()) => ExitCode::SUCCESS,
        Err((code, error)) => {
            eprintln!("augur-coordinator: {}", chain(error.as_ref()));
            ExitCode::from(code)
        }
    }
}

async fn run(args: Args) -> Result<(), (u8, Box<dyn Error>)> {
    // Before the first word to the outside, so that no signal is missed.
    let stop = stop(args.exit_with_stdin).map_err(|error| (1, error.into()))?;
    let config = Config {
        listen: args.listen,
        store: args.store,
        settings: Settings {
            lease: Duration::from_secs_f64(args.lease_seconds),
            ..Settings::default()
        },
    };
    let coordinator = Coordinator::start(config, Arc::new(SystemClock::default())).await;
    let mut coordinator = coordinator.map_err(|error| (exit_code(&error), error.into()))?;
    let line = format!("listening on http://{}\n", coordinator.address());
    let mut out = io::stdout();
    // Whoever started this may not care to read it.
    let _ = out.write_all(line.as_bytes()).and_then(|()| out.flush());
    let reason = tokio::select! {
        // An error here means that the sender is gone, which is a reason to stop as well.
        reason = stop => reason.unwrap_or("a signal"),
        error = coordinator.broken() => return Err((1, error.into())),
    };
    tracing::info!("stopping: {reason}");
    coordinator.stop().await.map_err(|error| (1, error.into()))
}

/// Ends when it is time to stop, with the reason.
fn stop(with_stdin: bool) -> io::Result<oneshot::Receiver<&'static str>> {
    let (stop, stopped) = oneshot::channel();
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let (at_end, mut end) = oneshot::channel();
    if with_stdin {
        // A thread of its own: a read of standard input can't be given up.
        std::thread::spawn(move || {
            let mut buffer = [0; 256];
            while matches!(io::stdin().read(&mut buffer), Ok(n) if n > 0) {}
            let _ = at_end.send(());
        });
    }
    tokio::spawn(async move {
        let reason = tokio::select! {
            _ = terminate.recv() => "SIGTERM",
            _ = interrupt.recv() => "SIGINT",
            _ = &mut end, if with_stdin => "standard input ended",
        };
        stop.send(reason)
    });
    Ok(stopped)
}

/// The exit codes that augur's programs share.
fn exit_code(error: &StartError) -> u8 {
    match error {
        StartError::Store(OpenError::NotWritable { .. }) => 5,
        StartError::PortInUse(_) => 6,
        StartError::Store(OpenError::InUse { .. }) => 11,
        StartError::Store(OpenError::Newer { .. }) => 12,
        StartError::Store(OpenError::Unusable { .. }) | StartError::Listen { .. } | StartError::Reflection(_) => 1,
    }
}

/// An error with everything beneath it, in one line.
fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text.push_str(&format!(" ({error})"));
        source = error.source();
    }
    text
}
