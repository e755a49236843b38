//! The real program: what it prints, how it ends, and that SIGKILL loses nothing.

use crate::support::{Host, LightWorker, SPEC, Sweeps, Workers, create, get, wide_spec};
use augur_coordinator::{Settings, clock::SystemClock};
use augur_proto::v1::{self, lease::Work};
use std::{
    io::{BufRead, BufReader, Read},
    net::TcpListener,
    path::Path,
    process::{Child, ChildStdin, Command, Stdio},
    sync::Arc,
};
use tokio::sync::mpsc;

/// A running `augur-coordinator`; killed when dropped.
struct Program {
    child: Child,
    url: String,
    stdin: Option<ChildStdin>,
}

impl Program {
    fn start(store: &Path, more: &[&str]) -> Self {
        let mut child = command(store, "127.0.0.1:0")
            .args(more)
            .stdin(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let url = line.trim_end().strip_prefix("listening on ").unwrap().to_owned();
        let stdin = child.stdin.take();
        Self { child, url, stdin }
    }

    fn signal(&self, signal: &str) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args([signal, &pid]).status().unwrap().success());
    }

    async fn worker(&self) -> LightWorker {
        LightWorker::register(Workers::connect(self.url.clone()).await.unwrap(), 2).await
    }

    async fn sweeps(&self) -> Sweeps {
        Sweeps::connect(self.url.clone()).await.unwrap()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn command(store: &Path, listen: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_augur-coordinator"));
    command
        .args(["--listen", listen, "--http", "off", "--store"])
        .arg(store)
        .env("AUGUR_LOG", "warn");
    command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .stdin(Stdio::null());
    command
}

/// Runs it to its end; exit code and standard error, with the folder's name taken out.
fn refused(store: &Path, listen: &str) -> (i32, String) {
    let output = command(store, listen).output().unwrap();
    let mut error = String::from_utf8(output.stderr).unwrap();
    if let Some(folder) = store.parent() {
        error = error.replace(&folder.display().to_string(), "DIR");
    }
    (output.status.code().unwrap(), error)
}

#[tokio::test]
async fn killed_at_any_moment_and_started_again_it_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("augur.sqlite");
    let mut done = 0;
    // Killed after each acknowledged completion: trials and evaluations alike.
    loop {
        let program = Program::start(&store, &[]);
        let mut sweeps = program.sweeps().await;
        create(&mut sweeps, SPEC).await;
        let progress = get(&mut sweeps, "sweeps/small").await.progress.unwrap();
        assert_eq!(progress.trials_completed + progress.groups_done, done);
        assert_eq!(progress.trials_running, 0);
        let mut worker = program.worker().await;
        let Some(lease) = worker.acquire(1).await.pop() else {
            break;
        };
        assert_eq!(lease.attempt, 1);
        worker.complete(&lease).await.unwrap();
        done += 1;
        program.signal("-KILL");
    }
    assert_eq!(done, 12 + 4);
    check(folder).await;
}

/// Completes trials as fast as it can; each that was acknowledged is told to `acknowledged`.
async fn hurry(mut worker: LightWorker, acknowledged: mpsc::UnboundedSender<String>) {
    while let Ok(leases) = worker.try_acquire(2).await {
        for lease in &leases {
            if worker.complete(lease).await.is_err() {
                return;
            }
            if let Some(Work::Trial(work)) = &lease.work {
                acknowledged.send(work.trial.clone()).unwrap();
            }
        }
    }
}

