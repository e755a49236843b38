//! `augur-coordinator`: reads its arguments, runs a coordinator until it is told to stop, says how it ended.

use augur_coordinator::{
    Config, EndError, Location, OpenError, PageError, SafetyError, Served, Settings, StartError, TransferError,
    clock::{Clock, SystemClock},
    maintenance::{self, Imported},
    safety::{
        command::{Certificates, TokenCommand},
        options::SafetyOptions,
    },
};
use augur_watching::{
    logs::{self, LogOptions},
    traces::TracesOptions,
};
use clap::{CommandFactory, Parser, Subcommand, error::ErrorKind};
use std::{
    error::Error,
    io::{self, Read, Write},
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::PathBuf,
    process::ExitCode,
    str::FromStr,
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
#[command(version, args_conflicts_with_subcommands = true)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    log: LogOptions,
    #[command(flatten)]
    args: Args,
}

#[derive(Subcommand)]
enum Command {
    /// Checks a store, or moves a sweep from one store to another
    #[command(subcommand)]
    Store(StoreCommand),
    /// Makes certificates: an authority, the coordinator's, and one for clients and workers
    Certificates(Certificates),
    /// Makes, shows, removes and replaces the tokens that callers are known by
    #[command(subcommand)]
    Token(TokenCommand),
}

#[derive(Subcommand)]
enum StoreCommand {
    /// Checks that everything in a store holds together; a coordinator may be running on it
    Check {
        #[command(flatten)]
        place: Place,
    },
    /// Copies a store in an SQLite file to a new file; a coordinator may be running on it
    Backup {
        /// The file to write
        file: PathBuf,
        #[command(flatten)]
        place: Place,
    },
    /// Writes one sweep with all that came of it to a new file; a coordinator may be running on the store
    Export {
        /// The sweep's name
        sweep: String,
        /// The file to write
        file: PathBuf,
        #[command(flatten)]
        place: Place,
    },
    /// Takes a sweep from a file into a store that no coordinator is running on
    Import {
        /// The file that an export wrote
        file: PathBuf,
        #[command(flatten)]
        place: Place,
    },
}

#[derive(clap::Args)]
struct Place {
    /// The store: an SQLite file, or postgres://USER@HOST:PORT/DATABASE
    #[arg(long, default_value = "augur.sqlite", env = "AUGUR_STORE", hide_env_values = true)]
    store: Location,
}

#[derive(clap::Args)]
struct Args {
    /// Address and port to listen on; port 0 is any free one
    #[arg(long, default_value = "127.0.0.1:7461")]
    listen: SocketAddr,
    /// What holds everything: an SQLite file, made if it isn't there, or postgres://USER@HOST:PORT/DATABASE
    #[arg(long, default_value = "augur.sqlite", env = "AUGUR_STORE", hide_env_values = true)]
    store: Location,
    /// How long a worker may be silent before its trials go to others; it renews three times as often
    #[arg(long, default_value_t = 15.0, value_parser = seconds)]
    lease_seconds: f64,
    /// Stop when standard input ends: with whoever started this
    #[arg(long)]
    exit_with_stdin: bool,
    /// Address and port of the read-only page for browsers, or `off`; port 0 is any free one [default: 127.0.0.1:7462, and none
    /// where that is taken]
    #[arg(long, value_name = "ADDRESS|off")]
    http: Option<Http>,
    /// Wait while another coordinator has the store, and take over when that one ends or goes silent; PostgreSQL only
    #[arg(long)]
    standby: bool,
    /// Address and port of the metrics alone, or `off` [default: /metrics beside the page]
    #[arg(long, value_name = "ADDRESS|off")]
    metrics: Option<Http>,
    #[command(flatten)]
    traces: TracesOptions,
    #[command(flatten)]
    safety: SafetyOptions,
}

/// Where the page is served.
#[derive(Clone, Copy)]
enum Http {
    Off,
    At(SocketAddr),
}

impl FromStr for Http {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "off" => Ok(Self::Off),
            address => address
                .parse()
                .map(Self::At)
                .map_err(|_| "write it like 127.0.0.1:7462, or off"),
        }
    }
}

/// Where the page is unless somebody says otherwise.
const PAGE: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 7462);

