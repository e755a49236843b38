// Sums and linear combinations over images, channel by channel: what batch normalisation and its derivatives are made of,
// each in one pass over memory on a CPU. Elsewhere they are composed of libtorch's operations.

#include "kernels.h"
#include "loops.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/var_mean.h>
#include <ATen/ops/where.h>
#include <ATen/ops/zeros_like.h>

#include <algorithm>
#include <vector>

using namespace augur;
using at::Tensor;

namespace {

// Elements for which another thread is worth its while.
constexpr int64_t kGrain = 1 << 15;

template <typename T> const Loops<T> &loops();

#if defined(__x86_64__) && defined(__GNUC__)
#define AUGUR_LOOPS(T, name)                                                                                           \
  template <> const Loops<T> &loops<T>() {                                                                             \
    static const Loops<T> &best = __builtin_cpu_supports("x86-64-v4")   ? v4::name                                     \
                                  : __builtin_cpu_supports("x86-64-v3") ? v3::name                                     \
                                                                        : baseline::name;                              \
    return best;                                                                                                       \
  }
#else
#define AUGUR_LOOPS(T, name)                                                                                           \
  template <> const Loops<T> &loops<T>() { return baseline::name; }
#endif
AUGUR_LOOPS(float, floats)
AUGUR_LOOPS(double, doubles)

bool fits(const Tensor &x) { return !leaves_out(kFused) && is_here(x); }

Shape shape_of(const Tensor &x) {
  if (x.is_contiguous())
    return {x.size(0), x.size(1), x.size(2) * x.size(3)};
  return {x.size(0) * x.size(2) * x.size(3), x.size(1), 1};
}

Tensor plane(const Tensor &channels) { return channels.view({-1, 1, 1}); }

struct Arguments {
  const Tensor *const *x, *const *coef;
  int64_t count;
  const Tensor *constant, *gate, *slope, *shift;
  int gated;
  bool over_first;
};

bool is_dense(const Tensor &x) { return x.is_contiguous() || x.is_contiguous(at::MemoryFormat::ChannelsLast); }

// Nobody else holds its memory.
bool is_ours(const Tensor &x) { return x.use_count() == 1 && x.storage().use_count() == 1; }

Tensor open(const Arguments &a) {
  return (a.slope ? plane(*a.slope) * *a.gate + plane(*a.shift) : *a.gate).gt(0);
}

Tensor combine_anywhere(const Arguments &a) {
  Tensor total;
  for (int64_t k = 0; k < a.count; k++) {
    Tensor term = a.coef[k] ? *a.x[k] * plane(*a.coef[k]) : *a.x[k];
    if (a.gated == kFirst && k == 0)
      term = at::where(open(a), term, at::zeros_like(term));
    total = total.defined() ? total + term : term;
  }
  if (a.constant)
    total = total + plane(*a.constant);
  if (a.gated == kAll)
    total = at::where(open(a), total, at::zeros_like(total));
  return a.gated == kRelu ? total.relu() : total;
}

template <typename T> const T *data(const Tensor *tensor) { return tensor ? tensor->const_data_ptr<T>() : nullptr; }

template <typename T> Gate<T> gate_of(const Arguments &a, const Tensor &gate, const T *otherwise) {
  const bool reads = a.gated == kFirst || a.gated == kAll;
  return {Gated(a.gated), reads ? gate.const_data_ptr<T>() : otherwise, data<T>(a.slope), data<T>(a.shift)};
}

template <typename T> Tensor combine_here(const Arguments &a) {
  // The last term is the output of a convolution, or what flows back to it through a gate: the others take its order.
  const Tensor &last = *a.x[a.count - 1];
  const auto format = format_of(is_dense(last) || !a.gate ? last : *a.gate);
  const bool ours = is_ours(*a.x[0]);
  std::vector<Tensor> x;
  Terms<T> terms{};
  terms.count = int(a.count);
  terms.constant = data<T>(a.constant);
  for (int64_t k = 0; k < a.count; k++) {
    x.push_back(a.x[k]->contiguous(format));
    terms.x[k] = x[k].template const_data_ptr<T>();
    terms.coef[k] = data<T>(a.coef[k]);
  }
  Tensor gate = a.gate ? a.gate->contiguous(format) : Tensor();
  const Gate<T> open = gate_of<T>(a, gate, terms.x[0]);
  // A copy that contiguous() had to make is ours as well.
  const bool reuses = a.over_first && !leaves_out(kOverwritten) && (ours || !x[0].is_same(*a.x[0]));
  Tensor out = reuses ? x[0] : at::empty_like(x.back());
  T *to = out.mutable_data_ptr<T>();
  const Shape shape = shape_of(x.back());
  const int64_t grain = std::max<int64_t>(1, kGrain / (shape.channels * shape.inner));
  parallel_for(shape.outer, grain,
                   [&](int64_t begin, int64_t end) { loops<T>().combine(terms, open, to, shape, begin, end); });
  return out;
}

// Two sums for each channel, [2 * channels], of `loop` over parts of the outer dimension: one row for each part, and the parts
// added in their order, which gives the same sum whichever thread ends first.
template <typename Loop> std::vector<double> two_sums(Shape shape, Loop loop) {
  const int64_t channels = shape.channels, elements = shape.outer * channels * shape.inner;
  const int64_t parts = std::clamp<int64_t>(elements / kGrain, 1, at::get_num_threads());
  std::vector<double> partial(parts * 2 * channels, 0.0);
  parallel_for(parts, 1, [&](int64_t begin, int64_t end) {
    for (int64_t part = begin; part < end; part++) {
      double *row = partial.data() + part * 2 * channels;
      loop(shape.outer * part / parts, shape.outer * (part + 1) / parts, row, row + channels);
    }
  });
  for (int64_t part = 1; part < parts; part++)
    for (int64_t i = 0; i < 2 * channels; i++)
      partial[i] += partial[part * 2 * channels + i];
  partial.resize(2 * channels);
  return partial;
}

template <typename T> Tensor channels_of(const double *values, const Tensor &like) {
  Tensor out = at::empty({like.size(1)}, like.options().memory_format(at::MemoryFormat::Contiguous));
  std::transform(values, values + like.size(1), out.mutable_data_ptr<T>(), [](double value) { return T(value); });
  return out;
}

template <typename T>
void sums_here(Tensor **out, const Tensor &a, const Tensor &b, const Tensor *center, const Arguments &gating) {
  const auto format = format_of(b);
  const Tensor left = a.contiguous(format), right = b.contiguous(format);
  Tensor gate = gating.gate ? gating.gate->contiguous(format) : Tensor();
  const T *from = left.const_data_ptr<T>(), *with = right.const_data_ptr<T>();
  const Gate<T> open = gate_of<T>(gating, gate, from);
  const Shape shape = shape_of(right);
  const auto total = two_sums(shape, [&](int64_t begin, int64_t end, double *sum, double *dot) {
    loops<T>().sums(from, open, with, data<T>(center), shape, begin, end, sum, dot);
  });
  out[0] = owned(channels_of<T>(total.data(), right));
  out[1] = owned(channels_of<T>(total.data() + shape.channels, right));
}

// Around each channel's first number, so that the squares of a mean far from 0 don't swallow the variance.
template <typename T> void moments_here(Tensor **out, const Tensor &x) {
  const Tensor dense = x.contiguous(format_of(x));
  const Shape shape = shape_of(dense);
  const T *from = dense.const_data_ptr<T>();
  std::vector<T> center(shape.channels);
  for (int64_t c = 0; c < shape.channels; c++)
    center[c] = from[c * shape.inner];
  auto total = two_sums(shape, [&](int64_t begin, int64_t end, double *sum, double *squares) {
    loops<T>().moments(from, center.data(), shape, begin, end, sum, squares);
  });
  double *mean = total.data(), *var = mean + shape.channels;
  const double count = double(shape.outer) * double(dense.numel() / (shape.outer * shape.channels));
  for (int64_t c = 0; c < shape.channels; c++) {
    const double shift = mean[c] / count;
    var[c] = std::max(0.0, var[c] / count - shift * shift);
    mean[c] = double(center[c]) + shift;
  }
  out[0] = owned(channels_of<T>(mean, dense));
  out[1] = owned(channels_of<T>(var, dense));
}

} // namespace

