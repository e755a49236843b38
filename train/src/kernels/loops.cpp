// See loops.h. Sums are taken in the tensor's own precision over stretches, and in double precision over those.

#include "loops.h"

namespace augur {
namespace AUGUR_CPU {
namespace {

// With channels last a stretch of pixels is handled at once, so that narrow layers fill the registers too.
constexpr int64_t kStretch = 512;

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
  // The result may lie over the first term, number by number.
#pragma GCC ivdep
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
#pragma GCC ivdep
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

// What is summed: a, a where the gate is open, or a - center.
enum Of { kPlain, kOpen, kCentered };

// T is a number, or a vector of numbers.
template <Of of, typename T> inline void add(T a, T gate, T slope, T shift, T b, T center, T &one, T &two) {
  if (of == kCentered)
    a = a - center;
  if (of == kOpen)
    a = slope * gate + shift > T{} ? a : T{};
  one += a;
  two += a * (of == kCentered ? a : b - center);
}

template <typename T, Of of>
void plane_sums(const T *a, const T *gate, T slope, T shift, const T *b, T center, int64_t length, double *sum,
                double *dot) {
  for (int64_t from = 0; from < length; from += kStretch) {
    const int64_t to = from + kStretch < length ? from + kStretch : length;
    T one = 0, two = 0;
    for (int64_t i = from; i < to; i++)
      add<of>(a[i], of == kOpen ? gate[i] : T(0), slope, shift, b[i], center, one, two);
    *sum += one;
    *dot += two;
  }
}

// With channels last a few channels go together, whose sums stay in registers; kRun pixels in the tensor's own precision.
constexpr int kRun = 32;
#if defined(__AVX512F__)
constexpr int kVectorBytes = 64;
#elif defined(__AVX__)
constexpr int kVectorBytes = 32;
#else
constexpr int kVectorBytes = 16;
#endif
template <typename T> struct Vector {
  typedef T type __attribute__((vector_size(kVectorBytes), aligned(sizeof(T)), may_alias));
};

template <typename V, typename T> V load(const T *from) { return *reinterpret_cast<const V *>(from); }

template <typename T> T load_one(const T *from, int64_t c, T otherwise) { return from ? from[c] : otherwise; }

// V holds `lanes` numbers of type T.
template <typename T, typename V, int lanes, int vectors, Of of>
void block_sums(const T *a, const Gate<T> &gate, const T *b, const T *center, int64_t channels, int64_t first,
                int64_t begin, int64_t end, double *sum, double *dot) {
  V slope[vectors], shift[vectors], middle[vectors];
  T *const constants[] = {reinterpret_cast<T *>(slope), reinterpret_cast<T *>(shift), reinterpret_cast<T *>(middle)};
  for (int i = 0; i < lanes * vectors; i++) {
    constants[0][i] = load_one(gate.slope, first + i, T(1));
    constants[1][i] = load_one(gate.shift, first + i, T(0));
    constants[2][i] = load_one(center, first + i, T(0));
  }
  for (int64_t row = begin; row < end; row += kRun) {
    const int64_t stop = row + kRun < end ? row + kRun : end;
    V one[vectors] = {}, two[vectors] = {};
    for (int64_t r = row; r < stop; r++) {
      const int64_t offset = r * channels + first;
#pragma GCC unroll 8
      for (int v = 0; v < vectors; v++) {
        const int64_t at = offset + v * lanes;
        add<of>(load<V>(a + at), load<V>(gate.x + at), slope[v], shift[v], load<V>(b + at), middle[v], one[v], two[v]);
      }
    }
    for (int i = 0; i < lanes * vectors; i++) {
      sum[first + i] += reinterpret_cast<const T *>(one)[i];
      dot[first + i] += reinterpret_cast<const T *>(two)[i];
    }
  }
}

template <typename T, Of of>
void sums_as(const T *a, const Gate<T> &gate, const T *b, const T *center, Shape shape, int64_t begin, int64_t end,
             double *sum, double *dot) {
  const int64_t channels = shape.channels, inner = shape.inner;
  if (inner != 1) {
    for (int64_t place = begin * channels; place < end * channels; place++) {
      const int64_t c = place % channels, offset = place * inner;
      plane_sums<T, of>(a + offset, gate.x + offset, load_one(gate.slope, c, T(1)), load_one(gate.shift, c, T(0)),
                        b + offset, load_one(center, c, T(0)), inner, sum + c, dot + c);
    }
    return;
  }
  typedef typename Vector<T>::type V;
  constexpr int lanes = kVectorBytes / sizeof(T), vectors = lanes < 16 ? 2 : 1;
  int64_t first = 0;
  for (; first + lanes * vectors <= channels; first += lanes * vectors)
    block_sums<T, V, lanes, vectors, of>(a, gate, b, center, channels, first, begin, end, sum, dot);
  for (; first < channels; first++)
    block_sums<T, T, 1, 1, of>(a, gate, b, center, channels, first, begin, end, sum, dot);
}

template <typename T>
void sums(const T *a, const Gate<T> &gate, const T *b, const T *center, Shape shape, int64_t begin, int64_t end,
          double *sum, double *dot) {
  if (gate.gated == kNothing)
    return sums_as<T, kPlain>(a, gate, b, center, shape, begin, end, sum, dot);
  return sums_as<T, kOpen>(a, gate, b, center, shape, begin, end, sum, dot);
}

template <typename T>
void moments(const T *x, const T *center, Shape shape, int64_t begin, int64_t end, double *sum, double *squares) {
  const Gate<T> none = {kNothing, x, nullptr, nullptr};
  sums_as<T, kCentered>(x, none, x, center, shape, begin, end, sum, squares);
}

} // namespace

extern const Loops<float> floats = {combine<float>, sums<float>, moments<float>};
extern const Loops<double> doubles = {combine<double>, sums<double>, moments<double>};

} // namespace AUGUR_CPU
} // namespace augur
