//! Events as they come, for machines: a JSON object a line on stdout.

use super::Screen;
use crate::{
    json,
    watch::{Change, View},
};
use augur_proto::v1;
use std::io::{Write, stderr};

/// Writes events.
pub struct Events<W>(pub W);

impl<W: Write + Send> Screen for Events<W> {
    fn event(&mut self, message: &v1::WatchSweepResponse) {
        if let Ok(line) = json::line("WatchSweepResponse", message) {
            // A reader that has gone away is no reason to stop the sweep.
            let _ = self.0.write_all(line.as_bytes());
        }
    }

    fn show(&mut self, _: &View, _: &Change) {}

    fn tick(&mut self, _: &View) {}

    fn line(&mut self, _: &View, text: &str) {
        let _ = writeln!(stderr(), "{text}");
    }

    fn finish(&mut self) {}
}
