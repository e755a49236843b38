//! The three passes that follow forward over a tape: backward, the tangent pass, and the tangent of the backward pass
//! (docs/method.md, "Without differentiating twice"). None of them builds a graph.

use tch::Tensor;

use super::program::{Kept, Op, Place, Program, Tape};
use super::slots::{Gradients, Rows, Tangents};
use super::theta::Theta;
use crate::ablation::{Idea, leaves_out};
use crate::kernels::{Combination, Gate};

/// Sums of what flows back to each output.
struct Flow(Vec<Option<Tensor>>);

impl Flow {
    fn new(len: usize) -> Self {
        Self((0..len).map(|_| None).collect())
    }

    /// Adds a part that may share its memory: an addition hands one tensor to both of its inputs.
    fn add(&mut self, place: Place, part: Tensor) {
        self.0[place] = Some(match self.0[place].take() {
            Some(sum) => sum + part,
            None => part,
        });
    }

    /// Adds a part that was made for this.
    fn add_new(&mut self, place: Place, mut part: Tensor) {
        if let Some(sum) = self.0[place].take() {
            part = part.g_add_(&sum);
        }
        self.0[place] = Some(part);
    }
}

impl Program {
    /// From g = dL/d(the output at `last`): the gradients that `gradients` wants, and dL/d(images) of the `rows` that are
    /// wanted. With `spend` the tape is used up as far as it was read, for want of memory; else what the tangent passes
    /// read is added to it.
    pub(super) fn backward(
        &self,
        theta: &Theta,
        tape: &mut Tape,
        (last, g): (Place, Tensor),
        gradients: &mut Gradients,
        rows: Option<Rows>,
        spend: bool,
    ) -> Option<Tensor> {
        let wanted = self.wanted(gradients, rows.is_some());
        let mut flow = Flow::new(last + 1);
        flow.add(last, g);
        for place in (1..=last).rev() {
            let Some(g) = flow.0[place].take() else { continue };
            if matches!(self.nodes[place].op, Op::AddRelu(_)) {
                self.restore(tape, place);
            }
            let g = self.masked(place, g, tape);
            // Before the way back takes memory: it reads inputs alone.
            self.forget(tape, place, !spend);
            match &self.nodes[place].op {
                Op::Unit(unit, from) => {
                    let rows = if *from == 0 {
                        rows
                    } else {
                        wanted[*from].then_some(Rows::All)
                    };
                    let x = self.restored(tape, *from);
                    if let Kept::Unit(kept) = &mut tape.kept[place] {
                        unit.backward(theta, &x, g, kept, gradients);
                        if spend {
                            kept.normalised = None;
                        }
                    }
                    drop(x);
                    self.forget_early(tape, *from);
                    if let (Kept::Unit(kept), Some(rows)) = (&tape.kept[place], rows) {
                        flow.add_new(*from, unit.for_input(theta, kept, rows));
                    }
                }
                Op::Linear(linear, from) => flow.add(*from, linear.backward(theta, [tape.out(*from), &g], gradients)),
                _ => self.back(place, &g, tape, &mut flow),
            }
            if spend {
                tape.kept[place] = Kept::Nothing;
            }
            for from in self.nodes[place].op.inputs() {
                if !wanted[from] {
                    flow.0[from] = None;
                }
            }
        }
        flow.0.swap_remove(0)
    }

    /// Drops what is large and cheap to compute again, while another pass takes memory: what units make of images. Until
    /// [`Program::resume`], with the same theta, nothing can be asked of the tape.
    pub(super) fn pause(&self, tape: &mut Tape) {
        if leaves_out(Idea::Paused) {
            return;
        }
        for (kept, node) in tape.kept.iter_mut().zip(&self.nodes) {
            if let (Op::Unit(unit, 0), Kept::Unit(kept)) = (&node.op, kept)
                && unit.is_cheap(kept)
                && let Some(normalised) = &mut kept.normalised
            {
                normalised.forget();
            }
        }
    }

    /// Computes again what [`Program::pause`] dropped.
    pub(super) fn resume(&self, theta: &Theta, tape: &mut Tape) {
        if leaves_out(Idea::Paused) {
            return;
        }
        let Tape { outs, kept } = tape;
        for (kept, node) in kept.iter_mut().zip(&self.nodes) {
            if let (Op::Unit(unit, 0), Kept::Unit(kept), Some(x)) = (&node.op, kept, &outs[0])
                && unit.is_cheap(kept)
            {
                unit.remember(theta, x, kept);
            }
        }
    }

