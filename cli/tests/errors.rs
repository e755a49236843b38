//! What people read when something is wrong: each text is held by a snapshot, each exit code by the call.

#![allow(clippy::unwrap_used)] // A test that can't go on has failed.

mod support {
    mod foreign;
    mod sandbox;
    pub use foreign::Foreign;
    pub use sandbox::{CONFIG, Sandbox, program};
}

use std::{fs, net::TcpListener, process::Stdio};
use support::{CONFIG, Foreign, Sandbox, program};

/// Snapshots of texts with the sandbox's own paths and ports left out.
macro_rules! snapshot {
    ($sandbox:expr, $text:expr) => {
        $sandbox.settings().bind(|| insta::assert_snapshot!($text));
    };
}

mod config {
    use super::*;

    fn refused(from: &str, to: &str) -> (Sandbox, String) {
        let sandbox = Sandbox::new();
        sandbox.config(from, to);
        let text = sandbox.failure(3, &["plan", "config.yaml"]);
        (sandbox, text)
    }

    #[test]
    fn unknown_key() {
        let (sandbox, text) = refused(
            "      starts:\n        - {angle_deg: 40}",
            "      strats:\n        - {angle_deg: 40}",
        );
        snapshot!(sandbox, text);
    }

    #[test]
    fn unknown_key_without_a_near_one() {
        let (sandbox, text) = refused("seeds:", "colour: red\nseeds:");
        snapshot!(sandbox, text);
    }

    #[test]
    fn unknown_choice() {
        let (sandbox, text) = refused("  tiny: {width: 2}", "  tinny: {width: 2}");
        snapshot!(sandbox, text);
    }

    #[test]
    fn missing_key() {
        let (sandbox, text) = refused("seeds: [0, 1]\n", "");
        snapshot!(sandbox, text);
    }

    #[test]
    fn wrong_type() {
        let (sandbox, text) = refused("epochs: 2", "epochs: many");
        snapshot!(sandbox, text);
        let (sandbox, text) = refused("seeds: [0, 1]", "seeds: 3");
        snapshot!(sandbox, text);
        let (sandbox, text) = refused("angle_deg: 40", "angle_deg: steep");
        snapshot!(sandbox, text);
        let (sandbox, text) = refused("training: {epochs: 2, batch: 4}", "training: 7");
        snapshot!(sandbox, text);
    }

    #[test]
    fn key_that_stands_twice() {
        let (sandbox, text) = refused("seeds: [0, 1]", "seeds: [0, 1]\nseeds: [2]");
        snapshot!(sandbox, text);
    }

    #[test]
    fn list_of_another_length() {
        let (sandbox, text) = refused("  tiny: {width: 2}", "  resnet: {blocks: [1, 1]}");
        snapshot!(sandbox, text);
    }

    #[test]
    fn empty_file() {
        let sandbox = Sandbox::new();
        sandbox.write("config.yaml", "");
        snapshot!(sandbox, sandbox.failure(3, &["plan", "config.yaml"]));
    }

    #[test]
    fn broken_yaml() {
        let (sandbox, text) = refused("seeds: [0, 1]", "seeds: [0, 1");
        snapshot!(sandbox, text);
    }

    #[test]
    fn empty_search() {
        let empty = CONFIG.split("tasks:").next().unwrap().to_owned() + "tasks: []\nfamilies: []\nseeds: []\n";
        let sandbox = Sandbox::new();
        sandbox.write("config.yaml", &empty);
        snapshot!(sandbox, sandbox.failure(3, &["plan", "config.yaml"]));
    }

    #[test]
    fn no_starts() {
        let (sandbox, text) = refused("starts:\n        - {area: 0.12, aspect: 2, angle_deg: 0}", "starts: []");
        snapshot!(sandbox, text);
    }

    #[test]
    fn no_config() {
        let sandbox = Sandbox::new();
        snapshot!(sandbox, sandbox.failure(3, &["plan", "other.yaml"]));
    }
}

mod data {
    use super::*;

    fn run(sandbox: &Sandbox) -> String {
        sandbox.failure(4, &["run", "config.yaml", "--out", "out"])
    }

    #[test]
    fn class_that_is_not_there() {
        let sandbox = Sandbox::new();
        sandbox.config("normal: sneaker", "normal: sneeker");
        snapshot!(sandbox, run(&sandbox));
        snapshot!(sandbox, sandbox.failure(4, &["plan", "config.yaml"]));
    }

