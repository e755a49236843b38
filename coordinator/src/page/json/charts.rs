//! What charts are drawn from.

use super::Trial;
use augur_proto::v1;
use serde::Serialize;
use std::collections::BTreeMap;

#[derive(Serialize)]
pub(in crate::page) struct Curves {
    curves: Vec<Curve>,
    levels: Vec<f64>,
    bands: Vec<Band>,
    trials_total: u32,
    trials_sampled: u32,
}

#[derive(Serialize)]
struct Curve {
    trial: Option<Trial>,
    epochs: Vec<u32>,
    validation_losses: Vec<f64>,
}

#[derive(Serialize)]
struct Band {
    epoch: u32,
    trials: u32,
    validation_losses: Vec<f64>,
}

impl From<v1::Curves> for Curves {
    fn from(of: v1::Curves) -> Self {
        let curve = |of: v1::Curve| Curve {
            trial: of.trial.map(Into::into),
            epochs: of.epochs,
            validation_losses: of.validation_losses,
        };
        let band = |of: v1::Band| Band {
            epoch: of.epoch,
            trials: of.trials,
            validation_losses: of.validation_losses,
        };
        Self {
            curves: of.curves.into_iter().map(curve).collect(),
            levels: of.levels,
            bands: of.bands.into_iter().map(band).collect(),
            trials_total: of.trials_total,
            trials_sampled: of.trials_sampled,
        }
    }
}

#[derive(Serialize)]
pub(in crate::page) struct Scatter {
    points: Vec<Point>,
    trials_total: u32,
}

#[derive(Serialize)]
struct Point {
    trial: String,
    task: String,
    seed: String,
    variant: String,
    family: String,
    initial: BTreeMap<String, f64>,
    tuned: BTreeMap<String, f64>,
    validation_loss: f64,
}

impl From<v1::Scatter> for Scatter {
    fn from(of: v1::Scatter) -> Self {
        let point = |of: v1::Point| Point {
            trial: of.trial,
            task: of.task,
            seed: of.seed.to_string(),
            variant: of.variant,
            family: of.family,
            initial: of.initial,
            tuned: of.tuned,
            validation_loss: of.validation_loss,
        };
        Self {
            points: of.points.into_iter().map(point).collect(),
            trials_total: of.trials_total,
        }
    }
}