fn seconds(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(seconds) if (0.1..=86400.0).contains(&seconds) => Ok(seconds),
        _ => Err("use 0.1 to 86400 seconds".into()),
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    let Cli { command, log, args } = Cli::parse();
    if command.is_none() {
        let asked = |http: Option<Http>| match http {
            Some(Http::At(address)) => Some(address),
            _ => None,
        };
        let open = [Some(args.listen), asked(args.http), asked(args.metrics)];
        if let Some(message) = args.safety.fault(open.into_iter().flatten()) {
            Cli::command().error(ErrorKind::ValueValidation, message).exit();
        }
    }
    if command.is_none() && args.standby && !matches!(args.store, Location::Postgres(_)) {
        let message =
            "--standby needs a store on PostgreSQL, --store postgres://...; an SQLite file has one coordinator";
        Cli::command().error(ErrorKind::ArgumentConflict, message).exit();
    }
    let filter = EnvFilter::try_from_env("AUGUR_LOG").or_else(|_| EnvFilter::try_from_default_env());
    logs::start(log.log_format, filter.unwrap_or_else(|_| EnvFilter::new("info")), true);
    let ended = match command {
        None => run(args).await.map(|()| 0),
        Some(Command::Store(command)) => {
            let done = maintain(command).await;
            done.map_err(|error| (transfer_exit_code(&error), error.into()))
        }
        Some(Command::Certificates(command)) => say(command.run(SystemClock::default().now())),
        Some(Command::Token(command)) => say(command.run(SystemClock::default().now())),
    };
    match ended {
        Ok(code) => ExitCode::from(code),
        Err((code, error)) => {
            eprintln!("augur-coordinator: {}", chain(error.as_ref()));
            ExitCode::from(code)
        }
    }
}

/// Prints what a command says.
fn say(done: Result<String, SafetyError>) -> Result<u8, (u8, Box<dyn Error>)> {
    let text = done.map_err(|error| (safety_exit_code(&error), error.into()))?;
    // A token that nobody reads is lost: that is for whoever asked for it to know.
    let _ = io::stdout().write_all(text.as_bytes());
    Ok(0)
}

async fn run(args: Args) -> Result<(), (u8, Box<dyn Error>)> {
    // Before the first word to the outside, so that no signal is missed.
    let stop = stop(args.exit_with_stdin).map_err(|error| (1, error.into()))?;
    let safety = args
        .safety
        .open()
        .map_err(|error| (safety_exit_code(&error), error.into()))?;
    let scheme = safety.scheme();
    // One process, one instance, whatever its address is.
    let instance = uuid::Uuid::now_v7().to_string();
    let traces = args.traces.open("augur-coordinator", instance);
    let traces = traces.map_err(|error| (2, error.into()))?;
    let config = Config {
        listen: args.listen,
        store: args.store,
        safety,
        settings: Settings {
            lease: Duration::from_secs_f64(args.lease_seconds),
            traces,
            ..Settings::default()
        },
    };
    let coordinator = Served::start(config, Arc::new(SystemClock::default()), args.standby).await;
    let mut coordinator = coordinator.map_err(|error| (exit_code(&error), error.into()))?;
    let mut lines = format!("listening on {scheme}://{}\n", coordinator.address());
    match serve(&mut coordinator, scheme, args.http, args.metrics).await {
        Ok(more) => lines += &more,
        Err(fault) => {
            let _ = coordinator.stop().await;
            return Err(fault);
        }
    }
    let mut out = io::stdout();
    // Whoever started this may not care to read it.
    let _ = out.write_all(lines.as_bytes()).and_then(|()| out.flush());
    let reason = tokio::select! {
        // An error here means that the sender is gone, which is a reason to stop as well.
        reason = stop => reason.unwrap_or("a signal"),
        error = coordinator.broken() => return Err((end_exit_code(&error), error.into())),
    };
    tracing::info!("stopping: {reason}");
    coordinator.stop().await.map_err(|error| (1, error.into()))
}

/// Serves the page and the metrics; the lines that say where.
async fn serve(
    coordinator: &mut Served,
    scheme: &str,
    http: Option<Http>,
    metrics: Option<Http>,
) -> Result<String, (u8, Box<dyn Error>)> {
    let page = serve_page(coordinator, http, metrics.is_none()).await;
    let page = page.map_err(|error| (page_exit_code(&error), error.into()))?;
    let mut lines = page.map_or(String::new(), |page| format!("page on {scheme}://{page}\n"));
    if let Some(Http::At(address)) = metrics {
        let served = coordinator.serve_metrics(address).await;
        let address = served.map_err(|error| (if error.is_in_use() { 6 } else { 1 }, error.into()))?;
        lines += &format!("metrics on {scheme}://{address}/metrics\n");
    }
    Ok(lines)
}