    #[test]
    fn no_folder() {
        let sandbox = Sandbox::new();
        sandbox.config("{size_px: 16}", "{size_px: 16, root: elsewhere}");
        snapshot!(sandbox, run(&sandbox));
    }

    #[test]
    fn no_file() {
        let sandbox = Sandbox::new();
        fs::remove_file(sandbox.path("data/fashion-mnist/train-images-idx3-ubyte")).unwrap();
        snapshot!(sandbox, run(&sandbox));
    }

    #[test]
    fn truncated_file() {
        let sandbox = Sandbox::new();
        let path = sandbox.path("data/fashion-mnist/t10k-images-idx3-ubyte");
        let bytes = fs::read(&path).unwrap();
        fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
        snapshot!(sandbox, run(&sandbox));
    }

    #[test]
    fn too_few_images() {
        let sandbox = Sandbox::new();
        sandbox.config("train: 8", "train: 800");
        snapshot!(sandbox, run(&sandbox));
    }
}

mod folder {
    use super::*;

    #[test]
    fn that_cannot_be_written() {
        let sandbox = Sandbox::new();
        sandbox.write("file", "");
        snapshot!(
            sandbox,
            sandbox.failure(5, &["run", "config.yaml", "--out", "file/out"])
        );
    }

    #[test]
    fn in_use() {
        let sandbox = Sandbox::new();
        fs::create_dir(sandbox.path("out")).unwrap();
        let lock = fs::File::create(sandbox.path("out/augur.lock")).unwrap();
        lock.lock().unwrap();
        snapshot!(sandbox, sandbox.failure(11, &["run", "config.yaml", "--out", "out"]));
    }

    #[test]
    fn of_another_sweep() {
        let sandbox = Sandbox::new();
        // The store as a run leaves it: the sweep is in it, and no process has it.
        submit_to_a_store(&sandbox, "out/augur.sqlite");
        sandbox.config("seeds: [0, 1]", "seeds: [0]");
        snapshot!(sandbox, sandbox.failure(13, &["run", "config.yaml", "--out", "out"]));
    }

    fn submit_to_a_store(sandbox: &Sandbox, store: &str) {
        fs::create_dir(sandbox.path("out")).unwrap();
        let args = [
            "--listen",
            "127.0.0.1:0",
            "--http",
            "off",
            "--store",
            store,
            "--exit-with-stdin",
        ];
        let mut command = sandbox.command(&program("augur-coordinator"), &args);
        let mut coordinator = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        let stdout = coordinator.stdout.as_mut().unwrap();
        std::io::BufRead::read_line(&mut std::io::BufReader::new(stdout), &mut line).unwrap();
        let address = line
            .split_whitespace()
            .find_map(|word| word.split("//").last()?.parse::<std::net::SocketAddr>().ok());
        sandbox.success(&[
            "submit",
            "config.yaml",
            "--coordinator",
            &format!("http://{}", address.unwrap()),
        ]);
        drop(coordinator.stdin.take());
        assert!(coordinator.wait().unwrap().success());
    }
}

mod coordinator {
    use super::*;

    #[test]
    fn port_in_use() {
        let sandbox = Sandbox::new();
        let taken = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = taken.local_addr().unwrap().to_string();
        snapshot!(
            sandbox,
            sandbox.failure(6, &["run", "config.yaml", "--out", "out", "--listen", &address])
        );

        let args = ["--listen", &address, "--http", "off", "--store", "alone.sqlite"];
        let output = sandbox.command(&program("augur-coordinator"), &args).output().unwrap();
        assert_eq!(output.status.code(), Some(6));
        snapshot!(sandbox, String::from_utf8_lossy(&output.stderr));
    }

    #[test]
    fn that_cannot_be_reached() {
        let sandbox = Sandbox::new();
        let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let url = format!("http://{closed}");
        snapshot!(sandbox, sandbox.failure(7, &["list", "--coordinator", &url]));
    }

    #[test]
    fn without_an_address() {
        let sandbox = Sandbox::new();
        snapshot!(sandbox, sandbox.failure(2, &["list", "--coordinator", "no address"]));
    }

    #[test]
    fn of_another_api() {
        let sandbox = Sandbox::new();
        let newer = Foreign::of_version("augur.v2/1");
        snapshot!(sandbox, sandbox.failure(8, &["list", "--coordinator", &newer.url]));
        let foreign = Foreign::of_another_kind();
        snapshot!(
            sandbox,
            sandbox.failure(8, &["submit", "config.yaml", "--coordinator", &foreign.url])
        );
    }
}
