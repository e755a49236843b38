//! A failure as text for a terminal: `error: ...`, and for a config the line with the fault underlined.

use super::{Complaint, Excerpt, Failure};
use console::style;
use miette::{GraphicalReportHandler, GraphicalTheme, LabeledSpan, MietteDiagnostic, NamedSource, Report};

/// The whole text, ending with a line break.
pub fn render(failure: &Failure, colours: bool) -> String {
    failure.faults.iter().map(|fault| complaint(fault, colours)).collect()
}

fn complaint(fault: &Complaint, colours: bool) -> String {
    let Some(excerpt) = &fault.excerpt else {
        let help = fault
            .help
            .as_ref()
            .map(|help| format!("{} {help}\n", style("help:").for_stderr().cyan()));
        let error = style("error:").for_stderr().red().bold();
        return format!("{error} {}\n{}", fault.message, help.unwrap_or_default());
    };
    underlined(fault, excerpt, colours)
}

/// Through miette, whose own mark for errors becomes our word.
fn underlined(fault: &Complaint, excerpt: &Excerpt, colours: bool) -> String {
    let (start, length) = span(&excerpt.text, excerpt.position);
    let mut diagnostic = MietteDiagnostic::new(fault.message.clone());
    diagnostic.labels = Some(vec![LabeledSpan::new(excerpt.label.clone(), start, length)]);
    diagnostic.help = fault.help.clone();
    let source = NamedSource::new(&excerpt.file, excerpt.text.clone());
    let report = Report::from(diagnostic).with_source_code(source);
    let mut theme = match colours {
        true => GraphicalTheme::unicode(),
        false => GraphicalTheme::unicode_nocolor(),
    };
    theme.characters.error = "error:".into();
    let handler = GraphicalReportHandler::new_themed(theme)
        .with_links(false)
        .with_wrap_lines(false)
        .with_context_lines(1);
    let mut text = String::new();
    match handler.render_report(&mut text, report.as_ref()) {
        Ok(()) => format!("{}\n", text.trim()),
        Err(_) => format!("error: {}\n", fault.message),
    }
}

/// The word, list or string at a place, and what follows it in the line; empty at the end of a line.
pub(super) fn word_at(text: &str, position: (u64, u64)) -> (&str, &str) {
    let rest = lines_from(text, position).lines().next().unwrap_or_default();
    rest.split_at(word(rest))
}

/// A text from a place on.
pub(super) fn lines_from(text: &str, position: (u64, u64)) -> &str {
    &text[offset(text, position)..]
}

/// Byte offset and length of the word, list or string at a place.
fn span(text: &str, position: (u64, u64)) -> (usize, usize) {
    (offset(text, position), word_at(text, position).0.len().max(1))
}

/// Byte offset of a place; the end of the line or of the text where it lies beyond.
fn offset(text: &str, (line, column): (u64, u64)) -> usize {
    let line = usize::try_from(line.saturating_sub(1)).unwrap_or(usize::MAX);
    let column = usize::try_from(column.saturating_sub(1)).unwrap_or(usize::MAX);
    let start_of_line: usize = text.split_inclusive('\n').take(line).map(str::len).sum();
    let rest = text[start_of_line..].lines().next().unwrap_or_default();
    start_of_line + rest.chars().take(column).map(char::len_utf8).sum::<usize>()
}

/// Length in bytes of what begins a line: a quoted string, a list, a mapping, or a text without quotes.
fn word(rest: &str) -> usize {
    let closed_by = |close: char| rest[1..].find(close).map_or(rest.trim_end().len(), |end| end + 2);
    match rest.chars().next() {
        None => 0,
        Some('"') => closed_by('"'),
        Some('\'') => closed_by('\''),
        Some('[') => closed_by(']'),
        Some('{') => closed_by('}'),
        Some(_) => plain(rest),
    }
}

/// A text without quotes goes on over spaces, up to a colon, a comma, a bracket or a comment.
fn plain(rest: &str) -> usize {
    let ends = |(at, letter): &(usize, char)| {
        let after_space = rest[..*at].ends_with(' ');
        match letter {
            ',' | ']' | '}' => true,
            ':' => rest[at + 1..].chars().next().is_none_or(char::is_whitespace),
            '#' | '[' | '{' => after_space,
            _ => false,
        }
    };
    let end = rest.char_indices().find(ends).map_or(rest.len(), |(at, _)| at);
    rest[..end].trim_end().len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_span_is_the_word_at_the_place() {
        let text = "a: 1\nseeds: []\n  ü: \"two words\" # no\na key: two words, three\nhttp://a # b\n";
        let at = |line, column| {
            let (start, length) = span(text, (line, column));
            &text[start..start + length]
        };
        assert_eq!(at(1, 4), "1");
        assert_eq!(at(2, 1), "seeds");
        assert_eq!(at(2, 8), "[]");
        assert_eq!(at(3, 6), "\"two words\"");
        assert_eq!(at(4, 1), "a key");
        assert_eq!(at(4, 8), "two words");
        assert_eq!(at(5, 1), "http://a");
    }

    #[test]
    fn a_place_beyond_the_text_is_its_end() {
        assert_eq!(span("a: 1", (9, 9)), (4, 1));
    }
}
