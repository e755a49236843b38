//! GetCurves: validation losses by epoch, of the best trials in full and of all others as quantiles, so that the answer has
//! the same size however many trials there are.

use super::{filter::Filter, names, present, sweeps::Sweeps};
use crate::{
    error::{Error, Result},
    store::{
        Conn, groups,
        listing::{self, Listing, Order},
        measurements::{self, Losses},
        sweeps::SweepRow,
        trials::{self, TrialRow},
    },
};
use augur_core::{measure::quantile, plan::Plan};
use augur_proto::v1;
use std::collections::{BTreeMap, BTreeSet};

/// Trials that are shown in full unless asked otherwise, and at most.
const DEFAULT: u32 = 12;
const CAP: u32 = 100;

/// Epochs of a curve, and of the quantiles.
const POINTS: u32 = 240;
const LEVELS_AT: u32 = 60;

/// Other trials that the quantiles are of; of more, as many that are spread over the plan.
const OTHERS: u32 = 1000;

/// The quantiles of each epoch.
const LEVELS: [f64; 5] = [0.05, 0.25, 0.5, 0.75, 0.95];

impl Sweeps {
    pub(super) async fn get_curves(&self, request: v1::GetCurvesRequest) -> Result<v1::Curves> {
        let full = match u32::try_from(request.best) {
            Ok(0) => DEFAULT,
            Ok(best) if best <= CAP => best,
            _ => {
                return Err(Error::Invalid {
                    field: "best",
                    problem: format!("is {}; use 0 to {CAP}", request.best),
                });
            }
        };
        let mut view = self.0.view().await?;
        let conn = view.conn();
        let sweep = names::sweep(conn, &request.name, "name").await?;
        let plan = self.0.plan(conn, sweep.key).await?;
        let filter = Filter::parse(&request.filter)?;
        let everything = Listing {
            sweep: sweep.key,
            positions: filter.positions(&plan)?,
            state: filter.state_tag(),
            order: Order::Index,
            descending: false,
            thin: None,
        };
        let shown = best(conn, &plan, &everything, full).await?;
        let epochs = plan.spec().training.epochs;
        let indices: Vec<_> = shown.iter().map(|row| row.index).collect();
        let mut losses = measurements::losses(conn, sweep.key, &indices, &spread(epochs, POINTS)).await?;
        let bands = bands(conn, &everything, &indices, epochs).await?;
        Ok(v1::Curves {
            curves: curves(conn, &sweep, &plan, &shown, &mut losses).await?,
            levels: LEVELS.to_vec(),
            ..bands
        })
    }
}

/// The trials that are shown in full: the best of each group, then the best of all, then some of those that run.
async fn best(conn: &mut Conn, plan: &Plan, everything: &Listing, full: u32) -> Result<Vec<TrialRow>> {
    let sweep = everything.sweep;
    let span = &everything.positions.span;
    let mut indices: Vec<u32> = Vec::new();
    if !span.is_empty() {
        let first = plan.group_of(span.start);
        let rows = groups::list(conn, sweep, first, plan.group_of(span.end - 1) - first + 1).await?;
        let mut bests: Vec<_> = rows.into_iter().filter_map(|row| row.best).collect();
        bests.retain(|(_, index)| everything.positions.contains(*index));
        bests.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        indices.extend(bests.into_iter().map(|(_, index)| index));
        indices.truncate(full as usize);
    }
    for (state, order) in [("completed", Order::Loss), ("leased", Order::Index)] {
        let listing = Listing {
            state: Some(state),
            order,
            ..everything.clone()
        };
        for (_, row) in listing::page(conn, &listing, None, full).await? {
            if indices.len() < full as usize && !indices.contains(&row.index) {
                indices.push(row.index);
            }
        }
    }
    let mut rows = Vec::with_capacity(indices.len());
    for index in indices {
        rows.extend(trials::list(conn, sweep, index..index + 1, everything.state, 1).await?);
    }
    Ok(rows)
}

async fn curves(
    conn: &mut Conn,
    sweep: &SweepRow,
    plan: &Plan,
    rows: &[TrialRow],
    losses: &mut BTreeMap<u32, Losses>,
) -> Result<Vec<v1::Curve>> {
    let trials = present::trials(conn, sweep, plan, rows).await?;
    let curve = |trial: v1::Trial| {
        let (epochs, validation_losses) = losses.remove(&trial.index).unwrap_or_default().into_iter().unzip();
        v1::Curve {
            trial: Some(trial),
            epochs,
            validation_losses,
        }
    };
    Ok(trials.into_iter().map(curve).collect())
}

/// The quantiles of all other trials, epoch by epoch.
async fn bands(conn: &mut Conn, everything: &Listing, full: &[u32], epochs: u32) -> Result<v1::Curves> {
    let total = listing::count(conn, everything).await?;
    let sample = Listing {
        thin: listing::share(OTHERS, total),
        ..everything.clone()
    };
    let rows = listing::page(conn, &sample, None, 2 * OTHERS).await?;
    let others: Vec<_> = rows
        .into_iter()
        .map(|(_, row)| row.index)
        .filter(|index| !full.contains(index))
        .collect();
    let at = spread(epochs, LEVELS_AT);
    let losses = measurements::losses(conn, everything.sweep, &others, &at).await?;
    let mut by_epoch = BTreeMap::<u32, Vec<f64>>::new();
    for (epoch, loss) in losses.values().flatten() {
        if loss.is_finite() {
            by_epoch.entry(*epoch).or_default().push(*loss);
        }
    }
    let band = |(epoch, mut losses): (u32, Vec<f64>)| {
        losses.sort_by(f64::total_cmp);
        v1::Band {
            epoch,
            trials: u32::try_from(losses.len()).unwrap_or(u32::MAX),
            validation_losses: LEVELS.map(|level| quantile(&losses, level)).to_vec(),
        }
    };
    Ok(v1::Curves {
        bands: by_epoch.into_iter().map(band).collect(),
        trials_total: total,
        trials_sampled: u32::try_from(losses.len()).unwrap_or(u32::MAX),
        ..v1::Curves::default()
    })
}

/// At most `count` of the epochs `1..=epochs`, evenly spread, the first and the last among them.
fn spread(epochs: u32, count: u32) -> Vec<u32> {
    if epochs <= count {
        return (1..=epochs).collect();
    }
    let at = |step: u32| 1 + (u64::from(step) * u64::from(epochs - 1) / u64::from(count - 1)) as u32;
    (0..count).map(at).collect::<BTreeSet<_>>().into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn epochs_are_spread_from_the_first_to_the_last() {
        assert_eq!(spread(3, 5), [1, 2, 3]);
        assert_eq!(spread(9, 5), [1, 3, 5, 7, 9]);
        let many = spread(10_000, 60);
        assert_eq!((many.len(), many[0], many[59]), (60, 1, 10_000));
    }
}
