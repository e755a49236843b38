//! Takes one sweep from a file: all of it or nothing.

use super::{FORMAT, Header, Line, OWN_COLUMNS, TABLES, Trailer, TransferError, cell::hex, export::export};
use crate::store::{
    Conn, Result, StoreError, SweepKey, Writer,
    backend::{Dialect, NEWEST, Sql, Value, insert_rows},
    groups, invariants, outcomes, query, query_scalar, sweeps,
};
use augur_core::{id::SweepId, time::Timestamp};
use sha2::{Digest, Sha256};
use std::{
    collections::BTreeSet,
    fs::File,
    io::{self, BufRead, BufReader},
    path::Path,
};

/// Rows that are inserted at once.
const AT_ONCE: usize = 256;

/// What became of an import.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Imported {
    /// The sweep of this name is in the store now.
    New(String),
    /// It was there, the same to the last bit.
    Identical(String),
}

type Outcome<T> = std::result::Result<T, TransferError>;

/// A file that is whole and as it was written: it was read to its end before anything of it is believed.
pub(crate) struct Whole<'a> {
    path: &'a Path,
    header: Header,
    trailer: Trailer,
}

impl<'a> Whole<'a> {
    /// Reads a file to its end.
    pub fn verify(path: &'a Path) -> Outcome<Self> {
        let (header, trailer) = verify(path)?;
        Ok(Self { path, header, trailer })
    }
}

/// Imports the sweep in a file.
pub(crate) async fn import(writer: &mut Writer, whole: Whole<'_>, now: Timestamp) -> Outcome<Imported> {
    let Whole { path, header, trailer } = whole;
    let mut transaction = writer.begin(now).await?;
    let conn = transaction.conn();
    if let Some(there) = sweeps::by_name(conn, &header.sweep).await? {
        let same = export(conn, &there, now, io::sink()).await;
        let same = same.map_err(|failed| failed.at("the comparison"))?;
        return match same == trailer.sha256 {
            true => Ok(Imported::Identical(header.sweep)),
            false => Err(TransferError::Taken(header.sweep)),
        };
    }
    let mut source = Source::open(path)?;
    source.line()?;
    let sweep = insert(conn, &mut source, trailer.rows).await?;
    set_losses(conn, sweep).await?;
    check(conn, &source, sweep, &header.sweep).await?;
    transaction.commit().await?;
    Ok(Imported::New(header.sweep))
}

/// A file, line by line.
struct Source {
    path: String,
    lines: BufReader<File>,
    at: u64,
    text: String,
}

impl Source {
    fn open(path: &Path) -> Outcome<Self> {
        let path_text = path.display().to_string();
        match File::open(path) {
            Ok(file) => Ok(Self {
                path: path_text,
                lines: BufReader::new(file),
                at: 0,
                text: String::new(),
            }),
            Err(source) => Err(TransferError::Read {
                path: path_text,
                source,
            }),
        }
    }

    /// The next line with its end; empty after the last one.
    fn line(&mut self) -> Outcome<&str> {
        self.text.clear();
        self.at += 1;
        match self.lines.read_line(&mut self.text) {
            Ok(_) => Ok(&self.text),
            Err(source) => Err(TransferError::Read {
                path: self.path.clone(),
                source,
            }),
        }
    }

    fn bad(&self, problem: impl Into<String>) -> TransferError {
        TransferError::BadFile {
            path: self.path.clone(),
            line: self.at,
            problem: problem.into(),
        }
    }
}

fn verify(path: &Path) -> Outcome<(Header, Trailer)> {
    let mut source = Source::open(path)?;
    let mut hash = Sha256::new();
    let first = source.line()?.to_owned();
    hash.update(&first);
    let header = header(&source, &first)?;
    let mut rows = 0;
    loop {
        let text = source.line()?.to_owned();
        if text.is_empty() || !text.ends_with('\n') {
            return Err(source.bad("is cut off"));
        }
        let Ok(trailer) = serde_json::from_str::<Trailer>(&text) else {
            hash.update(&text);
            rows += 1;
            continue;
        };
        if trailer.rows != rows || trailer.sha256 != hex(&hash.finalize()) {
            return Err(source.bad("does not agree with the lines before it: the file was changed"));
        }
        return match source.line()?.is_empty() {
            true => Ok((header, trailer)),
            false => Err(source.bad("comes after the end")),
        };
    }
}