/// Serves the page; its address, if there is one. Where nobody asked for it, it is no fault that it can't be had.
async fn serve_page(
    coordinator: &mut Served,
    http: Option<Http>,
    with_metrics: bool,
) -> Result<Option<SocketAddr>, PageError> {
    let mut at = async |address| match with_metrics {
        true => coordinator.serve_page_and_metrics(address).await,
        false => coordinator.serve_page(address).await,
    };
    match http {
        Some(Http::Off) => Ok(None),
        Some(Http::At(address)) => at(address).await.map(Some),
        None => Ok(match at(PAGE).await {
            Ok(address) => Some(address),
            Err(error) => {
                tracing::warn!("no page for browsers: {}", chain(&error));
                None
            }
        }),
    }
}

/// Carries out a command on a store; the exit code says what came of it.
async fn maintain(command: StoreCommand) -> Result<u8, TransferError> {
    let now = SystemClock::default().now();
    let mut text = String::new();
    let mut code = 0;
    match command {
        StoreCommand::Check { place } => {
            let findings = maintenance::check(&place.store).await?;
            for line in &findings.wrong {
                text.push_str(&format!("{line}\n"));
            }
            let (sweeps, trials) = (findings.sweeps, findings.trials);
            if findings.wrong.is_empty() {
                text = format!("all is well: {sweeps} sweeps, {trials} trials\n");
            } else {
                text.push_str(&format!(
                    "{} things do not hold; docs/store.md says what to do\n",
                    findings.wrong.len()
                ));
                code = 16;
            }
        }
        StoreCommand::Backup { file, place } => {
            maintenance::backup(&place.store, &file).await?;
            text = format!("copied {} to {}\n", place.store, file.display());
        }
        StoreCommand::Export { sweep, file, place } => {
            maintenance::export(&place.store, &sweep, &file, now).await?;
            text = format!("exported sweep {sweep} to {}\n", file.display());
        }
        StoreCommand::Import { file, place } => {
            text = match maintenance::import(&place.store, &file, now).await? {
                Imported::New(sweep) => format!("imported sweep {sweep}\n"),
                Imported::Identical(sweep) => format!("sweep {sweep} is there already, the same: nothing to do\n"),
            };
        }
    }
    // A reader that has gone away is no fault.
    let _ = io::stdout().write_all(text.as_bytes());
    Ok(code)
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
        StartError::Store(error) => store_exit_code(error),
        StartError::PortInUse(_) => 6,
        StartError::Listen { .. } | StartError::Reflection(_) => 1,
    }
}

fn end_exit_code(error: &EndError) -> u8 {
    match error {
        EndError::Deposed(_) => 11,
        EndError::Open(error) => store_exit_code(error),
        EndError::Server(_) | EndError::Store(_) | EndError::Engine | EndError::Task(_) => 1,
    }
}

fn safety_exit_code(error: &SafetyError) -> u8 {
    match error {
        SafetyError::Host { .. } => 2,
        SafetyError::Read { .. } | SafetyError::Certificate { .. } | SafetyError::Tokens { .. } => 4,
        SafetyError::Write { .. } | SafetyError::Exists(_) => 5,
        SafetyError::NoToken(_) => 12,
        SafetyError::NameTaken(_) => 13,
        SafetyError::Random(_) => 1,
    }
}

fn page_exit_code(error: &PageError) -> u8 {
    match error {
        PageError::PortInUse(_) => 6,
        PageError::Listen { .. } => 1,
    }
}

fn transfer_exit_code(error: &TransferError) -> u8 {
    match error {
        TransferError::Open(error) => store_exit_code(error),
        TransferError::Store(_) => 1,
        TransferError::NotAFile(_) => 2,
        TransferError::Read { .. } | TransferError::BadFile { .. } => 4,
        TransferError::Write { .. } | TransferError::Copy { .. } => 5,
        TransferError::NoSweep(_) | TransferError::Newer { .. } | TransferError::NoOrigin { .. } => 12,
        TransferError::Taken(_) => 13,
    }
}

fn store_exit_code(error: &OpenError) -> u8 {
    match error {
        OpenError::NotReadable { .. } | OpenError::NoStore { .. } => 4,
        OpenError::NotWritable { .. } | OpenError::Backup { .. } => 5,
        OpenError::Unreachable { .. } | OpenError::TooOld { .. } => 6,
        OpenError::InUse { .. } => 11,
        OpenError::Newer { .. } | OpenError::Older { .. } => 12,
        OpenError::Unusable { .. } => 1,
    }
}

/// An error with everything beneath it, in one line.
fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        let next = error.to_string();
        let next = next.split(" (os error").next().unwrap_or_default();
        // Some libraries repeat their source in their own text.
        if !text.contains(next) {
            text.push_str(&format!(" ({next})"));
        }
        source = error.source();
    }
    text
}
