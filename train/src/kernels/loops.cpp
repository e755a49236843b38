// See loops.h. Sums are taken in the tensor's own precision over stretches, and in double precision over those.

#include "loops.h"

namespace augur {
namespace AUGUR_CPU {
namespace {

// With channels last a stretch of pixels is handled at once, so that narrow layers fill the registers too.
constexpr int64_t kStretch = 512;
constexpr int kTiles = 32;

template <typename T> struct Tiled {
  T value[kStretch];

  // Repeats one value for each channel; or one value where there are none.
  void fill(const T *source, T otherwise, int64_t channels, int64_t first, int64_t length) {
    for (int64_t i = 0; i < length; i++)
      value[i] = source ? source[(first + i) % channels] : otherwise;
  }
};

template <typename T, int count, Gated gated>
void stretch(const T *const *x, const T *const *coef, const T *constant, const T *gate, const T *slope, const T *shift,
             T *out, int64_t length) {
  for (int64_t i = 0; i < length; i++) {
    T total = constant[i];
    for (int k = 0; k < count; k++) {
      T term = coef[k][i] * x[k][i];
      if (gated == kFirst && k == 0)
        term = slope[i] * gate[i] + shift[i] > T(0) ? term : T(0);
      total += term;
    }
    if (gated == kAll)
      total = slope[i] * gate[i] + shift[i] > T(0) ? total : T(0);
    if (gated == kRelu)
      total = total > T(0) ? total : T(0);
    out[i] = total;
  }
}

// The same with one coefficient for all.
template <typename T, int count, Gated gated>
void plane(const T *const *x, const T *coef, T constant, const T *gate, T slope, T shift, T *out, int64_t length) {
  for (int64_t i = 0; i < length; i++) {
    T total = constant;
    for (int k = 0; k < count; k++) {
      T term = coef[k] * x[k][i];
      if (gated == kFirst && k == 0)
        term = slope * gate[i] + shift > T(0) ? term : T(0);
      total += term;
    }
    if (gated == kAll)
      total = slope * gate[i] + shift > T(0) ? total : T(0);
    if (gated == kRelu)
      total = total > T(0) ? total : T(0);
    out[i] = total;
  }
}

template <typename T, int count, Gated gated>
void combine_as(const Terms<T> &terms, const Gate<T> &gate, T *out, Shape shape, int64_t begin, int64_t end) {
  const T *x[count];
  const int64_t channels = shape.channels, inner = shape.inner;
  if (inner != 1) {
    for (int64_t place = begin * channels; place < end * channels; place++) {
      const int64_t c = place % channels, offset = place * inner;
      T coef[count];
      for (int k = 0; k < count; k++) {
        x[k] = terms.x[k] + offset;
        coef[k] = terms.coef[k] ? terms.coef[k][c] : T(1);
      }
      plane<T, count, gated>(x, coef, terms.constant ? terms.constant[c] : T(0), gate.x + offset,
                             gate.slope ? gate.slope[c] : T(1), gate.shift ? gate.shift[c] : T(0), out + offset, inner);
    }
    return;
  }
  // Stretches are whole pixels, or, in layers wider than one, parts of a pixel.
  const int64_t total = end * channels;
  const int64_t step = channels < kStretch ? kStretch / channels * channels : kStretch;
  Tiled<T> coefs[count], constant, slope, shift;
  const T *coef[count];
  for (int64_t offset = begin * channels; offset < total;) {
    const int64_t first = offset % channels;
    int64_t length = total - offset < step ? total - offset : step;
    if (channels > kStretch && length > channels - first)
      length = channels - first;
    const bool fresh = channels > kStretch || offset == begin * channels;
    if (fresh) {
      const int64_t filled = channels > kStretch ? length : (step < total - offset ? step : total - offset);
      for (int k = 0; k < count; k++)
        coefs[k].fill(terms.coef[k], T(1), channels, first, filled);
      constant.fill(terms.constant, T(0), channels, first, filled);
      slope.fill(gate.slope, T(1), channels, first, filled);
      shift.fill(gate.shift, T(0), channels, first, filled);
    }
    for (int k = 0; k < count; k++) {
      x[k] = terms.x[k] + offset;
      coef[k] = coefs[k].value;
    }
    stretch<T, count, gated>(x, coef, constant.value, gate.x + offset, slope.value, shift.value, out + offset, length);
    offset += length;
  }
}

template <typename T, int count>
void combine_of(const Terms<T> &terms, const Gate<T> &gate, T *out, Shape shape, int64_t begin, int64_t end) {
  switch (gate.gated) {
  case kNothing:
    return combine_as<T, count, kNothing>(terms, gate, out, shape, begin, end);
  case kFirst:
    return combine_as<T, count, kFirst>(terms, gate, out, shape, begin, end);
  case kAll:
    return combine_as<T, count, kAll>(terms, gate, out, shape, begin, end);
  case kRelu:
    return combine_as<T, count, kRelu>(terms, gate, out, shape, begin, end);
  }
}

template <typename T>
void combine(const Terms<T> &terms, const Gate<T> &gate, T *out, Shape shape, int64_t begin, int64_t end) {
  switch (terms.count) {
  case 1:
    return combine_of<T, 1>(terms, gate, out, shape, begin, end);
  case 2:
    return combine_of<T, 2>(terms, gate, out, shape, begin, end);
  case 3:
    return combine_of<T, 3>(terms, gate, out, shape, begin, end);
  default:
    return combine_of<T, 4>(terms, gate, out, shape, begin, end);
  }
}

template <typename T, bool gated>
void plane_sums(const T *a, const T *gate, T slope, T shift, const T *b, T center, int64_t length, double *sum,
                double *dot) {
  for (int64_t from = 0; from < length; from += kStretch) {
    const int64_t to = from + kStretch < length ? from + kStretch : length;
    T one = 0, two = 0;
    for (int64_t i = from; i < to; i++) {
      const T v = gated && !(slope * gate[i] + shift > T(0)) ? T(0) : a[i];
      one += v;
      two += v * (b[i] - center);
    }
    *sum += one;
    *dot += two;
  }
}

template <typename T, bool gated>
void sums_as(const T *a, const Gate<T> &gate, const T *b, const T *center, Shape shape, int64_t begin, int64_t end,
             double *sum, double *dot) {
  const int64_t channels = shape.channels, inner = shape.inner;
  if (inner != 1) {
    for (int64_t place = begin * channels; place < end * channels; place++) {
      const int64_t c = place % channels, offset = place * inner;
      plane_sums<T, gated>(a + offset, gate.x + offset, gate.slope ? gate.slope[c] : T(1),
                           gate.shift ? gate.shift[c] : T(0), b + offset, center ? center[c] : T(0), inner, sum + c,
                           dot + c);
    }
    return;
  }
  // Channels by blocks of at most a stretch, pixels by tiles.
  for (int64_t first = 0; first < channels; first += kStretch) {
    const int64_t width = first + kStretch < channels ? kStretch : channels - first;
    const int64_t pixels = channels < kStretch ? kStretch / channels : 1;
    const int64_t step = width * pixels;
    Tiled<T> slope, shift, middle;
    slope.fill(gate.slope, T(1), channels, first, step);
    shift.fill(gate.shift, T(0), channels, first, step);
    middle.fill(center, T(0), channels, first, step);
    for (int64_t row = begin; row < end;) {
      T one[kStretch], two[kStretch];
      for (int64_t i = 0; i < step; i++)
        one[i] = two[i] = T(0);
      for (int tile = 0; tile < kTiles && row < end; tile++) {
        const int64_t rows = end - row < pixels ? end - row : pixels;
        const int64_t offset = row * channels + first, length = rows * width;
        const T *pa = a + offset, *pb = b + offset, *pg = gate.x + offset;
        for (int64_t i = 0; i < length; i++) {
          const T v = gated && !(slope.value[i] * pg[i] + shift.value[i] > T(0)) ? T(0) : pa[i];
          one[i] += v;
          two[i] += v * (pb[i] - middle.value[i]);
        }
        row += rows;
      }
      for (int64_t i = 0; i < step; i++) {
        sum[first + i % width] += one[i];
        dot[first + i % width] += two[i];
      }
    }
  }
}

template <typename T>
void sums(const T *a, const Gate<T> &gate, const T *b, const T *center, Shape shape, int64_t begin, int64_t end,
          double *sum, double *dot) {
  if (gate.gated == kNothing)
    return sums_as<T, false>(a, gate, b, center, shape, begin, end, sum, dot);
  return sums_as<T, true>(a, gate, b, center, shape, begin, end, sum, dot);
}

} // namespace

extern const Loops<float> floats = {combine<float>, sums<float>};
extern const Loops<double> doubles = {combine<double>, sums<double>};

} // namespace AUGUR_CPU
} // namespace augur
