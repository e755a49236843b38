//! `augur-worker doctor`: what trials could run on here, for `augur doctor`.

use augur_train::device::{LIBTORCH_VERSION, cuda_devices};
use serde::Serialize;
use std::process::ExitCode;

/// What there is.
#[derive(Debug, Serialize)]
struct Findings {
    /// Version of augur.
    augur: &'static str,
    /// Version of libtorch that this binary was built for and runs with.
    libtorch: &'static str,
    /// Threads that the process may run at once.
    cpu_threads: usize,
    /// The GPUs that libtorch can use.
    cuda_devices: Vec<String>,
    /// What to know about GPUs here.
    cuda_note: String,
}

/// Prints the findings, as JSON or as lines.
pub fn main(json: bool) -> ExitCode {
    let findings = Findings::gather();
    if json {
        match serde_json::to_string(&findings) {
            Ok(text) => println!("{text}"),
            Err(error) => {
                eprintln!("error: {error}");
                return ExitCode::FAILURE;
            }
        }
    } else {
        println!("augur {}, libtorch {}", findings.augur, findings.libtorch);
        println!("CPU threads: {}", findings.cpu_threads);
        println!("GPUs: {} ({})", findings.cuda_devices.len(), findings.cuda_note);
    }
    ExitCode::SUCCESS
}

impl Findings {
    fn gather() -> Self {
        let cuda_devices: Vec<_> = (0..cuda_devices()).map(|index| format!("cuda:{index}")).collect();
        let cuda_note = match cuda_devices.len() {
            0 => "libtorch can use no CUDA device; trials run on the CPU".to_owned(),
            _ => "a trial with `device: auto` runs on cuda:0".to_owned(),
        };
        Self {
            augur: env!("CARGO_PKG_VERSION"),
            libtorch: LIBTORCH_VERSION,
            cpu_threads: std::thread::available_parallelism().map_or(1, usize::from),
            cuda_devices,
            cuda_note,
        }
    }
}
