//! Text as LaTeX that prints it.

/// Letters beyond Latin-1 that the T1 encoding has.
const T1_LETTERS: &str = "ĂăĄąĆćČčĎďĘęĚěĞğĹĺĽľŁłŃńŇňŐőŒœŔŕŘřŚśŞşŠšŢţŤťŮůŰűŸŹźŻżŽž";

/// The text with every character that LaTeX would act on escaped. What pdfLaTeX has no sign for is written as its code point.
pub fn escape(text: &str) -> String {
    let escaped: String = text.chars().map(character).collect();
    // Two hyphens would become a dash.
    escaped.replace("--", "-{}-").replace("--", "-{}-")
}

fn character(c: char) -> String {
    match c {
        '\\' => r"\textbackslash{}".into(),
        '~' => r"\textasciitilde{}".into(),
        '^' => r"\textasciicircum{}".into(),
        '<' => r"\textless{}".into(),
        '>' => r"\textgreater{}".into(),
        '|' => r"\textbar{}".into(),
        '"' => r"\textquotedbl{}".into(),
        '\'' => r"\textquotesingle{}".into(),
        '`' => r"\textasciigrave{}".into(),
        '&' | '%' | '$' | '#' | '_' | '{' | '}' => format!("\\{c}"),
        // After the end of a row they would be its options.
        '[' | ']' | '*' => format!("{{{c}}}"),
        '\u{b0}' => r"\textdegree{}".into(),
        '\u{d7}' => r"$\times$".into(),
        '\u{b1}' => r"$\pm$".into(),
        c if c.is_ascii_graphic() || c == ' ' => c.into(),
        c if ('\u{c0}'..='\u{ff}').contains(&c) && c != '\u{f7}' || T1_LETTERS.contains(c) => c.into(),
        c if c.is_whitespace() || c.is_control() => " ".into(),
        c => format!(r"\texttt{{U+{:04X}}}", u32::from(c)),
    }
}
