// Convolutions that are faster as products of matrices than by oneDNN: those between images of a few pixels (pixels.cpp), the way
// back under a stride (strided.cpp), and weights' gradients (weight.cpp).
#pragma once

#include "kernels.h"

namespace augur {

// x [N, from, H, W] and y [N, to, H', W'], weight [to, from, k, k]; stride and padding along both axes.
struct Convolution {
  at::IntArrayRef x;
  const at::Tensor &weight;
  int64_t stride, padding;

  int64_t out(int axis) const { return (x[axis] + 2 * padding - weight.size(axis)) / stride + 1; }
  int64_t out_pixels() const { return out(2) * out(3); }
};

inline bool lies_last(const at::Tensor &x) { return is_here(x) && x.is_contiguous(at::MemoryFormat::ChannelsLast); }

// Whether the products of pixels are worth their while, for tensors that lie as `like` does; that of the weight's gradient,
// where oneDNN is slowest, from larger images on.
bool has_few_pixels(const Convolution &, const at::Tensor &like);
bool has_few_pixels_for_weight(const Convolution &, const at::Tensor &like);

at::Tensor forward_by_pixels(const Convolution &, const at::Tensor &x);
at::Tensor transposed_by_pixels(const Convolution &, const at::Tensor &grad);
at::Tensor weight_gradient_by_pixels(const Convolution &, const at::Tensor &grad, const at::Tensor &x);

// The gradient of images under a stride, where oneDNN is slow at it: a product of matrices, whose numbers are then added up where
// they belong.
bool is_strided(const Convolution &, const at::Tensor &like);
at::Tensor transposed_by_rows(const Convolution &, const at::Tensor &grad);

// The gradient of a weight as a sum of outer products, where oneDNN is slow at it.
bool is_outer(const Convolution &, const at::Tensor &grad, const at::Tensor &x);
at::Tensor weight_gradient_by_outer_products(const Convolution &, const at::Tensor &grad, const at::Tensor &x);

} // namespace augur
