//! A disk that fails beneath the real program: a limit on the size of its files stands for a disk that gives errors, a small
//! file system in memory for one that is full. It loses nothing, leases nothing, and goes on.
#![cfg(target_os = "linux")]
use crate::support::{LightWorker, Sweeps, Workers, create, get, outcome, reason, wide_spec};
use augur_proto::v1;
use std::{
    fs,
    io::{BufRead, BufReader, Read},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};
use tonic::Code;

/// A running `augur-coordinator` to which a file that grows too large is an error and not the end.
struct Program {
    child: Child,
    url: String,
}

impl Program {
    fn start(store: &Path) -> Self {
        let mut child = Command::new("sh")
            .args([
                "-c",
                "trap '' XFSZ; exec \"$0\" --listen 127.0.0.1:0 --http off --store \"$1\"",
            ])
            .arg(env!("CARGO_BIN_EXE_augur-coordinator"))
            .arg(store)
            .env("AUGUR_LOG", "info")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let url = line.trim_end().strip_prefix("listening on ").unwrap().to_owned();
        Self { child, url }
    }

    /// The largest file that it may write; none: any.
    fn limit(&self, bytes: Option<u64>) {
        let limit = bytes.map_or("unlimited".to_owned(), |bytes| bytes.to_string());
        let pid = self.child.id().to_string();
        let set = Command::new("prlimit")
            .args(["--pid", &pid, &format!("--fsize={limit}:unlimited")])
            .status();
        assert!(set.unwrap().success());
    }

    /// Stops it in order; what it logged.
    fn stop(mut self) -> String {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
        let mut log = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut log).unwrap();
        assert_eq!(self.child.wait().unwrap().code(), Some(0), "{log}");
        log
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Completes trials until one is refused; their names, and the lease that was refused.
async fn until_refused(worker: &mut LightWorker) -> (Vec<String>, Option<v1::Lease>) {
    let mut done = Vec::new();
    loop {
        let lease = match worker.try_acquire(1).await {
            Ok(mut leases) => leases.pop().expect("the disk fails before the sweep ends"),
            Err(status) => {
                refused(&status);
                return (done, None);
            }
        };
        if let Err(status) = complete(worker, &lease).await {
            refused(&status);
            return (done, Some(lease));
        }
        done.push(lease.token);
    }
}

async fn complete(worker: &mut LightWorker, lease: &v1::Lease) -> Result<(), tonic::Status> {
    let Some(v1::lease::Work::Trial(work)) = &lease.work else {
        panic!("{lease:?}")
    };
    let mut result = outcome(&serde_json::from_str(&work.trial_spec_json).unwrap());
    // So that not very many are needed.
    result.scores = vec![0.5; 4000];
    worker.complete_trial(&lease.token, result).await
}

fn refused(status: &tonic::Status) {
    assert_eq!(
        (status.code(), reason(status).as_str()),
        (Code::Unavailable, "STORE_FAILED"),
        "{status:?}"
    );
}

/// Lets the disk fail, asks for more, mends it, goes on to the end.
async fn fails_and_goes_on(store: &Path, fail: impl Fn(&Program), mend: impl Fn(&Program), told: &str) {
    const TRIALS: usize = 100;
    let program = Program::start(store);
    let mut sweeps = Sweeps::connect(program.url.clone()).await.unwrap();
    let mut worker = LightWorker::register(Workers::connect(program.url.clone()).await.unwrap(), 1).await;
    create(&mut sweeps, &wide_spec("wide", TRIALS)).await;
    fail(&program);
    let (done, held) = until_refused(&mut worker).await;
    let mut held = Vec::from_iter(held);
    // Where an outcome has no room a lease may still have some; then no more is leased.
    while let Ok(leases) = worker.try_acquire(1).await {
        assert_eq!(leases.len(), 1, "the disk fails before the sweep ends");
        held.extend(leases);
    }
    // What was acknowledged can be read meanwhile.
    let progress = get(&mut sweeps, "sweeps/wide").await.progress.unwrap();
    assert_eq!(progress.trials_completed as usize, done.len());
    assert_eq!(progress.trials_running as usize, held.len());

    mend(&program);
    for lease in &held {
        complete(&mut worker, lease).await.unwrap();
    }
    loop {
        let Some(lease) = worker.acquire(1).await.pop() else {
            panic!("no evaluation came")
        };
        if complete_or_evaluate(&mut worker, &lease).await {
            break;
        }
    }
    let sweep = get(&mut sweeps, "sweeps/wide").await;
    assert_eq!(sweep.state(), v1::SweepState::Succeeded);
    assert_eq!(sweep.progress.unwrap().trials_completed as usize, TRIALS);
    let log = program.stop();
    assert!(log.contains(told), "{log}");
    assert!(log.contains("the store works again"), "{log}");
    let checked = Command::new(env!("CARGO_BIN_EXE_augur-coordinator"))
        .args(["store", "check", "--store"])
        .arg(store)
        .output();
    assert_eq!(
        String::from_utf8(checked.unwrap().stdout).unwrap(),
        "all is well: 1 sweeps, 100 trials\n"
    );
}

/// Whether that was the last.
async fn complete_or_evaluate(worker: &mut LightWorker, lease: &v1::Lease) -> bool {
    match &lease.work {
        Some(v1::lease::Work::Trial(_)) => {
            complete(worker, lease).await.unwrap();
            false
        }
        _ => {
            worker.complete(lease).await.unwrap();
            true
        }
    }
}

#[tokio::test]
async fn a_disk_that_gives_errors() {
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("augur.sqlite");
    let log = folder.path().join("augur.sqlite-wal");
    let fail = |program: &Program| program.limit(Some(fs::metadata(&log).unwrap().len() + 200_000));
    fails_and_goes_on(&store, fail, |program| program.limit(None), "fails to read or to write").await;
}

/// A file system in memory, unmounted when dropped.
struct SmallDisk(PathBuf);

impl SmallDisk {
    fn mount(at: &Path) -> Option<Self> {
        fs::create_dir(at).unwrap();
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=2m", "augur-test"])
            .arg(at)
            .output();
        if mounted.is_ok_and(|mounted| mounted.status.success()) {
            return Some(Self(at.to_owned()));
        }
        eprintln!("skipped: this user may not mount a small file system");
        None
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("--lazy").arg(&self.0).status();
    }
}

#[tokio::test]
async fn a_disk_that_is_full() {
    let folder = tempfile::tempdir().unwrap();
    let Some(disk) = SmallDisk::mount(&folder.path().join("disk")) else {
        return;
    };
    let mend = |_: &Program| {
        let larger = Command::new("mount")
            .args(["-o", "remount,size=64m"])
            .arg(&disk.0)
            .status();
        assert!(larger.unwrap().success());
    };
    fails_and_goes_on(&disk.0.join("augur.sqlite"), |_| {}, mend, " is full; make room").await;
}
