//! Markdown tables and times as people read them.

/// A row of a Markdown table, with its line end.
pub fn row<T: AsRef<str>>(cells: impl IntoIterator<Item = T>) -> String {
    let cells: Vec<String> = cells.into_iter().map(|cell| cell.as_ref().to_owned()).collect();
    format!("| {} |\n", cells.join(" | "))
}

/// Seconds as minutes and seconds: "7:05".
pub fn clock(seconds: f64) -> String {
    let seconds = seconds.round() as u64;
    format!("{}:{:02}", seconds / 60, seconds % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_and_times() {
        assert_eq!(row(["a", "b c"]), "| a | b c |\n");
        assert_eq!([clock(59.6), clock(425.0)], ["1:00", "7:05"]);
    }
}
