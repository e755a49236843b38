//! Results that can't be read, or are not what was sealed.

use super::Page;
use crate::support::{Coordinator, worker};
use std::fs;

#[test]
fn results() {
    let mut page = Page::new();
    fs::create_dir(page.sandbox.path("empty")).unwrap();
    page.mistake("no sweep is named", 2, &["report", "--out", "x"]);
    page.mistake("a name and no coordinator", 2, &["report", "small", "--out", "x"]);
    page.mistake("a folder without results", 12, &["verify", "empty"]);
    page.mistake("a file that is no leaderboard", 4, &["verify", "config.yaml"]);
    let coordinator = Coordinator::start(&page.sandbox);
    page.sandbox.success(&coordinator.arguments(&["submit", "config.yaml"]));
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(worker::work_off(&coordinator.url, |_| false));
    page.sandbox
        .success(&coordinator.arguments(&["report", "small", "--out", "small"]));
    let board = fs::read_to_string(page.sandbox.path("small/leaderboard.json")).unwrap();
    let with = |from: &str, to: &str| {
        assert!(board.contains(from), "the leaderboard has no {from}");
        board.replace(from, to)
    };
    page.sandbox.write("small/leaderboard.json", &board[..board.len() / 2]);
    page.mistake("a leaderboard that is cut off", 4, &["verify", "small"]);
    page.sandbox
        .write("small/leaderboard.json", &with("\"schema\": 1", "\"schema\": 2"));
    page.mistake("a leaderboard of another version", 4, &["verify", "small"]);
    page.sandbox.write("small/leaderboard.json", &board);
    fs::write(page.sandbox.path("small/config.yaml"), "version: 1\n").unwrap();
    page.mistake("the config beside it is another one", 3, &["verify", "small"]);
    page.check("results");
}
