//! leaderboard.csv: one row for each candidate, hyperparameters as `initial.NAME` and `tuned.NAME`.

use super::{columns::columns, unwritable};
use crate::failure::Failure;
use augur_core::leaderboard::Leaderboard;

/// The leaderboard as CSV. Numbers have as many digits as they need to be read back exactly; what a family or a
/// baseline doesn't have is empty.
///
/// # Errors
/// None is known.
pub fn to_csv(board: &Leaderboard) -> Result<String, Failure> {
    let failed = |error: &dyn std::fmt::Display| unwritable("leaderboard.csv", error);
    let columns = columns(board);
    let mut writer = csv::Writer::from_writer(Vec::new());
    let header = columns.iter().map(|column| column.name.as_str());
    writer.write_record(header).map_err(|error| failed(&error))?;
    let rows: usize = board.tasks.iter().map(|task| task.candidates.len()).sum();
    for row in 0..rows {
        let cells = columns.iter().map(|column| column.values.text(row));
        writer.write_record(cells).map_err(|error| failed(&error))?;
    }
    let bytes = writer.into_inner().map_err(|error| failed(&error))?;
    String::from_utf8(bytes).map_err(|error| failed(&error))
}

#[cfg(test)]
mod tests {
    use super::super::fixture;

    #[test]
    fn one_row_a_candidate() {
        insta::assert_snapshot!(super::to_csv(&fixture::leaderboard()).unwrap());
    }

    #[test]
    fn variants_have_their_rows() {
        insta::assert_snapshot!(super::to_csv(&fixture::with_variants()).unwrap());
    }
}
