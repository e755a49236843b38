//! First-order kernels that tch doesn't bind, or that libtorch lacks or is slow at, through a few C++ files. As with tch's own functions, a
//! fault inside libtorch is a panic: a trial runs in a process of its own.

mod combination;
mod pooling;
#[cfg(test)]
mod tests;

use std::ffi::{CStr, c_char};
use std::ptr::null_mut;

pub use combination::{Combination, Gate, channel_moments, channel_sums};
pub use pooling::{Places, max_pool};
use tch::Tensor;
use torch_sys::C_tensor;

unsafe extern "C" {
    fn augur_take_memory_over();
    fn augur_conv2d(
        out: *mut *mut C_tensor,
        x: *const C_tensor,
        weight: *const C_tensor,
        stride: i64,
        padding: i64,
    ) -> *mut c_char;
    fn augur_conv2d_transposed(
        out: *mut *mut C_tensor,
        grad: *const C_tensor,
        size: *const i64,
        weight: *const C_tensor,
        stride: i64,
        padding: i64,
    ) -> *mut c_char;
    fn augur_conv2d_weight(
        out: *mut *mut C_tensor,
        grad: *const C_tensor,
        x: *const C_tensor,
        weight: *const C_tensor,
        stride: i64,
        padding: i64,
    ) -> *mut c_char;
}

/// From now on tensors on the CPU take their memory by malloc, which finds its own holes again.
pub fn take_memory_over() {
    // SAFETY: it sets the allocator of later tensors; each tensor keeps the way in which it is freed.
    unsafe { augur_take_memory_over() };
}

/// Stride and padding of a square convolution, the same along both axes.
#[derive(Debug, Clone, Copy)]
pub struct Step {
    pub stride: i64,
    pub padding: i64,
}

/// conv2d(x, weight), for x [N, from, H, W] and a weight [to, from, k, k]: [N, to, H', W'].
pub fn conv2d(x: &Tensor, weight: &Tensor, Step { stride, padding }: Step) -> Tensor {
    // SAFETY: the tensors live through the call, which writes one pointer to `out`.
    let [out] = call(|out| unsafe { augur_conv2d(out, x.as_ptr(), weight.as_ptr(), stride, padding) });
    defined(out)
}

/// The transpose of x -> conv2d(x, weight), for x of shape `size` [N, from, H, W]: from [N, to, H', W'].
pub fn conv2d_transposed(grad: &Tensor, size: [i64; 4], weight: &Tensor, Step { stride, padding }: Step) -> Tensor {
    // SAFETY: the tensors and the size live through the call, which writes one pointer to `out`.
    let [out] = call(|out| unsafe {
        augur_conv2d_transposed(out, grad.as_ptr(), size.as_ptr(), weight.as_ptr(), stride, padding)
    });
    defined(out)
}

/// The gradient of conv2d(x, weight) for the weight [to, from, k, k], from that of its output, [N, to, H', W'].
pub fn conv2d_weight_gradient(grad: &Tensor, x: &Tensor, weight: &Tensor, Step { stride, padding }: Step) -> Tensor {
    // SAFETY: the tensors live through the call, which writes one pointer to `out`.
    let [out] =
        call(|out| unsafe { augur_conv2d_weight(out, grad.as_ptr(), x.as_ptr(), weight.as_ptr(), stride, padding) });
    defined(out)
}

/// Runs a function that writes up to N new tensors and returns what went wrong.
fn call<const N: usize>(run: impl FnOnce(*mut *mut C_tensor) -> *mut c_char) -> [Option<Tensor>; N] {
    let mut out = [null_mut(); N];
    let error = run(out.as_mut_ptr());
    if !error.is_null() {
        // SAFETY: a string from strdup, read and freed once.
        let message = unsafe { CStr::from_ptr(error) }.to_string_lossy().into_owned();
        unsafe { libc::free(error.cast()) };
        panic!("libtorch: {message}");
    }
    // SAFETY: each pointer that was written is a new tensor that nothing else owns.
    out.map(|pointer| (!pointer.is_null()).then(|| unsafe { Tensor::from_ptr(pointer) }))
}

fn defined(tensor: Option<Tensor>) -> Tensor {
    tensor.unwrap_or_else(|| panic!("libtorch gave no tensor where one was asked for"))
}
