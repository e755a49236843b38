//! Measurements and lines of logs that wait for the coordinator: the first ones in memory, the rest in a file, both bounded.
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

/// What is to be reported, and the lease that it came about under.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Entry {
    pub token: LeaseToken,
    pub said: Said,
}

/// What a trial has to say on its way.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Said {
    Measurement(v1::Measurement),
    Line(v1::LogLine),
}

impl Said {
    /// Whether early stopping decides by it.
    fn is_rung(&self) -> bool {
        matches!(self, Self::Measurement(measurement) if measurement.validation.is_some())
    }

    /// Adds it to what is reported of its lease.
    pub fn add_to(self, report: &mut v1::LeaseMeasurements) {
        match self {
            Self::Measurement(measurement) => report.measurements.push(measurement),
            Self::Line(line) => report.lines.push(line),
        }
    }

    /// As the file has it: a report of it alone.
    fn encode(&self) -> Vec<u8> {
        let mut report = v1::LeaseMeasurements::default();
        self.clone().add_to(&mut report);
        report.encode_to_vec()
    }

    fn decode(bytes: &[u8]) -> io::Result<Self> {
        let mut report = v1::LeaseMeasurements::decode(bytes).map_err(io::Error::other)?;
        let line = || report.lines.pop().map(Self::Line);
        let said = report.measurements.pop().map(Self::Measurement).or_else(line);
        said.ok_or_else(|| io::ErrorKind::InvalidData.into())
    }
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
            Ok(false) if !entry.said.is_rung() => self.leave_out("it is full"),
            Err(fault) if !entry.said.is_rung() => self.leave_out(&fault.to_string()),
            Ok(false) | Err(_) => self.memory.push_back(entry),
        }
    }

    /// Some of what waits, at most so many.
    pub fn take(&mut self, most: usize) -> Vec<Entry> {
        if self.memory.is_empty() && self.in_file > 0 {
            match self.read() {
                Ok(entries) => self.memory = entries,
                Err(fault) => warn!(
                    "{} measurements and lines of logs are lost, for the file in which they waited: {fault}",
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
        let measured = entry.said.encode();
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
                said: Said::decode(&measured)?,
            });
        }
        Ok(entries)
    }

    fn leave_out(&mut self, why: &str) {
        if self.left_out == 0 {
            warn!(
                "measurements and lines of logs are left out from now on, for the file in which they wait can't take them: {why}"
            );
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
            said: Said::Measurement(v1::Measurement {
                epoch,
                training_loss: f64::NAN,
                hyperparameters: [("angle_deg".to_owned(), 1.0 / 3.0)].into(),
                validation: is_rung.then(v1::Validation::default),
                ..Default::default()
            }),
        }
    }

    fn epoch_of(entry: &Entry) -> u32 {
        match &entry.said {
            Said::Measurement(measurement) => measurement.epoch,
            Said::Line(line) => panic!("no measurement: {line:?}"),
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
            let bytes = |entry: &Entry| (entry.token, entry.said.encode());
            let expected: Vec<_> = (0..100).map(|epoch| bytes(&entry(epoch, false))).collect();
            assert_eq!(all.iter().map(bytes).collect::<Vec<_>>(), expected);
        }
    }

    #[test]
    fn lines_of_logs_come_back_from_the_file_too() {
        let line = |sequence| Entry {
            token: LeaseToken::from_uuid(uuid::Uuid::nil()),
            said: Said::Line(v1::LogLine {
                sequence,
                time: None,
                text: "resumes".into(),
            }),
        };
        let mut spool = Spool::new(Limits {
            memory: 1,
            file: 1 << 20,
        });
        (1..=5).for_each(|sequence| spool.push(line(sequence)));
        assert_eq!(drain(&mut spool), (1..=5).map(line).collect::<Vec<_>>());
    }

    #[test]
    fn beyond_its_bound_only_rungs_are_kept() {
        let mut spool = Spool::new(Limits { memory: 10, file: 1000 });
        (0..200).for_each(|epoch| spool.push(entry(epoch, epoch % 50 == 49)));
        assert!(spool.bytes <= 1000 && spool.memory.len() < 20);
        let kept: BTreeSet<_> = drain(&mut spool).iter().map(epoch_of).collect();
        assert!([49, 99, 149, 199].iter().all(|rung| kept.contains(rung)), "{kept:?}");
        assert_eq!(kept.len() as u64 + spool.left_out, 200);
    }
}
