//! Trials as people list them: of some places in the plan, in a state, in an order, a page at a time. Nothing but the page is
//! held; an order by loss reads the outcome of every trial that is listed.

use super::{
    Conn, Result, SweepKey,
    backend::{Sql, Value},
    loss, query,
    trials::{self, TrialRow},
};
use augur_core::{plan::Positions, select::Criterion};
use std::{fmt, str::FromStr};

/// What is listed.
#[derive(Clone, Debug)]
pub(crate) struct Listing {
    pub sweep: SweepKey,
    pub positions: Positions,
    /// Only trials in this state, as the store names it.
    pub state: Option<&'static str>,
    pub order: Order,
    pub descending: bool,
    /// Only this share of them, spread evenly over the plan; see [`share`].
    pub thin: Option<u32>,
}

/// A share, in 2^32nds, that leaves about `wanted` of `total` trials; none where that is all of them.
pub(crate) fn share(wanted: u32, total: u32) -> Option<u32> {
    let share = (u64::from(wanted) << 32) / u64::from(total.max(1));
    u32::try_from(share).ok()
}

/// By what it is sorted; trials that have the same come in the plan's order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    /// The plan's.
    Index,
    /// Pending, running, completed, failed, cancelled, stopped.
    State,
    /// The criterion's value; trials without one come last.
    Loss(Criterion),
}

impl Order {
    /// What is compared: a DOUBLE PRECISION, or NULL for the end of the list.
    fn key(self) -> String {
        match self {
            Self::Index => "CAST(0 AS DOUBLE PRECISION)".into(),
            Self::State => "CAST(CASE state WHEN 'pending' THEN 1 WHEN 'leased' THEN 2 WHEN 'completed' THEN 3
                 WHEN 'failed' THEN 4 WHEN 'cancelled' THEN 5 ELSE 6 END AS DOUBLE PRECISION)"
                .into(),
            Self::Loss(criterion) => format!(
                "(SELECT {} FROM outcomes o WHERE o.sweep_key = trials.sweep_key AND o.trial_index = trials.trial_index)",
                loss::of(criterion)
            ),
        }
    }
}

/// A place in a listing: what is compared, and the trial's position.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Cursor {
    pub key: Option<f64>,
    pub index: u32,
}

/// Exact: the key by its bits.
impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self.key {
            Some(key) => write!(f, "{:x}.{}", key.to_bits(), self.index),
            None => write!(f, ".{}", self.index),
        }
    }
}

impl FromStr for Cursor {
    type Err = std::num::ParseIntError;

    fn from_str(text: &str) -> std::result::Result<Self, Self::Err> {
        let (key, index) = text.split_once('.').unwrap_or((text, ""));
        let key = (!key.is_empty()).then(|| u64::from_str_radix(key, 16)).transpose()?;
        Ok(Self {
            key: key.map(f64::from_bits),
            index: index.parse()?,
        })
    }
}

/// The trials after `from`, at most `limit`, each with its place.
pub(crate) async fn page(
    conn: &mut Conn,
    listing: &Listing,
    from: Option<Cursor>,
    limit: u32,
) -> Result<Vec<(Cursor, TrialRow)>> {
    let mut statement = Statement::default();
    let wanted = statement.wanted(listing);
    let after = from.map_or(String::new(), |from| statement.after(listing, from));
    let (key, order) = match (listing.order, listing.descending) {
        (Order::Index, false) => (listing.order.key(), "trial_index"),
        (Order::Index, true) => (listing.order.key(), "trial_index DESC"),
        (order, false) => (
            order.key(),
            "CASE WHEN sort_key IS NULL THEN 1 ELSE 0 END, sort_key, trial_index",
        ),
        (order, true) => (
            order.key(),
            "CASE WHEN sort_key IS NULL THEN 1 ELSE 0 END, sort_key DESC, trial_index",
        ),
    };
    let limit = statement.bind(limit);
    let sql = format!(
        "SELECT * FROM (SELECT {}, {key} AS sort_key FROM trials WHERE {wanted}) listed
         WHERE {} ORDER BY {order} LIMIT {limit}",
        trials::COLUMNS,
        if after.is_empty() { "1 = 1" } else { &after },
    );
    let sql: Sql = conn.dialect().json(sql);
    let rows = query(sql).bind_all(statement.arguments).fetch_all(conn).await?;
    let read = |row| {
        let trial = trials::read(row)?;
        let key = row.try_get("sort_key")?;
        let index = trial.index;
        Ok((Cursor { key, index }, trial))
    };
    rows.iter().map(read).collect()
}

/// How many trials there are.
pub(crate) async fn count(conn: &mut Conn, listing: &Listing) -> Result<u32> {
    let mut statement = Statement::default();
    let sql = format!("SELECT COUNT(*) FROM trials WHERE {}", statement.wanted(listing));
    let row = query(sql).bind_all(statement.arguments).fetch_one(conn).await?;
    row.first()
}

/// The arguments of a statement while its text is put together.
#[derive(Default)]
struct Statement {
    arguments: Vec<Value>,
}

impl Statement {
    fn bind(&mut self, value: impl Into<Value>) -> String {
        self.arguments.push(value.into());
        format!("${}", self.arguments.len())
    }

    /// The condition of what is listed.
    fn wanted(&mut self, listing: &Listing) -> String {
        let positions = &listing.positions;
        let mut sql = format!(
            "sweep_key = {} AND trial_index >= {} AND trial_index < {}",
            self.bind(listing.sweep.0),
            self.bind(positions.span.start),
            self.bind(positions.span.end)
        );
        if let Some(state) = listing.state {
            sql += &format!(" AND state = {}", self.bind(state));
        }
        if let Some(share) = listing.thin {
            // Multiples of the golden ratio, as a share of 1, lie as far from each other as can be.
            sql += &format!(" AND (trial_index * 2654435769) % 4294967296 < {}", self.bind(share));
        }
        if !positions.is_whole() {
            let period = self.bind(positions.period);
            let mut one = |range: &std::ops::Range<u32>| {
                let (start, end) = (self.bind(range.start), self.bind(range.end));
                format!("(trial_index % {period} >= {start} AND trial_index % {period} < {end})")
            };
            let ranges: Vec<_> = positions.remainders.iter().map(&mut one).collect();
            sql += &match ranges.is_empty() {
                true => " AND 1 = 0".to_owned(),
                false => format!(" AND ({})", ranges.join(" OR ")),
            };
        }
        sql
    }

    /// The condition of what comes after a place.
    fn after(&mut self, listing: &Listing, from: Cursor) -> String {
        let index = self.bind(from.index);
        if listing.order == Order::Index {
            let later = if listing.descending { "<" } else { ">" };
            return format!("trial_index {later} {index}");
        }
        let Some(key) = from.key else {
            return format!("sort_key IS NULL AND trial_index > {index}");
        };
        let key = self.bind(key);
        let later = if listing.descending { "<" } else { ">" };
        format!("(sort_key {later} {key} OR (sort_key = {key} AND trial_index > {index}) OR sort_key IS NULL)")
    }
}
