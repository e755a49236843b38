//! The tables as text, and compiled by a real LaTeX.

use super::{Layout, escape, to_latex};
use crate::results::fixture;
use std::process::Command;

/// What a task may be called: everything that LaTeX acts on, letters with and without a sign of pdfLaTeX's.
const HOSTILE: &str = r#"a_b & 50% of $x^2$ #1 {~} --- \end{table} [*] <"'`|> ÅéßŁž 中文 ±×°"#;

#[test]
fn every_seed_and_method() {
    insta::assert_snapshot!(to_latex(&fixture::with_variants(), Layout::Full));
}

#[test]
fn as_in_papers() {
    insta::assert_snapshot!(to_latex(&fixture::with_variants(), Layout::Paper));
}

#[test]
fn no_character_is_an_instruction() {
    insta::assert_snapshot!(escape(HOSTILE));
}

/// pdfLaTeX takes every table, whatever tasks are called, with no error and no missing sign. Without pdfLaTeX the test is
/// skipped, unless AUGUR_REQUIRE_LATEX is 1.
#[test]
fn a_real_latex_compiles_the_tables() {
    if Command::new("pdflatex").arg("--version").output().is_err() {
        assert!(
            std::env::var("AUGUR_REQUIRE_LATEX").as_deref() != Ok("1"),
            "pdflatex is missing; install texlive-latex-base and texlive-latex-recommended"
        );
        eprintln!("skipped: pdflatex is missing (Debian: texlive-latex-base, texlive-latex-recommended)");
        return;
    }
    let mut board = fixture::with_variants();
    for result in board.tasks.iter_mut().filter(|result| result.task == "bag-vs-coat") {
        result.task = HOSTILE.into();
    }
    let folder = tempfile::tempdir().unwrap();
    for layout in [Layout::Full, Layout::Paper] {
        std::fs::write(folder.path().join("leaderboard.tex"), to_latex(&board, layout)).unwrap();
        let document = "\\documentclass{article}\n\\usepackage[T1]{fontenc}\n\\usepackage{booktabs,graphicx}\n\\begin{document}\n\
                        \\input{leaderboard}\n\\end{document}\n";
        std::fs::write(folder.path().join("paper.tex"), document).unwrap();
        let output = Command::new("pdflatex")
            .args(["-interaction=nonstopmode", "-halt-on-error", "paper.tex"])
            .current_dir(folder.path())
            .output()
            .unwrap();
        let log = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{log}");
        assert!(!log.contains("Missing character") && !log.contains("Overfull"), "{log}");
        let pdf = std::fs::read(folder.path().join("paper.pdf")).unwrap();
        assert!(pdf.starts_with(b"%PDF"));
    }
}
