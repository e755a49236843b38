//! The scores as a table.

use super::score::Report;
use std::io::{self, Write};

/// One line an image. Paths are quoted where they need it.
pub(super) fn csv(report: &Report, mut out: impl Write) -> io::Result<()> {
    writeln!(out, "path,score,threshold,anomalous")?;
    for image in &report.images {
        let path = match image.path.contains([',', '"', '\n', '\r']) {
            true => format!("\"{}\"", image.path.replace('"', "\"\"")),
            false => image.path.clone(),
        };
        writeln!(out, "{path},{},{},{}", image.score, report.threshold, image.anomalous)?;
    }
    out.flush()
}

/// One object.
pub(super) fn json(report: &Report, mut out: impl Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut out, report)?;
    writeln!(out)?;
    out.flush()
}
