// First-order kernels of libtorch that tch doesn't bind. Each returns nullptr, or what went wrong as a string that the
// caller frees; outputs are new tensors that the caller owns, or nullptr where they were not asked for.

#include "kernels.h"

#include <ATen/ops/convolution_backward.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/from_blob.h>

#include <cstdint>
#include <optional>
#include <tuple>
#include <vector>

#include <sys/mman.h>

using at::Tensor;
using augur::caught;
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

} // namespace

extern "C" {

// out: gradients of the input and of the weight. Without an input, that of the input alone, of the shape `size`.
char *augur_conv2d_backward(Tensor **out, const Tensor *grad, const Tensor *input, const int64_t *size,
                            const Tensor *weight, int64_t stride, int64_t padding, bool want_input, bool want_weight) {
  return caught([&] {
    Tensor x = input ? *input : shape_only(size, *grad);
    auto gradients = at::convolution_backward(*grad, x, *weight, std::nullopt, {stride, stride}, {padding, padding},
                                              {1, 1}, false, {0, 0}, 1, {want_input, want_weight, false});
    out[0] = owned(std::get<0>(gradients));
    out[1] = owned(std::get<1>(gradients));
  });
}

}
