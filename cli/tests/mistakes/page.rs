//! A page of mistakes, each made with the real binary.

use crate::support::Sandbox;

/// The mistakes so far, and the folder in which they are made.
pub struct Page {
    pub sandbox: Sandbox,
    text: String,
}

impl Page {
    /// With a good config and its data.
    pub fn new() -> Self {
        Self {
            sandbox: Sandbox::new(),
            text: String::new(),
        }
    }

    /// A mistake: what it is, the exit code that it has, and the command.
    pub fn mistake(&mut self, what: &str, exit: i32, command: &[&str]) {
        let output = self.sandbox.augur(command);
        let said = [output.stdout, output.stderr].concat();
        let said = String::from_utf8(said).unwrap();
        assert_eq!(
            output.status.code(),
            Some(exit),
            "{what}: augur {command:?} said: {said}"
        );
        assert!(!said.contains("panicked"), "{what}: {said}");
        let line: Vec<String> = command.iter().map(|word| quoted(word)).collect();
        let line = line.join(" ");
        self.text += &format!("## {what}\n$ augur {line}\n{said}exit code {exit}\n\n");
    }

    /// A mistake in one place of the good config.
    pub fn in_config(&mut self, what: &str, from: &str, to: &str) {
        self.sandbox.config(from, to);
        self.mistake(what, 3, &["plan", "config.yaml"]);
    }

    /// A mistake in the whole of the config.
    pub fn as_config(&mut self, what: &str, text: &str) {
        self.sandbox.write("config.yaml", text);
        self.mistake(what, 3, &["plan", "config.yaml"]);
    }

    /// Holds the page against its snapshot.
    pub fn check(self, name: &str) {
        let Self { sandbox, text } = self;
        sandbox.settings().bind(|| insta::assert_snapshot!(name, text));
    }
}

/// As one would type it.
fn quoted(word: &str) -> String {
    match word.contains(' ') || word.is_empty() {
        true => format!("'{word}'"),
        false => word.to_owned(),
    }
}
