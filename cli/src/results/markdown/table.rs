//! Rows and cells of Markdown tables.

/// The heading of a column, and the rule below it.
pub type Column = (String, String);

/// A column of text.
pub fn left(title: &str) -> Column {
    (title.to_owned(), format!(":{}", "-".repeat(title.len() + 1)))
}

/// A column of numbers.
pub fn right(title: &str) -> Column {
    (title.to_owned(), format!("{}:", "-".repeat(title.len() + 1)))
}

/// The first two lines of a table.
pub fn head(columns: &[Column]) -> String {
    let (titles, rules): (Vec<&str>, Vec<&str>) = columns
        .iter()
        .map(|(title, rule)| (title.as_str(), rule.as_str()))
        .unzip();
    format!("| {} |\n|{}|\n", titles.join(" | "), rules.join("|"))
}

/// A row of a table.
pub fn line(cells: &[String]) -> String {
    format!("| {} |\n", cells.join(" | "))
}

/// The text, or a dash for none.
pub fn dash(text: String) -> String {
    if text.is_empty() { "-".into() } else { text }
}

/// A text that doesn't end its cell.
pub fn escape(text: &str) -> String {
    text.replace('|', "\\|").replace(['\n', '\r'], " ")
}
