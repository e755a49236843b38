//! Trials as people list them: of some places in the plan, in a state, in an order, a page at a time.

use super::{
    Conn, Result, Row, SweepKey,
    backend::{Dialect, Value},
    query,
    trials::{self, TrialRow},
};
use augur_core::plan::Positions;
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
    /// As [`STATES`] has them.
    State,
    /// The value of the sweep's criterion; trials without one come last.
    Loss,
}

/// The states in the order in which trials pass through them.
const STATES: [&str; 6] = ["pending", "leased", "completed", "failed", "cancelled", "stopped"];

/// A place in a listing: by what it is sorted there (a loss, the number of a state, nothing in the plan's order and where
/// there is no loss), and the trial's position.
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
    let mut parts = parts(listing);
    if let Some(from) = from {
        let held = parts.iter().position(|part| part.holds(from));
        parts.drain(..held.unwrap_or(parts.len()));
    }
    let mut found = Vec::new();
    for (number, part) in parts.iter().enumerate() {
        let room = limit - u32::try_from(found.len()).unwrap_or(limit);
        if room == 0 {
            break;
        }
        let from = from.filter(|_| number == 0);
        found.extend(part.page(conn, listing, from, room).await?);
    }
    Ok(found)
}

/// A listing is made of parts, one after the other. Each is in the order of an index, so that a page costs the same wherever it
/// is and however many trials there are.
#[derive(Clone, Copy, Debug)]
enum Part {
    /// In the plan's order, whatever the state.
    Whole,
    /// Those in a state of [`STATES`], in the plan's order.
    InState(usize),
    /// Those with a loss, by it.
    Valued,
    /// Those without one, in the plan's order.
    Valueless,
}

fn parts(listing: &Listing) -> Vec<Part> {
    let wanted = |state: &&str| listing.state.is_none_or(|wanted| wanted == *state);
    match listing.order {
        Order::Index => vec![Part::Whole],
        Order::State => {
            let numbers = (0..STATES.len()).filter(|number| wanted(&STATES[*number]));
            let mut parts: Vec<_> = numbers.map(Part::InState).collect();
            if listing.descending {
                parts.reverse();
            }
            parts
        }
        // Whatever has a loss is completed.
        Order::Loss if wanted(&"completed") => vec![Part::Valued, Part::Valueless],
        Order::Loss => vec![Part::Valueless],
    }
}

impl Part {
    fn holds(self, place: Cursor) -> bool {
        match self {
            Self::Whole => true,
            Self::InState(number) => place.key == Some(number as f64),
            Self::Valued => place.key.is_some(),
            Self::Valueless => place.key.is_none(),
        }
    }

    async fn page(
        self,
        conn: &mut Conn,
        listing: &Listing,
        from: Option<Cursor>,
        limit: u32,
    ) -> Result<Vec<(Cursor, TrialRow)>> {
        let mut statement = Statement::default();
        let wanted = statement.wanted(listing, self);
        let after = from.map_or(String::new(), |from| statement.after(listing, self, from));
        let limit = statement.bind(limit);
        let table = self.table(conn.dialect(), listing);
        let order = match (self, listing.order, listing.descending) {
            (Self::Valued, _, false) => "loss, trial_index",
            (Self::Valued, _, true) => "loss DESC, trial_index",
            (_, Order::Index, true) => "trial_index DESC",
            _ => "trial_index",
        };
        let rest = format!("FROM {table} WHERE {wanted}{after} ORDER BY {order} LIMIT {limit}");
        let columns = trials::COLUMNS;
        let sql = match self {
            // Found first, so that SQLite does not begin with the trials.
            Self::Valued => format!(
                "SELECT {columns}, loss FROM (SELECT sweep_key, trial_index, loss {rest}) found
                 JOIN trials USING (sweep_key, trial_index) ORDER BY {order}"
            ),
            _ => format!("SELECT {columns} {rest}"),
        };
        let rows = query(sql).bind_all(statement.arguments).fetch_all(conn).await?;
        rows.iter().map(|row| self.read(row)).collect()
    }

    fn table(self, dialect: Dialect, listing: &Listing) -> String {
        match self {
            Self::Valued => dialect.by_index("outcomes", "outcomes_loss"),
            Self::InState(_) => dialect.by_index("trials", "trials_state"),
            _ if listing.state.is_some() => dialect.by_index("trials", "trials_state"),
            _ => "trials".to_owned(),
        }
    }

    fn read(self, row: &Row) -> Result<(Cursor, TrialRow)> {
        let trial = trials::read(row)?;
        let key = match self {
            Self::Whole | Self::Valueless => None,
            Self::InState(number) => Some(number as f64),
            Self::Valued => row.try_get("loss")?,
        };
        Ok((
            Cursor {
                key,
                index: trial.index,
            },
            trial,
        ))
    }
}

/// How many trials there are.
pub(crate) async fn count(conn: &mut Conn, listing: &Listing) -> Result<u32> {
    let mut statement = Statement::default();
    let table = Part::Whole.table(conn.dialect(), listing);
    let sql = format!(
        "SELECT COUNT(*) FROM {table} WHERE {}",
        statement.wanted(listing, Part::Whole)
    );
    let row = query(sql).bind_all(statement.arguments).fetch_one(conn).await?;
    row.first()
}

/// One of `terms`, which are not none: as a balanced tree, for SQLite bounds how deep an expression may be.
fn any(terms: &[String]) -> String {
    match terms {
        [term] => term.clone(),
        _ => {
            let (left, right) = terms.split_at(terms.len() / 2);
            format!("({} OR {})", any(left), any(right))
        }
    }
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

    /// The condition of what is listed in a part.
    fn wanted(&mut self, listing: &Listing, part: Part) -> String {
        let positions = &listing.positions;
        let mut sql = format!(
            "sweep_key = {} AND trial_index >= {} AND trial_index < {}",
            self.bind(listing.sweep.0),
            self.bind(positions.span.start),
            self.bind(positions.span.end)
        );
        match (part, listing.state) {
            (Part::Valued, _) => sql += " AND loss IS NOT NULL",
            (Part::InState(number), _) => sql += &format!(" AND state = {}", self.bind(STATES[number])),
            (_, Some(state)) => sql += &format!(" AND state = {}", self.bind(state)),
            (_, None) => {}
        }
        if matches!(part, Part::Valueless) {
            sql += " AND (state <> 'completed' OR EXISTS (SELECT 1 FROM outcomes o
                 WHERE o.sweep_key = trials.sweep_key AND o.trial_index = trials.trial_index AND o.loss IS NULL))";
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
                false => format!(" AND {}", any(&ranges)),
            };
        }
        sql
    }

    /// The condition of what comes after a place of a part.
    fn after(&mut self, listing: &Listing, part: Part, from: Cursor) -> String {
        let index = self.bind(from.index);
        let back = listing.descending;
        match (part, from.key) {
            (Part::Valued, Some(loss)) => {
                let loss = self.bind(loss);
                let later = if back { "<" } else { ">" };
                format!(" AND loss {later}= {loss} AND (loss {later} {loss} OR trial_index > {index})")
            }
            (Part::Whole, _) if back => format!(" AND trial_index < {index}"),
            _ => format!(" AND trial_index > {index}"),
        }
    }
}
