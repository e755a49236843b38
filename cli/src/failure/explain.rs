//! The texts of the reader of specs in a person's words, unknown keys with the nearest known one.

use super::{render, yaml};

/// How alike two keys must be for one to be offered for the other (Jaro-Winkler, 0 to 1).
const NEAR: f64 = 0.75;

/// What stands at the place of a fault.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Found<'a> {
    /// The word, list or string.
    pub word: &'a str,
    /// Whether a colon follows it.
    pub is_key: bool,
}

impl<'a> Found<'a> {
    pub fn at(text: &'a str, position: Option<(u64, u64)>) -> Self {
        let Some(position) = position else {
            return Self::default();
        };
        let (word, after) = render::word_at(text, position);
        Self {
            word: word.trim(),
            is_key: after.trim_start().starts_with(':'),
        }
    }

    /// ", not `7`", or what it is where that can't be quoted.
    fn instead(self) -> String {
        match self.word {
            "" | ":" => ", and there is no value".to_owned(),
            word if word.starts_with("- ") || word == "-" => ", not a list".to_owned(),
            // Within braces the next key has become a part of this value.
            word if self.is_key && word.contains(' ') => format!(", not `{word}`; write a comma before the next key"),
            word => format!(", not `{word}`"),
        }
    }
}

/// A fault's text, worked over.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Explained {
    /// What is wrong and what to do.
    pub message: String,
    /// What to write beside the underlined piece.
    pub label: Option<String>,
    /// More that helps.
    pub help: Option<String>,
}

/// The YAML reader's texts in the words of a spec; other texts as they are. `found` is what stands at the place,
/// `broken` says that the text could not be read as a spec at all.
pub(super) fn explain(message: &str, found: Found, broken: bool) -> Explained {
    if let Some((unknown, known)) = unknown_key(message) {
        return unknown_one(message, found, &unknown, &known);
    }
    let rules = [missing_key, repeated_key, other_type];
    let known = rules
        .iter()
        .find_map(|rule| rule(message))
        .or_else(|| needed(message, found))
        .or_else(|| yaml::in_words(message).map(str::to_owned));
    Explained {
        // What else the reader of YAML says is about brackets, quotes or indentation.
        help: (known.is_none() && broken).then(|| "check the brackets, quotes and indentation around here".into()),
        label: message
            .starts_with("missing field")
            .then(|| "it belongs beside this one".into()),
        message: known.unwrap_or_else(|| message.to_owned()),
    }
}

/// A key that there is not, or another word in place of one of a few.
fn unknown_one(message: &str, found: Found, unknown: &str, known: &[String]) -> Explained {
    let kind = match message.starts_with("unknown field") || found.is_key {
        true => "key",
        false => "value",
    };
    let near = nearest(unknown, known);
    Explained {
        message: match near {
            Some(near) => format!("unknown {kind} `{unknown}`; did you mean `{near}`?"),
            None => format!("unknown {kind} `{unknown}`; remove it or write another"),
        },
        label: near.map(|near| format!("did you mean `{near}`?")),
        help: Some(format!("known here: {}", known.join(", "))),
    }
}

/// From "unknown field `a`, expected one of b, c" the unknown one and the known ones.
fn unknown_key(message: &str) -> Option<(String, Vec<String>)> {
    let rest = ["unknown field `", "unknown variant `"]
        .iter()
        .find_map(|start| message.strip_prefix(start))?;
    let (unknown, known) = rest.split_once("`, expected one of ")?;
    Some((unknown.to_owned(), known.split(", ").map(str::to_owned).collect()))
}

fn nearest<'a>(unknown: &str, known: &'a [String]) -> Option<&'a String> {
    let likeness = |key: &String| strsim::jaro_winkler(unknown, key);
    let nearest = known.iter().max_by(|a, b| likeness(a).total_cmp(&likeness(b)))?;
    (likeness(nearest) >= NEAR).then_some(nearest)
}

fn missing_key(message: &str) -> Option<String> {
    let key = message.strip_prefix("missing field ")?;
    Some(format!("the key {key} is missing; add it"))
}

fn repeated_key(message: &str) -> Option<String> {
    let rest = message.strip_prefix("duplicate mapping key: ")?;
    let key = rest.split(", set DuplicateKeyPolicy").next()?;
    Some(format!("the key `{key}` stands twice; remove one"))
}

/// From "invalid type: boolean `true`, expected a class name".
fn other_type(message: &str) -> Option<String> {
    let (found, expected) = message.split_once(", expected ")?;
    let found = match found.strip_prefix("invalid length ") {
        Some(length) => format!("one of length {length}"),
        None => ["invalid type: ", "invalid value: "]
            .iter()
            .find_map(|p| found.strip_prefix(p))?
            .to_owned(),
    };
    Some(format!(
        "{} is needed here, not {found}",
        expected.replace("an array", "a list")
    ))
}

/// What should stand at a place where something of another type stands.
fn needed(message: &str, found: Found) -> Option<String> {
    const KINDS: [(&str, &str); 10] = [
        ("invalid u32", "a whole number (0 or more)"),
        ("invalid u64", "a whole number (0 or more)"),
        ("invalid floating point", "a number"),
        ("invalid f64", "a number"),
        ("expected a list start", "a list such as [a, b]"),
        ("expected sequence start", "a list such as [a, b]"),
        ("expected a mapping start", "a mapping such as {key: value}"),
        ("expected mapping start", "a mapping such as {key: value}"),
        ("expected string scalar", "a text"),
        ("expected scalar", "a single value"),
    ];
    let (_, kind) = KINDS.iter().find(|(text, _)| message == *text)?;
    Some(format!("{kind} is needed here{}", found.instead()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(word: &str) -> Found<'_> {
        Found { word, is_key: true }
    }

    #[test]
    fn the_nearest_key_is_offered_only_when_it_is_near() {
        let near = explain(
            "unknown field `strats`, expected one of padding, starts",
            found("strats"),
            true,
        );
        assert_eq!(near.message, "unknown key `strats`; did you mean `starts`?");
        let far = explain(
            "unknown field `colour`, expected one of padding, starts",
            found("colour"),
            true,
        );
        assert_eq!(far.message, "unknown key `colour`; remove it or write another");
        assert_eq!(far.help.as_deref(), Some("known here: padding, starts"));
        let value = Found {
            word: "exakt",
            is_key: false,
        };
        let value = explain("unknown variant `exakt`, expected one of exact, none", value, true);
        assert_eq!(value.message, "unknown value `exakt`; did you mean `exact`?");
    }

    #[test]
    fn types_are_named_as_people_name_them() {
        let message = explain("invalid u32", found("many"), true).message;
        assert_eq!(message, "a whole number (0 or more) is needed here, not `many`");
        let said = |word| explain("expected a list start", found(word), true).message;
        assert_eq!(said(""), "a list such as [a, b] is needed here, and there is no value");
        assert_eq!(
            explain("expected mapping start", found("- a: 1"), true).message,
            "a mapping such as {key: value} is needed here, not a list"
        );
        assert_eq!(explain("something else", found("x"), false).message, "something else");
    }
}
