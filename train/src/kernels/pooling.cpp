// Maximum pooling of 3x3 with stride 2 and padding 1. What was the largest is kept as one byte, its place in the window, an eighth
// of libtorch's; and the way back needs no second tensor of the input's size.

#include "kernels.h"

#include <ATen/Dispatch.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/max_pool2d_with_indices.h>
#include <ATen/ops/max_pool2d_with_indices_backward.h>

#include <array>
#include <cmath>

using at::Tensor;
using namespace augur;

namespace {

constexpr int64_t kKernel = 3, kStride = 2, kPadding = 1;
constexpr uint8_t kNone = 255;

int64_t pooled(int64_t side) { return (side + 2 * kPadding - kKernel) / kStride + 1; }

// Images in memory, [count, height, width, channels]: with channels last as they are, else each plane is an image of one channel.
struct Images {
  int64_t count, channels, height, width;

  Images(at::IntArrayRef size, at::MemoryFormat format) : height(size[2]), width(size[3]) {
    const bool planes = format == at::MemoryFormat::Contiguous;
    count = planes ? size[0] * size[1] : size[0];
    channels = planes ? 1 : size[1];
  }
};

// Calls body(k, small, large) for each place k of each window that lies inside: where the first channel's number lies among the
// pooled ones and among the images. In parallel over the images.
template <typename Body> void for_windows(const Images &x, Body body) {
  const int64_t rows = pooled(x.height), columns = pooled(x.width);
  parallel_for(x.count, 1, [&](int64_t begin, int64_t end) {
    for (int64_t n = begin; n < end; n++)
      for (int64_t v = 0; v < rows; v++)
        for (int64_t u = 0; u < columns; u++)
          for (int64_t k = 0; k < kKernel * kKernel; k++) {
            const int64_t i = v * kStride - kPadding + k / kKernel, j = u * kStride - kPadding + k % kKernel;
            if (i >= 0 && i < x.height && j >= 0 && j < x.width)
              body(k, ((n * rows + v) * columns + u) * x.channels, ((n * x.height + i) * x.width + j) * x.channels);
          }
  });
}

template <typename T> void pool(const Images &x, const T *from, T *to, uint8_t *place) {
  for_windows(x, [&](int64_t k, int64_t small, int64_t large) {
    for (int64_t c = 0; c < x.channels; c++) {
      const T value = from[large + c];
      if (place[small + c] == kNone || value > to[small + c] || std::isnan(value)) {
        to[small + c] = value;
        place[small + c] = uint8_t(k);
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
    const auto format = format_of(*x);
    const Images images(x->sizes(), format);
    const Tensor from = x->contiguous(format);
    const std::array<int64_t, 4> size{x->size(0), x->size(1), pooled(images.height), pooled(images.width)};
    const auto options = x->options().memory_format(format);
    const Tensor largest = at::empty(size, options), places = at::empty(size, options.dtype(at::kByte)).fill_(kNone);
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
    const auto format = format_of(*places);
    const Images images(sizes, format);
    const Tensor from = grad->contiguous(format);
    const Tensor total = at::empty(sizes, grad->options().memory_format(format)).zero_();
    const uint8_t *place = places->const_data_ptr<uint8_t>();
    AT_DISPATCH_FLOATING_TYPES(from.scalar_type(), "augur_max_pool_backward", [&] {
      const scalar_t *g = from.const_data_ptr<scalar_t>();
      scalar_t *to = total.mutable_data_ptr<scalar_t>();
      for_windows(images, [&](int64_t k, int64_t small, int64_t large) {
        for (int64_t c = 0; c < images.channels; c++)
          if (place[small + c] == k)
            to[large + c] += g[small + c];
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
    const auto format = format_of(*places);
    const Images images(x->sizes(), format);
    const Tensor from = x->contiguous(format);
    const Tensor taken = at::empty(places->sizes(), x->options().memory_format(format));
    const uint8_t *place = places->const_data_ptr<uint8_t>();
    AT_DISPATCH_FLOATING_TYPES(from.scalar_type(), "augur_max_pool_at", [&] {
      const scalar_t *all = from.const_data_ptr<scalar_t>();
      scalar_t *to = taken.mutable_data_ptr<scalar_t>();
      for_windows(images, [&](int64_t k, int64_t small, int64_t large) {
        for (int64_t c = 0; c < images.channels; c++)
          if (place[small + c] == k)
            to[small + c] = all[large + c];
      });
    });
    out[0] = owned(taken);
  });
}

}
