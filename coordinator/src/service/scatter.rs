//! GetScatter: tuned hyperparameters against the criterion's value, of at most some thousand trials.

use super::{filter::Filter, names, present, sweeps::Sweeps};
use crate::{
    error::Result,
    store::listing::{self, Listing, Order},
};
use augur_proto::v1;
use std::collections::BTreeSet;

/// Points of an answer, about; and how many of them are the best ones, whatever the rest.
const POINTS: u32 = 2000;
const BEST: u32 = 400;

impl Sweeps {
    pub(super) async fn get_scatter(&self, request: v1::GetScatterRequest) -> Result<v1::Scatter> {
        let mut view = self.0.view().await?;
        let conn = view.conn();
        let sweep = names::sweep(conn, &request.name, "name").await?;
        let plan = self.0.plan(conn, sweep.key).await?;
        let filter = Filter::parse(&request.filter)?;
        let best = Listing {
            sweep: sweep.key,
            positions: filter.positions(&plan)?,
            state: Some("completed"),
            order: Order::Loss,
            descending: false,
            thin: None,
        };
        let total = listing::count(conn, &best).await?;
        let mut rows = Vec::new();
        if total > POINTS {
            rows.extend(listing::page(conn, &best, None, BEST).await?);
        }
        let spread = Listing {
            order: Order::Index,
            thin: listing::share(POINTS - BEST, total).filter(|_| total > POINTS),
            ..best
        };
        rows.extend(listing::page(conn, &spread, None, 2 * POINTS).await?);
        let mut seen = BTreeSet::new();
        let rows: Vec<_> = rows
            .into_iter()
            .map(|(_, row)| row)
            .filter(|row| seen.insert(row.index))
            .collect();
        let point = |trial: v1::Trial| {
            Some(v1::Point {
                trial: trial.name.rsplit('/').next().unwrap_or_default().to_owned(),
                task: trial.task,
                seed: trial.seed,
                variant: trial.variant,
                family: trial.family,
                validation_loss: trial.validation_loss?,
                tuned: trial.outcome?.tuned,
                initial: trial.initial,
            })
        };
        let trials = present::trials(conn, &sweep, &plan, &rows).await?;
        Ok(v1::Scatter {
            points: trials.into_iter().filter_map(point).collect(),
            trials_total: total,
        })
    }
}
