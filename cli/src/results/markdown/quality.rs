//! Was the choice good? The same numbers as in the report's section.

use super::{
    super::quality::{Design, Quality, Spread, quality},
    table::{escape, head, left, line, right},
};
use augur_core::{
    leaderboard::Leaderboard,
    measure::{Correlation, Estimate},
};

/// The section; nothing without labels.
pub fn section(board: &Leaderboard) -> String {
    let Some(quality) = quality(board) else {
        return String::new();
    };
    let mut out = String::from("\n## Was the choice good?\n\n");
    out += "AUROC of the selected trial beside that of the best candidate (oracle) and of a random pick (expected ± deviation). \
            Beats: the share of other candidates that it is better than. Correlations of validation loss with AUROC are best at \
            -1. Means over seeds; in the last row over tasks, with 95 percent bootstrap intervals.\n\n";
    out + &tasks(&quality) + &selectors(&quality) + &quality.spread.as_ref().map_or(String::new(), spread)
}

fn tasks(quality: &Quality) -> String {
    let numbers = ["selected", "oracle", "random", "regret", "beats", "Spearman", "Kendall"];
    let mut out = head(&[vec![left("task")], numbers.map(right).to_vec()].concat());
    for task in &quality.tasks {
        let of = &task.regret;
        let [spearman, kendall] = correlations(task.correlation.as_ref());
        out += &line(&[
            escape(&task.task),
            format!("{:.3}", of.selected),
            format!("{:.3}", of.oracle),
            format!("{:.3} ± {:.3}", of.mean, of.deviation),
            format!("{:.3}", of.regret()),
            of.wins.map_or("-".into(), |wins| format!("{:.0} %", 100.0 * wins)),
            spearman,
            kendall,
        ]);
    }
    let of = &quality.overall;
    let [spearman, kendall] = correlations(of.correlation.as_ref());
    out + &line(&[
        "all tasks".into(),
        number(&of.selected, 3),
        number(&of.oracle, 3),
        number(&of.random, 3),
        number(&of.regret, 3),
        format!("{:.0} %", 100.0 * of.wins.value),
        spearman,
        kendall,
    ])
}

fn selectors(quality: &Quality) -> String {
    let numbers = [
        "same choice",
        "AUROC",
        "regret",
        "gain over random",
        "Spearman",
        "Kendall",
    ];
    let mut out = String::from("\nWhat each criterion would have selected:\n\n");
    out += &head(&[vec![left("criterion")], numbers.map(right).to_vec()].concat());
    for selector in &quality.selectors {
        let of = &selector.overall;
        let [spearman, kendall] = correlations(of.correlation.as_ref());
        let sealed = if selector.sealed { " (sealed)" } else { "" };
        out += &line(&[
            format!("{}{sealed}", selector.criterion),
            format!("{} of {}", selector.same, selector.groups),
            number(&of.selected, 3),
            number(&of.regret, 3),
            number(&of.gain, 3),
            spearman,
            kendall,
        ]);
    }
    out
}

fn spread(spread: &Spread) -> String {
    let parts = &spread.components;
    let share = |variance: f64| match parts.total() > 0.0 {
        true => format!(
            "{:.0} % (deviation {:.4})",
            100.0 * variance / parts.total(),
            variance.sqrt()
        ),
        false => "none".into(),
    };
    let design = match spread.design {
        Design::Crossed => "every start on every seed",
        Design::Nested => "starts within their seed",
    };
    let rest = parts.rest.map_or(String::new(), |rest| {
        format!(", both together and noise {}", share(rest))
    });
    format!(
        "\nVariance of AUROC within tasks ({design}): starting point {}, seed {}{rest}.\n",
        share(parts.start),
        share(parts.seed)
    )
}

fn correlations(of: Option<&Correlation>) -> [String; 2] {
    match of {
        Some(of) => [number(&of.spearman, 2), number(&of.kendall, 2)],
        None => ["-".into(), "-".into()],
    }
}

/// "0.913 [0.880, 0.941]".
fn number(of: &Estimate, digits: usize) -> String {
    match of.interval {
        Some([low, high]) => format!("{:.digits$} [{low:.digits$}, {high:.digits$}]", of.value),
        None => format!("{:.digits$}", of.value),
    }
}
