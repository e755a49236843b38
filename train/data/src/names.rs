//! Classes by name, by number where they have one, and the nearest one to a mistyped name.

use crate::DataError;
use augur_core::spec::TaskSpec;

/// A name at least this near to a missing one is suggested.
const NEAR: f64 = 0.7;

/// What a class is called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Name {
    /// Its name.
    pub name: String,
    /// Its number, where it has one beside its name.
    pub number: Option<usize>,
    /// Another way to write it.
    pub alias: Option<String>,
}

impl Name {
    /// A name without an alias.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            number: None,
            alias: None,
        }
    }

    /// A name that can also be written as `alias`.
    pub fn or(name: impl Into<String>, alias: impl Into<String>) -> Self {
        Self {
            alias: Some(alias.into()),
            ..Self::new(name)
        }
    }

    /// Classes numbered from 0.
    pub fn numbered(names: &[impl AsRef<str>]) -> Vec<Self> {
        let name = |(number, name): (usize, _)| Self {
            number: Some(number),
            ..Self::new(AsRef::<str>::as_ref(name))
        };
        names.iter().enumerate().map(name).collect()
    }

    /// Classes that are called by their numbers.
    pub fn numbers(count: usize) -> Vec<Self> {
        (0..count).map(|number| Self::new(number.to_string())).collect()
    }
}

/// The place of a class among `names`.
pub(crate) fn find(names: &[Name], class: &str) -> Option<usize> {
    let is = |name: &Name| {
        let number = name.number.map(|number| number.to_string());
        name.name == class || number.as_deref() == Some(class) || name.alias.as_deref() == Some(class)
    };
    names.iter().position(is)
}

/// As [`find`]; where there is none, says which there are.
pub(crate) fn of_task(
    names: &[Name],
    class: &str,
    task: &TaskSpec,
    data_set: &'static str,
) -> Result<usize, DataError> {
    find(names, class).ok_or_else(|| DataError::NoClass {
        task: task.name(),
        data_set,
        class: class.into(),
        suggestion: nearest(names.iter().map(|name| name.name.as_str()), class),
        classes: list(names),
    })
}

/// The name that is nearest to a mistyped one, if any is near.
pub(crate) fn nearest<'a>(names: impl Iterator<Item = &'a str>, mistyped: &str) -> Option<String> {
    let plain = |name: &str| name.to_lowercase().replace(['_', ' '], "-");
    let mistyped = plain(mistyped);
    let likeness = |name: &&str| strsim::jaro_winkler(&mistyped, &plain(name));
    let nearest = names.max_by(|a, b| likeness(a).total_cmp(&likeness(b)))?;
    (likeness(&nearest) > NEAR).then(|| nearest.to_owned())
}

fn list(names: &[Name]) -> String {
    let named = names.iter().map(|name| match name.number {
        Some(number) => format!("{number} {}", name.name),
        None => name.name.clone(),
    });
    match names.is_empty() {
        true => "none".into(),
        false => named.collect::<Vec<_>>().join(", "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_numbers() {
        let names = Name::numbered(&["t-shirt", "trouser"]);
        let found = |class| find(&names, class);
        assert_eq!((found("t-shirt"), found("0"), found("1")), (Some(0), Some(0), Some(1)));
        assert_eq!(
            (found("2"), found("01"), found("Trouser"), found("")),
            (None, None, None, None)
        );
    }

    #[test]
    fn the_nearest_name() {
        let names = ["t-shirt", "trouser", "ankle-boot", "bent_wire"];
        let found = ["tshirt", "Trousers", "ankle_boot", "bent wire", "hat-rack"]
            .map(|mistyped| nearest(names.into_iter(), mistyped));
        let expected = [
            Some("t-shirt"),
            Some("trouser"),
            Some("ankle-boot"),
            Some("bent_wire"),
            None,
        ];
        assert_eq!(found, expected.map(|name| name.map(str::to_owned)));
    }
}
