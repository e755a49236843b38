//! What the reader of YAML says of text that is no YAML, in a person's words and with what to do.

/// What its messages contain, and what is said instead; the first that fits.
const WORDS: [(&str, &str); 18] = [
    (
        "illegal placement of ':'",
        "a `:` can't stand here; close what is open before it, or put a text that has one in quotes",
    ),
    (
        "misplaced bracket",
        "this bracket closes nothing; remove it, or write the one that opens",
    ),
    ("unclosed quote", "the quote that begins here is not closed; close it"),
    (
        "trailing content after",
        "a text in quotes ends before this; remove what follows, or put all of it in quotes",
    ),
    (
        "unknown escape character",
        "a backslash in double quotes begins an escape, and there is none of this kind; write two, or use single quotes",
    ),
    ("tabs disallowed", "a tab indents this line; write spaces instead"),
    ("found a tab", "a tab stands here; write spaces instead"),
    (
        "did not find expected ',' or '}'",
        "a comma, or the `}` that closes, is missing before this; write it",
    ),
    (
        "expected ',' or ']'",
        "a comma, or the `]` that closes, is missing before this; write it",
    ),
    (
        "simple key expected ':'",
        "this is neither a key nor a list item; write it like `key: value`, with a space after the colon",
    ),
    (
        "mapping values are not allowed",
        "a key can't stand here; put a text that has `: ` in it in quotes, or indent this line like those that it belongs to",
    ),
    (
        "entries are not allowed",
        "a list item can't stand here; begin a new line, or indent it like those that it belongs to",
    ),
    (
        "unknown anchor",
        "`*` names an anchor (`&`) that there is not; write the value itself, or put a text that begins with `*` in quotes",
    ),
    (
        "multiple YAML documents",
        "a second document begins here, and a config is one; remove it with the `---` before it",
    ),
    (
        "expected end of mapping after enum variant",
        "a second choice stands beside the first; keep one of them, or in a list begin each with `- `",
    ),
    (
        "invalid indentation",
        "this line doesn't fit what stands above it; indent it like those that it belongs to",
    ),
    (
        "did not find expected",
        "this line doesn't fit what stands above it; indent it like those that it belongs to",
    ),
    (
        "unexpected end of input",
        "the config is empty, or ends too early; docs/spec.md shows a whole one",
    ),
];

/// A message in other words, where it is one of the reader's own.
pub(super) fn in_words(message: &str) -> Option<&'static str> {
    let (_, words) = WORDS.iter().find(|(part, _)| message.contains(part))?;
    Some(words)
}

/// The first bracket or brace that is never closed, with its line and column from 1. The reader goes on behind such a one as if
/// all that follows were inside, and stumbles over something that is good.
pub(super) fn unclosed(text: &str) -> Option<(char, (u64, u64))> {
    let mut open: Vec<(char, (u64, u64))> = Vec::new();
    let mut quote = None;
    for (number, line) in (1..).zip(text.lines()) {
        let mut before = ' ';
        // Outside of brackets one opens only where a value or an item begins.
        let mut begins = true;
        for (column, letter) in (1..).zip(line.chars()) {
            match (quote, letter) {
                (Some(end), _) => quote = (letter != end).then_some(end),
                (None, '#') if before.is_whitespace() => break,
                (None, '"' | '\'') if begins => quote = Some(letter),
                (None, '[' | '{') if begins || !open.is_empty() => open.push((letter, (number, column))),
                (None, ']' | '}') => drop(open.pop()),
                (None, _) => {}
            }
            begins = match letter {
                ' ' => begins,
                ':' | '-' | ',' | '[' | '{' => true,
                _ => false,
            };
            before = letter;
        }
    }
    open.first().copied()
}

/// The place of the first tab in a line from 1, for what is said of tabs.
pub(super) fn tab(text: &str, line: u64) -> Option<(u64, u64)> {
    let at = usize::try_from(line).ok()?.checked_sub(1)?;
    let before = text.lines().nth(at)?.chars().take_while(|letter| *letter != '\t');
    Some((line, before.count() as u64 + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_bracket_that_stays_open() {
        assert_eq!(unclosed("a: [1, 2\nb: {c: 3}\n"), Some(('[', (1, 4))));
        assert_eq!(unclosed("a: {b: 2\nc: [3]\n"), Some(('{', (1, 4))));
        assert_eq!(unclosed("a: [1, [2, 3]\nb: 1\n"), Some(('[', (1, 4))));
        assert_eq!(unclosed("- [\n"), Some(('[', (1, 3))));
    }

    #[test]
    fn brackets_in_texts_and_comments_do_not_count() {
        for good in [
            "a: \"[\"\nb: '{'\n",
            "a: 1 # [\n# {\n",
            "a: see [1\n",
            "a: don't [\n",
            "a: {b: [1, 2], c: 'it}'}\n",
        ] {
            assert_eq!(unclosed(good), None, "{good}");
        }
    }

    #[test]
    fn the_tab_of_a_line() {
        assert_eq!(tab("a:\n  \tb: 1\n", 2), Some((2, 3)));
    }
}
