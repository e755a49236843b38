//! A network as a list of operations, each of which reads the outputs of earlier ones: what is written once for each kind
//! of operation then serves every network.

use tch::{Kind, Tensor};

use super::linear::Linear;
use super::norm::Source;
use super::params::Stats;
use super::theta::Theta;
use super::unit::{self, Unit};
use super::{Frozen, Mode};
use crate::kernels::{Combination, Places, max_pool};

/// The place of an operation, and of its output.
pub(super) type Place = usize;

/// An operation and where its inputs stand.
#[derive(Debug)]
pub(super) enum Op {
    /// The images [N, C, H, W].
    Image,
    Unit(Unit, Place),
    /// relu(a + b)
    AddRelu([Place; 2]),
    /// The largest of 3x3, with stride 2.
    MaxPool(Place),
    /// The mean over all positions: [N, C, H, W] -> [N, C].
    MeanPool(Place),
    /// [N, C] each, one after another.
    Concat(Vec<Place>),
    Linear(Linear, Place),
}

/// One operation of a network.
#[derive(Debug)]
pub(super) struct Node {
    pub op: Op,
    /// 0 for the stem, then a number for each stage; what may be frozen is frozen by parts.
    part: usize,
    /// The last operation that reads the output, for whoever keeps nothing.
    pub last_reader: Place,
    /// A later pass reads the output.
    needed: bool,
}

/// The operations of a network, in their order.
#[derive(Debug, Default)]
pub(super) struct Program {
    pub nodes: Vec<Node>,
}

/// What forward leaves for the passes that follow it.
#[derive(Debug)]
pub struct Tape {
    /// Outputs, as far as they are needed.
    pub(super) outs: Vec<Option<Tensor>>,
    pub(super) kept: Vec<Kept>,
}

/// What one operation keeps beside its output.
#[derive(Debug)]
pub(super) enum Kept {
    Nothing,
    Unit(unit::Kept),
    Places(Places),
    /// The shape of what was averaged.
    Shape(Vec<i64>),
}

/// What is to be kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Keep {
    Nothing,
    Tape,
}

impl Program {
    /// Appends an operation of a part, and gives its place.
    pub(super) fn push(&mut self, part: usize, op: Op) -> Place {
        let place = self.nodes.len();
        let reads_values = matches!(op, Op::Unit(..) | Op::Linear(..));
        for from in op.inputs() {
            self.nodes[from].last_reader = place;
            self.nodes[from].needed |= reads_values;
        }
        let needed = op.has_relu();
        self.nodes.push(Node {
            op,
            part,
            last_reader: place,
            needed,
        });
        place
    }

    /// Keeps the output at `place` in every pass.
    pub(super) fn hold(&mut self, place: Place) {
        self.nodes[place].last_reader = Place::MAX;
    }

    /// Runs the operations up to `last` on x [N, C, H, W]; gives the output there.
    pub(super) fn forward(
        &self,
        (theta, x): (&Theta, &Tensor),
        last: Place,
        mode: &Mode,
        frozen: Option<&Frozen>,
        keep: Keep,
    ) -> (Tensor, Tape) {
        let mut tape = Tape {
            outs: Vec::with_capacity(last + 1),
            kept: Vec::with_capacity(last + 1),
        };
        for (place, node) in self.nodes[..=last].iter().enumerate() {
            let mode = match frozen {
                Some(frozen) if node.part < frozen.parts => &Mode::Eval(&frozen.stats),
                _ => mode,
            };
            let (out, kept) = node.forward((theta, x), mode, keep, &tape);
            tape.outs.push(out);
            tape.kept.push(kept);
            for from in node.op.inputs() {
                let input = &self.nodes[from];
                if input.last_reader == place {
                    tape.forget(input, from, keep == Keep::Tape && input.needed);
                    if keep == Keep::Nothing {
                        tape.kept[from] = Kept::Nothing;
                    }
                }
            }
        }
        (tape.out(last).shallow_clone(), tape)
    }

    /// Computes the output at `place` again from what was normalised, where it has been forgotten.
    pub(super) fn restore(&self, tape: &mut Tape, place: Place) {
        if tape.outs[place].is_none() {
            tape.outs[place] = match (&self.nodes[place].op, &tape.kept[place]) {
                (Op::Unit(..), Kept::Unit(kept)) => kept.normalised.as_ref().map(|normalised| normalised.relu()),
                (Op::AddRelu(from), _) => {
                    let gone = |tape: &Tape, from: Place| tape.outs[from].is_none() && !self.nodes[from].joins();
                    let passing: Vec<_> = from.iter().copied().filter(|&from| gone(tape, from)).collect();
                    passing.iter().for_each(|&from| self.restore(tape, from));
                    let sum = tape.sum(*from);
                    passing.iter().for_each(|&from| tape.outs[from] = None);
                    Some(sum)
                }
                _ => None,
            };
        }
    }

    /// The output at `place`, restored where it has to be.
    pub(super) fn restored(&self, tape: &mut Tape, place: Place) -> Tensor {
        self.restore(tape, place);
        tape.out(place).shallow_clone()
    }

    /// Drops the output at `place` unless it is `needed` and can't be computed again.
    pub(super) fn forget(&self, tape: &mut Tape, place: Place, needed: bool) {
        tape.forget(&self.nodes[place], place, needed);
    }
}

impl Program {
    /// Drops the output at `place` where only what reads it in backward had to have it restored: a unit's own way back needs no
    /// more than what it normalised.
    pub(super) fn forget_early(&self, tape: &mut Tape, place: Place) {
        if matches!(&self.nodes[place].op, Op::Unit(unit, _) if unit.norm().is_some()) {
            tape.outs[place] = None;
        }
    }
}

