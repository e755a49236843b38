// Convolutions and their first derivatives. Each function returns nullptr, or what went wrong as a string that the caller frees;
// outputs are new tensors that the caller owns.

#include "kernels.h"
#include "products.h"

#include <ATen/ops/conv2d.h>
#include <ATen/ops/convolution_backward.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/from_blob.h>

#include <array>
#include <cstdint>
#include <optional>
#include <tuple>
#include <vector>

#include <sys/mman.h>

using at::Tensor;
using augur::caught;
using augur::Convolution;
using augur::owned;

namespace {

// A tensor whose shape and order in memory are read, and no number of it. On a CPU its pages are never touched, so it takes
// addresses and no memory.
Tensor shape_only(const int64_t *size, const Tensor &like) {
  const at::IntArrayRef sizes(size, 4);
  const auto options = like.options().memory_format(like.suggest_memory_format());
  if (!like.is_cpu())
    return at::empty(sizes, options);
  const size_t bytes = size_t(size[0] * size[1] * size[2] * size[3]) * like.element_size();
  void *pages = mmap(nullptr, bytes, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (pages == MAP_FAILED)
    return at::empty(sizes, options);
  std::vector<int64_t> strides = c10::get_channels_last_strides_2d(sizes);
  if (like.suggest_memory_format() != at::MemoryFormat::ChannelsLast)
    strides = {size[1] * size[2] * size[3], size[2] * size[3], size[3], 1};
  return at::from_blob(pages, sizes, strides, [bytes](void *p) { munmap(p, bytes); }, like.options());
}

std::tuple<Tensor, Tensor, Tensor> backward(const Tensor &grad, const Tensor &x, const Convolution &c,
                                            std::array<bool, 3> wanted) {
  const int64_t s = c.stride, p = c.padding;
  return at::convolution_backward(grad, x, c.weight, std::nullopt, {s, s}, {p, p}, {1, 1}, false, {0, 0}, 1, wanted);
}

} // namespace

extern "C" {

// out: conv2d(x, weight).
char *augur_conv2d(Tensor **out, const Tensor *x, const Tensor *weight, int64_t stride, int64_t padding) {
  return caught([&] {
    const Convolution c{x->sizes(), *weight, stride, padding};
    if (augur::has_few_pixels(c, *x))
      out[0] = owned(augur::forward_by_pixels(c, *x));
    else
      out[0] = owned(at::conv2d(*x, *weight, std::nullopt, stride, padding));
  });
}

// out: the gradient of an input of the shape `size`.
char *augur_conv2d_transposed(Tensor **out, const Tensor *grad, const int64_t *size, const Tensor *weight,
                              int64_t stride, int64_t padding) {
  return caught([&] {
    const Convolution c{at::IntArrayRef(size, 4), *weight, stride, padding};
    if (augur::has_few_pixels(c, *grad))
      out[0] = owned(augur::transposed_by_pixels(c, *grad));
    else if (augur::is_strided(c, *grad))
      out[0] = owned(augur::transposed_by_rows(c, *grad));
    else
      out[0] = owned(std::get<0>(backward(*grad, shape_only(size, *grad), c, {true, false, false})));
  });
}

// out: the gradient of the weight.
char *augur_conv2d_weight(Tensor **out, const Tensor *grad, const Tensor *x, const Tensor *weight, int64_t stride,
                          int64_t padding) {
  return caught([&] {
    const Convolution c{x->sizes(), *weight, stride, padding};
    if (augur::has_few_pixels_for_weight(c, *grad) && augur::has_few_pixels_for_weight(c, *x))
      out[0] = owned(augur::weight_gradient_by_pixels(c, *grad, *x));
    else if (augur::is_outer(c, *grad, *x))
      out[0] = owned(augur::weight_gradient_by_outer_products(c, *grad, *x));
    else
      out[0] = owned(std::get<1>(backward(*grad, *x, c, {false, true, false})));
  });
}

}
