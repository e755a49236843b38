//! Writes one sweep.

use super::{FORMAT, Header, Line, OWN_COLUMNS, TABLES, Trailer, TransferError, Walk, cell::hex};
use crate::store::{
    Conn, Result, Row, StoreError, SweepKey,
    backend::{NEWEST, Value},
    evaluations,
    job::{self, Job},
    query, query_scalar,
    sweeps::{self, SweepRow},
    to_json,
    transitions::TrialChange,
    trials,
};
use augur_core::{
    state::{JobState, Lease},
    time::Timestamp,
};
use sha2::{Digest, Sha256};
use std::{
    collections::BTreeMap,
    io::{self, Write},
};

/// Positions, or rows, that are read at once.
const AT_ONCE: i64 = 256;

/// The columns of one row.
type Columns = BTreeMap<String, Value>;

/// Writes a sweep as it is at the moment of the view; returns the SHA-256 that ends it. `now` is when its leases end.
pub(crate) async fn export(
    conn: &mut Conn,
    sweep: &SweepRow,
    now: Timestamp,
    out: impl Write,
) -> std::result::Result<String, Failed> {
    let leases = Leases::of(conn, sweep.key, now).await?;
    let mut out = Lines::new(out);
    out.write(&Header {
        augur_export: FORMAT,
        schema: NEWEST,
        sweep: sweep.name.clone(),
    })?;
    for (table, walk) in TABLES {
        let mut from = 0;
        while let Some((rows, next)) = page(conn, table, walk, sweep.key, from).await? {
            for row in rows {
                let columns = leases.end(table, row.into_pairs().collect());
                out.row(table, portable(conn, columns).await?)?;
            }
            from = next;
        }
    }
    for columns in leases.transitions() {
        out.row("transitions", columns)?;
    }
    Ok(out.finish()?)
}

/// What can go wrong on the way: the store, or whatever is written to.
pub(crate) enum Failed {
    Store(StoreError),
    Write(io::Error),
}

impl From<StoreError> for Failed {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<io::Error> for Failed {
    fn from(error: io::Error) -> Self {
        Self::Write(error)
    }
}

impl Failed {
    pub fn at(self, path: &str) -> TransferError {
        match self {
            Self::Store(error) => error.into(),
            Self::Write(source) => TransferError::Write {
                path: path.into(),
                source,
            },
        }
    }
}

/// The rows of a table from `from` on, and where the next ones begin; none at the end.
async fn page(conn: &mut Conn, table: &str, walk: Walk, sweep: SweepKey, from: i64) -> Result<Option<(Vec<Row>, i64)>> {
    match walk {
        Walk::One if from > 0 => Ok(None),
        Walk::One => {
            let sql = format!("SELECT * FROM {table} WHERE sweep_key = $1");
            Ok(Some((query(sql).bind(sweep.0).fetch_all(conn).await?, 1)))
        }
        Walk::Positions(position, order) => {
            let last = format!("SELECT MAX({position}) FROM {table} WHERE sweep_key = $1");
            let last: Option<i64> = query_scalar(last).bind(sweep.0).fetch_one(conn).await?;
            if last.is_none_or(|last| last < from) {
                return Ok(None);
            }
            let sql = format!(
                "SELECT * FROM {table} WHERE sweep_key = $1 AND {position} >= $2 AND {position} < $3 ORDER BY {order}"
            );
            let next = from + AT_ONCE;
            let rows = query(sql).bind(sweep.0).bind(from).bind(next).fetch_all(conn).await?;
            Ok(Some((rows, next)))
        }
        Walk::Numbers(number) => {
            let sql = format!(
                "SELECT * FROM {table} WHERE sweep_key = $1 AND {number} >= $2 ORDER BY {number} LIMIT {AT_ONCE}"
            );
            let rows = query(sql).bind(sweep.0).bind(from).fetch_all(conn).await?;
            // The columns of these tables have fixed names.
            let last = rows.last().map(|row| row.try_get::<i64>("revision")).transpose()?;
            Ok(last.map(|last| (rows, last + 1)))
        }
    }
}

/// A row without what only means something in its own store.
async fn portable(conn: &mut Conn, mut columns: Columns) -> Result<Columns> {
    for own in OWN_COLUMNS {
        columns.remove(own);
    }
    if let Some(Value::Integer(origin)) = columns.get("reused_from") {
        let origin = sweeps::get(conn, SweepKey(*origin)).await?.sweep;
        columns.insert("reused_from".into(), origin.to_string().into());
    }
    Ok(columns)
}

/// The jobs that are leased, as they are once their leases have ended, by position.
struct Leases {
    now: Timestamp,
    trials: BTreeMap<i64, Job>,
    evaluations: BTreeMap<i64, Job>,
}

impl Leases {
    async fn of(conn: &mut Conn, sweep: SweepKey, now: Timestamp) -> Result<Self> {
        let ended = |at: u32, job: Job| match job.state {
            JobState::Leased(Lease { tally, .. }) => Some((at.into(), job.moved(JobState::Pending(tally), None, now))),
            _ => None,
        };
        let trials = trials::leased_in(conn, sweep).await?;
        let evaluations = evaluations::open_in(conn, sweep).await?;
        Ok(Self {
            now,
            trials: trials.into_iter().filter_map(|row| ended(row.index, row.job)).collect(),
            evaluations: evaluations
                .into_iter()
                .filter_map(|row| ended(row.group, row.job))
                .collect(),
        })
    }

