// Maximum pooling of 3x3 with stride 2 and padding 1. What was the largest is kept as one byte, its place in the window, an eighth
// of libtorch's; and the way back needs no second tensor of the input's size.

#include "kernels.h"

#include <ATen/Dispatch.h>
#include <ATen/Parallel.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/max_pool2d_with_indices.h>
#include <ATen/ops/max_pool2d_with_indices_backward.h>

#include <array>
#include <cmath>
#include <limits>

using at::Tensor;
using augur::caught;
using augur::owned;

namespace {

constexpr int64_t kKernel = 3, kStride = 2, kPadding = 1;

bool is_here(const Tensor &x) {
  return x.is_cpu() && (x.scalar_type() == at::kFloat || x.scalar_type() == at::kDouble);
}

at::MemoryFormat format_of(const Tensor &x) {
  return x.is_contiguous() ? at::MemoryFormat::Contiguous : at::MemoryFormat::ChannelsLast;
}

int64_t pooled(int64_t side) { return (side + 2 * kPadding - kKernel) / kStride + 1; }

// Images [N, channels, height, width] and what is pooled from them, in one order of memory.
struct Images {
  int64_t count, channels, height, width;
  at::MemoryFormat format;

  Images(at::IntArrayRef size, at::MemoryFormat order)
      : count(size[0]), channels(size[1]), height(size[2]), width(size[3]), format(order) {}

  bool planes() const { return format == at::MemoryFormat::Contiguous; }
};

// Calls body(k, small, large, channels, small_step, large_step) for each place k of each window: where its first channel's
// number lies among the pooled ones and among the images, and how far the next channel's is. In parallel over N.
template <typename Body> void for_windows(const Images &x, Body body) {
  const int64_t rows = pooled(x.height), columns = pooled(x.width);
  const int64_t large = x.height * x.width, small = rows * columns;
  const int64_t pixel = x.planes() ? 1 : x.channels;
  at::parallel_for(0, x.count, 1, [&](int64_t begin, int64_t end) {
    for (int64_t n = begin; n < end; n++)
      for (int64_t v = 0; v < rows; v++)
        for (int64_t u = 0; u < columns; u++)
          for (int64_t k = 0; k < kKernel * kKernel; k++) {
            const int64_t i = v * kStride - kPadding + k / kKernel, j = u * kStride - kPadding + k % kKernel;
            if (i < 0 || i >= x.height || j < 0 || j >= x.width)
              continue;
            body(k, n * x.channels * small + (v * columns + u) * pixel,
                 n * x.channels * large + (i * x.width + j) * pixel, x.planes() ? small : 1, x.planes() ? large : 1);
          }
  });
}

template <typename T> void pool(const Images &x, const T *from, T *to, uint8_t *place) {
  for_windows(x, [&](int64_t k, int64_t small, int64_t large, int64_t small_step, int64_t large_step) {
    for (int64_t c = 0; c < x.channels; c++) {
      const T value = from[large + c * large_step];
      T &most = to[small + c * small_step];
      if (value > most || std::isnan(value)) {
        most = value;
        place[small + c * small_step] = uint8_t(k);
      }
    }
  });
}

} // namespace

extern "C" {

// out: the largest of each window of x [N, C, H, W], and where it was found, both [N, C, H', W'].
char *augur_max_pool(Tensor **out, const Tensor *x) {
  return caught([&] {
    if (!is_here(*x)) {
      auto [largest, places] = at::max_pool2d_with_indices(*x, kKernel, kStride, kPadding);
      out[0] = owned(largest);
      out[1] = owned(places);
      return;
    }
    const Images images(x->sizes(), format_of(*x));
    const Tensor from = x->contiguous(images.format);
    const std::array<int64_t, 4> size{images.count, images.channels, pooled(images.height), pooled(images.width)};
    const auto options = x->options().memory_format(images.format);
    Tensor largest = at::empty(size, options).fill_(-std::numeric_limits<double>::infinity());
    Tensor places = at::empty(size, options.dtype(at::kByte)).zero_();
    AT_DISPATCH_FLOATING_TYPES(from.scalar_type(), "augur_max_pool", [&] {
      pool(images, from.const_data_ptr<scalar_t>(), largest.mutable_data_ptr<scalar_t>(),
           places.mutable_data_ptr<uint8_t>());
    });
    out[0] = owned(largest);
    out[1] = owned(places);
  });
}

// out: dL/dx, of the shape `size`, from grad = dL/d(the largest).
char *augur_max_pool_backward(Tensor **out, const Tensor *grad, const Tensor *places, const int64_t *size) {
  return caught([&] {
    const at::IntArrayRef sizes(size, 4);
    if (!is_here(*grad)) {
      const Tensor x = at::empty(sizes, grad->options());
      out[0] = owned(at::max_pool2d_with_indices_backward(*grad, x, kKernel, kStride, kPadding, 1, false, *places));
      return;
    }
    const Images images(sizes, format_of(*places));
    const Tensor from = grad->contiguous(images.format);
    Tensor total = at::empty(sizes, grad->options().memory_format(images.format)).zero_();
    const uint8_t *place = places->const_data_ptr<uint8_t>();
    AT_DISPATCH_FLOATING_TYPES(from.scalar_type(), "augur_max_pool_backward", [&] {
      const scalar_t *g = from.const_data_ptr<scalar_t>();
      scalar_t *to = total.mutable_data_ptr<scalar_t>();
      for_windows(images, [&](int64_t k, int64_t small, int64_t large, int64_t small_step, int64_t large_step) {
        for (int64_t c = 0; c < images.channels; c++)
          if (place[small + c * small_step] == k)
            to[large + c * large_step] += g[small + c * small_step];
      });
    });
    out[0] = owned(total);
  });
}

// out: what x [N, C, H, W] has at the places.
char *augur_max_pool_at(Tensor **out, const Tensor *x, const Tensor *places) {
  return caught([&] {
    if (!is_here(*x)) {
      out[0] = owned(x->flatten(2, 3).gather(2, places->flatten(2, 3)).view_as(*places));
      return;
    }
    const Images images(x->sizes(), format_of(*places));
    const Tensor from = x->contiguous(images.format);
    Tensor taken = at::empty(places->sizes(), x->options().memory_format(images.format));
    const uint8_t *place = places->const_data_ptr<uint8_t>();
    AT_DISPATCH_FLOATING_TYPES(from.scalar_type(), "augur_max_pool_at", [&] {
      const scalar_t *all = from.const_data_ptr<scalar_t>();
      scalar_t *to = taken.mutable_data_ptr<scalar_t>();
      for_windows(images, [&](int64_t k, int64_t small, int64_t large, int64_t small_step, int64_t large_step) {
        for (int64_t c = 0; c < images.channels; c++)
          if (place[small + c * small_step] == k)
            to[small + c * small_step] = all[large + c * large_step];
      });
    });
    out[0] = owned(taken);
  });
}

}
