//! Room in the cache of data sets: who is there, who goes first.

use crate::lock;
use std::{
    fs,
    io::{self, ErrorKind},
    path::{Path, PathBuf},
    time::SystemTime,
};

/// The file that says how many bytes a data set has, there from before its first byte.
const BYTES: &str = "bytes";
/// The file of a data set that is whole; its time is that of its last use.
const COMPLETE: &str = "complete";

/// The folder of a data set in the cache.
#[derive(Clone, Debug)]
pub(crate) struct Berth {
    cache: PathBuf,
    id: String,
}

impl Berth {
    pub fn new(cache: &Path, id: &str) -> Self {
        Self {
            cache: cache.to_owned(),
            id: id.to_owned(),
        }
    }

    /// Those that are in a cache.
    pub fn all(cache: &Path) -> io::Result<Vec<Self>> {
        let entries = match fs::read_dir(cache) {
            Err(fault) if fault.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries?,
        };
        let mut found = Vec::new();
        for entry in entries {
            let entry = entry?;
            if entry.file_type()?.is_dir() {
                found.push(Self::new(cache, &entry.file_name().to_string_lossy()));
            }
        }
        Ok(found)
    }

    pub fn id(&self) -> &str {
        &self.id
    }

    pub fn folder(&self) -> PathBuf {
        self.cache.join(&self.id)
    }

    /// The folder at which the paths of a spec start.
    pub fn tree(&self) -> PathBuf {
        self.folder().join("tree")
    }

    pub fn lock(&self) -> PathBuf {
        self.cache.join(format!("{}.lock", self.id))
    }

    pub fn is_complete(&self) -> bool {
        self.folder().join(COMPLETE).is_file()
    }

    /// Says that it is whole, or was used just now.
    pub fn mark(&self) -> io::Result<()> {
        let file = fs::File::create(self.folder().join(COMPLETE))?;
        file.set_modified(SystemTime::now())
    }

    fn bytes(&self) -> u64 {
        let text = fs::read_to_string(self.folder().join(BYTES)).unwrap_or_default();
        text.trim().parse().unwrap_or_default()
    }

    pub fn used(&self) -> SystemTime {
        let time = |file| fs::metadata(self.folder().join(file)).and_then(|file| file.modified());
        time(COMPLETE)
            .or_else(|_| time(BYTES))
            .unwrap_or(SystemTime::UNIX_EPOCH)
    }

    /// Removes it unless somebody uses it; whether it is gone.
    fn remove(&self) -> io::Result<bool> {
        let Some(_alone) = lock::exclusive(&self.lock())? else {
            return Ok(false);
        };
        // First, so that a half that stays is none.
        match fs::remove_file(self.folder().join(COMPLETE)) {
            Err(fault) if fault.kind() != ErrorKind::NotFound => return Err(fault),
            _ => {}
        }
        match fs::remove_dir_all(self.folder()) {
            Err(fault) if fault.kind() != ErrorKind::NotFound => Err(fault),
            _ => Ok(true),
        }
    }

    /// Reserves `bytes` in a cache of at most `limit`: what was used longest ago goes, except what is in use. Whether there is
    /// room now; the ones that went are appended to `gone`. The caller holds this one's lock.
    pub fn reserve(&self, bytes: u64, limit: u64, gone: &mut Vec<String>) -> io::Result<bool> {
        // One at a time: two that count together would both find room.
        let Some(_alone) = lock::exclusive(&self.cache.join("room.lock"))? else {
            return Ok(false);
        };
        let mut others = Self::all(&self.cache)?;
        others.retain(|other| other.id != self.id);
        others.sort_by_key(Self::used);
        let mut taken: u64 = others.iter().map(Self::bytes).sum();
        for other in others {
            if taken.saturating_add(bytes) <= limit {
                break;
            }
            let size = other.bytes();
            if other.remove()? {
                taken -= size;
                gone.push(other.id);
            }
        }
        if taken.saturating_add(bytes) > limit {
            return Ok(false);
        }
        fs::create_dir_all(self.tree())?;
        fs::write(self.folder().join(BYTES), bytes.to_string())?;
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn berth(cache: &Path, id: &str, bytes: u64, age: u64) -> Berth {
        let berth = Berth::new(cache, id);
        assert!(berth.reserve(bytes, u64::MAX, &mut Vec::new()).unwrap());
        berth.mark().unwrap();
        let file = fs::File::options()
            .write(true)
            .open(berth.folder().join(COMPLETE))
            .unwrap();
        file.set_modified(SystemTime::now() - Duration::from_secs(age)).unwrap();
        berth
    }

    #[test]
    fn what_was_used_longest_ago_goes_first_and_what_is_in_use_stays() {
        let cache = tempfile::tempdir().unwrap();
        let cache = cache.path();
        let oldest = berth(cache, "oldest", 40, 300);
        berth(cache, "old", 40, 200);
        berth(cache, "new", 20, 100);
        let in_use = lock::shared(&oldest.lock()).unwrap();
        assert!(in_use.is_some());
        let mut gone = Vec::new();
        assert!(Berth::new(cache, "next").reserve(40, 100, &mut gone).unwrap());
        assert_eq!(gone, ["old"]);
        assert!(
            !Berth::new(cache, "more").reserve(70, 100, &mut gone).unwrap(),
            "the oldest is in use"
        );
        drop(in_use);
        assert!(Berth::new(cache, "more").reserve(70, 100, &mut gone).unwrap());
        assert!(!oldest.folder().exists());
    }
}