    /// The row of a table as it is once the leases have ended.
    fn end(&self, table: &str, mut columns: Columns) -> Columns {
        let (jobs, position) = match table {
            "trials" => (&self.trials, "trial_index"),
            "evaluations" => (&self.evaluations, "group_index"),
            "sweeps" => {
                let leased = i64::try_from(self.trials.len()).unwrap_or(i64::MAX);
                if let Some(Value::Integer(pending)) = columns.get_mut("trials_pending") {
                    *pending += leased;
                }
                columns.insert("trials_leased".into(), Value::Integer(0));
                return columns;
            }
            _ => return columns,
        };
        let job = match columns.get(position) {
            Some(Value::Integer(at)) => jobs.get(at),
            _ => None,
        };
        if let Some(job) = job {
            let changed: [(&str, Value); 7] = [
                ("state", job::tag(&job.state).into()),
                ("token", Value::Null),
                ("expires", Value::Null),
                ("deadline", Value::Null),
                ("epoch", Value::Integer(0)),
                ("generation", job.generation.into()),
                ("updated_at", job.updated_at.0.into()),
            ];
            columns.extend(changed.map(|(column, value)| (column.to_owned(), value)));
        }
        columns
    }

    /// The transitions by which they ended.
    fn transitions(&self) -> impl Iterator<Item = Columns> {
        let of = |kind: &'static str, jobs: &BTreeMap<i64, Job>| -> Vec<Columns> {
            let columns = |(at, job): (&i64, &Job)| -> Columns {
                let columns: [(&str, Value); 4] = [
                    ("kind", kind.into()),
                    ("entity", (*at).into()),
                    ("payload", to_json(&TrialChange::from(job)).into()),
                    ("at", self.now.0.into()),
                ];
                columns.map(|(column, value)| (column.to_owned(), value)).into()
            };
            jobs.iter().map(columns).collect()
        };
        of("trial", &self.trials)
            .into_iter()
            .chain(of("evaluation", &self.evaluations))
    }
}

/// Lines that are counted and hashed on their way.
struct Lines<W> {
    out: W,
    hash: Sha256,
    rows: u64,
}

impl<W: Write> Lines<W> {
    fn new(out: W) -> Self {
        Self {
            out,
            hash: Sha256::new(),
            rows: 0,
        }
    }

    fn write(&mut self, line: &impl serde::Serialize) -> io::Result<()> {
        let mut text = serde_json::to_string(line)?;
        text.push('\n');
        self.hash.update(&text);
        self.out.write_all(text.as_bytes())
    }

    fn row(&mut self, table: &str, columns: Columns) -> io::Result<()> {
        self.rows += 1;
        self.write(&Line {
            table: table.into(),
            row: columns
                .into_iter()
                .map(|(column, value)| (column, value.into()))
                .collect(),
        })
    }

    fn finish(mut self) -> io::Result<String> {
        let sha256 = hex(&self.hash.clone().finalize());
        self.write(&Trailer {
            rows: self.rows,
            sha256: sha256.clone(),
        })?;
        self.out.flush()?;
        Ok(sha256)
    }
}
