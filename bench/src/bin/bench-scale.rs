//! `make bench-scale`: how much a coordinator bears, beside Optuna and Ray Tune. Prints Markdown tables and writes them, with the
//! figures as JSON, to a folder. Fails by a wrong result, never by a figure.

use std::path::PathBuf;

use anyhow::Result;
use augur_bench::local::Programs;
use augur_bench::options::publish;
use augur_bench::scale::{self, Kind, Setup, load, report::Report};
use clap::{Parser, Subcommand, ValueEnum};

#[derive(Parser)]
#[command(
    about = "Measures how much a coordinator bears",
    args_conflicts_with_subcommands = true
)]
struct Options {
    #[command(subcommand)]
    command: Option<Command>,
    /// A: beside Optuna and Ray Tune. B: a thousand connected workers. C: a million trials. D: saturation. All of them if none is
    /// named.
    #[arg(long = "part", value_enum, ignore_case = true)]
    parts: Vec<Part>,
    /// The smallest of everything, to see that the benchmark works.
    #[arg(long)]
    short: bool,
    /// What keeps the stores.
    #[arg(long, value_enum, default_value = "sqlite")]
    store: Kind,
    /// C: trials that are completed before anything is asked.
    #[arg(long, default_value_t = 200_000)]
    done: u32,
    /// D: numbers of workers.
    #[arg(long, value_delimiter = ',', default_values_t = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000])]
    workers: Vec<u32>,
    /// Where the figures go, as Markdown and as JSON.
    #[arg(long, default_value = "target")]
    out: PathBuf,
    /// Where stores are made, on the disk that is to be measured.
    #[arg(long, default_value = "target")]
    folder: PathBuf,
    /// The built coordinator.
    #[arg(long, default_value = "target/release/augur-coordinator")]
    coordinator: PathBuf,
    /// The built command.
    #[arg(long, default_value = "target/release/augur")]
    augur: PathBuf,
    /// A Python with Optuna and Ray; scripts/scale-tools makes it.
    #[arg(long, default_value = ".scale-venv/bin/python")]
    python: PathBuf,
}

#[derive(Subcommand)]
enum Command {
    /// A load, as this program starts it.
    #[command(hide = true)]
    Load { job: String },
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Part {
    A,
    B,
    C,
    D,
}

fn main() -> Result<()> {
    let options = Options::parse();
    match &options.command {
        Some(Command::Load { job }) => load::run(job),
        None => tokio::runtime::Runtime::new()?.block_on(measure(options)),
    }
}

async fn measure(options: Options) -> Result<()> {
    let folder = std::fs::canonicalize(&options.folder)?;
    let setup = Setup {
        programs: Programs {
            coordinator: options.coordinator.clone(),
            worker: PathBuf::new(),
        },
        augur: options.augur.clone(),
        python: options.python.clone(),
        peers: "bench/peers".into(),
        folder,
        kind: options.store,
    };
    let wanted = |part| options.parts.is_empty() || options.parts.contains(&part);
    let mut report = Report::new(options.store, scale::machine(&setup.folder, &setup.python)?);
    let sizes = scale::sizes::of(options.short, options.done);
    if wanted(Part::A) {
        eprintln!("A: trials per second");
        report.sides = scale::durable::augur(&setup, sizes.durable).await?;
        if setup.python.exists() {
            report.sides.extend(scale::durable::optuna(&setup, sizes.durable)?);
            report.sides.push(scale::durable::ray(&setup, sizes.durable)?);
        }
        report.durable = Some(sizes.durable);
    }
    if wanted(Part::B) {
        eprintln!("B: connected workers");
        report.connected = Some(scale::connected::measure(&setup, sizes.connected).await?);
    }
    if wanted(Part::C) {
        eprintln!("C: very many trials");
        report.million = Some(scale::million::measure(&setup, sizes.million).await?);
    }
    if wanted(Part::D) {
        eprintln!("D: saturation");
        let workers = if options.short {
            &[1, 10, 100][..]
        } else {
            &options.workers
        };
        report.points = scale::saturation::measure(&setup, workers, sizes.durable.reports, sizes.point_s).await?;
    }
    let name = match options.store {
        Kind::Sqlite => "bench-scale",
        Kind::Postgres => "bench-scale-postgres",
    };
    publish(&options.out, name, &report.markdown(), &report)
}