fn header(source: &Source, text: &str) -> Outcome<Header> {
    let Ok(header) = serde_json::from_str::<Header>(text) else {
        return Err(source.bad("is not the beginning of an export"));
    };
    match header.augur_export > FORMAT || header.schema > NEWEST {
        false => Ok(header),
        true => Err(TransferError::Newer {
            path: source.path.clone(),
            found: header.schema,
        }),
    }
}

/// Inserts all rows under a new key.
async fn insert(conn: &mut Conn, source: &mut Source, rows: u64) -> Outcome<SweepKey> {
    let mut sweep = None;
    let mut waiting = Waiting::default();
    for _ in 0..rows {
        let text = source.line()?.to_owned();
        let Ok(line) = serde_json::from_str::<Line>(&text) else {
            return Err(source.bad("is no row"));
        };
        let Some((table, _)) = TABLES.iter().find(|(table, _)| *table == line.table) else {
            return Err(source.bad(format!("is of the unknown table {}", line.table)));
        };
        let mut columns = Vec::with_capacity(line.row.len() + 1);
        let mut values = Vec::with_capacity(line.row.len() + 1);
        for (column, cell) in line.row {
            if OWN_COLUMNS.contains(&column.as_str()) {
                return Err(source.bad(format!("gives {column}, which is the store's own")));
            }
            let Some(value) = cell.into_value() else {
                return Err(source.bad(format!("has no value for {column}")));
            };
            columns.push(column);
            values.push(value);
        }
        match sweep {
            None if *table == "sweeps" => sweep = Some(insert_sweep(conn, source, &columns, values).await?),
            Some(key) if *table != "sweeps" => {
                resolve_origin(conn, &columns, &mut values).await?;
                columns.push("sweep_key".into());
                values.push(key_value(key));
                waiting.add(conn, source, table, columns, values).await?;
            }
            _ => return Err(source.bad("is not where a row of its table comes")),
        }
    }
    waiting.insert(conn).await?;
    sweep.ok_or_else(|| source.bad("comes without a sweep"))
}

fn key_value(key: SweepKey) -> Value {
    key.0.into()
}

async fn insert_sweep(conn: &mut Conn, source: &Source, columns: &[String], values: Vec<Value>) -> Outcome<SweepKey> {
    known(conn, source, "sweeps", columns).await?;
    let places: Vec<_> = (1..=columns.len()).map(|place| format!("${place}")).collect();
    let sql = format!(
        "INSERT INTO sweeps ({}) VALUES ({}) RETURNING sweep_key",
        columns.join(", "),
        places.join(", ")
    );
    let row = query(sql).bind_all(values).fetch_one(conn).await?;
    Ok(SweepKey(row.try_get("sweep_key")?))
}

/// The sweep that computed a reused trial, by this store's key of it.
async fn resolve_origin(conn: &mut Conn, columns: &[String], values: &mut [Value]) -> Outcome<()> {
    let at = |name: &str| columns.iter().position(|column| column == name);
    let Some(origin) = at("reused_from") else { return Ok(()) };
    let Value::Text(text) = &values[origin] else {
        return Ok(());
    };
    let id: Option<SweepId> = text.parse().ok();
    let found = match id {
        Some(id) => sweeps::by_id(conn, id).await?,
        None => None,
    };
    match found {
        Some(sweep) => values[origin] = key_value(sweep.key),
        None => {
            let trial = at("trial_index").map(|at| &values[at]);
            return Err(TransferError::NoOrigin {
                trial: match trial {
                    Some(Value::Integer(trial)) => *trial,
                    _ => -1,
                },
                origin: text.clone(),
            });
        }
    }
    Ok(())
}

