//! What a real coordinator refuses.

use super::Page;
use crate::support::{Coordinator, Sandbox};

/// The same mistakes, with the coordinator's address added to each command.
struct Asked {
    page: Page,
    coordinator: Coordinator,
}

impl Asked {
    fn new() -> Self {
        let page = Page::new();
        let coordinator = Coordinator::start(&page.sandbox);
        page.sandbox.success(&coordinator.arguments(&["submit", "config.yaml"]));
        Self { page, coordinator }
    }

    fn mistake(&mut self, what: &str, exit: i32, command: &[&str]) {
        self.page.mistake(what, exit, &self.coordinator.arguments(command));
    }

    fn sandbox(&self) -> &Sandbox {
        &self.page.sandbox
    }
}

#[test]
fn verbs() {
    let mut asked = Asked::new();
    asked.mistake("a sweep that there is not", 12, &["watch", "smal"]);
    asked.mistake("a trial beyond the last", 12, &["show", "small", "99"]);
    asked.mistake("an identifier of no trial", 12, &["logs", "small", "zzz"]);
    asked.mistake("a beginning that several trials have", 2, &["show", "small", ""]);
    asked.mistake("a worker that there is not", 12, &["workers", "drain", "nobody"]);
    asked.mistake("a sweep that is not paused", 1, &["resume", "small"]);
    asked.mistake("a sweep without a failed trial", 1, &["retry", "small"]);
    asked.mistake(
        "an extension by a seed that is there",
        3,
        &["extend", "small", "--seeds", "0"],
    );
    asked.mistake(
        "an extension that adds nothing",
        3,
        &["extend", "small", "--config", "config.yaml"],
    );
    asked.mistake("an extension by nothing", 2, &["extend", "small"]);
    asked.mistake(
        "a criterion that there is not",
        2,
        &["select", "small", "--by", "auroc"],
    );
    asked.mistake("a sweep compared with none", 12, &["compare", "small", "large"]);
    asked.mistake(
        "no MLflow server",
        7,
        &["mlflow", "small", "--tracking-uri", "http://127.0.0.1:1"],
    );
    asked.mistake(
        "a file instead of an MLflow server",
        2,
        &["mlflow", "small", "--tracking-uri", "./mlruns"],
    );
    asked
        .sandbox()
        .config("training: {epochs: 2, batch: 4}", "training: {epochs: 3, batch: 4}");
    asked.mistake("a name that another sweep has", 13, &["submit", "config.yaml"]);
    asked
        .sandbox()
        .success(&asked.coordinator.arguments(&["cancel", "small"]));
    asked.mistake("a cancelled sweep is resumed", 1, &["resume", "small"]);
    asked.page.check("verbs");
}
