//! A folder of its own for each test, with a small data set of the true format, and the real binaries run in it.

#![allow(dead_code)] // Each test binary uses its part.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};
use tempfile::TempDir;

/// A good config for the small data set.
pub const CONFIG: &str = "\
version: 1
name: small
data:
  fashion_mnist: {size_px: 16}
split: {train: 8, held_out: 4, validation_normal: 4, validation_anomalous: 4}
tasks:
  - {normal: sneaker, anomaly: {planted: {rotate_deg: 150}}}
  - {normal: bag, anomaly: {class: coat}}
families:
  - rotation:
      starts:
        - {angle_deg: 40}
        - {angle_deg: 110}
  - cutdiff:
      starts:
        - {area: 0.12, aspect: 2, angle_deg: 0}
seeds: [0, 1]
detector:
  tiny: {width: 2}
training: {epochs: 2, batch: 4}
";

/// Images of each half of the small data set; classes take turns.
const IMAGES: [u32; 2] = [240, 40];

/// A folder in which `augur` runs.
pub struct Sandbox {
    home: TempDir,
}

impl Sandbox {
    /// With data and a good `config.yaml`.
    pub fn new() -> Self {
        let sandbox = Self {
            home: tempfile::tempdir().unwrap(),
        };
        write_data(&sandbox.path("data/fashion-mnist"));
        sandbox.write("config.yaml", CONFIG);
        sandbox
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    pub fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// A config that differs from the good one in one place.
    pub fn config(&self, from: &str, to: &str) {
        assert!(CONFIG.contains(from), "the config has no {from:?}");
        self.write("config.yaml", &CONFIG.replacen(from, to, 1));
    }

    /// A command in this folder.
    pub fn command(&self, program: &Path, args: &[&str]) -> Command {
        let mut command = Command::new(program);
        command
            .args(args)
            .current_dir(self.home.path())
            .env("NO_COLOR", "1")
            .env("AUGUR_DATA", "data");
        command.env_remove("AUGUR_COORDINATOR");
        command
    }

    /// Runs `augur` to its end.
    pub fn augur(&self, args: &[&str]) -> Output {
        self.command(Path::new(env!("CARGO_BIN_EXE_augur")), args)
            .output()
            .unwrap()
    }

    /// What `augur` says when it fails with this exit code.
    pub fn failure(&self, exit: i32, args: &[&str]) -> String {
        let output = self.augur(args);
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(exit), "augur {args:?} said: {stderr}");
        stderr
    }

    /// What `augur` prints when it succeeds.
    pub fn success(&self, args: &[&str]) -> String {
        let output = self.augur(args);
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "augur {args:?} said: {stderr}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// Settings that leave out what differs from run to run, or with every new key of a spec: paths, ports, hashes.
    pub fn settings(&self) -> insta::Settings {
        let mut settings = insta::Settings::clone_current();
        settings.add_filter(&self.home.path().display().to_string(), "[home]");
        settings.add_filter(r"(127\.0\.0\.1):\d+", "$1:[port]");
        settings.add_filter(r"[0-9a-f]{64}", "[sha256]");
        settings.add_filter(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "[uuid]");
        settings
    }
}

/// The other binaries are built into the same folder.
pub fn program(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_BIN_EXE_augur")).with_file_name(name);
    assert!(
        path.is_file(),
        "{name} isn't built: run `cargo build --release --workspace` first"
    );
    path
}

fn write_data(folder: &Path) {
    fs::create_dir_all(folder).unwrap();
    for (half, images) in ["train", "t10k"].into_iter().zip(IMAGES) {
        let labels: Vec<u8> = (0..images).map(|i| (i % 10) as u8).collect();
        // Each image has a pattern of its own.
        let pixels: Vec<u8> = (0..images * 28 * 28).map(|i| (i * 31 % 251) as u8).collect();
        fs::write(
            folder.join(format!("{half}-labels-idx1-ubyte")),
            idx(&[images], &labels),
        )
        .unwrap();
        fs::write(
            folder.join(format!("{half}-images-idx3-ubyte")),
            idx(&[images, 28, 28], &pixels),
        )
        .unwrap();
    }
}

/// An IDX file of unsigned bytes.
fn idx(dims: &[u32], data: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0, 0, 8, dims.len() as u8];
    dims.iter().for_each(|n| bytes.extend(n.to_be_bytes()));
    bytes.extend(data);
    bytes
}