/// Rows of one table that wait to be inserted together.
#[derive(Default)]
struct Waiting {
    table: &'static str,
    columns: Vec<String>,
    rows: Vec<Vec<Value>>,
}

impl Waiting {
    async fn add(
        &mut self,
        conn: &mut Conn,
        source: &Source,
        table: &'static str,
        columns: Vec<String>,
        values: Vec<Value>,
    ) -> Outcome<()> {
        if self.table != table || self.columns != columns {
            self.insert(conn).await?;
            // The names go into a statement as they are.
            known(conn, source, table, &columns).await?;
            (self.table, self.columns) = (table, columns);
        }
        self.rows.push(values);
        if self.rows.len() == AT_ONCE {
            self.insert(conn).await?;
        }
        Ok(())
    }

    async fn insert(&mut self, conn: &mut Conn) -> Result<()> {
        let columns: Vec<_> = self.columns.iter().map(String::as_str).collect();
        insert_rows(conn, self.table, &columns, std::mem::take(&mut self.rows)).await
    }
}

/// All of these columns are the table's.
async fn known(conn: &mut Conn, source: &Source, table: &'static str, columns: &[String]) -> Outcome<()> {
    let sql: Sql = match conn.dialect() {
        Dialect::Sqlite => "SELECT name FROM pragma_table_info($1)".into(),
        Dialect::Postgres => "SELECT column_name::text AS name FROM information_schema.columns
             WHERE table_schema = current_schema() AND table_name = $1"
            .into(),
    };
    let names: Vec<String> = query_scalar(sql).bind(table).fetch_all(conn).await?;
    let names: BTreeSet<_> = names.into_iter().collect();
    let fits = |column: &&String| {
        names.contains(*column) && (*column == "sweep_key" || !OWN_COLUMNS.contains(&column.as_str()))
    };
    match columns.iter().find(|column| !fits(column)) {
        None => Ok(()),
        Some(column) => Err(source.bad(format!("has the unknown column {column} of {table}"))),
    }
}

/// The value of the criterion, with every outcome.
async fn set_losses(conn: &mut Conn, sweep: SweepKey) -> Result<()> {
    let spec = sweeps::spec(conn, sweep).await?;
    let last = query_scalar("SELECT MAX(trial_index) FROM outcomes WHERE sweep_key = $1");
    let last: Option<u32> = last.bind(sweep.0).fetch_one(conn).await?;
    let end = last.map_or(0, |last| last + 1);
    for start in (0..end).step_by(AT_ONCE) {
        let within = start..end.min(start + AT_ONCE as u32);
        for (index, outcome) in outcomes::without_scores(conn, sweep, within).await? {
            outcomes::set_loss(conn, sweep, index, &outcome, spec.selection.criterion).await?;
        }
    }
    Ok(())
}

/// What was inserted can be read and holds together.
async fn check(conn: &mut Conn, source: &Source, sweep: SweepKey, name: &str) -> Outcome<()> {
    let row = sweeps::get(conn, sweep).await?;
    let spec = sweeps::spec(conn, sweep).await?;
    if row.name != name || spec.name != name || spec.id() != row.sweep || spec.sha256() != row.spec_sha256 {
        return Err(source.bad("ends a sweep that is not the one of its spec"));
    }
    for group in 0..row.groups_total {
        match groups::choice(conn, sweep, group).await {
            Err(StoreError::Damaged(what)) => return Err(source.bad(format!("ends a sweep with a damaged {what}"))),
            read => drop(read?),
        }
    }
    let violations = invariants::check(conn).await?;
    match violations.into_iter().find(|violation| violation.sweep == name) {
        None => Ok(()),
        Some(violation) => Err(source.bad(format!("ends a sweep that does not hold: {}", violation.invariant))),
    }
}
