//! A child's stderr: its last lines in memory, each to whoever follows the trial that runs, all of it in a file where one is
//! wanted.

use std::{
    collections::VecDeque,
    fs::File,
    io::{self, Write},
    path::Path,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::{
    io::{AsyncBufReadExt, AsyncRead, BufReader},
    sync::mpsc,
    task::JoinHandle,
};

/// Lines kept in memory.
const KEPT: usize = 20;
/// Lines that wait for whoever follows; of a child that says more, some are left out there.
const WAITING: usize = 500;

/// The log of one child.
pub(super) struct Log {
    lines: Arc<Mutex<VecDeque<String>>>,
    new: mpsc::Receiver<String>,
    reader: JoinHandle<()>,
}

impl Log {
    /// Follows `stderr` until it ends, and appends it to `file`, if there is one.
    pub fn follow(stderr: impl AsyncRead + Unpin + Send + 'static, file: Option<&Path>) -> io::Result<Self> {
        let file = file
            .map(|path| File::options().create(true).append(true).open(path))
            .transpose()?;
        let lines = Arc::new(Mutex::new(VecDeque::with_capacity(KEPT)));
        let (sender, new) = mpsc::channel(WAITING);
        let reader = tokio::spawn(read(BufReader::new(stderr), lines.clone(), sender, file));
        Ok(Self { lines, new, reader })
    }

    /// The next line; waits for ever once there is none any more.
    pub async fn next(&mut self) -> String {
        match self.new.recv().await {
            Some(line) => line,
            None => std::future::pending().await,
        }
    }

    /// A line that has come already.
    pub fn waiting(&mut self) -> Option<String> {
        self.new.try_recv().ok()
    }

    /// The last lines of a child that has exited, oldest first.
    pub async fn last_lines(&mut self) -> Vec<String> {
        // What it wrote last may still be in the pipe, and a process that it started may hold the pipe open.
        let _ = tokio::time::timeout(Duration::from_secs(1), &mut self.reader).await;
        self.lines
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .iter()
            .cloned()
            .collect()
    }
}

async fn read(
    mut stderr: impl AsyncBufReadExt + Unpin,
    lines: Arc<Mutex<VecDeque<String>>>,
    new: mpsc::Sender<String>,
    mut file: Option<File>,
) {
    let mut line = vec![];
    while stderr.read_until(b'\n', &mut line).await.is_ok_and(|n| n > 0) {
        // A full disk costs lines of the log, never the trial.
        let _ = file.as_mut().map(|file| file.write_all(&line));
        let text = String::from_utf8_lossy(&line).trim_end().to_owned();
        line.clear();
        let _ = new.try_send(text.clone());
        let mut lines = lines.lock().unwrap_or_else(PoisonError::into_inner);
        if lines.len() == KEPT {
            lines.pop_front();
        }
        lines.push_back(text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_last_lines_are_kept_and_all_go_to_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("slot-0.log");
        let text: String = (1..=50).map(|n| format!("line {n}\n")).collect();
        let mut log = Log::follow(std::io::Cursor::new(text.clone()), Some(&path)).unwrap();
        assert_eq!(
            (log.next().await, log.next().await),
            ("line 1".to_owned(), "line 2".to_owned())
        );
        let last = log.last_lines().await;
        assert_eq!(
            (last.len(), last[0].as_str(), last[19].as_str()),
            (20, "line 31", "line 50")
        );
        assert_eq!(std::fs::read_to_string(path).unwrap(), text);
    }
}
