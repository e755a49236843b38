//! Where tuning starts: a list, an even grid, random points or a Sobol sequence, all within a family's search range.

use super::Parameter;
use crate::{
    draws::{Purpose, shared_stream},
    outcome::Hyperparameters,
};
use rand::Rng;
use serde::{Deserialize, Deserializer, Serialize, de};
use std::fmt;

/// Which scrambling of the Sobol sequence is used; it is the same for every seed of a sweep.
const SCRAMBLING: u32 = 0;

/// The starting points of a family.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Starts {
    /// Each point in full. In YAML a list.
    List(Vec<Hyperparameters>),
    /// Points made from the family's search range. In YAML a map of one key.
    Scheme(StartScheme),
}

/// A way to spread points over the search range.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StartScheme {
    /// So many values for each hyperparameter, in the middles of equal parts of its range; every combination.
    Grid(u32),
    /// So many points, uniform and independent; other ones for each task and seed.
    Random(u32),
    /// So many points of an Owen-scrambled Sobol sequence: evenly spread, whatever their number. At most 65536.
    Sobol(u32),
}

impl Default for Starts {
    fn default() -> Self {
        Self::List(Vec::new())
    }
}

impl Starts {
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.count(0) == 0
    }

    /// Number of points in a family of `dimensions` hyperparameters; saturates.
    pub fn count(&self, dimensions: usize) -> usize {
        match self {
            Self::List(points) => points.len(),
            Self::Scheme(StartScheme::Grid(n)) => {
                let dimensions = u32::try_from(dimensions).unwrap_or(u32::MAX);
                (*n as usize).saturating_pow(dimensions)
            }
            Self::Scheme(StartScheme::Random(n) | StartScheme::Sobol(n)) => *n as usize,
        }
    }

    /// The point at `index`, below [`Starts::count`]. `key` names family and task: each pair has random
    /// points of its own.
    pub fn point(&self, index: usize, parameters: &[Parameter], seed: u64, key: &str) -> Hyperparameters {
        let places: Vec<f64> = match self {
            Self::List(points) => return points[index].clone(),
            Self::Scheme(StartScheme::Grid(n)) => grid(index, *n as usize, parameters.len()),
            Self::Scheme(StartScheme::Random(_)) => {
                let mut rng = shared_stream(seed, key, Purpose::Start, index as u64);
                parameters.iter().map(|_| rng.random()).collect()
            }
            Self::Scheme(StartScheme::Sobol(_)) => {
                let place = |dimension| f64::from(sobol_burley::sample(index as u32, dimension, SCRAMBLING));
                (0..parameters.len() as u32).map(place).collect()
            }
        };
        let named = parameters.iter().zip(places);
        named.map(|(p, place)| (p.name.clone(), p.bound.at(place))).collect()
    }
}

/// The middles of `n` equal parts of each dimension; the last dimension changes fastest.
fn grid(index: usize, n: usize, dimensions: usize) -> Vec<f64> {
    let mut rest = index;
    let mut places: Vec<f64> = (0..dimensions)
        .map(|_| {
            let part = rest % n;
            rest /= n;
            (part as f64 + 0.5) / n as f64
        })
        .collect();
    places.reverse();
    places
}

impl<'de> Deserialize<'de> for Starts {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl<'de> de::Visitor<'de> for Visitor {
            type Value = Starts;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of starting points, or one of `grid: N`, `random: N`, `sobol: N`")
            }
            fn visit_seq<A: de::SeqAccess<'de>>(self, seq: A) -> Result<Starts, A::Error> {
                Deserialize::deserialize(de::value::SeqAccessDeserializer::new(seq)).map(Starts::List)
            }
            fn visit_map<A: de::MapAccess<'de>>(self, map: A) -> Result<Starts, A::Error> {
                Deserialize::deserialize(de::value::MapAccessDeserializer::new(map)).map(Starts::Scheme)
            }
        }
        deserializer.deserialize_any(Visitor)
    }
}
