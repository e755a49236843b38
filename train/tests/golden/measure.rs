//! Measures of rankings and paired comparisons. They have one precision, float64.

use augur_core::measure::{Alternative, auroc, average_precision, spearman, wilcoxon};
use tch::Kind;

use crate::case::Case;
use crate::report::Report;

pub fn check(case: &Case, kind: Kind, report: &mut Report) {
    if kind != Kind::Double {
        return;
    }
    if case.has("scores") && case.has("labels") {
        check_ranking(case, report);
    }
    if case.has("paired_a") && case.has("paired_b") {
        check_paired(case, report);
    }
}

fn check_ranking(case: &Case, report: &mut Report) {
    let scores = case.values("scores");
    let labels: Vec<bool> = case.values("labels").iter().map(|&y| y > 0.5).collect();
    if let Some(want) = case.json["auroc"].as_f64() {
        report.close_value("auroc", auroc(&scores, &labels).unwrap(), want);
    }
    if let Some(want) = case.json["average_precision"].as_f64() {
        report.close_value("average_precision", average_precision(&scores, &labels).unwrap(), want);
    }
}

fn check_paired(case: &Case, report: &mut Report) {
    let (a, b) = (case.values("paired_a"), case.values("paired_b"));
    if let Some(want) = case.json["spearman"].as_f64() {
        report.close_value("spearman", spearman(&a, &b).unwrap(), want);
    }
    let alternatives = [
        ("wilcoxon_greater", Alternative::Greater),
        ("wilcoxon_less", Alternative::Less),
        ("wilcoxon_two_sided", Alternative::TwoSided),
    ];
    for (key, alternative) in alternatives {
        let Some(want) = case.json.get(key) else {
            continue;
        };
        let got = wilcoxon(&a, &b, alternative).unwrap();
        report.close_value(
            &format!("{key}.statistic"),
            got.statistic,
            want["statistic"].as_f64().unwrap(),
        );
        report.close_value(&format!("{key}.p"), got.p, want["p"].as_f64().unwrap());
    }
}
