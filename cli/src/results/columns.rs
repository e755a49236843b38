//! The table of all candidates, column by column: what leaderboard.csv and leaderboard.parquet hold, one row for each
//! candidate.

use super::measures::{Measure, shown};
use augur_core::{
    leaderboard::{Candidate, Leaderboard, TaskResult},
    outcome::Validation,
};
use std::collections::BTreeSet;

/// One column.
pub struct Column {
    /// Its heading; hyperparameters are `initial.NAME` and `tuned.NAME`.
    pub name: String,
    /// Its values, all columns in the same order of rows.
    pub values: Values,
}

/// The values of a column.
pub enum Values {
    Text(Vec<Option<String>>),
    Count(Vec<u64>),
    Number(Vec<Option<f64>>),
    Truth(Vec<bool>),
}

impl Values {
    /// The value of a row as text; empty where there is none. Numbers have as many digits as they need to be read back exactly.
    pub fn text(&self, row: usize) -> String {
        match self {
            Self::Text(values) => values[row].clone().unwrap_or_default(),
            Self::Count(values) => values[row].to_string(),
            Self::Number(values) => values[row].map_or(String::new(), |value| value.to_string()),
            Self::Truth(values) => values[row].to_string(),
        }
    }
}

/// One candidate.
struct Row<'a> {
    task: &'a TaskResult,
    rank: u64,
    candidate: &'a Candidate,
}

/// A loss that trials of earlier versions lack.
type Later = fn(&Validation) -> Option<f64>;

/// The table of a leaderboard: in its order of groups, candidates best first.
pub fn columns(board: &Leaderboard) -> Vec<Column> {
    let mut table = Table(rows(board), Vec::new());
    table.text("task", |row| Some(row.task.task.clone()));
    table.add("seed", |rows| {
        Values::Count(rows.iter().map(|row| row.task.seed).collect())
    });
    table.text("variant", |row| Some(row.task.variant.clone()));
    table.add("rank", |rows| Values::Count(rows.iter().map(|row| row.rank).collect()));
    table.add("selected", |rows| {
        Values::Truth(rows.iter().map(Row::is_selected).collect())
    });
    table.text("trial", |row| Some(row.candidate.trial.to_string()));
    table.text("family", |row| Some(row.candidate.family.clone()));
    table.number("val_loss", |c| c.val_loss);
    table.validation("mixture_energy", |v| Some(v.mixture_energy));
    table.validation("mean_distance", |v| Some(v.mean_distance));
    table.validation("explained", |v| Some(v.explained));
    table.validation("anomaly_share", |v| Some(v.anomaly_share));
    table.validation("score_variance", |v| Some(v.score_variance));
    let later: [(_, Later); 4] = [
        ("whitened_cosine", |v| v.whitened_cosine),
        ("dsv", |v| v.dsv),
        ("mmd", |v| v.mmd),
        ("shift_p_value", |v| v.shift_p_value),
    ];
    for (name, value) in later {
        if table
            .candidates()
            .any(|c| c.validation.as_ref().and_then(value).is_some())
        {
            table.validation(name, value);
        }
    }
    let measures = shown(board);
    let has_intervals = table
        .candidates()
        .any(|c| measures.iter().any(|m| (m.interval)(c).is_some()));
    measures
        .iter()
        .for_each(|measure| table.measure(measure, has_intervals));
    table.number("seconds", |c| Some(c.seconds));
    if table.candidates().any(|c| c.reused_from.is_some()) {
        table.text("reused_from", |row| row.candidate.reused_from.clone());
    }
    if table.candidates().any(|c| c.fingerprint.is_some()) {
        table.text("fingerprint", |row| row.candidate.fingerprint.clone());
    }
    let names: BTreeSet<String> = table
        .candidates()
        .flat_map(|c| c.initial.keys().chain(c.tuned.keys()).cloned())
        .collect();
    for name in &names {
        table.number(&format!("initial.{name}"), |c| c.initial.get(name).copied());
    }
    for name in &names {
        table.number(&format!("tuned.{name}"), |c| c.tuned.get(name).copied());
    }
    table.1
}

fn rows(board: &Leaderboard) -> Vec<Row<'_>> {
    board
        .tasks
        .iter()
        .flat_map(|task| {
            let ranked = (1..).zip(&task.candidates);
            ranked.map(move |(rank, candidate)| Row { task, rank, candidate })
        })
        .collect()
}

impl Row<'_> {
    fn is_selected(&self) -> bool {
        let selected = self.task.selected.as_ref();
        selected.is_some_and(|selected| selected.trial == self.candidate.trial)
    }
}

/// The rows, and the columns so far.
struct Table<'a>(Vec<Row<'a>>, Vec<Column>);

impl<'a> Table<'a> {
    fn candidates(&self) -> impl Iterator<Item = &'a Candidate> {
        self.0.iter().map(|row| row.candidate)
    }

    fn add(&mut self, name: &str, values: impl Fn(&[Row]) -> Values) {
        self.1.push(Column {
            name: name.to_owned(),
            values: values(&self.0),
        });
    }

    fn text(&mut self, name: &str, value: impl Fn(&Row) -> Option<String>) {
        self.add(name, |rows| Values::Text(rows.iter().map(&value).collect()));
    }

    fn number(&mut self, name: &str, value: impl Fn(&Candidate) -> Option<f64>) {
        self.add(name, |rows| {
            Values::Number(rows.iter().map(|row| value(row.candidate)).collect())
        });
    }

    fn validation(&mut self, name: &str, value: impl Fn(&Validation) -> Option<f64>) {
        self.number(name, |c| c.validation.as_ref().and_then(&value));
    }

    /// A measure, with the two ends of its interval.
    fn measure(&mut self, measure: &Measure, has_intervals: bool) {
        self.number(measure.key, measure.value);
        if has_intervals {
            for (end, name) in ["low", "high"].into_iter().enumerate() {
                self.number(&format!("{}_{name}", measure.key), |c| {
                    (measure.interval)(c).map(|ends| ends[end])
                });
            }
        }
    }
}
