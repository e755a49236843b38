//! Coordinators that can't be reached, or are none.

use super::Page;
use crate::support::{Foreign, program};
use std::net::TcpListener;

#[test]
fn coordinators() {
    let mut page = Page::new();
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let url = format!("http://{closed}");
    page.mistake("nobody is there", 7, &["list", "--coordinator", &url]);
    let newer = Foreign::of_version("augur.v2/1");
    page.mistake("one of another version", 8, &["list", "--coordinator", &newer.url]);
    let foreign = Foreign::of_another_kind();
    page.mistake(
        "another server",
        8,
        &["submit", "config.yaml", "--coordinator", &foreign.url],
    );
    page.check("coordinators");
}

#[test]
fn the_coordinator_itself() {
    let page = Page::new();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let said = |exit, arguments: &[&str]| {
        let output = page
            .sandbox
            .command(&program("augur-coordinator"), arguments)
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(exit));
        String::from_utf8(output.stderr).unwrap()
    };
    let text = [
        said(6, &["--listen", &address, "--http", "off", "--store", "alone.sqlite"]),
        said(
            2,
            &["--listen", "0.0.0.0:0", "--http", "off", "--store", "alone.sqlite"],
        ),
    ];
    page.sandbox
        .settings()
        .bind(|| insta::assert_snapshot!("the_coordinator_itself", text.join("\n")));
}
