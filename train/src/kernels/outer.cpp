// A tile of the total stays in registers while rows and columns pass: twelve of AVX2's sixteen are sums.

#include "outer.h"

namespace augur::v3 {
namespace {

constexpr int kVectorBytes = 32;

template <typename T> struct Vector;
template <> struct Vector<float> {
  typedef float Type __attribute__((vector_size(kVectorBytes), aligned(alignof(float))));
};
template <> struct Vector<double> {
  typedef double Type __attribute__((vector_size(kVectorBytes), aligned(alignof(double))));
};

constexpr int kSums = 12, kVectors = kRightBytes / kVectorBytes;

// The tile of `Lefts` by two vectors at left[i], right[o].
template <typename T, int Lefts> void add_tile(const OuterProducts<T> &p, int64_t i, int64_t o) {
  using V = typename Vector<T>::Type;
  constexpr int kLanes = kVectorBytes / sizeof(T);
  V sums[Lefts][kVectors] = {};
  for (int64_t row = 0; row < p.rows; row++) {
    const T *left = p.left + row * p.left_row + i, *right = p.right + row * p.right_row + o;
    for (int64_t column = 0; column < p.columns; column++, left += p.left_step, right += p.right_step) {
      V factors[kVectors];
      for (int v = 0; v < kVectors; v++)
        factors[v] = *reinterpret_cast<const V *>(right + v * kLanes);
#pragma GCC unroll 12
      for (int l = 0; l < Lefts; l++)
#pragma GCC unroll 2
        for (int v = 0; v < kVectors; v++)
          sums[l][v] += left[l] * factors[v];
    }
  }
  for (int l = 0; l < Lefts; l++)
    for (int v = 0; v < kVectors; v++)
      *reinterpret_cast<V *>(p.total + (i + l) * p.rights + o + v * kLanes) += sums[l][v];
}

// The tiles from left[i] on, the last one narrower.
template <typename T, int Lefts> void add_column(const OuterProducts<T> &p, int64_t i, int64_t o) {
  for (; i + Lefts <= p.lefts; i += Lefts)
    add_tile<T, Lefts>(p, i, o);
  if constexpr (Lefts > 1)
    if (i < p.lefts)
      add_column<T, Lefts - 1>(p, i, o);
}

template <typename T> void add(const OuterProducts<T> &p) {
  constexpr int kStep = kRightBytes / sizeof(T);
  for (int64_t o = 0; o < p.rights; o += kStep)
    add_column<T, kSums / kVectors>(p, 0, o);
}

} // namespace

void add_outer_products(const OuterProducts<float> &p) { add(p); }
void add_outer_products(const OuterProducts<double> &p) { add(p); }

} // namespace augur::v3
