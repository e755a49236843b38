//! Sums and linear combinations over images [N, C, H, W], channel by channel.

use std::ffi::c_char;
use std::ptr::null;

use tch::Tensor;
use torch_sys::C_tensor;

use super::{call, defined};

unsafe extern "C" {
    fn augur_combine(
        out: *mut *mut C_tensor,
        x: *const *const C_tensor,
        coef: *const *const C_tensor,
        count: i64,
        constant: *const C_tensor,
        gate: *const C_tensor,
        slope: *const C_tensor,
        shift: *const C_tensor,
        gated: i32,
    ) -> *mut c_char;

    fn augur_channel_sums(
        out: *mut *mut C_tensor,
        a: *const C_tensor,
        b: *const C_tensor,
        center: *const C_tensor,
        gate: *const C_tensor,
        slope: *const C_tensor,
        shift: *const C_tensor,
    ) -> *mut c_char;
}

/// Open where slope x + shift > 0, with slope and shift [C], or where x > 0 without them: a ReLU's derivative.
#[derive(Debug, Clone, Copy)]
pub struct Gate<'a> {
    pub x: &'a Tensor,
    pub affine: Option<[&'a Tensor; 2]>,
}

impl Gate<'_> {
    fn pointers(gate: Option<Self>) -> [*const C_tensor; 3] {
        let affine = gate.and_then(|gate| gate.affine);
        [
            gate.map(|gate| gate.x),
            affine.map(|[slope, _]| slope),
            affine.map(|[_, shift]| shift),
        ]
        .map(pointer)
    }
}

/// sum_k coef_k x_k + constant, of one to four terms; a term without a coefficient [C] counts once. The result lies in memory as
/// the last term does.
#[derive(Debug)]
pub struct Combination<'a> {
    terms: Vec<(&'a Tensor, Option<&'a Tensor>)>,
    constant: Option<&'a Tensor>,
}

/// What a gate closes, in kernels/loops.h's numbering.
const NOTHING: i32 = 0;
const FIRST: i32 = 1;
const ALL: i32 = 2;
const RELU: i32 = 3;

impl<'a> Combination<'a> {
    /// Of one to four terms.
    pub fn of(terms: impl IntoIterator<Item = (&'a Tensor, Option<&'a Tensor>)>) -> Self {
        Self {
            terms: terms.into_iter().collect(),
            constant: None,
        }
    }

    /// Plus a constant [C].
    pub fn plus(mut self, constant: Option<&'a Tensor>) -> Self {
        self.constant = constant;
        self
    }

    /// Cut off at 0.
    pub fn relu(&self) -> Tensor {
        self.run(None, RELU)
    }

    /// With the first term 0 where the gate is closed.
    pub fn first_gated(&self, gate: Option<Gate>) -> Tensor {
        self.run(gate, if gate.is_some() { FIRST } else { NOTHING })
    }

    /// 0 where the gate is closed.
    pub fn gated(&self, gate: Option<Gate>) -> Tensor {
        self.run(gate, if gate.is_some() { ALL } else { NOTHING })
    }

    fn run(&self, gate: Option<Gate>, gated: i32) -> Tensor {
        debug_assert!((1..=4).contains(&self.terms.len()));
        let x: Vec<_> = self.terms.iter().map(|(x, _)| x.as_ptr()).collect();
        let coef: Vec<_> = self.terms.iter().map(|(_, coef)| pointer(*coef)).collect();
        let [gate, slope, shift] = Gate::pointers(gate);
        let constant = pointer(self.constant);
        // SAFETY: the tensors live through the call, which reads `count` pointers of each list, takes null for what isn't
        // there, and writes one pointer to `out`.
        let [out] = call(|out| unsafe {
            let count = x.len() as i64;
            augur_combine(
                out,
                x.as_ptr(),
                coef.as_ptr(),
                count,
                constant,
                gate,
                slope,
                shift,
                gated,
            )
        });
        defined(out)
    }
}

/// The sums over N, H and W of a, 0 where the gate is closed, and of the same times (b - center); each [C].
pub fn channel_sums(a: &Tensor, gate: Option<Gate>, b: &Tensor, center: Option<&Tensor>) -> [Tensor; 2] {
    let [gate, slope, shift] = Gate::pointers(gate);
    let center = pointer(center);
    // SAFETY: the tensors live through the call, which takes null for what isn't there and writes two pointers to `out`.
    let sums = call(|out| unsafe { augur_channel_sums(out, a.as_ptr(), b.as_ptr(), center, gate, slope, shift) });
    sums.map(defined)
}

fn pointer(tensor: Option<&Tensor>) -> *const C_tensor {
    tensor.map_or(null(), Tensor::as_ptr)
}
