//! The `filter` and `order_by` of a list of trials: the few forms of AIP-160 and AIP-132 that are of use here.

use crate::{
    error::{Error, Result},
    service::present,
    store::listing::Order,
};
use augur_core::plan::{Plan, Positions, Wanted};
use augur_proto::v1::TrialState;

/// What a filter asks for; whatever is none is not asked for.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Filter {
    pub state: Option<TrialState>,
    pub task: Option<String>,
    pub variant: Option<String>,
    pub family: Option<String>,
    pub seed: Option<u64>,
    pub index: Option<u32>,
}

/// The states that a filter can name.
const STATES: [TrialState; 6] = [
    TrialState::Pending,
    TrialState::Running,
    TrialState::Completed,
    TrialState::Failed,
    TrialState::Cancelled,
    TrialState::Stopped,
];

const PREFIX: &str = "TRIAL_STATE_";

impl Filter {
    /// Reads a filter: terms `key = value` joined by AND; empty: everything.
    pub fn parse(text: &str) -> Result<Self> {
        let mut filter = Self::default();
        let mut tokens = tokens(text)?.into_iter().peekable();
        while tokens.peek().is_some() {
            let term = (tokens.next(), tokens.next(), tokens.next());
            let (Some(Token::Word(key)), Some(Token::Equals), Some(value)) = term else {
                return Err(invalid("has a term that isn't `key = value`"));
            };
            filter.term(&key, value)?;
            match tokens.next() {
                None => break,
                Some(Token::Word(and)) if and == "AND" && tokens.peek().is_some() => {}
                Some(_) => return Err(invalid("has terms that aren't joined by AND")),
            }
        }
        Ok(filter)
    }

    fn term(&mut self, key: &str, value: Token) -> Result<()> {
        let text = match value {
            Token::Word(text) | Token::Text(text) => text,
            Token::Equals => return Err(invalid(format!("gives no value for `{key}`"))),
        };
        let twice = match key {
            "state" => self.state.replace(state(&text)?).is_some(),
            "task" => self.task.replace(text).is_some(),
            "variant" => self.variant.replace(text).is_some(),
            "family" => self.family.replace(text).is_some(),
            "seed" => {
                let seed = text.parse();
                let seed = seed.map_err(|_| invalid(format!("gives {text:?} as `seed`, which is not a number")))?;
                self.seed.replace(seed).is_some()
            }
            "index" => {
                let index = text.parse();
                let index =
                    index.map_err(|_| invalid(format!("gives {text:?} as `index`, which is not a position")))?;
                self.index.replace(index).is_some()
            }
            _ => return Err(invalid(format!("asks for `{key}`, which trials can't be filtered by"))),
        };
        match twice {
            true => Err(invalid(format!("has `{key}` twice"))),
            false => Ok(()),
        }
    }

    /// The places in the plan that are asked for; every name has to be one of the plan's.
    pub fn positions(&self, plan: &Plan) -> Result<Positions> {
        let spec = plan.spec();
        known("task", self.task.as_deref(), || {
            spec.tasks.iter().map(|task| task.name())
        })?;
        known("variant", self.variant.as_deref(), || plan.variant_names())?;
        known("family", self.family.as_deref(), || plan.family_names())?;
        let seed = self.seed.map(|seed| seed.to_string());
        known("seed", seed.as_deref(), || spec.seeds.iter().map(ToString::to_string))?;
        let mut positions = plan.positions(&Wanted {
            task: self.task.as_deref(),
            seed: self.seed,
            variant: self.variant.as_deref(),
            family: self.family.as_deref(),
        });
        if let Some(index) = self.index {
            let span = &mut positions.span;
            *span = span.start.max(index)..span.end.min(index.saturating_add(1));
        }
        Ok(positions)
    }

    /// The state that is asked for, as the store names it.
    pub fn state_tag(&self) -> Option<&'static str> {
        present::state_tag(self.state.unwrap_or_default())
    }
}

/// Reads an order: a field, with " desc" or without; true for descending.
pub(super) fn order(text: &str) -> Result<(Order, bool)> {
    let mut words = text.split_whitespace();
    let order = match words.next() {
        None | Some("index") => Some(Order::Index),
        Some("validation_loss") => Some(Order::Loss),
        Some("state") => Some(Order::State),
        Some(_) => None,
    };
    match (order, words.next(), words.next()) {
        (Some(order), None, None) => Ok((order, false)),
        (Some(order), Some("desc"), None) => Ok((order, true)),
        _ => Err(Error::Invalid {
            field: "order_by",
            problem: format!("is {text:?}; use index, validation_loss or state, with \" desc\" after it or without"),
        }),
    }
}

enum Token {
    Word(String),
    /// In quotation marks.
    Text(String),
    Equals,
}

