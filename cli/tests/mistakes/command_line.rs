//! Command lines that can't be understood.

use super::Page;

#[test]
fn command_line() {
    let mut page = Page::new();
    page.mistake("a command is misspelt", 2, &["leaderbord", "small"]);
    page.mistake(
        "an option is misspelt",
        2,
        &["run", "config.yaml", "--out", "out", "--worker", "2"],
    );
    page.mistake("a required option is missing", 2, &["run", "config.yaml"]);
    page.mistake(
        "no worker at all",
        2,
        &["run", "config.yaml", "--out", "out", "--workers", "0"],
    );
    page.mistake(
        "a word instead of a number",
        2,
        &["run", "config.yaml", "--out", "out", "--workers", "two"],
    );
    page.mistake("no coordinator is named", 2, &["list"]);
    page.mistake(
        "something that is no address",
        2,
        &["list", "--coordinator", "no address"],
    );
    page.mistake(
        "a state that there is not",
        2,
        &[
            "trials",
            "small",
            "--state",
            "done",
            "--coordinator",
            "http://127.0.0.1:1",
        ],
    );
    page.mistake(
        "a priority that is no number",
        2,
        &["priority", "small", "high", "--coordinator", "http://127.0.0.1:1"],
    );
    page.mistake("a shell that there is not", 2, &["completions", "tcsh"]);
    page.mistake(
        "an address for every machine around",
        2,
        &["run", "config.yaml", "--out", "out", "--listen", "0.0.0.0:0"],
    );
    page.mistake("seeds that are no numbers", 2, &["extend", "small", "--seeds", "3,x"]);
    page.mistake(
        "an address to serve at without its port",
        2,
        &["run", "config.yaml", "--out", "out", "--listen", "127.0.0.1"],
    );
    page.mistake(
        "a server's store for a run",
        2,
        &[
            "run",
            "config.yaml",
            "--out",
            "out",
            "--store",
            "postgres://augur@db/augur",
        ],
    );
    page.mistake(
        "two forms at once",
        2,
        &["run", "config.yaml", "--out", "out", "--plain", "--json"],
    );
    page.check("command_line");
}
