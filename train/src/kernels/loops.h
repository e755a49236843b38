// The loops over images that fused.cpp calls: compiled once for each kind of x86-64 CPU (build.rs), so nothing of a library
// may be in here that would be compiled for the newest one and then run on all.
#pragma once

#include <cstdint>

#ifndef AUGUR_CPU
#define AUGUR_CPU baseline
#endif

namespace augur {

// A batch of images in memory: NCHW is [N, C, HW], and with channels last [NHW, C, 1].
struct Shape {
  int64_t outer, channels, inner;
};

enum Gated : int { kNothing = 0, kFirst = 1, kAll = 2, kRelu = 3 };

// Open where slope[c] x + shift[c] > 0, or x > 0 without slope. kRelu needs no x.
template <typename T> struct Gate {
  Gated gated;
  const T *x, *slope, *shift;
};

constexpr int kMostTerms = 4;

// sum_k coef[k][c] x[k] + constant[c]
template <typename T> struct Terms {
  int count;
  const T *x[kMostTerms], *coef[kMostTerms], *constant;
};

// The loops over [begin, end) of the outer dimension.
template <typename T> struct Loops {
  void (*combine)(const Terms<T> &, const Gate<T> &, T *out, Shape, int64_t begin, int64_t end);
  // Adds to sum[c] the sum of the gated a, and to dot[c] that of the gated a (b - center[c]).
  void (*sums)(const T *a, const Gate<T> &, const T *b, const T *center, Shape, int64_t begin, int64_t end, double *sum,
               double *dot);
  // Adds to sum[c] the sum of x - center[c], and to squares[c] that of its square.
  void (*moments)(const T *x, const T *center, Shape, int64_t begin, int64_t end, double *sum, double *squares);
};

#define AUGUR_DECLARE(cpu)                                                                                             \
  namespace cpu {                                                                                                      \
  extern const Loops<float> floats;                                                                                    \
  extern const Loops<double> doubles;                                                                                  \
  }
AUGUR_DECLARE(baseline)
AUGUR_DECLARE(v3)
AUGUR_DECLARE(v4)

} // namespace augur
