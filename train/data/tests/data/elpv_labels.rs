//! ELPV's list of labels: as it is packed, and with faults.

use augur_data::elpv_labels::{Cell, DefectProbability, ElpvError, ElpvRow, parse, read};
use std::fs;
use tempfile::TempDir;

/// Lines as in the package.
const LIST: &str = "images/cell0001.png  1.0                 mono
images/cell0002.png  0.0                 mono
images/cell0003.png  0.3333333333333333  poly
images/cell0004.png  0.6666666666666666  poly
";

fn row(path: &str, probability: DefectProbability, cell: Cell) -> ElpvRow {
    ElpvRow {
        path: path.into(),
        probability,
        cell,
    }
}

#[test]
fn rows_are_read_in_order() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("labels.csv");
    for text in [
        LIST.to_owned(),
        LIST.replace('\n', "\r\n"),
        format!("\n{LIST}\n  \n"),
        LIST.trim_end().into(),
    ] {
        fs::write(&path, &text).unwrap();
        let expected = [
            row("images/cell0001.png", DefectProbability::One, Cell::Mono),
            row("images/cell0002.png", DefectProbability::Zero, Cell::Mono),
            row("images/cell0003.png", DefectProbability::OneThird, Cell::Poly),
            row("images/cell0004.png", DefectProbability::TwoThirds, Cell::Poly),
        ];
        assert_eq!(read(&path).unwrap(), expected, "{text:?}");
    }
}

#[test]
fn probabilities_have_many_spellings() {
    use DefectProbability::{One, OneThird, TwoThirds, Zero};
    let cases = [
        ("0", Zero),
        ("1", One),
        ("0.333", OneThird),
        ("0.67", TwoThirds),
        ("1e0", One),
    ];
    for (text, expected) in cases {
        assert_eq!(
            parse(format!("a.png {text} mono").as_bytes()).unwrap()[0].probability,
            expected
        );
    }
}

#[test]
fn faults_name_their_line() {
    let shown = |line: &str| parse(format!("{LIST}\n{line}\n").as_bytes()).unwrap_err().to_string();
    insta::assert_snapshot!(shown("images/cell0005.png 1.0"), @"line 6: expected a path, a probability and `mono` or `poly`, found 2 fields");
    insta::assert_snapshot!(shown("images/cell0005.png 0.5 mono"), @"line 6: the probability `0.5` is none of 0, 1/3, 2/3 and 1 (in decimals)");
    insta::assert_snapshot!(shown("images/cell0005.png NaN mono"), @"line 6: the probability `NaN` is none of 0, 1/3, 2/3 and 1 (in decimals)");
    insta::assert_snapshot!(shown("images/cell0005.png 1.0 Mono"), @"line 6: the kind of cell `Mono` is neither `mono` nor `poly`");
    insta::assert_snapshot!(shown("images/../../cell.png 1.0 mono"), @"line 6: the path `images/../../cell.png` must lie below the folder of this file");
    insta::assert_snapshot!(shown("/etc/passwd 1.0 mono"), @"line 6: the path `/etc/passwd` must lie below the folder of this file");
    insta::assert_snapshot!(shown("images/cell0002.png 1.0 mono"), @"line 6: the path `images/cell0002.png` is in line 2 already");
    assert_eq!(parse(b" \n\n"), Err(ElpvError::Empty));
    assert_eq!(
        parse(b"a.png 1 mono\nb\xff.png 1 mono"),
        Err(ElpvError::Text { line: 2 })
    );
    assert_eq!(parse(&vec![b'\n'; (16 << 20) + 1]), Err(ElpvError::TooLarge));
    assert!(matches!(read("no/such/file".as_ref()), Err(ElpvError::Unreadable(_))));
}
