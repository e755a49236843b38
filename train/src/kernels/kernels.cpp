// First-order kernels of libtorch that tch doesn't bind. Each returns nullptr, or what went wrong as a string that the
// caller frees; outputs are new tensors that the caller owns, or nullptr where they were not asked for.

#include "kernels.h"

#include <ATen/ops/convolution_backward.h>
#include <ATen/ops/empty.h>

#include <cstdint>
#include <optional>
#include <tuple>

using at::Tensor;
using augur::caught;
using augur::owned;

extern "C" {

// out: gradients of the input and of the weight. Without an input, that of the input alone, of the shape `size`.
char *augur_conv2d_backward(Tensor **out, const Tensor *grad, const Tensor *input, const int64_t *size,
                            const Tensor *weight, int64_t stride, int64_t padding, bool want_input, bool want_weight) {
  return caught([&] {
    // For the gradient of the input its values don't matter, but its order in memory does.
    Tensor x = input ? *input
                     : at::empty({size[0], size[1], size[2], size[3]},
                                 grad->options().memory_format(grad->suggest_memory_format()));
    auto gradients = at::convolution_backward(*grad, x, *weight, std::nullopt, {stride, stride}, {padding, padding},
                                              {1, 1}, false, {0, 0}, 1, {want_input, want_weight, false});
    out[0] = owned(std::get<0>(gradients));
    out[1] = owned(std::get<1>(gradients));
  });
}

}