impl Node {
    /// The output can be computed again from what was normalised, which costs less than a convolution.
    fn restorable(&self) -> bool {
        match &self.op {
            Op::Unit(unit, _) => unit.norm().is_some(),
            Op::AddRelu(_) => true,
            _ => false,
        }
    }

    /// Normalised but not cut off: a sum takes it as it is.
    fn joins(&self) -> bool {
        matches!(&self.op, Op::Unit(unit, _) if unit.norm().is_some() && !unit.relu)
    }

    fn forward(&self, (theta, x): (&Theta, &Tensor), mode: &Mode, keep: Keep, tape: &Tape) -> (Option<Tensor>, Kept) {
        let (out, kept) = match &self.op {
            Op::Image => (x.shallow_clone(), Kept::Nothing),
            Op::Unit(unit, from) => {
                let x = tape.out(*from);
                if let (Keep::Nothing, Mode::Eval(stats)) = (keep, mode) {
                    (unit.infer(theta, x, running(unit, stats)), Kept::Nothing)
                } else {
                    let (out, kept) = unit.forward(theta, x, source(unit, mode));
                    return (out, Kept::Unit(kept));
                }
            }
            Op::AddRelu(from) => (tape.sum(*from), Kept::Nothing),
            Op::MaxPool(from) if keep == Keep::Nothing => {
                let out = tape.out(*from).max_pool2d([3, 3], [2, 2], [1, 1], [1, 1], false);
                (out, Kept::Nothing)
            }
            Op::MaxPool(from) => {
                let (out, places) = max_pool(tape.out(*from));
                (out, Kept::Places(places))
            }
            Op::MeanPool(from) => {
                let x = tape.out(*from);
                let out = x.mean_dim([2i64, 3].as_slice(), false, None::<Kind>);
                (out, Kept::Shape(x.size()))
            }
            Op::Concat(from) => {
                let parts: Vec<&Tensor> = from.iter().map(|&from| tape.out(from)).collect();
                (Tensor::cat(&parts, 1), Kept::Nothing)
            }
            Op::Linear(linear, from) => (linear.forward(theta, tape.out(*from)), Kept::Nothing),
        };
        (Some(out), kept)
    }
}

/// Where a unit takes its statistics from in a mode.
fn source<'a>(unit: &Unit, mode: &'a Mode) -> Source<'a> {
    match mode {
        Mode::Train => Source::Batch(None),
        Mode::Track(stats) => Source::Batch(running(unit, stats)),
        Mode::Eval(stats) => running(unit, stats).map_or(Source::Batch(None), Source::Running),
    }
}

/// A unit's running mean and variance.
fn running<'a>(unit: &Unit, stats: &'a Stats) -> Option<[&'a Tensor; 2]> {
    Some(unit.norm()?.running().map(|index| stats.at(index)))
}

impl Op {
    /// Where the inputs stand.
    pub(super) fn inputs(&self) -> Vec<Place> {
        match self {
            Self::Image => Vec::new(),
            Self::Unit(_, from) | Self::MaxPool(from) | Self::MeanPool(from) | Self::Linear(_, from) => vec![*from],
            Self::AddRelu(from) => from.to_vec(),
            Self::Concat(from) => from.clone(),
        }
    }

    /// Where the parameters stand in the layout.
    pub(super) fn params(&self) -> Vec<usize> {
        match self {
            Self::Unit(unit, _) => unit.params(),
            Self::Linear(linear, _) => linear.params(),
            _ => Vec::new(),
        }
    }

    /// The output is cut off at 0, and where it is 0 nothing passes back. What is normalised sees to that itself.
    pub(super) fn has_relu(&self) -> bool {
        match self {
            Self::Unit(unit, _) => unit.relu && unit.norm().is_none(),
            Self::Linear(linear, _) => linear.relu,
            Self::AddRelu(_) => true,
            _ => false,
        }
    }
}

impl Tape {
    /// The output at a place.
    pub(super) fn out(&self, place: Place) -> &Tensor {
        let out = self.outs[place].as_ref();
        out.unwrap_or_else(|| unreachable!("the output {place} is kept for as long as it is read"))
    }

    /// Drops an output unless it is `needed` and can't be computed again.
    fn forget(&mut self, node: &Node, place: Place, needed: bool) {
        if node.restorable() || !needed {
            self.outs[place] = None;
        }
    }

    /// relu(a + b); what is normalised is so here, without being written to memory before.
    fn sum(&self, from: [Place; 2]) -> Tensor {
        let affine = |place: Place| match (&self.outs[place], &self.kept[place]) {
            (None, Kept::Unit(kept)) => kept.normalised.as_ref().map(|normalised| normalised.affine()),
            _ => None,
        };
        // A convolution's output last: its order in memory is the result's.
        let [b, a] = from;
        let parts = [affine(a), affine(b)];
        let term = |i: usize, place| match parts[i] {
            Some((y, slope, _)) => (y, Some(slope)),
            None => (self.out(place), None),
        };
        if let [None, None] = parts {
            return (self.out(a) + self.out(b)).relu();
        }
        let shift = match parts {
            [Some((_, _, a)), Some((_, _, b))] => Some(a + b),
            [Some((_, _, one)), None] | [None, Some((_, _, one))] => Some(one.shallow_clone()),
            [None, None] => None,
        };
        Combination::of([term(0, a), term(1, b)]).plus(shift.as_ref()).relu()
    }
}
