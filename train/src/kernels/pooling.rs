//! Maximum pooling of 3x3 windows with stride 2, and its derivatives.

use std::ffi::c_char;

use tch::Tensor;
use torch_sys::C_tensor;

use super::{call, defined};

unsafe extern "C" {
    fn augur_max_pool(out: *mut *mut C_tensor, x: *const C_tensor) -> *mut c_char;
    fn augur_max_pool_backward(
        out: *mut *mut C_tensor,
        grad: *const C_tensor,
        places: *const C_tensor,
        size: *const i64,
    ) -> *mut c_char;
    fn augur_max_pool_at(out: *mut *mut C_tensor, x: *const C_tensor, places: *const C_tensor) -> *mut c_char;
}

/// Where each maximum was found.
#[derive(Debug)]
pub struct Places {
    /// [N, C, H', W'], within each window; on a GPU within the plane, as libtorch has them.
    places: Tensor,
    /// Of what was read: [N, C, H, W].
    size: [i64; 4],
}

/// The largest number of each window of x [N, C, H, W], padded by one: [N, C, H', W'].
pub fn max_pool(x: &Tensor) -> (Tensor, Places) {
    let size = x.size4().map(|(n, c, h, w)| [n, c, h, w]);
    let size = size.unwrap_or_else(|_| unreachable!("images are [N, C, H, W]"));
    // SAFETY: the tensor lives through the call, which writes two pointers to `out`.
    let [largest, places] = call(|out| unsafe { augur_max_pool(out, x.as_ptr()) });
    let places = defined(places);
    (defined(largest), Places { places, size })
}

impl Places {
    /// dL/dx [N, C, H, W] from g = dL/d(the largest) [N, C, H', W'].
    pub fn backward(&self, g: &Tensor) -> Tensor {
        let (places, size) = (self.places.as_ptr(), self.size.as_ptr());
        // SAFETY: the tensors and the size live through the call, which writes one pointer to `out`.
        let [out] = call(|out| unsafe { augur_max_pool_backward(out, g.as_ptr(), places, size) });
        defined(out)
    }

    /// What x [N, C, H, W], such as a tangent, has there: [N, C, H', W'].
    pub fn of(&self, x: &Tensor) -> Tensor {
        // SAFETY: the tensors live through the call, which writes one pointer to `out`.
        let [out] = call(|out| unsafe { augur_max_pool_at(out, x.as_ptr(), self.places.as_ptr()) });
        defined(out)
    }
}