    /// The tangent of the output at `last` along a direction of the parameters; none where it doesn't depend on them.
    pub(super) fn tangent(&self, theta: &Theta, tangents: &Tangents, tape: &mut Tape, last: Place) -> Option<Tensor> {
        let mut dots: Vec<Option<Tensor>> = Vec::with_capacity(last + 1);
        for place in 0..=last {
            let dot = match &self.nodes[place].op {
                Op::Image => None,
                Op::Unit(unit, from) => {
                    let x = self.restored(tape, *from);
                    match &mut tape.kept[place] {
                        Kept::Unit(kept) => unit.tangent(theta, tangents, &x, dots[*from].as_ref(), kept),
                        _ => None,
                    }
                }
                Op::AddRelu([a, b]) => {
                    self.restore(tape, place);
                    let terms: Vec<_> = [b, a].into_iter().filter_map(|&from| dots[from].as_ref()).collect();
                    let open = Gate {
                        x: tape.out(place),
                        affine: None,
                    };
                    (!terms.is_empty()).then(|| {
                        let terms = terms.into_iter().map(|dot| (dot, None));
                        Combination::of(terms).gated(Some(open))
                    })
                }
                Op::MaxPool(from) => dots[*from].as_ref().map(|dot| match &tape.kept[place] {
                    Kept::Places(places) => places.of(dot),
                    _ => unreachable!("a maximum keeps its places"),
                }),
                Op::MeanPool(from) => dots[*from]
                    .as_ref()
                    .map(|dot| dot.mean_dim([2i64, 3].as_slice(), false, None)),
                Op::Concat(from) => self.concatenated(from, &dots, tape),
                Op::Linear(linear, from) => dots[*from].as_ref().map(|dot| linear.tangent(theta, dot)),
            };
            let masked = matches!(self.nodes[place].op, Op::AddRelu(_));
            dots.push(dot.map(|dot| if masked { dot } else { self.masked(place, dot, tape) }));
            for from in self.nodes[place].op.inputs() {
                if self.nodes[from].last_reader == place {
                    dots[from] = None;
                    self.forget(tape, from, true);
                }
            }
        }
        dots.swap_remove(last)
    }

    /// From the tangent of dL/d(the output at `last`): that of dL/d(images), of the `rows` that are wanted. Uses the tape up.
    pub(super) fn tangent_backward(
        &self,
        theta: &Theta,
        tangents: &Tangents,
        mut tape: Tape,
        (last, g_dot): (Place, Tensor),
        rows: Rows,
    ) -> Option<Tensor> {
        let mut flow = Flow::new(last + 1);
        flow.add(last, g_dot);
        for place in (1..=last).rev() {
            let Some(g_dot) = flow.0[place].take() else { continue };
            if matches!(self.nodes[place].op, Op::AddRelu(_)) {
                self.restore(&mut tape, place);
            }
            let g_dot = self.masked(place, g_dot, &tape);
            match &self.nodes[place].op {
                Op::Unit(unit, from) => {
                    let rows = if *from == 0 { rows } else { Rows::All };
                    if let Kept::Unit(kept) = &tape.kept[place] {
                        flow.add_new(*from, unit.tangent_backward(theta, tangents, g_dot, kept, rows));
                    }
                }
                Op::Linear(linear, from) => flow.add(*from, linear.transposed(theta, &g_dot)),
                _ => self.back(place, &g_dot, &tape, &mut flow),
            }
            tape.outs[place] = None;
            tape.kept[place] = Kept::Nothing;
        }
        flow.0.swap_remove(0)
    }

    /// The way back through an operation without parameters, whose derivative doesn't depend on them either.
    fn back(&self, place: Place, g: &Tensor, tape: &Tape, flow: &mut Flow) {
        match (&self.nodes[place].op, &tape.kept[place]) {
            (Op::AddRelu([a, b]), _) => {
                flow.add(*a, g.shallow_clone());
                flow.add(*b, g.shallow_clone());
            }
            (Op::MaxPool(from), Kept::Places(places)) => flow.add_new(*from, places.backward(g)),
            (Op::MeanPool(from), Kept::Shape(shape)) => {
                let g = g / (shape[2] * shape[3]) as f64;
                flow.add(*from, g.unsqueeze(2).unsqueeze(3).expand(shape, false));
            }
            (Op::Concat(from), _) => {
                let widths: Vec<i64> = from.iter().map(|&from| tape.kept[from].channels()).collect();
                for (from, g) in from.iter().zip(g.split_with_sizes(widths, 1)) {
                    flow.add(*from, g);
                }
            }
            _ => unreachable!("operations with parameters have their own way back"),
        }
    }

    /// Tangents of what is concatenated; 0 where there is none.
    fn concatenated(&self, from: &[Place], dots: &[Option<Tensor>], tape: &Tape) -> Option<Tensor> {
        let some = from.iter().find_map(|&from| dots[from].as_ref())?;
        let options = (some.kind(), some.device());
        let parts: Vec<Tensor> = from
            .iter()
            .map(|&from| match &dots[from] {
                Some(dot) => dot.shallow_clone(),
                None => Tensor::zeros([some.size()[0], tape.kept[from].channels()], options),
            })
            .collect();
        Some(Tensor::cat(&parts, 1))
    }

    /// 0 where the output at `place` was cut off at 0.
    fn masked(&self, place: Place, g: Tensor, tape: &Tape) -> Tensor {
        let op = &self.nodes[place].op;
        if let Op::AddRelu(_) = op {
            let open = Gate {
                x: tape.out(place),
                affine: None,
            };
            Combination::over((g, None), []).gated(Some(open))
        } else if op.has_relu() {
            tape.out(place).threshold_backward(&g, 0.0)
        } else {
            g
        }
    }

    /// Through which outputs something that is wanted flows.
    fn wanted(&self, gradients: &Gradients, images: bool) -> Vec<bool> {
        let mut wanted = vec![images];
        for node in &self.nodes[1..] {
            let own = node.op.params().iter().any(|&index| gradients.wants(index));
            let through = node.op.inputs().iter().any(|&from| wanted[from]);
            wanted.push(own || through);
        }
        wanted
    }
}

impl Kept {
    /// Of what was averaged.
    fn channels(&self) -> i64 {
        match self {
            Kept::Shape(shape) => shape[1],
            _ => unreachable!("only means are concatenated"),
        }
    }
}
