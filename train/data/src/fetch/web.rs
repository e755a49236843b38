//! The second way: the data set's public address, which has no TLS. The known sums tell whether the files are true.
//! Tested against a server on the loopback.

use super::{Fault, Way, run, verify};
use std::{path::Path, process::Command};

/// Where Zalando's repository says that the files are.
pub(super) const ADDRESS: &str = "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com";

/// Leaves the four files in `folder`.
pub(super) fn fetch(folder: &Path, address: &str, progress: &mut dyn FnMut(&str)) -> Result<Way, Fault> {
    let client = ["curl", "wget"].into_iter().find(|program| run::exists(program));
    let Some(client) = client else {
        return Err(Fault {
            what: "neither curl nor wget is there".into(),
            remedy: Some("install one of them and try again"),
        });
    };
    for (name, _) in verify::FILES {
        let url = format!("{address}/{name}.gz");
        progress(&format!("fetching {url}"));
        let options: &[&str] = match client {
            "curl" => &[
                "--fail",
                "--location",
                "--silent",
                "--show-error",
                "--connect-timeout",
                "20",
                "--output",
            ],
            _ => &["--no-verbose", "--tries=2", "--connect-timeout=20", "--output-document"],
        };
        let file = folder.join(format!("{name}.gz"));
        run::run(Command::new(client).args(options).arg(file).arg(url))?;
    }
    Ok(Way::Web)
}
