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
        over_first: bool,
    ) -> *mut c_char;

    fn augur_channel_moments(out: *mut *mut C_tensor, x: *const C_tensor) -> *mut c_char;

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
    /// The first term, where it was given up.
    spent: Option<(Tensor, Option<&'a Tensor>)>,
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
            spent: None,
            terms: terms.into_iter().collect(),
            constant: None,
        }
    }

    /// Of a first term that is not needed any more, and up to three others: the result is written over it where no other tensor
    /// shares its memory.
    pub fn over(
        first: (Tensor, Option<&'a Tensor>),
        others: impl IntoIterator<Item = (&'a Tensor, Option<&'a Tensor>)>,
    ) -> Self {
        Self {
            spent: Some(first),
            ..Self::of(others)
        }
    }

    /// Plus a constant [C].
    pub fn plus(mut self, constant: Option<&'a Tensor>) -> Self {
        self.constant = constant;
        self
    }

    /// Cut off at 0.
    pub fn relu(self) -> Tensor {
        self.run(None, RELU)
    }

    /// With the first term 0 where the gate is closed.
    pub fn first_gated(self, gate: Option<Gate>) -> Tensor {
        self.run(gate, if gate.is_some() { FIRST } else { NOTHING })
    }

    /// 0 where the gate is closed.
    pub fn gated(self, gate: Option<Gate>) -> Tensor {
        self.run(gate, if gate.is_some() { ALL } else { NOTHING })
    }

    fn run(self, gate: Option<Gate>, gated: i32) -> Tensor {
        let spent = self.spent.iter().map(|(x, coef)| (x, *coef));
        let terms: Vec<_> = spent.chain(self.terms.iter().copied()).collect();
        debug_assert!((1..=4).contains(&terms.len()));
        let x: Vec<_> = terms.iter().map(|(x, _)| x.as_ptr()).collect();
        let coef: Vec<_> = terms.iter().map(|(_, coef)| pointer(*coef)).collect();
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
                self.spent.is_some(),
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

/// Mean and variance, which is biased, of x over N, H and W; each [C].
pub fn channel_moments(x: &Tensor) -> [Tensor; 2] {
    // SAFETY: the tensor lives through the call, which writes two pointers to `out`.
    let moments = call(|out| unsafe { augur_channel_moments(out, x.as_ptr()) });
    moments.map(defined)
}

fn pointer(tensor: Option<&Tensor>) -> *const C_tensor {
    tensor.map_or(null(), Tensor::as_ptr)
}

#[cfg(test)]
mod tests {
    use super::*;
    use tch::{Device, Kind};

    /// The same images in both orders in memory; 24 channels fill no whole number of blocks, 520 no stretch, and the last are
    /// enough for three threads.
    fn images() -> Vec<Tensor> {
        tch::manual_seed(1);
        tch::set_num_threads(3);
        [
            [5, 8, 7, 9],
            [5, 16, 7, 9],
            [5, 24, 7, 9],
            [5, 64, 7, 9],
            [7, 520, 7, 9],
            [64, 24, 20, 20],
        ]
        .into_iter()
        .flat_map(|[n, c, h, w]| {
            let x = Tensor::randn([n, c, h, w], (Kind::Double, Device::Cpu)) + 100.0;
            let last = x
                .new_empty([n, h, w, c], (Kind::Double, Device::Cpu))
                .permute([0, 3, 1, 2]);
            last.shallow_clone().copy_(&x);
            [x, last]
        })
        .collect()
    }

    fn assert_close(a: &Tensor, b: &Tensor, relative: f64) {
        let error = ((a - b).norm() / b.norm()).double_value(&[]);
        assert!(error <= relative, "{error} apart");
    }

    #[test]
    fn moments_are_libtorchs() {
        for x in images() {
            let axes = [0i64, 2, 3];
            let (var, mean) = x.var_mean_dim(axes.as_slice(), false, false);
            let own = channel_moments(&x);
            assert_close(&own[0], &mean, 1e-14);
            assert_close(&own[1], &var, 1e-12);
            // In single precision a mean 100 times the deviation costs no more than the images' own rounding.
            let single = channel_moments(&x.to_kind(Kind::Float));
            assert_close(&single[1].to_kind(Kind::Double), &var, 1e-5);
        }
    }

    #[test]
    fn sums_are_libtorchs() {
        for x in images() {
            let (a, axes) = (&x - 100.0, [0i64, 2, 3]);
            let open = Gate { x: &a, affine: None };
            let center = Tensor::full([x.size()[1]], 99.5, (Kind::Double, Device::Cpu));
            let [sum, dot] = channel_sums(&a, Some(open), &x, Some(&center));
            let relu = a.relu();
            let by_hand = |t: &Tensor| t.sum_dim_intlist(axes.as_slice(), false, None::<Kind>);
            assert_close(&sum, &by_hand(&relu), 1e-13);
            assert_close(&dot, &by_hand(&(relu * (&x - 99.5))), 1e-13);
        }
    }

    #[test]
    fn combinations_are_libtorchs() {
        for x in images() {
            let a = &x - 100.0;
            let coef = Tensor::linspace(-1.0, 2.0, x.size()[1], (Kind::Double, Device::Cpu));
            let plane = coef.view([-1, 1, 1]);
            let open = || Gate {
                x: &a,
                affine: Some([&coef, &coef]),
            };
            let own = Combination::of([(&x, Some(&coef)), (&a, None)])
                .plus(Some(&coef))
                .gated(Some(open()));
            let mask = (&a * &plane + &plane).gt(0.0);
            assert_close(&own, &((&x * &plane + &a + &plane) * mask), 1e-14);
        }
    }

    #[test]
    fn a_term_is_overwritten_only_where_nobody_shares_it() {
        for x in images() {
            let coef = Tensor::full([x.size()[1]], 2.0, (Kind::Double, Device::Cpu));
            let shared = x.copy();
            let doubled = Combination::over((shared.shallow_clone(), Some(&coef)), [(&x, None)]).gated(None);
            assert_eq!(shared, x, "whoever shares it sees no change");
            let place = shared.data_ptr();
            let again = Combination::over((shared, Some(&coef)), [(&x, None)]).gated(None);
            assert_eq!(again.data_ptr(), place, "alone it is written over");
            assert_eq!(again, doubled);
        }
    }
}
