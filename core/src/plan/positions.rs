//! Which positions of a plan a task, a seed, a variant and a family take, without a walk over them: the plan is a grid.

use super::{Plan, Variant, count, families};
use crate::spec::{BaselineSpec, METHOD};
use std::ops::Range;

/// What is wanted of a plan's trials; whatever is none is not asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted<'a> {
    /// The task's name.
    pub task: Option<&'a str>,
    /// The seed.
    pub seed: Option<u64>,
    /// The variant's name; [`METHOD`] for the method itself.
    pub variant: Option<&'a str>,
    /// The name of the family or the baseline.
    pub family: Option<&'a str>,
}

/// Positions of a plan: those in `span` whose remainder by `period` lies in one of `remainders`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Positions {
    /// From the first to the last.
    pub span: Range<u32>,
    /// After how many positions the pattern repeats; at least 1.
    pub period: u32,
    /// In order, none empty.
    pub remainders: Vec<Range<u32>>,
}

#[allow(clippy::single_range_in_vec_init, reason = "one range, not what is in it")]
impl Positions {
    /// Every position in `span`.
    pub fn all(span: Range<u32>) -> Self {
        Self {
            span,
            period: 1,
            remainders: vec![0..1],
        }
    }

    /// Whether `index` is one of them.
    pub fn contains(&self, index: u32) -> bool {
        let remainder = index % self.period;
        self.span.contains(&index) && self.remainders.iter().any(|within| within.contains(&remainder))
    }

    /// Whether one of `range` is one of them.
    pub fn meet(&self, range: &Range<u32>) -> bool {
        range.clone().any(|index| self.contains(index))
    }

    /// Whether every position of the span is one.
    pub fn is_whole(&self) -> bool {
        self.remainders == [0..self.period]
    }
}

impl Plan {
    /// The names of the variants, the method's first.
    pub fn variant_names(&self) -> Vec<&str> {
        self.variants.iter().map(|variant| self.variant_name(variant)).collect()
    }

    /// The names of the families and the baselines, each once, in the order in which they first come.
    pub fn family_names(&self) -> Vec<&'static str> {
        let mut names = Vec::new();
        for (_, name) in self.variants.iter().flat_map(|variant| self.candidate_names(variant)) {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        names
    }

    /// The positions of the trials that are wanted; none where nothing has a name that is asked for.
    pub fn positions(&self, wanted: &Wanted) -> Positions {
        self.place_of(wanted).unwrap_or(Positions::all(0..0))
    }

    fn place_of(&self, wanted: &Wanted) -> Option<Positions> {
        let (block, seeds) = (self.block(), self.spec.seeds.len());
        let span = match wanted.task {
            Some(name) => {
                let task = self.spec.tasks.iter().position(|task| task.name() == name)?;
                task * seeds * block..(task + 1) * seeds * block
            }
            None => 0..self.trials() as usize,
        };
        // A seed comes back once in every task.
        let (period, first) = match wanted.seed {
            Some(seed) => {
                let seed = self.spec.seeds.iter().position(|other| *other == seed)?;
                (seeds * block, seed * block)
            }
            None => (block, 0),
        };
        let within = self.within(wanted).into_iter();
        Some(Positions {
            span: count(span.start)..count(span.end),
            period: count(period),
            remainders: within
                .map(|range| count(first + range.start)..count(first + range.end))
                .collect(),
        })
    }

    /// The candidates of one (task, seed) that are of the wanted variant and family, as ranges in order.
    fn within(&self, wanted: &Wanted) -> Vec<Range<usize>> {
        let mut found: Vec<Range<usize>> = Vec::new();
        let is = |wanted: Option<&str>, name| wanted.is_none_or(|wanted| wanted == name);
        let variants = self.variants.iter();
        for variant in variants.filter(|variant| is(wanted.variant, self.variant_name(variant))) {
            for (at, name) in self.candidate_names(variant) {
                match found.last_mut() {
                    _ if !is(wanted.family, name) => {}
                    Some(last) if last.end == at => last.end += 1,
                    _ => found.push(at..at + 1),
                }
            }
        }
        found
    }

    fn variant_name(&self, variant: &Variant) -> &str {
        variant.spec.map_or(METHOD, |at| &self.spec.variants[at].name)
    }

    /// Each candidate's place in its (task, seed), and the name of its family or baseline.
    fn candidate_names<'a>(&'a self, variant: &'a Variant) -> impl Iterator<Item = (usize, &'static str)> + 'a {
        let spec = variant.spec.map(|at| &self.spec.variants[at]);
        let baseline = spec.and_then(|spec| spec.baseline.as_ref());
        let name = move |candidate: &Option<(usize, usize)>| match (candidate, baseline) {
            (Some((family, _)), _) => families(&self.spec, spec)[*family].name(),
            // Only a baseline's candidate has no family.
            (None, baseline) => baseline.map_or("", BaselineSpec::name),
        };
        (variant.first..).zip(variant.candidates.iter().map(name))
    }
}
