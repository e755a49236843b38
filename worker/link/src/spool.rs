//! Measurements that wait for the coordinator: the first ones in memory, the rest in a file, both bounded.
//!
//! The file has no name, so it goes with the worker; so do the leases of what is in it.

use augur_core::id::LeaseToken;
use augur_proto::v1;
use prost::Message;
use std::{
    collections::VecDeque,
    fs::File,
    io::{self, Read, Seek, SeekFrom, Write},
};
use tracing::warn;

/// A measurement and the lease that it was made under.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Entry {
    pub token: LeaseToken,
    pub measurement: v1::Measurement,
}

/// What waits. Not in the order in which it came: measurements are keyed by their epochs.
pub(crate) struct Spool {
    memory: VecDeque<Entry>,
    file: Option<File>,
    /// Entries in the file, and the bytes that they end at.
    in_file: usize,
    bytes: u64,
    limits: Limits,
    left_out: u64,
}

/// How much may wait.
#[derive(Clone, Copy)]
struct Limits {
    /// Entries in memory.
    memory: usize,
    /// Bytes in the file.
    file: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            memory: 4096,
            file: 64 << 20,
        }
    }
}

impl Default for Spool {
    fn default() -> Self {
        Self::new(Limits::default())
    }
}

impl Spool {
    fn new(limits: Limits) -> Self {
        Self {
            memory: VecDeque::new(),
            file: None,
            in_file: 0,
            bytes: 0,
            limits,
            left_out: 0,
        }
    }

    pub fn is_empty(&self) -> bool {
        self.memory.is_empty() && self.in_file == 0
    }

    /// Has an entry wait. One that early stopping decides by is never left out.
    pub fn push(&mut self, entry: Entry) {
        if self.memory.len() < self.limits.memory {
            return self.memory.push_back(entry);
        }
        match self.write(&entry) {
            Ok(true) => {}
            Ok(false) if entry.measurement.validation.is_none() => self.leave_out("it is full"),
            Err(fault) if entry.measurement.validation.is_none() => self.leave_out(&fault.to_string()),
            Ok(false) | Err(_) => self.memory.push_back(entry),
        }
    }

    /// Some of what waits, at most so many.
    pub fn take(&mut self, most: usize) -> Vec<Entry> {
        if self.memory.is_empty() && self.in_file > 0 {
            match self.read() {
                Ok(entries) => self.memory = entries,
                Err(fault) => warn!(
                    "{} measurements are lost, for the file in which they waited: {fault}",
                    self.in_file
                ),
            }
            // The file begins anew.
            (self.file, self.in_file, self.bytes) = (None, 0, 0);
        }
        let count = most.min(self.memory.len());
        self.memory.drain(..count).collect()
    }

    /// Appends to the file; false where that would be too much.
    fn write(&mut self, entry: &Entry) -> io::Result<bool> {
        let measured = entry.measurement.encode_to_vec();
        let length = u32::try_from(measured.len()).map_err(io::Error::other)?;
        let record = [entry.token.uuid().as_bytes(), &length.to_le_bytes()[..], &measured].concat();
        let end = self.bytes + record.len() as u64;
        if end > self.limits.file {
            return Ok(false);
        }
        let mut file = match self.file.take() {
            Some(file) => file,
            None => tempfile::tempfile()?,
        };
        // What an earlier failure may have left half written is written over.
        file.seek(SeekFrom::Start(self.bytes))?;
        let written = file.write_all(&record);
        self.file = Some(file);
        written?;
        (self.in_file, self.bytes) = (self.in_file + 1, end);
        Ok(true)
    }

    fn read(&mut self) -> io::Result<VecDeque<Entry>> {
        let file = self.file.as_mut().ok_or(io::ErrorKind::NotFound)?;
        file.rewind()?;
        let mut file = io::BufReader::new(file.take(self.bytes));
        let mut entries = VecDeque::with_capacity(self.in_file);
        for _ in 0..self.in_file {
            let (mut token, mut length) = ([0; 16], [0; 4]);
            file.read_exact(&mut token)?;
            file.read_exact(&mut length)?;
            let mut measured = vec![0; u32::from_le_bytes(length) as usize];
            file.read_exact(&mut measured)?;
            entries.push_back(Entry {
                token: LeaseToken::from_uuid(uuid::Uuid::from_bytes(token)),
                measurement: v1::Measurement::decode(&*measured).map_err(io::Error::other)?,
            });
        }
        Ok(entries)
    }

    fn leave_out(&mut self, why: &str) {
        if self.left_out == 0 {
            warn!("measurements are left out from now on, for the file in which they wait can't take them: {why}");
        }
        self.left_out += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn entry(epoch: u32, is_rung: bool) -> Entry {
        Entry {
            token: LeaseToken::from_uuid(uuid::Uuid::from_u128(u128::from(epoch % 3))),
            measurement: v1::Measurement {
                epoch,
                training_loss: f64::NAN,
                hyperparameters: [("angle_deg".to_owned(), 1.0 / 3.0)].into(),
                validation: is_rung.then(v1::Validation::default),
                ..Default::default()
            },
        }
    }

    fn drain(spool: &mut Spool) -> Vec<Entry> {
        let mut all = Vec::new();
        while !spool.is_empty() {
            all.extend(spool.take(7));
        }
        all
    }

    #[test]
    fn what_does_not_fit_into_memory_comes_back_from_the_file_bit_for_bit() {
        let mut spool = Spool::new(Limits {
            memory: 10,
            file: 1 << 20,
        });
        for round in 0..2 {
            (0..100).for_each(|epoch| spool.push(entry(epoch, false)));
            assert_eq!(spool.in_file, 90, "round {round}");
            let all = drain(&mut spool);
            let bytes = |entry: &Entry| (entry.token, entry.measurement.encode_to_vec());
            let expected: Vec<_> = (0..100).map(|epoch| bytes(&entry(epoch, false))).collect();
            assert_eq!(all.iter().map(bytes).collect::<Vec<_>>(), expected);
        }
    }

    #[test]
    fn beyond_its_bound_only_rungs_are_kept() {
        let mut spool = Spool::new(Limits { memory: 10, file: 1000 });
        (0..200).for_each(|epoch| spool.push(entry(epoch, epoch % 50 == 49)));
        assert!(spool.bytes <= 1000 && spool.memory.len() < 20);
        let kept: BTreeSet<_> = drain(&mut spool).iter().map(|entry| entry.measurement.epoch).collect();
        assert!([49, 99, 149, 199].iter().all(|rung| kept.contains(rung)), "{kept:?}");
        assert_eq!(kept.len() as u64 + spool.left_out, 200);
    }
}
