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

/// The word, list or string at a place; empty at the end of a line.
pub(super) fn word_at(text: &str, position: (u64, u64)) -> &str {
    let (start, length) = span(text, position);
    text.get(start..start + length).unwrap_or_default().trim()
}

/// Byte offset and length of the word, list or string at a place.
fn span(text: &str, (line, column): (u64, u64)) -> (usize, usize) {
    let line = usize::try_from(line.saturating_sub(1)).unwrap_or(usize::MAX);
    let column = usize::try_from(column.saturating_sub(1)).unwrap_or(usize::MAX);
    let start_of_line: usize = text.split_inclusive('\n').take(line).map(str::len).sum();
    let rest = text[start_of_line..].lines().next().unwrap_or_default();
    let before: usize = rest.chars().take(column).map(char::len_utf8).sum();
    (start_of_line + before, word(&rest[before..]).max(1))
}

/// Length in bytes of what begins a line: a quoted string, a list, a mapping, or a word.
fn word(rest: &str) -> usize {
    let closed_by = |close: char| rest[1..].find(close).map_or(rest.trim_end().len(), |end| end + 2);
    match rest.chars().next() {
        None => 0,
        Some('"') => closed_by('"'),
        Some('\'') => closed_by('\''),
        Some('[') => closed_by(']'),
        Some('{') => closed_by('}'),
        Some(_) => rest.find([' ', ':', ',', ']', '}', '#']).unwrap_or(rest.len()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_span_is_the_word_at_the_place() {
        let text = "a: 1\nseeds: []\n  ü: \"two words\" # no\n";
        let at = |line, column| {
            let (start, length) = span(text, (line, column));
            &text[start..start + length]
        };
        assert_eq!(at(1, 4), "1");
        assert_eq!(at(2, 1), "seeds");
        assert_eq!(at(2, 8), "[]");
        assert_eq!(at(3, 6), "\"two words\"");
    }

    #[test]
    fn a_place_beyond_the_text_is_its_end() {
        assert_eq!(span("a: 1", (9, 9)), (4, 1));
    }
}
