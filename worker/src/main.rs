//! `augur-worker`: leases trials and runs each in a child process.

use augur_watching::logs::{self, LogOptions};
use augur_worker::{
    doctor,
    error::WorkerError,
    model,
    options::{Cli, Command, Options},
    preview,
    shutdown::on_shutdown,
    slot, worker,
};
use std::{process::ExitCode, time::Duration};
use tracing_subscriber::EnvFilter;

fn main() -> ExitCode {
    let cli = Cli::read();
    let log = cli.log;
    match (cli.command, cli.options) {
        (Some(Command::Slot), _) => slot::child::main(),
        (Some(Command::Doctor { json }), _) => doctor::main(json),
        (Some(Command::Score(options)), _) => model::score(&options),
        (Some(Command::Export(options)), _) => model::export(&options),
        (Some(Command::Preview(options)), _) => preview::main(&options),
        (None, Some(options)) => match work(&options, log) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                eprintln!("error: {error}");
                error.exit_code().into()
            }
        },
        // clap asks for --coordinator first.
        (None, None) => ExitCode::from(2),
    }
}

fn work(options: &Options, log: LogOptions) -> Result<(), WorkerError> {
    let filter = EnvFilter::try_from_env("AUGUR_LOG").unwrap_or_else(|_| EnvFilter::new("info"));
    logs::start(log.log_format, filter, false);
    // One thread waits for the network and for the slots; the cores are for the trials.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|fault| WorkerError::System {
            what: "start the runtime",
            fault,
        })?;
    let result = runtime.block_on(async {
        let stopping = on_shutdown(options.exit_with_stdin)?;
        worker::run(options, stopping).await
    });
    // An evaluation in progress must not hold up the end.
    runtime.shutdown_timeout(Duration::ZERO);
    result
}
