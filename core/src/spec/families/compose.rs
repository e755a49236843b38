//! A composition: several families at once, of which each image takes one by learned weights.

use super::{Bound, FamilySpec, Form, Parameter, Starts};
use serde::{Deserialize, Serialize};

/// Several families at once: hyperparameters `PART.NAME` of every part and `weight.PART`, the share of images that take
/// it. A part's name is its family's; from the second of a family on `_2`, `_3`, ... follows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ComposeSpec {
    /// At least two families, without starting points. Each may have a form of its own.
    pub parts: Vec<FamilySpec>,
    /// Temperature of the relaxed weights, above 0: the lower, the less biased and the noisier is their gradient.
    #[serde(default = "temperature")]
    pub temperature: f64,
    /// What is done with the hyperparameters. `distribution` is passed on to the parts that are `tuned`.
    #[serde(default)]
    pub form: Form,
    /// Starting points.
    #[serde(default, skip_serializing_if = "Starts::is_empty")]
    pub starts: Starts,
}

fn temperature() -> f64 {
    0.5
}

impl ComposeSpec {
    /// The parts in the form that they are used in, each with its name.
    pub fn named_parts(&self) -> Vec<(String, FamilySpec)> {
        let name = |i: usize| {
            let name = self.parts[i].name();
            let earlier = self.parts[..i].iter().filter(|part| part.name() == name).count();
            match earlier {
                0 => name.to_owned(),
                _ => format!("{name}_{}", earlier + 1),
            }
        };
        let form = |part: &FamilySpec| match (self.form, part.form()) {
            (Form::Distribution, Form::Tuned) => Form::Distribution,
            (_, form) => form,
        };
        let parts = self.parts.iter().enumerate();
        parts.map(|(i, part)| (name(i), part.in_form(form(part)))).collect()
    }

    /// Its hyperparameters: those of all parts, then the weights.
    pub fn parameters(&self) -> Vec<Parameter> {
        let parts = self.named_parts();
        let weights = parts
            .iter()
            .map(|(name, _)| Parameter::new(&format!("weight.{name}"), Bound::Weight));
        let weights: Vec<_> = weights.collect();
        let of_part = |(part, family): (String, FamilySpec)| {
            let parameters = family.parameters().into_iter();
            parameters.map(move |p| Parameter::new(&format!("{part}.{}", p.name), p.bound))
        };
        parts.into_iter().flat_map(of_part).chain(weights).collect()
    }
}