#[tokio::test]
async fn killed_in_the_thick_of_it_nothing_acknowledged_is_lost() {
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("augur.sqlite");
    let program = Program::start(&store, &[]);
    create(&mut program.sweeps().await, &wide_spec("wide", 5000)).await;
    let (tell, mut told) = mpsc::unbounded_channel();
    let mut workers = tokio::task::JoinSet::new();
    for _ in 0..8 {
        workers.spawn(hurry(program.worker().await, tell.clone()));
    }
    drop(tell);
    let mut acknowledged = Vec::new();
    while let Some(trial) = told.recv().await {
        acknowledged.push(trial);
        if acknowledged.len() == 100 {
            program.signal("-KILL");
        }
    }
    workers.join_all().await;
    // Waits for its end.
    drop(program);

    let program = Program::start(&store, &[]);
    let mut sweeps = program.sweeps().await;
    for name in &acknowledged {
        let request = v1::GetTrialRequest { name: name.clone() };
        let trial = sweeps.get_trial(request).await.unwrap().into_inner();
        assert_eq!(trial.state(), v1::TrialState::Completed);
        assert_eq!(trial.outcome.unwrap().scores.len(), 4);
    }
    let completed = get(&mut sweeps, "sweeps/wide").await.progress.unwrap().trials_completed as usize;
    // Some may have been written whose acknowledgement was cut off.
    assert!(
        (acknowledged.len()..=acknowledged.len() + 8).contains(&completed),
        "{completed}"
    );
    drop(program);
    check(folder).await;
}

/// Every invariant of the store in `folder` holds.
async fn check(folder: tempfile::TempDir) {
    let clock = Arc::new(SystemClock::default());
    Host::on(Arc::new(folder), Settings::default(), clock)
        .await
        .check()
        .await;
}

#[tokio::test]
async fn it_ends_with_signals_and_with_standard_input() {
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("augur.sqlite");
    for signal in ["-TERM", "-INT"] {
        let mut program = Program::start(&store, &[]);
        program.signal(signal);
        assert_eq!(program.child.wait().unwrap().code(), Some(0), "{signal}");
    }
    let mut program = Program::start(&store, &["--exit-with-stdin"]);
    drop(program.stdin.take());
    assert_eq!(program.child.wait().unwrap().code(), Some(0));
    let mut log = String::new();
    program.child.stderr.take().unwrap().read_to_string(&mut log).unwrap();
    assert_eq!(log, "");
    assert!(
        !folder.path().join("augur.sqlite-wal").exists(),
        "the log was not emptied"
    );
}

#[tokio::test]
async fn what_keeps_it_from_starting_has_a_sentence_and_a_code() {
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("augur.sqlite");
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let (code, error) = refused(&store, &address);
    let port_in_use = format!(
        "augur-coordinator: the port of {address} is in use; \
         stop what listens there or choose another one with --listen (port 0: any)\n"
    );
    assert_eq!((code, error), (6, port_in_use));

    let nowhere = folder.path().join("missing").join("augur.sqlite");
    let (code, error) = refused(&nowhere, "127.0.0.1:0");
    assert_eq!(code, 5);
    assert_eq!(
        error,
        "augur-coordinator: the store DIR/augur.sqlite can't be written; \
         make its folder writable or choose another one with --store (No such file or directory)\n"
    );

    let running = Program::start(&store, &[]);
    let (code, error) = refused(&store, "127.0.0.1:0");
    assert_eq!(code, 11);
    assert_eq!(
        error,
        "augur-coordinator: the store DIR/augur.sqlite is in use by another coordinator; \
         stop that one or choose another store with --store\n"
    );
    drop(running);

    let text = folder.path().join("notes.txt");
    std::fs::write(
        &text,
        "not a database, but longer than the header of one would be\n".repeat(20),
    )
    .unwrap();
    let (code, error) = refused(&text, "127.0.0.1:0");
    assert_eq!(code, 4);
    assert_eq!(
        error,
        "augur-coordinator: DIR/notes.txt is no store of augur; \
         name the file of a coordinator with --store, or restore it from a backup\n"
    );

    let (code, error) = refused(&store, "0.0.0.0:0");
    assert_eq!(code, 2);
    assert!(
        error.contains("add --insecure where every machine around is trusted"),
        "{error}"
    );
}
