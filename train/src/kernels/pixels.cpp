// Convolutions between images of a few pixels, with channels last: for each pair of an output's and an input's pixel one
// product of matrices, of what lies in memory as it is. A kernel of 3x3 on 2x2 pixels is padding for more than a half, which
// oneDNN's gradient of the weight multiplies all the same.

#include "products.h"

#include <ATen/ops/empty.h>

#include <vector>

using at::Tensor;

namespace augur {
namespace {

// Where products were faster by far on AVX2: 512 channels at 2x2, and their weight's gradient at 4x4 from 256 on. At 8x8 and 128
// oneDNN was. Layers of 128 at 2x2 were not compared.
constexpr int64_t kFewPixels = 4, kFewPixelsForWeight = 16;
constexpr int64_t kWide = 128 * 128, kWideForWeight = 256 * 256;

bool is_wide(const Convolution &c, int64_t least) { return c.weight.size(0) * c.weight.size(1) >= least; }

// [N, C, H, W], or a weight [to, from, k, k], as one matrix for each pixel: H * W of [N, C].
std::vector<Tensor> pixels(const Tensor &images) {
  const Tensor first = images.permute({2, 3, 0, 1});
  std::vector<Tensor> all;
  for (int64_t y = 0; y < first.size(0); y++)
    for (int64_t x = 0; x < first.size(1); x++)
      all.push_back(first.select(0, y).select(0, x));
  return all;
}

// Sums of products, one for each pixel of the result, which is written at the first product.
class Sums {
public:
  Sums(at::IntArrayRef size, const Tensor &like)
      : total_(at::empty(size, like.options().memory_format(at::MemoryFormat::ChannelsLast))), parts_(pixels(total_)),
        begun_(parts_.size(), false) {}

  void add(int64_t part, const Tensor &a, const Tensor &b) {
    parts_[part].addmm_(a, b, begun_[part] ? 1 : 0);
    begun_[part] = true;
  }

  Tensor total() {
    for (size_t part = 0; part < parts_.size(); part++)
      if (!begun_[part])
        parts_[part].zero_();
    return total_;
  }

private:
  Tensor total_;
  std::vector<Tensor> parts_;
  std::vector<bool> begun_;
};

// Calls body(pixel of y, pixel of x, place in the kernel) for all that meet, always in the same order.
template <typename Body> void for_pairs(const Convolution &c, Body body) {
  const int64_t height = c.x[2], width = c.x[3], kernel = c.weight.size(2);
  const int64_t out_height = c.out(2), out_width = c.out(3);
  for (int64_t v = 0; v < out_height; v++)
    for (int64_t u = 0; u < out_width; u++)
      for (int64_t j = 0; j < kernel; j++)
        for (int64_t i = 0; i < kernel; i++) {
          const int64_t y = v * c.stride + j - c.padding, x = u * c.stride + i - c.padding;
          if (y >= 0 && y < height && x >= 0 && x < width)
            body(v * out_width + u, y * width + x, j * kernel + i);
        }
}

Tensor last(const Tensor &weight) { return weight.contiguous(at::MemoryFormat::ChannelsLast); }

} // namespace

bool has_few_pixels(const Convolution &c, const Tensor &like) {
  return !leaves_out(kPixels) && lies_last(like) && c.out_pixels() <= kFewPixels && is_wide(c, kWide);
}

bool has_few_pixels_for_weight(const Convolution &c, const Tensor &like) {
  return has_few_pixels(c, like) ||
         (!leaves_out(kPixels) && lies_last(like) && c.out_pixels() <= kFewPixelsForWeight && is_wide(c, kWideForWeight));
}

// y_p = sum of W_k x_q
Tensor forward_by_pixels(const Convolution &c, const Tensor &x) {
  const auto from = pixels(x), weight = pixels(last(c.weight));
  Sums sums({c.x[0], c.weight.size(0), c.out(2), c.out(3)}, x);
  for_pairs(c, [&](int64_t p, int64_t q, int64_t k) { sums.add(p, from[q], weight[k].t()); });
  return sums.total();
}

// x_q = sum of W_k^T y_p
Tensor transposed_by_pixels(const Convolution &c, const Tensor &grad) {
  const auto from = pixels(grad), weight = pixels(last(c.weight));
  Sums sums(c.x, grad);
  for_pairs(c, [&](int64_t p, int64_t q, int64_t k) { sums.add(q, from[p], weight[k]); });
  return sums.total();
}

// W_k = sum of y_p x_q^T, over images too
Tensor weight_gradient_by_pixels(const Convolution &c, const Tensor &grad, const Tensor &x) {
  const auto to = pixels(grad), from = pixels(x);
  Sums sums(c.weight.sizes(), grad);
  for_pairs(c, [&](int64_t p, int64_t q, int64_t k) { sums.add(k, to[p].t(), from[q]); });
  return sums.total();
}

} // namespace augur
