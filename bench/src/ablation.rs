//! What each idea is worth: a tuning step without it beside one with all.

use std::path::Path;

use anyhow::Result;
use serde::Serialize;

use crate::sample::{Spread, relative_error};
use crate::step::{Case, Programs, peak, prepare};

/// An idea as docs/performance.md names it, and the option of train/examples/step.rs that leaves it out.
pub const IDEAS: [(&str, &str); 10] = [
    ("channels last", "contiguous"),
    ("weights lie like images", "without=laid_out"),
    ("fused batch normalisation", "without=fused"),
    ("threads share augur's own loops", "without=threads"),
    ("a result over a term", "without=overwritten"),
    ("products for few pixels", "without=pixels"),
    ("products under a stride", "without=strided"),
    ("outer products", "without=outer"),
    ("freed memory is kept", "without=kept"),
    ("first layer computed again", "without=paused"),
];

/// What one idea is worth in one case.
#[derive(Debug, Serialize)]
pub struct Worth {
    pub idea: &'static str,
    /// Seconds of a tuning step without the idea over those with it.
    pub seconds: Spread,
    /// Peak memory above the weights without the idea over that with it.
    pub bytes: f64,
    /// How far the hypergradients are apart, relative, in float64.
    pub apart: f64,
}

/// Measures one idea, `rounds` times with it and without it in turn, on the case that lies in `folder`.
pub fn measure(
    programs: &Programs,
    case: &Case,
    folder: &Path,
    (idea, option): (&'static str, &str),
    rounds: u32,
) -> Result<Worth> {
    let ask = |options: &[&str], what: &str| -> Result<Vec<f64>> { programs.side(folder, true, options)?.ask(what) };
    let apart = relative_error(
        &ask(&["double", option], "hypergradient")?,
        &ask(&["double"], "hypergradient")?,
    );
    let bytes = peak(programs, folder, true, &[option])? as f64 / peak(programs, folder, true, &[])? as f64;
    let mut sides = [
        programs.side(folder, true, &[option])?,
        programs.side(folder, true, &[])?,
    ];
    let mut seconds: [Vec<f64>; 2] = Default::default();
    for round in 0..=rounds {
        for (side, seconds) in sides.iter_mut().zip(&mut seconds) {
            let total: f64 = side.ask(&format!("tuning {}", case.steps))?;
            // The first round warms up.
            if round > 0 {
                seconds.push(total);
            }
        }
    }
    Ok(Worth {
        idea,
        seconds: Spread::of_ratio(&seconds[0], &seconds[1]),
        bytes,
        apart,
    })
}

/// Measures every idea whose name holds `only`.
pub fn measure_all(programs: &Programs, case: &Case, only: &str, rounds: u32) -> Result<Vec<Worth>> {
    let folder = tempfile::tempdir()?;
    prepare(programs, case, folder.path())?;
    let mut all = Vec::new();
    for idea in IDEAS.into_iter().filter(|(name, _)| name.contains(only)) {
        all.push(measure(programs, case, folder.path(), idea, rounds)?);
        eprintln!("{}: {} measured", case.name, idea.0);
    }
    Ok(all)
}
