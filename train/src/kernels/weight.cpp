// The gradient of a weight, with channels last, where oneDNN is slow at it: what a kernel's row meets are numbers that follow one
// another in memory, so that the gradient is a sum of outer products of an image's stretches and an output's pixels.

#include "outer.h"
#include "products.h"

#include <ATen/Dispatch.h>
#include <ATen/ops/sum.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <vector>

using at::Tensor;

namespace augur {
namespace {

// What was measured: layers of up to 128 channels, and outputs of 4x4 and more.
constexpr int64_t kWidest = 128 * 128, kFewestPixels = 16;
// Pixels of an output at a time: their numbers, and those that they meet, stay in the first cache.
constexpr int64_t kPixelsAtOnce = 128;

// oneDNN's own loops for AVX-512 were not compared.
bool is_cpu_of_outer_products() {
#ifdef __x86_64__
  static const bool is = __builtin_cpu_supports("x86-64-v3") && !__builtin_cpu_supports("x86-64-v4");
  return is;
#else
  return false;
#endif
}

#ifdef __x86_64__

// Adds to total [k, k C, to] what one image gives, of which `padded` is [H, W + 2 padding, C] and grad [H', W', to].
template <typename T> void add_image(const Convolution &c, const T *padded, const T *grad, T *total) {
  const int64_t channels = c.x[1], height = c.x[2], kernel = c.weight.size(2), to = c.weight.size(0);
  const int64_t out_height = c.out(2), out_width = c.out(3), row = (c.x[3] + 2 * c.padding) * channels;
  const int64_t rows = std::max<int64_t>(1, kPixelsAtOnce / out_width);
  for (int64_t first = 0; first < out_height; first += rows)
    for (int64_t j = 0; j < kernel; j++) {
      // The output's rows whose j-th row under the kernel is one of the image's.
      const int64_t above = std::max<int64_t>(0, c.padding - j);
      const int64_t begin = std::max(first, (above + c.stride - 1) / c.stride);
      const int64_t end = std::min({first + rows, out_height, (height - 1 - j + c.padding) / c.stride + 1});
      if (begin >= end || height - 1 - j + c.padding < 0)
        continue;
      v3::add_outer_products(OuterProducts<T>{.left = padded + (begin * c.stride + j - c.padding) * row,
                                              .left_row = c.stride * row,
                                              .left_step = c.stride * channels,
                                              .right = grad + begin * out_width * to,
                                              .right_row = out_width * to,
                                              .right_step = to,
                                              .rows = end - begin,
                                              .columns = out_width,
                                              .lefts = kernel * channels,
                                              .rights = to,
                                              .total = total + j * kernel * channels * to});
    }
}

// Adds what the images [begin, end) give.
template <typename T>
void add_images(const Convolution &c, const T *x, const T *grad, int64_t begin, int64_t end, T *total) {
  const int64_t height = c.x[2], line = c.x[3] * c.x[1], margin = c.padding * c.x[1], out = c.out_pixels() * c.weight.size(0);
  std::vector<T> padded(height * (line + 2 * margin));
  for (int64_t n = begin; n < end; n++) {
    for (int64_t y = 0; y < height; y++)
      std::copy_n(x + (n * height + y) * line, line, padded.data() + y * (line + 2 * margin) + margin);
    add_image(c, padded.data(), grad + n * out, total);
  }
}

#endif

} // namespace

bool is_outer(const Convolution &c, const Tensor &grad, const Tensor &x) {
  const int64_t to = c.weight.size(0), step = v3::kRightBytes / grad.element_size();
  return !leaves_out(kOuter) && is_cpu_of_outer_products() && lies_last(grad) && lies_last(x) && to % step == 0 &&
         to * c.x[1] <= kWidest && c.out_pixels() >= kFewestPixels;
}

Tensor weight_gradient_by_outer_products(const Convolution &c, const Tensor &grad, const Tensor &x) {
  const int64_t images = c.x[0], channels = c.x[1], kernel = c.weight.size(2), to = c.weight.size(0);
  const int64_t parts = std::min<int64_t>(images, at::get_num_threads());
  Tensor totals = at::zeros({parts, kernel, kernel, channels, to}, grad.options());
#ifdef __x86_64__
  AT_DISPATCH_FLOATING_TYPES(grad.scalar_type(), "augur_weight_gradient", [&] {
    const scalar_t *from = x.const_data_ptr<scalar_t>(), *given = grad.const_data_ptr<scalar_t>();
    scalar_t *total = totals.mutable_data_ptr<scalar_t>();
    parallel_for(parts, 1, [&](int64_t begin, int64_t end) {
      for (int64_t part = begin; part < end; part++)
        add_images(c, from, given, images * part / parts, images * (part + 1) / parts,
                   total + part * (totals.numel() / parts));
    });
  });
#endif
  return totals.sum(0).permute({3, 2, 0, 1}).contiguous(at::MemoryFormat::ChannelsLast);
}

} // namespace augur