extern "C" {

#if AUGUR_ABLATION
void augur_leave_out(uint32_t ideas) { left_out = ideas; }
#endif

// out: sum_k coef[k] x[k] + constant, where coefficients and the constant are [C], or null for 1 and 0. `gated` says what is 0
// where slope gate + shift <= 0 (gate <= 0 without slope): nothing, the first term, all; or that all is a ReLU's input.
// With `over_first` the result is written over the first term where nobody else holds that: the caller gives it up.
char *augur_combine(Tensor **out, const Tensor *const *x, const Tensor *const *coef, int64_t count,
                    const Tensor *constant, const Tensor *gate, const Tensor *slope, const Tensor *shift, int gated,
                    bool over_first) {
  return caught([&] {
    const Arguments a{x, coef, count, constant, gate, slope, shift, gated, over_first};
    const Tensor &like = *x[count - 1];
    if (!fits(like))
      out[0] = owned(combine_anywhere(a));
    else if (like.scalar_type() == at::kFloat)
      out[0] = owned(combine_here<float>(a));
    else
      out[0] = owned(combine_here<double>(a));
  });
}

// out: the sums over N, H and W of the gated a, and of the gated a times (b - center); each [C].
char *augur_channel_sums(Tensor **out, const Tensor *a, const Tensor *b, const Tensor *center, const Tensor *gate,
                         const Tensor *slope, const Tensor *shift) {
  return caught([&] {
    const Arguments gating{nullptr, nullptr, 0, nullptr, gate, slope, shift, gate ? int(kFirst) : int(kNothing), false};
    if (fits(*b)) {
      if (b->scalar_type() == at::kFloat)
        return sums_here<float>(out, *a, *b, center, gating);
      return sums_here<double>(out, *a, *b, center, gating);
    }
    const Tensor left = gate ? at::where(open(gating), *a, at::zeros_like(*a)) : *a;
    const Tensor right = center ? *b - plane(*center) : *b;
    out[0] = owned(left.sum({0, 2, 3}));
    out[1] = owned((left * right).sum({0, 2, 3}));
  });
}

// out: the mean and the biased variance of x over N, H and W; each [C].
char *augur_channel_moments(Tensor **out, const Tensor *x) {
  return caught([&] {
    if (fits(*x)) {
      if (x->scalar_type() == at::kFloat)
        return moments_here<float>(out, *x);
      return moments_here<double>(out, *x);
    }
    auto [var, mean] = at::var_mean(*x, {0, 2, 3}, /*unbiased=*/false);
    out[0] = owned(mean);
    out[1] = owned(var);
  });
}

}
