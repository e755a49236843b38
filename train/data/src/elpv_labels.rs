//! `labels.csv` of ELPV (Buerhop-Lutz et al. 2018, as packed in elpv-dataset): a line an image, without a header: path,
//! probability of a defect, kind of cell, with white space between them.

use std::{collections::HashMap, fs::File, io::Read, path::Path};
use thiserror::Error;

/// The file has 2,624 short lines; one that is larger by far isn't it.
const MOST_BYTES: u64 = 16 << 20;
/// How far a probability may be from a multiple of a third: it is written with more or fewer digits.
const NEAR: f64 = 0.005;

/// One image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ElpvRow {
    /// Its path, relative to the folder of the list.
    pub path: String,
    /// How likely it has a defect, by the experts.
    pub probability: DefectProbability,
    /// The kind of cell.
    pub cell: Cell,
}

/// How likely a cell has a defect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DefectProbability {
    /// 0: surely none.
    Zero,
    /// 1/3.
    OneThird,
    /// 2/3.
    TwoThirds,
    /// 1: surely one.
    One,
}

/// The kind of a solar cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Cell {
    /// Monocrystalline.
    Mono,
    /// Polycrystalline.
    Poly,
}

/// Why a list isn't ELPV's. Its text goes on after the file's path. Lines are counted from 1.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ElpvError {
    /// The system doesn't give it.
    #[error("can't be read: {0}; mend its permissions or run `augur fetch elpv`")]
    Unreadable(String),
    /// It isn't text.
    #[error("isn't UTF-8 text in line {line}; run `augur fetch elpv`")]
    Text {
        /// The first line that isn't.
        line: usize,
    },
    /// There is nothing in it.
    #[error("is empty; run `augur fetch elpv`")]
    Empty,
    /// It is larger than any such list.
    #[error("is larger than {} MiB; run `augur fetch elpv`", MOST_BYTES >> 20)]
    TooLarge,
    /// A line that isn't as it should be.
    #[error("line {line}: {fault}")]
    Line {
        /// The line.
        line: usize,
        /// What is wrong in it.
        fault: LineFault,
    },
}

/// What is wrong with a line.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum LineFault {
    /// Not three fields.
    #[error("expected a path, a probability and `mono` or `poly`, found {0} fields")]
    Fields(usize),
    /// A path that isn't one below the list's folder.
    #[error("the path `{0}` must lie below the folder of this file")]
    Path(String),
    /// Not one of the four probabilities.
    #[error("the probability `{0}` is none of 0, 1/3, 2/3 and 1 (in decimals)")]
    Probability(String),
    /// Not a kind of cell.
    #[error("the kind of cell `{0}` is neither `mono` nor `poly`")]
    Cell(String),
    /// A path that was there before.
    #[error("the path `{path}` is in line {first} already")]
    Twice {
        /// The path.
        path: String,
        /// Where it was first.
        first: usize,
    },
}

/// The rows of the file at `path`, in order; empty lines are left out.
///
/// # Errors
/// A file that can't be read, or the first line that isn't as it should be.
pub fn read(path: &Path) -> Result<Vec<ElpvRow>, ElpvError> {
    let unreadable = |error: std::io::Error| ElpvError::Unreadable(error.to_string());
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(unreadable)?;
    file.take(MOST_BYTES + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    parse(&bytes)
}

/// The rows of a list, in order.
///
/// # Errors
/// As [`read`].
pub fn parse(bytes: &[u8]) -> Result<Vec<ElpvRow>, ElpvError> {
    if bytes.len() as u64 > MOST_BYTES {
        return Err(ElpvError::TooLarge);
    }
    let text = std::str::from_utf8(bytes).map_err(|error| ElpvError::Text {
        line: 1 + bytes[..error.valid_up_to()]
            .iter()
            .filter(|&&byte| byte == b'\n')
            .count(),
    })?;
    let (mut rows, mut seen) = (Vec::new(), HashMap::new());
    let lines = (1..).zip(text.lines()).filter(|(_, text)| !text.trim().is_empty());
    for (line, text) in lines {
        let at = |fault| ElpvError::Line { line, fault };
        let row = row(text).map_err(at)?;
        if let Some(first) = seen.insert(row.path.clone(), line) {
            return Err(at(LineFault::Twice { path: row.path, first }));
        }
        rows.push(row);
    }
    if rows.is_empty() {
        return Err(ElpvError::Empty);
    }
    Ok(rows)
}

fn row(text: &str) -> Result<ElpvRow, LineFault> {
    let fields: Vec<_> = text.split_whitespace().collect();
    let &[path, probability, cell] = fields.as_slice() else {
        return Err(LineFault::Fields(fields.len()));
    };
    if path.starts_with('/') || path.contains('\\') || path.split('/').any(|part| matches!(part, "" | "." | "..")) {
        return Err(LineFault::Path(path.into()));
    }
    Ok(ElpvRow {
        path: path.into(),
        probability: defect_probability(probability)?,
        cell: match cell {
            "mono" => Cell::Mono,
            "poly" => Cell::Poly,
            _ => return Err(LineFault::Cell(cell.into())),
        },
    })
}

fn defect_probability(text: &str) -> Result<DefectProbability, LineFault> {
    use DefectProbability::{One, OneThird, TwoThirds, Zero};
    let all = [(0.0, Zero), (1.0 / 3.0, OneThird), (2.0 / 3.0, TwoThirds), (1.0, One)];
    let value: f64 = text.parse().map_err(|_| LineFault::Probability(text.into()))?;
    let found = all.into_iter().find(|(exact, _)| (value - exact).abs() < NEAR);
    found
        .map(|(_, probability)| probability)
        .ok_or_else(|| LineFault::Probability(text.into()))
}
