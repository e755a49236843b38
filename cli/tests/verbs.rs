//! The commands for a sweep's verbs, on a real coordinator without workers: what they print, and what they say when refused.

#![allow(clippy::unwrap_used)] // A test that can't go on has failed.

mod support {
    mod coordinator;
    mod sandbox;
    pub use coordinator::Coordinator;
    pub use sandbox::{CONFIG, Sandbox, program};
}

use support::{CONFIG, Coordinator, Sandbox};

#[test]
fn verbs_say_what_became_of_the_sweep() {
    let sandbox = Sandbox::new();
    let coordinator = Coordinator::start(&sandbox);
    let said = |command: &[&str]| sandbox.success(&coordinator.arguments(command));
    said(&["submit", "config.yaml"]);
    assert_eq!(
        said(&["pause", "small"]),
        "sweep small is paused, nothing of it runs; `augur resume small` goes on\n"
    );
    let list = said(&["list"]);
    assert!(list.contains("paused"), "{list}");
    assert_eq!(said(&["resume", "small"]), "sweep small goes on, 12 trials waiting\n");
    assert_eq!(said(&["priority", "small", "-3"]), "sweep small has priority -3\n");
    let extended = said(&["extend", "small", "--seeds", "5"]);
    assert!(
        extended.ends_with(
            "\nsweep small-extended has the 12 trials of small and 6 more; `augur watch small-extended` follows it\n"
        ),
        "{extended}"
    );
    let more = CONFIG
        .replace("name: small", "name: more")
        .replace("- {angle_deg: 110}", "- {angle_deg: 110}\n        - {angle_deg: 200}");
    sandbox.write("more.yaml", &more);
    let extended = said(&["extend", "small", "--config", "more.yaml"]);
    assert!(
        extended.contains("sweep more has the 12 trials of small and 4 more"),
        "{extended}"
    );
}

#[test]
fn what_does_not_fit_is_refused_with_what_to_do() {
    let sandbox = Sandbox::new();
    let coordinator = Coordinator::start(&sandbox);
    let refused = |exit, command: &[&str]| sandbox.failure(exit, &coordinator.arguments(command));
    sandbox.success(&coordinator.arguments(&["submit", "config.yaml"]));
    for (exit, command, told) in [
        (
            1,
            &["resume", "small"][..],
            "sweep small is not paused; there is nothing to resume",
        ),
        (
            1,
            &["retry", "small"],
            "sweep small has no failed trial; there is nothing to try again",
        ),
        (12, &["pause", "large"], "there is no sweep large here"),
        (12, &["workers", "drain", "nobody"], "there is no worker nobody here"),
        (2, &["extend", "small"], "--seeds <SEEDS>|--config <FILE>"),
        (
            3,
            &["extend", "small", "--config", "config.yaml"],
            "has no trial that sweep small lacks",
        ),
        (
            3,
            &["extend", "small", "--seeds", "0"],
            "names 0, which sweep small has already; give others",
        ),
    ] {
        let text = refused(exit, command);
        assert!(text.contains(told), "{command:?} said: {text}");
    }
    // The same name with another spec: the difference is shown.
    sandbox.config("training: {epochs: 2, batch: 4}", "training: {epochs: 3, batch: 4}");
    let text = refused(13, &["submit", "config.yaml"]);
    assert!(text.contains("training.epochs: 2 -> 3"), "{text}");
}

#[test]
fn health_is_that_of_any_coordinator() {
    let sandbox = Sandbox::new();
    let coordinator = Coordinator::start(&sandbox);
    let url = &coordinator.url;
    assert_eq!(
        sandbox.success(&coordinator.arguments(&["health", "--wait", "60"])),
        format!("{url} serves\n")
    );
    // Nobody listens at the first one any more.
    let gone = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let both = format!("http://{gone},{url}");
    assert_eq!(
        sandbox.success(&["health", "--wait", "60", "--coordinator", &both]),
        format!("{url} serves\n")
    );
    let said = sandbox.failure(7, &["health", "--coordinator", &gone.to_string()]);
    assert!(
        said.contains("can't be asked") && said.contains("--wait SECONDS"),
        "{said}"
    );
}

#[test]
fn health_waits_for_a_coordinator_that_comes() {
    let sandbox = Sandbox::new();
    let address = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .to_string();
    let augur = std::path::Path::new(env!("CARGO_BIN_EXE_augur"));
    let arguments = ["health", "--wait", "60", "--coordinator", &address];
    let waiting = sandbox
        .command(augur, &arguments)
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let coordinator = Coordinator::start_at(&sandbox, &address);
    let output = waiting.wait_with_output().unwrap();
    assert_eq!(
        String::from_utf8(output.stdout).unwrap(),
        format!("{} serves\n", coordinator.url)
    );
}

#[test]
fn health_waits_for_a_year_at_most() {
    let sandbox = Sandbox::new();
    for wait in ["31536001", "18446744073709551615"] {
        let said = sandbox.failure(2, &["health", "--wait", wait, "--coordinator", "127.0.0.1:1"]);
        assert!(said.contains("0..=31536000"), "{said}");
    }
}

#[test]
fn all_workers_of_none_are_sent_away() {
    let sandbox = Sandbox::new();
    let coordinator = Coordinator::start(&sandbox);
    assert_eq!(
        sandbox.success(&coordinator.arguments(&["workers", "drain", "--all", "--now"])),
        ""
    );
    let said = sandbox.failure(2, &coordinator.arguments(&["workers", "drain"]));
    assert!(said.contains("<WORKER>"), "{said}");
}
