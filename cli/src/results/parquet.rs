//! leaderboard.parquet: the columns of leaderboard.csv with their types, one row for each candidate.

use super::{
    columns::{Values, columns},
    unwritable,
};
use crate::failure::Failure;
use augur_core::leaderboard::Leaderboard;
use parquet::{
    basic::{LogicalType, Repetition, Type as Physical},
    data_type::{BoolType, ByteArrayType, DataType, DoubleType, Int64Type},
    errors::ParquetError,
    file::{
        properties::WriterProperties,
        writer::{SerializedFileWriter, SerializedRowGroupWriter},
    },
    schema::types::Type,
};
use std::sync::Arc;

/// The leaderboard as a Parquet file, in one row group. Text is UTF-8, seeds and ranks are unsigned 64-bit, numbers are
/// doubles; what a family or a baseline doesn't have is null.
///
/// # Errors
/// None is known.
pub fn to_parquet(board: &Leaderboard) -> Result<Vec<u8>, Failure> {
    write(board).map_err(|error| unwritable("leaderboard.parquet", &error))
}

fn write(board: &Leaderboard) -> Result<Vec<u8>, ParquetError> {
    let columns = columns(board);
    let fields = columns
        .iter()
        .map(|column| field(&column.name, &column.values).map(Arc::new));
    let schema = Type::group_type_builder("leaderboard").with_fields(fields.collect::<Result<_, _>>()?);
    let created = format!("augur {}", env!("CARGO_PKG_VERSION"));
    let properties = WriterProperties::builder().set_created_by(created).build();
    let mut file = SerializedFileWriter::new(Vec::new(), Arc::new(schema.build()?), Arc::new(properties))?;
    let mut rows = file.next_row_group()?;
    for column in &columns {
        put(&mut rows, &column.values)?;
    }
    rows.close()?;
    file.into_inner()
}

fn field(name: &str, values: &Values) -> Result<Type, ParquetError> {
    let (physical, repetition, logical) = match values {
        Values::Text(_) => (Physical::BYTE_ARRAY, Repetition::OPTIONAL, Some(LogicalType::String)),
        Values::Number(_) => (Physical::DOUBLE, Repetition::OPTIONAL, None),
        Values::Truth(_) => (Physical::BOOLEAN, Repetition::REQUIRED, None),
        Values::Count(_) => {
            let unsigned = LogicalType::Integer {
                bit_width: 64,
                is_signed: false,
            };
            (Physical::INT64, Repetition::REQUIRED, Some(unsigned))
        }
    };
    let field = Type::primitive_type_builder(name, physical);
    field.with_repetition(repetition).with_logical_type(logical).build()
}

fn put(rows: &mut SerializedRowGroupWriter<Vec<u8>>, values: &Values) -> Result<(), ParquetError> {
    match values {
        Values::Text(texts) => optional::<ByteArrayType, _>(rows, texts, |text| text.as_str().into()),
        Values::Number(numbers) => optional::<DoubleType, _>(rows, numbers, |number| *number),
        Values::Truth(truths) => column::<BoolType>(rows, truths, None),
        // The logical type says that the bits are those of an unsigned number.
        Values::Count(counts) => {
            let bits: Vec<i64> = counts.iter().map(|count| count.cast_signed()).collect();
            column::<Int64Type>(rows, &bits, None)
        }
    }
}

/// Nulls are left out of the values; the levels say where they are.
fn optional<T: DataType, V>(
    rows: &mut SerializedRowGroupWriter<Vec<u8>>,
    values: &[Option<V>],
    convert: impl Fn(&V) -> T::T,
) -> Result<(), ParquetError> {
    let levels: Vec<i16> = values.iter().map(|value| i16::from(value.is_some())).collect();
    let present: Vec<T::T> = values.iter().flatten().map(convert).collect();
    column::<T>(rows, &present, Some(&levels))
}

fn column<T: DataType>(
    rows: &mut SerializedRowGroupWriter<Vec<u8>>,
    values: &[T::T],
    levels: Option<&[i16]>,
) -> Result<(), ParquetError> {
    if let Some(mut column) = rows.next_column()? {
        column.typed::<T>().write_batch(values, levels, None)?;
        column.close()?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::results::{fixture, to_csv};
    use std::{path::Path, process::Command};

    /// polars, another implementation of the format, finds the values and the types of the CSV.
    #[test]
    fn polars_reads_it() {
        let package = Path::new(env!("CARGO_MANIFEST_DIR"));
        let python = package.join("../.venv/bin/python");
        assert!(
            python.exists(),
            "{} is missing; run `make setup-test`",
            python.display()
        );
        let folder = tempfile::tempdir().unwrap();
        let mut board = fixture::with_variants();
        board.tasks[0].seed = u64::MAX;
        board.tasks[0].task = "Größe, \"中\"".into();
        std::fs::write(folder.path().join("leaderboard.parquet"), to_parquet(&board).unwrap()).unwrap();
        std::fs::write(folder.path().join("leaderboard.csv"), to_csv(&board).unwrap()).unwrap();
        let output = Command::new(python)
            .arg(package.join("tests/python/read_parquet.py"))
            .arg(folder.path())
            .output()
            .unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(
            output.status.success(),
            "read_parquet.py failed; run `make setup-test`: {stderr}"
        );
        insta::assert_snapshot!(String::from_utf8(output.stdout).unwrap());
    }
}