fn tokens(text: &str) -> Result<Vec<Token>> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        if first == '=' {
            tokens.push(Token::Equals);
            rest = &rest[1..];
        } else if first == '"' {
            let (text, after) = quoted(&rest[1..])?;
            tokens.push(Token::Text(text));
            rest = after;
        } else {
            let end = rest.find(|c: char| c.is_whitespace() || c == '=' || c == '"');
            let (word, after) = rest.split_at(end.unwrap_or(rest.len()));
            tokens.push(Token::Word(word.to_owned()));
            rest = after;
        }
        rest = rest.trim_start();
    }
    Ok(tokens)
}

/// A text up to its closing quotation mark, a backslash before whatever would end it; and what comes after.
fn quoted(text: &str) -> Result<(String, &str)> {
    let mut value = String::new();
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return Ok((value, &text[at + 1..])),
            '\\' => value.extend(chars.next().map(|(_, c)| c)),
            c => value.push(c),
        }
    }
    Err(invalid("has a quotation mark that isn't closed"))
}

fn state(text: &str) -> Result<TrialState> {
    let name = |state: &TrialState| state.as_str_name().trim_start_matches(PREFIX);
    let found = STATES
        .iter()
        .find(|state| name(state) == text.trim_start_matches(PREFIX));
    found.copied().ok_or_else(|| {
        let names: Vec<_> = STATES.iter().map(name).collect();
        invalid(format!("gives {text:?} as `state`; there are {}", names.join(", ")))
    })
}

/// A name that is asked for is one of those that there are.
fn known<T: AsRef<str>, I: IntoIterator<Item = T>>(
    key: &str,
    asked: Option<&str>,
    names: impl FnOnce() -> I,
) -> Result<()> {
    /// Names that are listed.
    const SHOWN: usize = 20;
    let Some(asked) = asked else { return Ok(()) };
    let names: Vec<_> = names().into_iter().collect();
    if names.iter().any(|name| name.as_ref() == asked) {
        return Ok(());
    }
    let shown: Vec<_> = names.iter().take(SHOWN).map(AsRef::as_ref).collect();
    let more = if names.len() > SHOWN { ", ..." } else { "" };
    let problem = format!("gives {asked:?} as `{key}`; this sweep has {}{more}", shown.join(", "));
    Err(Error::Invalid {
        field: "filter",
        problem,
    })
}

fn invalid(problem: impl Into<String>) -> Error {
    Error::Invalid {
        field: "filter",
        problem: format!(
            "{}; write terms such as state = COMPLETED, task = \"NAME\", variant = \"NAME\", family = \"NAME\", seed = 0 \
             or index = 0, joined by AND",
            problem.into()
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terms_are_joined_by_and() {
        assert_eq!(Filter::parse("  ").unwrap(), Filter::default());
        let filter = Filter::parse(r#"state=RUNNING AND task = "a \"b\" AND c" AND seed = 7"#).unwrap();
        let wanted = Filter {
            state: Some(TrialState::Running),
            task: Some("a \"b\" AND c".into()),
            seed: Some(7),
            ..Filter::default()
        };
        assert_eq!(filter, wanted);
        let filter =
            Filter::parse("family = rotation AND variant = st-ssad AND state = TRIAL_STATE_FAILED AND index = 3");
        let filter = filter.unwrap();
        assert_eq!(filter.family.as_deref(), Some("rotation"));
        assert_eq!(filter.variant.as_deref(), Some("st-ssad"));
        assert_eq!((filter.state, filter.index), (Some(TrialState::Failed), Some(3)));
    }

    #[test]
    fn what_is_no_filter_says_what_is() {
        for (text, problem) in [
            ("state", "has a term that isn't `key = value`; write"),
            (
                "state = DONE",
                "gives \"DONE\" as `state`; there are PENDING, RUNNING, COMPLETED,",
            ),
            ("seed = -1", "gives \"-1\" as `seed`, which is not a number; write"),
            ("index = x", "gives \"x\" as `index`, which is not a position; write"),
            ("seed = 1 seed = 2", "has terms that aren't joined by AND"),
            ("seed = 1 AND", "has terms that aren't joined by AND"),
            ("seed = 1 AND seed = 2", "has `seed` twice"),
            ("worker = x", "asks for `worker`, which trials can't be filtered by"),
            ("task = \"x", "has a quotation mark that isn't closed"),
            ("task = =", "gives no value for `task`"),
            ("seed >= 1", "has a term that isn't `key = value`"),
        ] {
            let error = Filter::parse(text).unwrap_err().to_string();
            assert!(
                error.starts_with(&format!("field `filter` {problem}")),
                "{text}: {error}"
            );
        }
    }
}
