//! What the figures were measured on.

use std::{
    fs::{self, File},
    io::Write,
    path::Path,
    process::Command,
    time::Instant,
};

use anyhow::Result;

use super::Latency;

/// A line about the machine, its disk and the versions.
pub fn machine(folder: &Path, python: &Path) -> Result<String> {
    let cpu = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpu.lines().find_map(|line| line.strip_prefix("model name"));
    let model = model.map_or("unknown CPU", |rest| rest.trim_start_matches([' ', '\t', ':']));
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = load.split(' ').next().unwrap_or_default();
    let disk = disk(folder)?;
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    Ok(format!(
        "{cores} cores of {model}, Linux {}, load before {load}; 16 KiB written over old ones and synced (fdatasync): {disk} ms\n\
         (p50 / p99 / max); augur {}, {}\n",
        kernel.trim(),
        env!("CARGO_PKG_VERSION"),
        peers(python)
    ))
}

/// How long the disk takes to keep a few pages, as a log that is used again does.
fn disk(folder: &Path) -> Result<Latency> {
    use std::os::unix::fs::FileExt;
    const BLOCK: usize = 16 << 10;
    const BLOCKS: u64 = 200;
    let path = folder.join("disk.probe");
    let mut file = File::create(&path)?;
    file.write_all(&vec![1; BLOCK * BLOCKS as usize])?;
    file.sync_all()?;
    let mut times = Vec::new();
    for at in 0..BLOCKS {
        file.write_all_at(&[2; BLOCK], at * BLOCK as u64)?;
        let begin = Instant::now();
        file.sync_data()?;
        times.push(begin.elapsed().as_secs_f64() * 1000.0);
    }
    fs::remove_file(path)?;
    Ok(Latency::of(&times))
}

fn peers(python: &Path) -> String {
    let code = "import sys, sqlite3, optuna, ray; \
                print('Optuna', optuna.__version__ + ', Ray', ray.__version__ + ', Python', sys.version.split()[0], \
                'with SQLite', sqlite3.sqlite_version)";
    let answer = Command::new(python).args(["-c", code]).output();
    let text = answer.map(|answer| String::from_utf8_lossy(&answer.stdout).trim().to_owned());
    text.ok()
        .filter(|text| !text.is_empty())
        .unwrap_or_else(|| "no venv with Optuna and Ray".into())
}
