// The way back through a convolution with a stride, with channels last: for each pixel of the output one row of what it gives to
// each number under the kernel, and the rows added up where they belong.

#include "products.h"

#include <ATen/Dispatch.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/mm.h>

#include <algorithm>

using at::Tensor;

namespace augur {
namespace {

// On AVX2, oneDNN is slow beyond these limits and under a kernel of 1x1; in between it is as fast.
constexpr int64_t kFewChannels = 4, kManyChannels = 64;
// Numbers of rows at a time, unless one image alone has more: the rows of a 7x7 kernel with stride 2 are 12 times its size.
constexpr int64_t kRowNumbers = 1 << 21;

// Adds the rows [H' W', k k C] of one image to it, [H, W, C].
template <typename T> void add_rows(const Convolution &c, const T *rows, T *image) {
  const int64_t channels = c.x[1], height = c.x[2], width = c.x[3], kernel = c.weight.size(2);
  const int64_t out_height = c.out(2), out_width = c.out(3);
  for (int64_t v = 0; v < out_height; v++)
    for (int64_t u = 0; u < out_width; u++, rows += kernel * kernel * channels) {
      const int64_t left = u * c.stride - c.padding;
      const int64_t from = std::max<int64_t>(0, -left), to = std::min(kernel, width - left);
      for (int64_t j = 0; j < kernel; j++) {
        const int64_t y = v * c.stride + j - c.padding;
        if (y < 0 || y >= height)
          continue;
        const T *row = rows + j * kernel * channels;
        T *line = image + (y * width + left + from) * channels;
        for (int64_t i = from * channels; i < to * channels; i++)
          line[i - from * channels] += row[i];
      }
    }
}

} // namespace

bool is_strided(const Convolution &c, const Tensor &like) {
  const int64_t channels = c.x[1], kernel = c.weight.size(2);
  return !leaves_out(kStrided) && lies_last(like) && c.stride > 1 &&
         (channels <= kFewChannels || channels >= kManyChannels || kernel == 1);
}

Tensor transposed_by_rows(const Convolution &c, const Tensor &grad) {
  const int64_t images = c.x[0], pixels = c.out_pixels(), to = c.weight.size(0);
  Tensor total = at::empty(c.x, grad.options().memory_format(at::MemoryFormat::ChannelsLast)).zero_();
  const Tensor weight = c.weight.permute({0, 2, 3, 1}).reshape({to, -1});
  const int64_t one = c.x[1] * c.x[2] * c.x[3], row = weight.size(1);
  const int64_t step = std::max<int64_t>(1, kRowNumbers / (pixels * row));
  for (int64_t first = 0; first < images; first += step) {
    const int64_t count = std::min(step, images - first);
    const Tensor part = grad.narrow(0, first, count).permute({0, 2, 3, 1}).reshape({-1, to});
    const Tensor rows = at::mm(part, weight);
    AT_DISPATCH_FLOATING_TYPES(grad.scalar_type(), "augur_transposed_by_rows", [&] {
      const scalar_t *from = rows.const_data_ptr<scalar_t>();
      scalar_t *image = total.mutable_data_ptr<scalar_t>() + first * one;
      parallel_for(count, 1, [&](int64_t begin, int64_t end) {
        for (int64_t n = begin; n < end; n++)
          add_rows(c, from + n * pixels * row, image + n * one);
      });
    });
  }
  return total;
}

} // namespace augur
